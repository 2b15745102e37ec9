// What the public types of queries promise, checked by the compiler: this file is never run.
import {
  Alert,
  BannedHash,
  Binary,
  CbResponseAPI,
  Feed,
  FeedAction,
  Process,
  type ProcessQuery,
  present,
  Q,
  type QueryInput,
  range,
  raw,
  Sensor,
  SensorGroup,
  Site,
  type Terms,
  ThreatReport,
  type Watchlist,
  wildcard,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();

cb.select(Process).include("sensor", "binary", "parent");
cb.select(Process).include("sensor.group", "parent.binary", "parent.sensor");
cb.select(Sensor).include("group.site");
// @ts-expect-error a sensor has no such join
cb.select(Process).include("sensor.nope");
// @ts-expect-error a field is no join
cb.select(Process).include("sensor.hostname");
// @ts-expect-error nor is what costs a request and gives a number
cb.select(Process).include("depth");
// @ts-expect-error a group has no binary
cb.select(Sensor).include("group.binary");
// @ts-expect-error a binary joins to nothing
cb.select(Binary).include("sensor");

cb.select(SensorGroup).where({ name: "Default Group", site_id: 1, banning_enabled: true }).and({ id: 2 });
cb.select(SensorGroup).where("not_declared:1");
cb.select(Site).where({ name: "x" });
cb.select(BannedHash).where({ md5hash: "x", enabled: true });
// @ts-expect-error a typing error
cb.select(SensorGroup).where({ nme: "Default Group" });
// @ts-expect-error a typing error beside a field
cb.select(SensorGroup).and({ name: "Default Group", nme: 1 });
// @ts-expect-error a list cannot be compared with a value
cb.select(SensorGroup).where({ team_access: "x" });
// @ts-expect-error a value has to be there
cb.select(SensorGroup).where({ name: undefined });
// @ts-expect-error nor is null one
cb.select(Sensor).where({ hostname: null });

// Terms have the names of the fields that the server knows, and of the families that are made of names.
const feed: string = "nvd";
cb.select(Process).where({ process_name: "cmd.exe", hostname: ["a", "b"], netconn_count: range(100, undefined) });
cb.select(Process).where({ digsig_result_modload: "Unsigned", watchlist_12: present(), alliance_score_nvd: 50 });
cb.select(Process).and({ [`alliance_score_${feed}` as const]: range(50, 100) });
cb.select(Binary).where({ digsig_publisher: wildcard("Micro*"), host_count: 1, is_64bit: true });
cb.select(Alert).where({ status: "Unresolved", alert_severity: range(50, undefined) });
cb.select(ThreatReport).and({ feed_id: 5, is_ignored: false });
// @ts-expect-error a typing error
cb.select(Process).where({ proces_name: "cmd.exe" });
// @ts-expect-error a typing error beside a field
cb.select(Process).and({ process_name: "cmd.exe", hotsname: "x" });
// @ts-expect-error a watchlist has a number
cb.select(Process).where({ watchlist_name: "x" });
// @ts-expect-error feeds say nothing of this kind
cb.select(Process).where({ alliance_fame_nvd: 1 });
// @ts-expect-error binaries have no such role
cb.select(Process).where({ digsig_result_sibling: "Unsigned" });
// @ts-expect-error binaries are not searched by this
cb.select(Binary).where({ process_name: "cmd.exe" });
// @ts-expect-error nor alerts by this
cb.select(Alert).where({ cmdline: "x" });
// @ts-expect-error nor reports
cb.select(ThreatReport).where({ titel: "x" });
// @ts-expect-error a value has to be there
cb.select(Process).where({ process_name: undefined });

// To the compiler everything else passes: text, templates, expressions, terms whose names are told later, raw queries.
const terms: Terms = { whatever: 1 };
const input: QueryInput = cb.url === "" ? "a:b" : Q(terms);
cb.select(Process).where("from_the_future:1").and`proces_name:${"x"}`.where(Q({ from_the_future: 1 })).where(terms);
cb.select(Process).where(input);
cb.select(Process).where(raw("-24h").text);
for (const query of [cb.select(Process), cb.select(Binary), cb.select(Alert), cb.select(ThreatReport)]) {
  query.where("hostname:x").and(Q("a")).where`b:${1}`;
  query.raw("cb.urlver=1&q=x").sort("a asc");
}

// What an address of the console stands for is told by its kind.
const found = cb.fromUi("https://cb.example.com/#/host/3");
if (found.kind === "process") is<Equal<Awaited<typeof found.object>, Process>>();
if (found.kind === "processes") is<Equal<typeof found.object, ProcessQuery>>();
if (found.kind === "binaries") is<Equal<Awaited<ReturnType<typeof found.object.one>>, Binary>>();
if (found.kind === "server") is<Equal<typeof found.object, CbResponseAPI>>();
// @ts-expect-error it may be a query
found.object.load();

// Actions have a type by name, and their parents come joined.
const action = await cb.select(FeedAction).where({ group_id: 5 }).one();
action.type = "email";
is<Equal<typeof action.type, "email">>();
is<Equal<Awaited<typeof action.feed>, Feed>>();
// @ts-expect-error no such type
action.type = "carrier pigeon";
const tagged = (await cb.select(Feed, 5)).searchProcesses({ minScore: 20, maxScore: 80 });
is<Equal<typeof tagged, ProcessQuery | undefined>>();
const watchlist = await cb.select(Process).where("a:b").createWatchlist("New list");
is<Equal<typeof watchlist, Watchlist>>();
watchlist.query = "process_name:cmd.exe";
is<Equal<Awaited<ReturnType<ReturnType<typeof watchlist.search>["count"]>>, number>>();
// @ts-expect-error the server counts them
watchlist.total_hits = 5;
// @ts-expect-error alerts become no watchlist
cb.select(Alert).createWatchlist("New list");
