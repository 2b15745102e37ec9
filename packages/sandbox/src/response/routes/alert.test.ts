import { describe, expect, it } from "vitest";
import { type Ask, ODD_VALUES, startSmall } from "./samples.js";

const search = async (ask: Ask, parameters: string) => (await ask("GET", `/api/v2/alert?${parameters}`)).body;
const count = async (ask: Ask, q: string): Promise<number> =>
  (await search(ask, `rows=0&q=${encodeURIComponent(q)}`)).total_results;
const one = async (ask: Ask, id: string) => (await search(ask, `cb.fq.unique_id=${id}`)).results[0];

describe("alerts", () => {
  it("are searched by their fields", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const all = await search(ask, "rows=1000");
    expect(all.total_results).toBeGreaterThan(10);
    expect(Object.keys(all).sort()).toEqual(["elapsed", "facets", "results", "start", "terms", "total_results"]);
    const [first] = all.results;
    const each: [string, number?][] = [
      ["hostname:win-ia9nq1gn8oi", 13],
      ["hostname:win-ia9nq1gn8o", 0],
      ["group:default*"],
      ["username:bit9rad", 13],
      ["username:WIN-IA9NQ1GN8OI\\bit9rad", 13],
      ["process_path:system32\\whoami.exe", 13],
      ["process_path:whoami*", 13],
      ["process_name:whoami.exe -process_name:net.exe", 13],
      ["alert_severity:[60 TO 61] hostname:WIN-*", 13],
      ["alert_severity:56.7 feed_name:soc", 1],
      ["report_score:75 username:bit9rad", 13],
      ["feed_id:-1 -hostname:HOSTNAME", 13],
      ['feed_name:"my watchlists" process_path:whoami.exe', 13],
      ['watchlist_name:"Programs named evil"', 1],
      ["watchlist_id:(208 or soc-evil)"],
      ["alert_type:watchlist.hit.query.*"],
      [`md5:${first.md5.toLowerCase()}`],
      ["created_time:[2016-01-01 TO 2026-12-31]"],
      ["ioc_value:*whoami*", 13],
      ["whoami.exe", 13],
      ['status:unresolved or status:(Resolved or "In Progress" or "False Positive")'],
      ["resolved_time:* -status:Resolved", 0],
      ["assigned_to:admin -status:Unresolved"],
    ];
    for (const [q, wanted] of each) {
      const found = await count(ask, q);
      if (wanted === undefined) expect(found, q).toBeGreaterThan(0);
      else expect(found, q).toBe(wanted);
    }
    const { facets } = await search(ask, "rows=0&facet=true&facet.field=status&facet.field=process_name&facet.field=x");
    expect(facets.x).toEqual([]);
    expect(facets.process_name[0]).toEqual({ name: "whoami.exe", value: 13, percent: 100, ratio: "76.5" });
    for (const { name, value } of facets.status) {
      expect((await search(ask, `rows=0&cb.fq.status=${encodeURIComponent(name)}`)).total_results).toBe(value);
    }
    const times = async (sort: string): Promise<string[]> =>
      (await search(ask, `rows=100&sort=${sort}`)).results.map((row: { unique_id: string }) => row.unique_id);
    expect(await times("created_time%20asc")).not.toEqual(await times("created_time%20desc"));
    const severities = (await search(ask, "rows=100&sort=alert_severity%20asc")).results.map(
      (row: { alert_severity: number }) => row.alert_severity,
    );
    expect(severities).toEqual([...severities].sort((a, b) => a - b));
    for (const wrong of ["q=nosuch:x", "q=(", "q=feed_id:many", "q=created_time:soon", "q=alliance_score_soc:1"]) {
      const reply = await ask("GET", `/api/v2/alert?${wrong}`);
      expect([reply.status, reply.body.reason], wrong).toEqual([400, "query_malformed_syntax"]);
    }
    for (const wrong of ["sort=cmdline%20asc", "sort=__proto__", "rows=-1", "start=100001"]) {
      expect((await ask("GET", `/api/v2/alert?${wrong}`)).status, wrong).toBe(400);
    }
    expect((await ask("GET", `/api/v2/alert?q=${encodeURIComponent("'; DROP TABLE alert; '")}`)).status).toBe(200);
  });

  it("change, and show it after a tick", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const [alert] = (await search(ask, "q=status:Unresolved")).results;
    const id: string = alert.unique_id;
    const changed = await ask("POST", `/api/v1/alert/${id}`, { status: "Resolved", unique_id: id });
    expect(changed).toEqual({ status: 200, body: { result: "success" } });
    expect(await one(ask, id)).toEqual(alert);
    sandbox.clock.set("2026-01-05T09:00:10Z");
    await ask("POST", "/api/v1/alerts", {
      alert_ids: [id, "nobody"],
      assigned_to: "Zoë",
      requested_status: "In Progress",
    });
    await ask("POST", "/api/v1/alerts", { alert_ids: [id.toUpperCase()], requested_status: "Resolved" });
    await sandbox.clock.step();
    expect(await one(ask, id)).toEqual({
      ...alert,
      ...{ status: "Resolved", assigned_to: "Zoë", resolved_time: "2026-01-05T09:00:10Z" },
    });
    expect(await count(ask, "assigned_to:ZOË resolved_time:2026-01-05")).toBe(1);
    // The whole document goes back; what is the server's own in it is passed over.
    const document = { ...(await one(ask, id)), status: "False Positive", assigned_to: null, hostname: "other" };
    await ask("POST", `/api/v1/alert/${id}`, document);
    await sandbox.clock.step();
    expect(await one(ask, id)).toEqual({ ...alert, status: "False Positive" });
    await ask("POST", "/api/v1/alerts", { alert_ids: [id], set_ignored: true });
    expect(await one(ask, id)).toMatchObject({ report_ignored: false });
    await sandbox.clock.step();
    expect(await one(ask, id)).toMatchObject({ report_ignored: true, status: "False Positive" });
    await ask("POST", "/api/v1/alerts", { alert_ids: [id], set_ignored: false });
    await sandbox.clock.step();
    expect(await one(ask, id)).toMatchObject({ report_ignored: false });
  });

  it("are not changed by requests that make no sense", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const before = (await search(ask, "rows=100")).results;
    const id: string = before[0].unique_id;
    const status = { requested_status: "Resolved" };
    const many: [unknown, RegExp][] = [
      [{ query: "cb.urlver=1&q=*", ...status }, /query/],
      [{ alert_ids: [], ...status }, /alert_ids/],
      [{ ...status }, /alert_ids/],
      [{ alert_ids: [id] }, /requested_status/],
      [{ alert_ids: [id], requested_status: "resolved" }, /requested_status/],
      [{ alert_ids: [id], set_ignored: "yes" }, /set_ignored/],
      [{ alert_ids: [id], assigned_to: 5 }, /assigned_to/],
      [{ alert_ids: [id, 1], ...status }, /alert_ids/],
      ["{", /JSON/],
      [[], /object/],
    ];
    for (const [body, reason] of many) {
      const reply = await ask("POST", "/api/v1/alerts", body);
      expect([reply.status, reply.body]).toEqual([400, expect.stringMatching(reason)]);
    }
    for (const value of ODD_VALUES) {
      expect((await ask("POST", `/api/v1/alert/${id}`, { status: value })).status).toBe(400);
    }
    expect((await ask("POST", `/api/v1/alert/${id}`, { status: "Resolved", unique_id: "x" })).status).toBe(400);
    expect((await ask("POST", "/api/v1/alert/nobody", { status: "Resolved" })).status).toBe(404);
    expect(await ask("POST", "/api/v1/alerts", { alert_ids: ["nobody"], ...status })).toMatchObject({ status: 200 });
    const unknown = Array.from({ length: 5000 }, (_, n) => `a${n}`);
    expect(await ask("POST", "/api/v1/alerts", { alert_ids: unknown, ...status })).toMatchObject({ status: 200 });
    await sandbox.clock.step();
    expect((await search(ask, "rows=100")).results).toEqual(before);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("are told as each version tells them", async () => {
    await using old = await startSmall({ version: "6.1.0.170531.1416" });
    const [cut] = (await search(old.ask, "q=process_name:evil.exe")).results;
    const segment = Number.parseInt(cut.process_unique_id.slice(37), 16);
    expect([cut.segment_id, cut.sha256]).toEqual([segment % 2 ** 32, undefined]);
    await using recent = await startSmall({ version: "7.8.0.230101.1200" });
    const [whole] = (await search(recent.ask, "q=process_name:evil.exe")).results;
    expect(whole).toMatchObject({ segment_id: segment, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
