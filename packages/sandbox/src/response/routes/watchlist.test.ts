import { describe, expect, it } from "vitest";
import { Sandbox } from "../../sandbox.js";
import { type Ask, asker, ODD_VALUES, startSmall } from "./samples.js";

const PATH = "/api/v1/watchlist";
const SEARCH = "cb.urlver=1&q=process_name%3Anet.exe%20cmdline%3A%5C%5Ctest%5Cblah";
const MOUNTS = { name: "[WARN] Attempts to mount internal share", search_query: SEARCH, index_type: "events" };

const find = async (ask: Ask, path: string, q: string, more = "") =>
  (await ask("GET", `${path}?q=${encodeURIComponent(q)}${more}`)).body;
const count = async (ask: Ask, q: string, path = "/api/v1/process"): Promise<number> =>
  (await find(ask, path, q, "&rows=0")).total_results;

describe("watchlists", () => {
  it("tag what they find, raise alerts, and never hit a document twice", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const step = (ticks: number): Promise<void> => sandbox.clock.step(ticks);
    expect(await ask("POST", PATH, { ...MOUNTS, id: null })).toEqual({ status: 200, body: { id: 222 } });
    expect((await ask("GET", `${PATH}/222`)).body).toEqual({
      ...MOUNTS,
      ...{ id: "222", description: null, enabled: true, readonly: false, from_alliance: false, alliance_id: null },
      ...{ group_id: -1, date_added: "2026-01-05 09:00:00.000000+00:00", last_hit: null, last_hit_count: null },
      ...{ total_hits: "0", total_tags: "0", search_timestamp: "1970-01-01T00:00:00.000Z" },
    });
    await ask("POST", `${PATH}/222/action`, { action_type: 3, watchlist_id: 222 });
    await step(29);
    expect(await count(ask, "watchlist_222:*")).toBe(0);
    await step(1);
    expect((await ask("GET", `${PATH}/222`)).body).toMatchObject({
      ...{ total_hits: "2", total_tags: "2", last_hit_count: 2, last_hit: "2026-01-05 09:00:30.000000+00:00" },
      search_timestamp: "2026-01-05T09:00:30.000Z",
    });
    const hit = await find(ask, "/api/v1/process", "watchlist_222:[2026-01-05T09:00:30 TO *]");
    expect(hit.total_results).toBe(2);
    expect(hit.results[0].watchlists).toContainEqual({ wid: "222", value: "2026-01-05T09:00:30.000Z" });

    const alerts = await find(ask, "/api/v2/alert", "watchlist_id:222");
    expect(alerts.total_results).toBe(2);
    const [alert] = alerts.results;
    expect(alert).toMatchObject({
      ...{ alert_type: "watchlist.hit.query.process", status: "Unresolved", created_time: "2026-01-05T09:00:30Z" },
      ...{ resolved_time: null, assigned_to: null, alert_severity: 60.75, report_score: 75, report_ignored: false },
      ...{ feed_id: -1, feed_name: "My Watchlists", watchlist_id: "222", watchlist_name: MOUNTS.name },
      ...{ sensor_id: 3, hostname: "WIN-IA9NQ1GN8OI", username: "WIN-IA9NQ1GN8OI\\bit9rad", os_type: "windows" },
      ...{ process_name: "net.exe", comms_ip: "192.168.215.150", sensor_criticality: 3, regmod_count: 1 },
      ...{ md5: "79B6D4C5283FC806387C55B8D7C8B762", process_path: "c:\\windows\\system32\\net.exe" },
    });
    expect(JSON.parse(alert.ioc_attr).highlights.join()).toContain("PREPREPREnet.exePOSTPOSTPOST");
    expect((await ask("GET", `/api/v1/process/${alert.process_id}/${alert.segment_id}`)).body.process).toMatchObject({
      unique_id: alert.process_unique_id,
    });

    // Nothing new, then one more, then the same ones asked for by another query.
    await step(30);
    expect((await ask("GET", `${PATH}/222`)).body).toMatchObject({ total_hits: "2", last_hit_count: 2 });
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\net.exe", cmdline: "net  use x: \\\\test\\blah" });
    await step(30);
    expect((await ask("GET", `${PATH}/222`)).body).toMatchObject({ total_hits: "3", last_hit_count: 1 });
    const query = {
      search_query: "cb.urlver=1&cb.q.process_name=(net.exe or ping.exe)&cb.fq.hostname=WIN-IA9NQ1GN8OI&sort=start",
    };
    expect(await ask("PUT", `${PATH}/222`, query)).toEqual({ status: 200, body: { result: "success" } });
    await step(30);
    const all = await count(ask, "process_name:(net.exe or ping.exe) hostname:WIN-IA9NQ1GN8OI");
    expect(all).toBeGreaterThan(10);
    expect((await ask("GET", `${PATH}/222`)).body).toMatchObject({ total_hits: String(all), last_hit_count: all - 3 });
    expect(await count(ask, "watchlist_id:222", "/api/v2/alert")).toBe(all);

    // What goes takes its tags along; its alerts are history.
    expect(await ask("DELETE", `${PATH}/222`)).toEqual({ status: 200, body: { result: "success" } });
    expect(await count(ask, "watchlist_222:*")).toBe(0);
    expect(await count(ask, "watchlist_id:222", "/api/v2/alert")).toBe(all);
    expect((await ask("GET", `${PATH}/222`)).status).toBe(404);
    expect((await ask("GET", `${PATH}/222/action`)).status).toBe(404);
    expect((await ask("POST", PATH, MOUNTS)).body).toEqual({ id: 223 });
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("search binaries, stop when disabled, and raise no alert when ignored", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const signed = { name: "Signed", search_query: "cb.urlver=1&q=digsig_result%3ASigned", index_type: "modules" };
    await ask("POST", PATH, { ...signed, id: 500, enabled: false });
    await ask("POST", `${PATH}/500/action`, { action_type: 3, watchlist_id: 500 });
    await sandbox.clock.step(30);
    expect(await count(ask, "watchlist_500:*", "/api/v1/binary")).toBe(0);
    await ask("PUT", `${PATH}/500`, { ...(await ask("GET", `${PATH}/500`)).body, enabled: true });
    await sandbox.clock.step(30);
    const all = await count(ask, "digsig_result:Signed", "/api/v1/binary");
    expect(await count(ask, "watchlist_500:*", "/api/v1/binary")).toBe(all);
    const { results, total_results } = await find(
      ask,
      "/api/v2/alert",
      "watchlist_id:500 observed_filename:*\\net.exe",
    );
    expect(total_results).toBe(1);
    expect(results[0]).toMatchObject({
      alert_type: "watchlist.hit.query.binary",
      observed_filename: ["c:\\windows\\system32\\net.exe"],
    });
    expect(results[0]).not.toHaveProperty("process_id");

    await ask("POST", "/api/v1/alerts", { alert_ids: [results[0].unique_id], set_ignored: true });
    await ask("PUT", `${PATH}/500`, { search_query: "cb.urlver=1&q=digsig_result%3AUnsigned" });
    await sandbox.clock.step(30);
    expect(await count(ask, "watchlist_500:*", "/api/v1/binary")).toBeGreaterThan(all);
    expect(await count(ask, "watchlist_id:500", "/api/v2/alert")).toBe(all);
    expect((await find(ask, "/api/v2/alert", "watchlist_id:500")).results[0]).toMatchObject({ report_ignored: true });
  });

  it("that take the id of one that is gone begin anew, whatever that one has found", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const search_query = "cb.urlver=1&q=process_name%3Anet.exe";
    const make = async (name: string): Promise<void> => {
      await ask("POST", PATH, { id: 300, name, search_query, index_type: "events" });
      await ask("POST", `${PATH}/300/action`, { action_type: 3, watchlist_id: 300 });
      await sandbox.clock.step(30);
    };
    const alerts = (name: string): Promise<number> => count(ask, `watchlist_name:${name}`, "/api/v2/alert");
    const hits = await count(ask, "process_name:net.exe");
    for (const name of ["first", "second", "third"]) {
      await make(name);
      expect(await alerts(name), name).toBe(hits);
      await ask("DELETE", `${PATH}/300`);
    }
    await make("last");
    expect([await alerts("first"), await alerts("third"), await alerts("last")]).toEqual([hits, hits, hits]);
    expect(await count(ask, "watchlist_id:300", "/api/v2/alert")).toBe(4 * hits);
    // What is ignored of the first is nothing to the present one.
    const old = (await find(ask, "/api/v2/alert", "watchlist_name:first")).results[0].unique_id;
    await ask("POST", "/api/v1/alerts", { alert_ids: [old], set_ignored: true });
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\net.exe" });
    await sandbox.clock.step(30);
    expect([await alerts("first"), await alerts("last")]).toEqual([hits, hits + 1]);
    expect((await find(ask, "/api/v2/alert", "watchlist_name:last")).results[0].report_ignored).toBe(false);
    expect((await find(ask, "/api/v2/alert", "watchlist_name:first")).results[0].report_ignored).toBe(true);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("are found by every id that can be had, and by no other way of writing it", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const highest = 999_999_999;
    expect((await ask("POST", PATH, { ...MOUNTS, id: highest })).body).toEqual({ id: highest });
    expect((await ask("POST", PATH, { ...MOUNTS, id: highest + 1 })).status).toBe(400);
    expect((await ask("POST", PATH, MOUNTS)).body).toEqual({ id: highest + 1 });
    expect((await ask("GET", `${PATH}/${highest + 1}`)).body).toMatchObject({ id: String(highest + 1) });
    expect((await ask("DELETE", `${PATH}/${highest + 1}`)).status).toBe(200);
    for (const id of ["04", "%204", "4%20", "4.0", "+4", "-4", "0x4", "1e1", "9007199254740993", "４"]) {
      for (const path of [PATH, "/api/v1/feed", "/api/v1/sensor", "/api/team", "/api/tagged_event"]) {
        expect((await ask("GET", `${path}/${id}`)).status, `${path}/${id}`).toBe(404);
      }
      // Of groups and sites a list is answered, in which there is none.
      for (const path of ["/api/v3/group", "/api/site"]) {
        expect(await ask("GET", `${path}/${id}`), `${path}/${id}`).toEqual({ status: 200, body: [] });
        expect((await ask("PUT", `${path}/${id}`, {})).status, `${path}/${id}`).toBe(404);
      }
    }
  });

  it("have actions", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const path = `${PATH}/44/action`;
    const [mail, alert] = (await ask("GET", path)).body;
    expect(mail).toMatchObject({ action_type: 0, action_data: '{"email_recipients":[1]}', watchlist_id: 44 });
    expect((await ask("GET", `${PATH}/44/action_type`)).body).toEqual([mail, alert]);
    const made = await ask("POST", path, { action_type: 1, action_data: { host: "x" }, watchlist_id: 44 });
    expect(made.body).toMatchObject({ action_type: 1, action_data: '{"host":"x"}', group_id: -1, watchlist_id: 44 });
    expect((await ask("PUT", `${path}/${made.body.id}`, { action_type: 2 })).body).toEqual({ result: "success" });
    expect((await ask("GET", path)).body[2]).toMatchObject({ action_type: 2, action_data: '{"host":"x"}' });
    expect((await ask("DELETE", `${path}/${made.body.id}`)).status).toBe(200);
    expect((await ask("DELETE", `${path}/${made.body.id}`)).status).toBe(404);
    // An action of somebody else is not reached from here.
    expect((await ask("PUT", `${PATH}/4/action/${mail.id}`, { action_type: 2 })).status).toBe(404);
    for (const action_type of [4, -1, 1.5, "3", null]) {
      const reply = await ask("POST", path, { action_type, watchlist_id: 44 });
      expect([reply.status, reply.body], String(action_type)).toEqual([400, expect.stringContaining("action_type")]);
    }
    expect(await ask("POST", path, {})).toEqual({ status: 400, body: "Missing fields: action_type, watchlist_id" });
    expect((await ask("POST", "/api/v1/feed/3/action", { action_type: 3 })).body).toBe(
      "Missing fields: group_id, watchlist_id",
    );
    for (const watchlist_id of [45, "044", [44], {}]) {
      const reply = await ask("POST", path, { action_type: 3, watchlist_id });
      expect([reply.status, reply.body]).toEqual([400, expect.stringContaining("watchlist_id")]);
    }
    expect((await ask("PUT", `${path}/0${alert.id}`, { action_type: 3 })).status).toBe(404);
  });

  it("are refused with the reason, and then nothing is written", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const before = (await ask("GET", PATH)).body;
    for (const field of ["name", "search_query", "index_type"]) {
      const { [field]: _, ...rest } = MOUNTS as Record<string, unknown>;
      expect(await ask("POST", PATH, rest)).toEqual({ status: 400, body: `Missing fields: ${field}` });
      for (const value of ODD_VALUES) {
        if (value === "text" && field === "name") continue;
        const reply = await ask("POST", PATH, { ...MOUNTS, [field]: value });
        expect(reply.status, `${field} ${JSON.stringify(value)}`).toBe(400);
        expect(JSON.stringify(reply.body)).toContain(field);
      }
    }
    for (const value of ODD_VALUES.filter((each) => typeof each !== "boolean")) {
      expect((await ask("POST", PATH, { ...MOUNTS, enabled: value })).status).toBe(400);
    }
    for (const id of [0, -1, 1.5, "x", [], {}, true, 1e12]) {
      expect((await ask("POST", PATH, { ...MOUNTS, id })).status, String(id)).toBe(400);
    }
    expect((await ask("POST", PATH, { ...MOUNTS, id: "4" })).status).toBe(409);
    const queries = [
      ["(", "query_malformed_syntax"],
      ["nosuchfield:x", "query_malformed_syntax"],
      ["process_pid:many", "query_malformed_syntax"],
      ["start:2026-02-30", "query_malformed_syntax"],
      [`${"(".repeat(5000)}a${")".repeat(5000)}`, "query_malformed_syntax"],
      ["'; DROP TABLE tag; '", undefined],
    ] as const;
    for (const [q, reason] of queries) {
      const search_query = `cb.urlver=1&q=${encodeURIComponent(q)}`;
      const reply = await ask("POST", PATH, { ...MOUNTS, search_query });
      if (reason === undefined) expect(reply.status, q).toBe(200);
      else expect([reply.status, reply.body.reason], q.slice(0, 30)).toEqual([400, reason]);
    }
    expect((await ask("POST", PATH, { ...MOUNTS, search_query: "process_name:net.exe" })).body).toContain("q,");
    expect((await ask("POST", PATH, "[1")).status).toBe(400);
    expect((await ask("POST", PATH, [])).status).toBe(400);
    expect((await ask("GET", `${PATH}/1e1`)).status).toBe(404);
    expect((await ask("PUT", `${PATH}/4`, { search_query: "cb.urlver=1&q=(" })).status).toBe(400);
    const refused = await ask("PUT", `${PATH}/175`, { ...before[11], enabled: false });
    expect(refused).toEqual({ status: 403, body: "Watchlist 175 is read only" });
    expect((await ask("GET", PATH)).body.slice(0, before.length)).toEqual(before);
    await sandbox.clock.step(30);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("have numbers as such on a 5.x server", async () => {
    await using server = await startSmall({ version: "5.2.0.161004.1206" });
    expect((await server.ask("GET", `${PATH}/9`)).body).toMatchObject({ id: 9, total_hits: 10, total_tags: 10 });
    const [alert] = (await find(server.ask, "/api/v2/alert", "process_name:whoami.exe")).results;
    expect(alert.process_unique_id).toMatch(/^[0-9a-f-]{36}-00000001$/);
    expect(alert).toMatchObject({ segment_id: 1 });
  });

  it("raise thousands of alerts, which are paged and dealt with", { timeout: 60_000 }, async () => {
    await using sandbox = await Sandbox.start({
      ...{ organisation: { hosts: 24, processes: 2500, binaries: 300 }, clock: { running: false }, tls: false },
    });
    const ask = asker(sandbox);
    const search_query = "cb.urlver=1&q=process_name%3A*";
    const { id } = (await ask("POST", PATH, { name: "Many", search_query, index_type: "events" })).body;
    await ask("POST", `${PATH}/${id}/action`, { action_type: 3, watchlist_id: id });
    await sandbox.clock.step(30);
    const alerts = await count(ask, `watchlist_id:${id}`, "/api/v2/alert");
    expect(alerts).toBe(await count(ask, "process_name:*"));
    expect(alerts).toBeGreaterThan(1_700);
    const ids: string[] = [];
    for (let start = 0; start < alerts; start += 500) {
      const page = await find(ask, "/api/v2/alert", `watchlist_id:${id}`, `&rows=500&start=${start}`);
      ids.push(...page.results.map((row: { unique_id: string }) => row.unique_id));
    }
    expect(new Set(ids).size).toBe(alerts);
    for (let start = 0; start < alerts; start += 500) {
      const alert_ids = ids.slice(start, start + 500);
      expect((await ask("POST", "/api/v1/alerts", { alert_ids, requested_status: "Resolved" })).status).toBe(200);
    }
    await sandbox.clock.step(1);
    expect(await count(ask, `watchlist_id:${id} -status:Resolved`, "/api/v2/alert")).toBe(0);
  });
});
