// What new objects, changes, lists and dry runs take and give, checked by the compiler: this file is never run.
import {
  Alert,
  BannedHash,
  CbResponseAPI,
  Feed,
  FeedAction,
  type IsolationResult,
  Sensor,
  SensorGroup,
  Site,
  StoragePartition,
  Team,
  User,
  type Values,
  Watchlist,
  type WritePlan,
} from "./index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();
const watchlist = await cb.select(Watchlist, 5);

// New objects take what can be set, and what can be assigned.
cb.create(Watchlist, { name: "x", query: "a", index_type: "events", description: null, enabled: undefined });
cb.create(FeedAction, { type: "alert", group_id: 1 });
cb.create(SensorGroup, { name: "x", site: await cb.select(Site).one() });
cb.create(User, { username: "x", teams: [await cb.select(Team, 1), { id: 2 }] });
const values: Values<Watchlist> = { name: "x" };
cb.create(Watchlist, values);
// @ts-expect-error mistyped
cb.create(Watchlist, { nmae: "x" });
// @ts-expect-error a name is text
cb.create(Watchlist, { name: 5 });
// @ts-expect-error the server counts them
cb.create(Watchlist, { total_hits: 5 });
// @ts-expect-error neither processes nor binaries
cb.create(Watchlist, { index_type: "files" });
// @ts-expect-error a method
cb.create(Watchlist, { search: () => {} });
// @ts-expect-error no such action
cb.create(FeedAction, { type: "unknown" });

watchlist.set({ description: null }).set({ query: "b" });
(await cb.select(Alert, "a")).set({ status: "Resolved" });
(await cb.select(Sensor, 3)).set({ group: cb.select(SensorGroup, 7), notes: null });
const changed = await cb.select(Watchlist, 5).set({ description: null });
is<Equal<typeof changed, Watchlist>>();
// @ts-expect-error no such status
(await cb.select(Alert, "a")).set({ status: "Done" });
// @ts-expect-error a site is no group
(await cb.select(Sensor, 3)).set({ group: await cb.select(Site, 1) });
// @ts-expect-error the server owns it
(await cb.select(Sensor, 3)).set({ computer_name: "x" });

// What is read may be more than what can be written, and is never null.
is<Equal<typeof watchlist.description, string | undefined>>();
is<Equal<typeof watchlist.index_type, "events" | "modules" | (string & {}) | undefined>>();
watchlist.description = undefined;

// Lists are narrowed by fields, and by the type of actions.
cb.select(Watchlist).where({ id: 5, enabled: true, date_added: new Date() }).and("alliance_id:3");
cb.select(FeedAction).where({ group_id: 5, type: "alert" });
cb.select(StoragePartition).where({ status: "hot" });
cb.select(User).where({ id: "bob" });
// @ts-expect-error a method
cb.select(Watchlist).where({ search: "x" });
// @ts-expect-error a state of the object, and no field
cb.select(Watchlist).where({ isLoaded: true });
// @ts-expect-error made of another field
cb.select(Watchlist).where({ query: "x" });
// @ts-expect-error a list of teams is no plain value
cb.select(User).where({ teams: "x" });
// @ts-expect-error a join
cb.select(SensorGroup).where({ site: 1 });

// What a dry run gives, taken through a Ref or not.
const plan = await cb.select(BannedHash, "x").disable({ dryRun: true });
is<Equal<typeof plan, WritePlan | undefined>>();
const unisolated = await cb.select(Sensor, 3).unisolate({ dryRun: true });
is<Equal<typeof unisolated, WritePlan | undefined>>();
const isolated = await cb.select(Sensor, 3).isolate({ timeout: 5 });
is<Equal<typeof isolated, IsolationResult>>();
const saved = await cb.select(Watchlist, 5).save({ verify: true });
is<Equal<typeof saved, Watchlist>>();
const enabled = await cb.select(Feed).first().enable();
is<Equal<typeof enabled, Feed | undefined>>();
const either = await watchlist.save({ dryRun: Math.random() > 0.5 });
is<Equal<typeof either, Watchlist | WritePlan | undefined>>();
const whole = await watchlist.save();
is<Equal<typeof whole, Watchlist>>();
const banned = await BannedHash.ban(cb, "x", { text: "case 17" });
is<Equal<typeof banned, BannedHash>>();
// @ts-expect-error no such option
await cb.select(Watchlist, 5).save({ dryrun: true });
