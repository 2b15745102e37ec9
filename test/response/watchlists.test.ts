// Watchlists: the server runs them over what is new, tags, counts and alerts what they find, as long as they are enabled.
import {
  Alert,
  ApiError,
  Binary,
  ClientError,
  InvalidObjectError,
  ObjectNotFoundError,
  Process,
  QuerySyntaxError,
  Watchlist,
  WatchlistAction,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { clientOf, requested } from "../support/sandbox.js";

useSandbox();

const EVIL = "c:\\users\\bit9rad\\evil.exe";
const RUN = 30;
/** Watchlists run at every thirtieth tick. */
const nextRun = () => sandbox.clock.step(RUN - (sandbox.clock.ticks % RUN));
const queryString = (q: string) => `cb.urlver=1&q=${encodeURIComponent(q)}`;
/** The watchlist as the server has it now. */
const onServer = async (watchlist: Watchlist) => other.select(Watchlist, watchlist.id ?? "", { refresh: true });

function draft(name: string, q: string, index_type: "events" | "modules" = "events"): Watchlist {
  return cb.create(Watchlist, { name, index_type, search_query: queryString(q) });
}

async function alerting(watchlist: Watchlist): Promise<WatchlistAction> {
  const action = watchlist.createAction();
  action.type = "alert";
  return action.save();
}

describe("a watchlist", () => {
  it("runs at the thirtieth tick, tags what it finds, and raises one alert for each", async () => {
    const watchlist = await cb.select(Process).where("process_name:evil.exe").createWatchlist("Evil again");
    expect(watchlist).toMatchObject({ enabled: true, readonly: false, index_type: "events", total_hits: 0 });
    expect(watchlist.date_added).toEqual(sandbox.clock.date());
    expect(watchlist.search_timestamp?.getTime()).toBe(0);
    expect(watchlist.last_hit).toBeUndefined();
    await alerting(watchlist);
    const { id = "" } = watchlist;
    const tagged = () => other.select(Process).where(`watchlist_${id}:*`);
    const alerts = () => other.select(Alert).where({ watchlist_id: id });

    await sandbox.clock.step(RUN - 1);
    expect(await onServer(watchlist)).toMatchObject({ total_hits: 0, last_hit: undefined });
    expect([await tagged().count(), await alerts().count()]).toEqual([0, 0]);

    await sandbox.clock.step();
    const ran = sandbox.clock.date();
    expect(await onServer(watchlist)).toMatchObject({ total_hits: 1, total_tags: 1, last_hit_count: 1 });
    expect(await onServer(watchlist)).toMatchObject({ last_hit: ran, search_timestamp: ran });
    const hit = await tagged().one();
    expect(hit).toMatchObject({ process_name: "evil.exe", hostname: "HOSTNAME" });
    expect(hit.watchlists?.find(({ wid }) => wid === id)).toMatchObject({ value: ran.toISOString() });
    // The day of the hit is what is searched.
    expect(
      await other
        .select(Process)
        .where(`watchlist_${id}:${ran.toISOString().slice(0, 10)}`)
        .count(),
    ).toBe(1);
    const alert = await alerts().one();
    expect(alert).toMatchObject({
      alert_type: "watchlist.hit.query.process",
      status: "Unresolved",
      feed_id: -1,
      feed_name: "My Watchlists",
      watchlist_name: "Evil again",
      process_id: hit.id,
      created_time: ran,
    });
    expect((await alert.process)?.cmdline).toBe(hit.cmdline);

    const launched = await sandbox.launch({ sensor: "HOSTNAME", path: EVIL });
    await nextRun();
    expect(await onServer(watchlist)).toMatchObject({ total_hits: 2, last_hit_count: 1 });
    expect((await alerts().all()).map(({ process_id }) => process_id)).toEqual(
      expect.arrayContaining([hit.id, launched.outcome === "started" ? launched.id : ""]),
    );
    // Nothing is new: no alert comes twice, and the last hit stays when it was.
    await nextRun();
    expect(await alerts().count()).toBe(2);
    expect(await tagged().count()).toBe(2);
    const later = await onServer(watchlist);
    expect(later.total_hits).toBe(2);
    expect(later.search_timestamp).toEqual(sandbox.clock.date());
    expect(later.last_hit?.getTime()).toBeLessThan(sandbox.clock.now());
  });

  it("of binaries tags and alerts these", async () => {
    const unsigned = cb.select(Binary).where("digsig_result:Unsigned").and({ observed_filename: "evil.exe" });
    const watchlist = await unsigned.createWatchlist("Unsigned evil");
    expect(watchlist).toMatchObject({ index_type: "modules", query: unsigned.query });
    await alerting(watchlist);
    await nextRun();
    const { id = "" } = watchlist;
    const binary = await other.select(Binary).where(`watchlist_${id}:*`).one();
    expect(binary.md5).toBe((await unsigned.one()).md5);
    expect(binary.watchlists?.map(({ wid }) => wid)).toContain(id);
    const alert = await other.select(Alert).where({ watchlist_id: id }).one();
    expect(alert).toMatchObject({ alert_type: "watchlist.hit.query.binary", md5: binary.md5, total_hosts: 1 });
    expect(alert.observed_filename).toEqual(binary.observed_filename);
    expect(await alert.process).toBeUndefined();
    expect((await alert.binary)?.size).toBe(binary.size);
    expect((await onServer(watchlist)).total_hits).toBe(1);
  });

  it("that is disabled does not run, and catches up when it is enabled", async () => {
    const watchlist = draft("On and off", "process_name:net.exe");
    watchlist.enabled = false;
    watchlist.description = "for a while";
    await watchlist.save();
    await nextRun();
    const asleep = await onServer(watchlist);
    expect(asleep).toMatchObject({ enabled: false, description: "for a while", total_hits: 0 });
    expect(asleep.search_timestamp?.getTime()).toBe(0);
    expect(await other.select(Process).where(`watchlist_${watchlist.id}:*`).count()).toBe(0);

    watchlist.enabled = true;
    // Who clears a text clears it on the server.
    watchlist.description = undefined;
    await watchlist.save({ verify: true });
    await nextRun();
    const awake = await onServer(watchlist);
    expect(awake).toMatchObject({ enabled: true, description: undefined });
    expect(awake.total_hits).toBe(await other.select(Process).where("process_name:net.exe").count());
    expect(awake.total_hits).toBeGreaterThan(0);
  });

  it("is searched as the console would, with its terms and facets, and keeps those when its query changes", async () => {
    const shells = await cb.select(Watchlist).where("name:Command shells on servers").one();
    expect(shells.query).toBe("process_name:cmd.exe");
    expect(shells.facets).toEqual({ host_type: "server" });
    const found = await shells.search().all();
    expect(found.length).toBe(await cb.select(Process).where("process_name:cmd.exe host_type:server").count());
    expect(found.length).toBeGreaterThan(1);
    const starts = found.map((row) => (row instanceof Process ? (row.start?.getTime() ?? 0) : 0));
    expect(starts).toEqual([...starts].sort((a, b) => b - a));

    shells.query = "process_name:net.exe";
    await shells.save();
    const saved = await onServer(shells);
    expect(saved.query).toBe("process_name:net.exe");
    expect(saved.facets).toEqual({ host_type: "server" });
    expect(saved.search_query).toContain("sort=start%20desc");
    // Another query looks at everything again.
    expect(saved.search_timestamp?.getTime()).toBe(0);
    const before = saved.total_hits ?? 0;
    await nextRun();
    const nets = await other.select(Process).where("process_name:net.exe host_type:server").count();
    expect(nets).toBeGreaterThan(0);
    expect((await onServer(shells)).total_hits).toBe(before + nets);

    const modules = await draft("Files", "md5:08D1631FAF39538A133D94585644D5A8", "modules").save();
    const [file] = await modules.search().all();
    expect(file).toBeInstanceOf(Binary);
    expect(file).toMatchObject({ md5: "08D1631FAF39538A133D94585644D5A8" });
  });

  it("takes every field that can be set, and from then on none when it is read only", async () => {
    const watchlist = await draft("Every field", "process_name:calc.exe").save();
    const fields = {
      description: "d",
      enabled: false,
      group_id: 1,
      index_type: "modules" as const,
      name: "All",
      readonly: true,
    };
    watchlist.set({ ...fields, search_query: queryString("digsig_result:Unsigned") });
    await watchlist.save({ verify: true });
    expect(await onServer(watchlist)).toMatchObject({ ...fields, query: "digsig_result:Unsigned" });
    watchlist.readonly = false;
    await expect(watchlist.save()).rejects.toMatchObject({ status: 403 });
    expect((await onServer(watchlist)).readonly).toBe(true);
    await watchlist.delete();
  });

  it("that is read only is refused by the server, whatever changes", async () => {
    const tampering = await cb.select(Watchlist, 175);
    expect(tampering).toMatchObject({ readonly: true, from_alliance: true, alliance_id: 1 });
    tampering.name = "Mine now";
    await expect(tampering.save()).rejects.toMatchObject({
      name: "ClientError",
      status: 403,
      serverMessage: "Watchlist 175 is read only",
    });
    expect(tampering.isDirty()).toBe(true);
    tampering.reset();
    expect(tampering.name).toBe("Sensor tampering");
    expect((await onServer(tampering)).name).toBe("Sensor tampering");
  });

  it("says beforehand what saving it would send, and sends just that", async () => {
    const watchlist = await draft("Planned", "process_name:calc.exe").save();
    watchlist.name = "Planned better";
    sandbox.requests.clear();
    const plan = await watchlist.save({ dryRun: true });
    expect(requested(sandbox)).toEqual([]);
    expect(plan?.changes).toEqual({ name: { from: "Planned", to: "Planned better" } });
    expect(plan?.requests).toMatchObject([
      { method: "PUT", path: `/api/v1/watchlist/${watchlist.id}`, body: { name: "Planned better", enabled: true } },
    ]);
    expect((await onServer(watchlist)).name).toBe("Planned");
    await watchlist.save();
    expect((await onServer(watchlist)).name).toBe("Planned better");
  });

  it("keeps what others changed while it lay here for a while", async () => {
    const { id = "" } = await draft("Shared", "process_name:calc.exe").save();
    let ahead = 0;
    const sleep = () => Promise.resolve();
    await using late = clientOf(sandbox, { clock: { now: () => Date.now() + ahead, sleep } });
    const mine = await late.select(Watchlist, id);
    const theirs = await other.select(Watchlist, id);
    theirs.description = "by somebody else";
    await theirs.save();
    ahead = 11_000;
    mine.name = "Shared name";
    await mine.save();
    expect(mine).toMatchObject({ name: "Shared name", description: "by somebody else" });
    expect(await onServer(mine)).toMatchObject({ name: "Shared name", description: "by somebody else" });
  });

  it("takes its tags along when it is deleted; its alerts stay", async () => {
    const watchlist = await draft("Soon gone", "process_name:evil.exe").save();
    const action = await alerting(watchlist);
    await nextRun();
    const { id = "" } = watchlist;
    const alerts = await other.select(Alert).where({ watchlist_id: id }).count();
    expect(alerts).toBeGreaterThan(0);
    expect(await other.select(Process).where(`watchlist_${id}:*`).count()).toBe(alerts);
    await watchlist.delete();
    expect(await other.select(Process).where(`watchlist_${id}:*`).count()).toBe(0);
    expect(await other.select(Alert).where({ watchlist_id: id }).count()).toBe(alerts);
    await expect(other.select(Watchlist, id)).rejects.toThrow(ObjectNotFoundError);
    await expect(action.refresh()).rejects.toThrow(ObjectNotFoundError);
    expect(await cb.select(Watchlist).where({ name: "Soon gone" }).count()).toBe(0);
  });

  it("is refused with the reason when the server cannot run it", async () => {
    const save = (search_query: string) =>
      cb.create(Watchlist, { name: "Impossible", search_query, index_type: "events" }).save();
    await expect(save("process_name:cmd.exe")).rejects.toThrow(/search_query must be a query string/);
    await expect(save(queryString("(process_name:cmd.exe"))).rejects.toThrow(QuerySyntaxError);
    await expect(save(queryString("no_such_field:1"))).rejects.toThrow(/no_such_field/);
    const path = "/api/v1/watchlist";
    const json = { name: "Impossible", search_query: queryString("process_name:cmd.exe"), index_type: "files" };
    await expect(cb.apiJsonRequest("POST", path, { json })).rejects.toThrow(/events or modules/);
    await expect(cb.apiJsonRequest("POST", path, { json })).rejects.toThrow(ClientError);
    expect(await other.select(Watchlist).where("name:Impossible").count()).toBe(0);
    const empty = cb.create(Watchlist, { name: "Empty", index_type: "events" });
    expect(() => empty.search()).toThrow(InvalidObjectError);
    expect(empty.webui_link).toBeUndefined();
  });
});

describe("the list of watchlists", () => {
  it("is narrowed, ordered and read in every way, and asked for once", async () => {
    sandbox.requests.clear();
    const all = cb.select(Watchlist);
    const rows = await all.all();
    expect(rows.report()).toMatchObject({ complete: true, returned: rows.length });
    expect(await all.count()).toBe(rows.length);
    const on = all.where({ enabled: true }).and("index_type:EVENTS");
    const names = rows.filter((row) => row.enabled && row.index_type === "events").map(({ name }) => name ?? "");
    expect(names.length).toBeGreaterThan(5);
    expect((await on.all()).map(({ name }) => name)).toEqual(names);
    const byId = on.sort("id asc");
    const ids = (await byId.all()).map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    // As it always was: without a direction, the largest comes first.
    expect((await on.sort("id").all()).map(({ id }) => Number(id))).toEqual(ids.toReversed());
    expect(Number(await byId.at(-1).id)).toBe(ids.at(-1));
    expect(Number(await byId.first().id)).toBe(ids[0]);
    expect((await byId.slice(1, 3)).map(({ id }) => Number(id))).toEqual(ids.slice(1, 3));
    const pages: number[][] = [];
    for await (const { items } of byId.batchSize(4).pages()) pages.push(items.map(({ id }) => Number(id)));
    expect(pages.flat()).toEqual(ids);
    expect(pages[0]).toHaveLength(4);
    const iterated = byId.batchSize(5).iterate();
    for await (const { id } of iterated) expect(Number(id)).toBe(ids.shift());
    expect(iterated.report()).toMatchObject({ complete: true, returned: names.length });
    expect(await all.where("id:208").one().name).toBe("Accounts and groups looked up");
    expect(await all.where("id:208000").first()).toBeUndefined();
    // Whole documents came with the list: nothing more is asked for.
    expect((await cb.select(Watchlist, 175)).description).toBe("Set up by the server");
    expect(requested(sandbox)).toEqual(["/api/v1/watchlist"]);
    expect(() => all.where("without a colon")).toThrow(ApiError);
  });

  it("leads to the console", async () => {
    const { webui_link = "" } = await cb.select(Watchlist, 208);
    expect(webui_link).toBe(`${cb.url}/#watchlist/208`);
    const found = other.fromUi(webui_link);
    expect(found.kind === "watchlist" && (await found.object).name).toBe("Accounts and groups looked up");
  });
});

describe("the actions of a watchlist", () => {
  it("are made, listed, read, changed and deleted", async () => {
    const watchlist = await draft("With actions", "process_name:calc.exe").save();
    expect(await watchlist.actions.count()).toBe(0);
    const mail = watchlist.createAction();
    mail.type = "email";
    mail.action_data = '{"email_recipients":[1]}';
    await mail.save();
    const alert = await alerting(watchlist);
    expect(mail).toMatchObject({ type: "email", action_type: 0, watchlist_id: Number(watchlist.id) });
    const listed = await (await onServer(watchlist)).actions.all();
    expect(listed.map(({ id, type }) => [id, type])).toEqual([
      [mail.id, "email"],
      [alert.id, "alert"],
    ]);
    const kinds = (await watchlist.actionTypes()) as { id: number; action_type: number }[];
    expect(kinds.map(({ id, action_type }) => [id, action_type])).toEqual([
      [mail.id, 0],
      [alert.id, 3],
    ]);
    expect(await watchlist.actions.where({ action_type: 3 }).one().id).toBe(alert.id);
    expect(await watchlist.actions.and("action_type:3").sort("id asc").first().type).toBe("alert");

    const key = `${watchlist.id}:${mail.id}`;
    const read = await other.select(WatchlistAction, key);
    expect(read).toMatchObject({ type: "email", action_data: '{"email_recipients":[1]}' });
    expect(await read.watchlist.name).toBe("With actions");
    read.type = "syslog";
    read.action_data = "{}";
    await read.save();
    await mail.refresh();
    expect(mail).toMatchObject({ type: "syslog", action_type: 1, action_data: "{}" });

    mail.watchlist_id = 208;
    await expect(mail.save()).rejects.toThrow(/cannot be moved to another watchlist/);
    mail.reset();
    await mail.delete();
    expect(
      (await other.select(WatchlistAction).where(`watchlist_id:${watchlist.id}`).all()).map(({ id }) => id),
    ).toEqual([alert.id]);
    await expect(other.select(WatchlistAction, key, { refresh: true })).rejects.toThrow(ObjectNotFoundError);
  });

  it("are asked for by their watchlist only", async () => {
    await expect(cb.select(WatchlistAction).all()).rejects.toThrow(
      'Must use a search parameter: .where("watchlist_id:<id>")',
    );
    await expect(cb.select(WatchlistAction).where({ watchlist_id: 999_999 }).all()).rejects.toThrow(
      ObjectNotFoundError,
    );
    expect(() => cb.select(WatchlistAction).where("watchlist_id:208").where("watchlist_id:9")).toThrow(
      /One watchlist_id at a time/,
    );
    const action = await cb.select(WatchlistAction).where("watchlist_id:208").one();
    expect(action.type).toBe("alert");
    expect(() => Object.assign(action, { type: "phone" })).toThrow(ApiError);
    await expect(async () => cb.select(WatchlistAction, "12")).rejects.toThrow(/<watchlist id>:<action id>/);
    const unsaved = cb.create(Watchlist, { name: "x" });
    expect(() => unsaved.createAction()).toThrow(/save\(\) it first/);
    expect(() => unsaved.actions).toThrow(/save\(\) it first/);
  });
});
