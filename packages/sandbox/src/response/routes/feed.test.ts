import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FeedDocument, PublishedReport } from "../../domain/index.js";
import { type Ask, ODD_VALUES, startSmall } from "./samples.js";

const PATH = "/api/v1/feed";
const NET = "79b6d4c5283fc806387c55b8d7c8b762";

const report = (id: string, changes: Partial<PublishedReport> = {}): PublishedReport => ({
  ...{ id, title: `Report ${id}`, link: `https://x.example/${id}`, timestamp: 1_700_000_000, score: 40 },
  iocs: { md5: [NET.toUpperCase()] },
  ...changes,
});
const feed = (...reports: PublishedReport[]): FeedDocument => ({
  feedinfo: {
    ...{ name: "Lab_1", display_name: "Lab", provider_url: "https://x.example", summary: "s", tech_data: "t" },
  },
  reports,
});

const find = async (ask: Ask, q: string, path = "/api/v1/process", more = "") =>
  (await ask("GET", `${path}?q=${encodeURIComponent(q)}${more}`)).body;
const count = async (ask: Ask, q: string, path?: string): Promise<number> =>
  (await find(ask, q, path, "&rows=0")).total_results;

describe("feeds", () => {
  // A server that answers with what a test puts there, and notes who asked.
  const pages = new Map<string, { status?: number; location?: string; body?: unknown }>();
  const asked: { path: string; authorization: string | undefined }[] = [];
  let server: Server;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), "feeds-"));
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? "";
      asked.push({ path, authorization: request.headers.authorization });
      const { status = 200, location, body } = pages.get(path) ?? { status: 404 };
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("are fetched, matched at the next tick, and taken away", async () => {
    await using sandbox = await startSmall();
    const { ask } = sandbox;
    const query = { index_type: "events", search_query: "cb.urlver=1&q=process_name%3Aping.exe" } as const;
    const reports = [
      report("files", { tags: ["lab"], score: 60 }),
      report("servers", { iocs: { dns: ["EVIL.example"], ipv4: ["203.0.113.66"], ipv6: ["::1"] } }),
      report("pings", { iocs: { query: [query] }, score: 20 }),
    ];
    pages.set("/lab.json", { body: feed(...reports) });
    const made = await ask("POST", PATH, {
      ...{ feed_url: `${url}/lab.json`, enabled: true, username: "me", password: "geheim", unknown: 1 },
    });
    expect(made).toMatchObject({
      status: 200,
      body: { id: 8, name: "Lab_1", display_name: "Lab", manually_added: true },
    });
    const basic = `Basic ${Buffer.from("me:geheim").toString("base64")}`;
    expect(asked.at(-1)).toEqual({ path: "/lab.json", authorization: basic });
    await ask("POST", `${PATH}/8/action`, { action_type: 3, group_id: 8, watchlist_id: -1 });
    expect(await count(ask, "alliance_score_lab_1:*")).toBe(0);
    await sandbox.sandbox.clock.step();

    const { results, total_results } = await find(ask, "alliance_score_lab_1:60");
    expect(total_results).toBe(await count(ask, `md5:${NET} process_name:net.exe or childproc_md5:${NET}`));
    const net = results.find((row: { process_name: string }) => row.process_name === "net.exe");
    expect(net).toMatchObject({
      ...{ alliance_score_lab_1: 60, alliance_data_lab_1: ["files"], alliance_link_lab_1: "https://x.example/files" },
      alliance_updated_lab_1: "2023-11-14T22:13:20.000Z",
    });
    expect((await ask("GET", `/api/v1/process/${net.id}/0/threat_intel_hits`)).body).toContainEqual({
      ...{ feed_name: "lab_1", score: 60, data: ["files"], link: "https://x.example/files" },
      updated: "2023-11-14T22:13:20.000Z",
    });
    expect(await count(ask, `alliance_data_lab_1:files md5:${NET}`, "/api/v1/binary")).toBe(1);
    expect(await count(ask, "alliance_data_lab_1:servers process_name:evil.exe")).toBe(1);
    expect(await count(ask, "alliance_data_lab_1:pings")).toBe(await count(ask, "process_name:ping.exe"));

    const alerts = async (q: string) => await find(ask, `feed_id:8 ${q}`, "/api/v2/alert", "&rows=1");
    expect((await alerts("watchlist_name:Report?servers")).results[0]).toMatchObject({
      ...{ alert_type: "watchlist.hit.ingress.process", feed_name: "Lab_1", watchlist_id: "servers" },
      ...{ ioc_type: "dns", ioc_value: "EVIL.example", alert_severity: 32.4, link: "https://x.example/servers" },
      ioc_attr: expect.stringContaining('"remote_ip":"203.0.113.66"'),
    });
    expect(await alerts("alert_type:watchlist.hit.ingress.binary")).toMatchObject({ total_results: 1 });
    expect((await alerts("alert_type:watchlist.hit.query.process")).total_results).toBe(
      await count(ask, "process_name:ping.exe"),
    );

    // Ignored, a report still tags; it raises no alert.
    const before = (await alerts("")).total_results;
    await ask("POST", "/api/v1/threat_report", { ids: { 8: ["pings"] }, updates: { is_ignored: true } });
    const ping = { sensor: 3, path: "c:\\windows\\system32\\ping.exe", cmdline: "ping  x" };
    await sandbox.sandbox.launch(ping);
    const net2 = { ...ping, path: "c:\\windows\\system32\\net.exe", parent: "services.exe", cmdline: "net  stop x" };
    await sandbox.sandbox.launch({ ...net2, netconns: [{ ip: "203.0.113.66" }] });
    const pings = await count(ask, "alliance_data_lab_1:pings");
    await sandbox.sandbox.clock.step();
    expect(await count(ask, "alliance_data_lab_1:pings")).toBe(pings + 1);
    expect((await alerts("watchlist_id:pings created_time:[2026-01-05T09:00:02 TO *]")).total_results).toBe(0);
    // The new net.exe by its hash, its parent by that of its child, and the connection.
    expect((await alerts("")).total_results).toBe(before + 3);

    // A report that is gone takes its tags along, one that has changed is matched anew; no alert comes twice.
    pages.set("/lab.json", { body: feed(report("files", { score: -5 })) });
    expect((await ask("POST", `${PATH}/8/synchronize`, { full_sync: false })).body).toEqual({ result: "success" });
    await sandbox.sandbox.clock.step();
    expect(await count(ask, "alliance_data_lab_1:(servers or pings)")).toBe(0);
    expect(await count(ask, "alliance_score_lab_1:-5")).toBe(total_results + 2);
    expect((await alerts("")).total_results).toBe(before + 3);
    expect((await ask("GET", `${PATH}/8/report/pings`)).status).toBe(404);

    expect(await ask("DELETE", `${PATH}/8`)).toEqual({ status: 204, body: "" });
    expect(await count(ask, "alliance_score_lab_1:*")).toBe(0);
    expect(await count(ask, "feed_id:8", "/api/v1/threat_report")).toBe(0);
    expect((await ask("GET", `${PATH}/8`)).status).toBe(404);
    const log = JSON.stringify([sandbox.sandbox.requests.entries(), sandbox.sandbox.requests.failures()]);
    expect(log).not.toContain("geheim");
    expect(sandbox.sandbox.requests.failures()).toEqual([]);
  });

  it("of hundreds of queries are matched in turns, and given up when they are deleted meanwhile", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const search_query = "cb.urlver=1&q=os_type%3Awindows";
    const reports = Array.from({ length: 400 }, (_, n) =>
      report(`r${n}`, { iocs: { query: [{ index_type: "events", search_query }] } }),
    );
    pages.set("/many.json", { body: feed(...reports) });
    const make = async () => (await ask("POST", PATH, { feed_url: `${url}/many.json`, enabled: true })).body.id;
    const deleted = await make();
    const gone = sandbox.clock.step();
    expect((await ask("DELETE", `${PATH}/${deleted}`)).status).toBe(204);
    await gone;
    expect(await count(ask, "alliance_score_lab_1:*")).toBe(0);

    await make();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await sandbox.clock.step();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
    const hits = await count(ask, "alliance_score_lab_1:*");
    expect(hits).toBe(await count(ask, "os_type:windows"));
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\ping.exe" });
    await sandbox.clock.step();
    expect(await count(ask, "alliance_score_lab_1:*")).toBe(await count(ask, "os_type:windows"));
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("that are disabled do nothing until they are enabled", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const all = (await ask("GET", PATH)).body;
    const likes = all.find((each: { name: string }) => each.name === "lookalikes");
    expect(likes).toMatchObject({ enabled: false, category: "Connectors", password: null });
    const refused = await ask("POST", `${PATH}/${likes.id}/synchronize`, { full_sync: true });
    expect(refused).toEqual({ status: 409, body: expect.stringContaining("disabled") });
    pages.set("/off.json", { body: feed(report("files")) });
    const { id } = (await ask("POST", PATH, { feed_url: `${url}/off.json` })).body;
    await sandbox.clock.step(2);
    expect(await count(ask, "alliance_score_lab_1:*")).toBe(0);
    const document = { ...(await ask("GET", `${PATH}/${id}`)).body, enabled: true, local_rating: 4.5, icon: "x" };
    expect((await ask("PUT", `${PATH}/${id}`, document)).body).toEqual({ result: "success" });
    await sandbox.clock.step();
    expect(await count(ask, "alliance_score_lab_1:*")).toBeGreaterThan(0);
    expect((await ask("GET", `${PATH}/${id}`)).body).toEqual({ ...document, icon: "" });
    expect((await ask("PUT", `${PATH}/${id}`, { name: "Other" })).status).toBe(400);
    expect((await ask("PUT", `${PATH}/${id}`, { feed_url: `${url}/nothing.json` })).status).toBe(500);
    expect((await ask("GET", `${PATH}/${id}`)).body.feed_url).toBe(`${url}/off.json`);
    for (const field of ["enabled", "use_proxy", "order", "password", "local_rating", "validate_server_cert"]) {
      const reply = await ask("PUT", `${PATH}/${id}`, { [field]: [[]] });
      expect([reply.status, reply.body]).toEqual([400, expect.stringContaining(field)]);
    }
  });

  it("come from the web, from the folder and from the sandbox itself, and from nowhere else", async () => {
    const feeds = join(folder, "feeds");
    mkdirSync(feeds);
    writeFileSync(join(feeds, "lab.json"), JSON.stringify(feed(report("files"))));
    writeFileSync(join(folder, "secret.json"), JSON.stringify(feed(report("secret"))));
    symlinkSync(join(folder, "secret.json"), join(feeds, "link.json"));
    await using server = await startSmall({ stateDirectory: folder });
    const { ask } = server;
    pages.set("/once", { status: 302, location: "/lab2.json" });
    pages.set("/lab2.json", { body: feed(report("files")) });
    const good = [`file://${feeds}/lab.json`, "file:///lab.json", "https://feeds.sandbox/soc.json", `${url}/once`];
    for (const feed_url of good) {
      expect((await ask("POST", PATH, { feed_url })).status, feed_url).toBe(200);
    }
    pages.set("/twice", { status: 302, location: "file:///etc/passwd" });
    pages.set("/round", { status: 301, location: "/round" });
    pages.set("/text", { body: "<html>" });
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const gone = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    const bad = [
      ...["file:///../secret.json", "file:///%2e%2e/secret.json", "file:///..%2fsecret.json", "file:///link.json"],
      ...[`file://${folder}/secret.json`, "file:///etc/passwd", "file://host/lab.json", "file:///"],
      ...["https://feeds.sandbox/nothing.json", `${url}/twice`, `${url}/round`, `${url}/text`, `${url}/missing`],
      ...[`http://me:geheim@127.0.0.1:${gone}/`, "http://"],
    ];
    for (const feed_url of bad) {
      const reply = await ask("POST", PATH, { feed_url });
      expect([reply.status, typeof reply.body], feed_url).toEqual([500, "string"]);
      expect(reply.body).not.toMatch(/geheim|root:/);
    }
    for (const feed_url of ["ftp://x.example/f", "javascript:1", "", ...ODD_VALUES]) {
      expect((await ask("POST", PATH, { feed_url })).status, String(feed_url)).toBe(400);
    }
    expect((await ask("POST", PATH, {})).body).toBe("Missing fields: feed_url");
    expect((await ask("GET", PATH)).body).toHaveLength(7 + good.length);
    await using closedSandbox = await startSmall();
    expect((await closedSandbox.ask("POST", PATH, { feed_url: "file:///lab.json" })).status).toBe(500);
    expect(server.sandbox.requests.failures()).toEqual([]);
  });

  it("that are not valid are refused with the place of the mistake", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const good = report("a");
    const iocs = (value: unknown) => ({ ...good, iocs: value });
    const query = (search_query: string, index_type = "events") => iocs({ query: { index_type, search_query } });
    const cases: [unknown, RegExp][] = [
      [[], /object/],
      [{ feedinfo: {} }, /reports/],
      [{ ...feed(), feedinfo: { name: "x" } }, /display_name/],
      [{ ...feed(), feedinfo: { ...feed().feedinfo, name: "two words" } }, /name/],
      [{ ...feed(), reports: {} }, /reports/],
      ...(
        [
          [{ ...good, score: 101 }, /reports\[0\]: score/],
          [{ ...good, timestamp: "now" }, /timestamp/],
          [{ ...good, id: undefined }, /id/],
          [{ ...good, tags: "lab" }, /tags/],
          [{ ...good, id: "a\u0000b" }, /reports\[0\]: id/],
          [{ ...good, id: "a\ud800" }, /id/],
          [{ ...good, id: "x".repeat(1025) }, /id/],
          [iocs([]), /iocs/],
          [iocs({ md5: ["abc"] }), /md5 holds abc/],
          [iocs({ md5: NET }), /md5/],
          [iocs({ ipv4: ["300.1.1.1"] }), /ipv4/],
          [iocs({ dns: ["https://x.example"] }), /dns/],
          [iocs({ md5: [NET], query: [{ index_type: "events", search_query: "cb.urlver=1&q=x" }] }), /by itself/],
          [iocs({ query: [] }), /query/],
          [query("cb.urlver=1&q=("), /iocs of reports\[0\]/],
          [query("process_name:x"), /search_query/],
          [query("cb.urlver=1&q=x", "alerts"), /index_type/],
        ] as [unknown, RegExp][]
      ).map(([each, reason]): [unknown, RegExp] => [{ ...feed(), reports: [each] }, reason]),
      [{ ...feed(), reports: [good, good] }, /reports\[1\].*twice/],
    ];
    for (const [body, reason] of cases) {
      pages.set("/bad.json", { body });
      const reply = await ask("POST", PATH, { feed_url: `${url}/bad.json` });
      expect([reply.status, reply.body]).toEqual([500, expect.stringMatching(reason)]);
    }
    expect((await ask("GET", PATH)).body).toHaveLength(7);
  });
});

describe("threat reports", () => {
  const REPORTS = "/api/v1/threat_report";

  it("are searched by their fields and read one by one", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const all = (await ask("GET", `${REPORTS}?rows=100`)).body;
    expect(Object.keys(all).sort()).toEqual(["elapsed", "facets", "results", "start", "total_results"]);
    const each: [string, number?][] = [
      ["title:FUZZYWOMBAT", 6],
      ["title:fuzzy*", 6],
      ["title:*wombat", 6],
      ['title:"FUZZYWOMBAT second stage"', 1],
      ['title:"stage second"', 0],
      ["title:fuzzy", 0],
      ["feed_id:3 title:FUZZYWOMBAT -report_id:soc-fuzzywombat-cmd", 5],
      ["feed_name:soc", 8],
      ["feed_category:open", undefined],
      ["tags:partner", 5],
      ["description:invoice", 1],
      ["invoice", 1],
      ["domain:cdn-sync.example", 1],
      ["domain:files.", 1],
      ["domain:.example"],
      ["ipaddr:203.0.113.0/24", 2],
      ["ipaddr:2001:db8::/32"],
      ["ipaddr:198.51.100.21", undefined],
      ["create_time:[2025-01-01 TO 2026-01-05]"],
      ["is_ignored:true", 0],
      ["is_ignored:false", all.total_results],
      ["md5:*"],
      ["title:* -title:nothing", all.total_results],
    ];
    for (const [q, wanted] of each) {
      const found = await count(ask, q, REPORTS);
      if (wanted === undefined) expect(found, q).toBeGreaterThan(0);
      else expect(found, q).toBe(wanted);
    }
    const { results, facets } = await find(ask, "report_id:soc-onesync", REPORTS, "&facet=true&facet.field=feed_name");
    expect(facets.feed_name).toEqual([{ name: "SOC", value: 1, percent: 100, ratio: "100.0" }]);
    expect(results[0]).toMatchObject({
      ...{ feed_id: 3, id: "soc-onesync", feed_name: "SOC", score: 90, is_ignored: false, has_query: false },
      ...{ ipaddr: ["203.0.113.77", "203.0.113.91"], create_time: "2026-01-04T09:00:00Z", timestamp: 1_767_517_200 },
    });
    const { md5: _md5, domain: _domain, ipaddr: _ipaddr, ...shared } = results[0];
    expect((await ask("GET", `${PATH}/3/report/soc-onesync`)).body).toEqual({
      ...shared,
      iocs: {
        dns: ["cdn-sync.example", "files.cdn-sync.example"],
        ipv4: ["203.0.113.77", "203.0.113.91"],
      },
    });
    expect((await ask("GET", `${PATH}/3/report/nothing`)).status).toBe(404);
    for (const wrong of ["q=score:1", "q=(", "q=is_ignored:perhaps", "q=feed_id:x", "q=ipaddr:nowhere"]) {
      expect((await ask("GET", `${REPORTS}?${wrong}`)).body.reason, wrong).toBe("query_malformed_syntax");
    }
    expect((await ask("GET", `${REPORTS}?sort=description%20asc`)).status).toBe(400);
  });

  it("are ignored by their ids or by a query, at once", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const done = { status: 200, body: { result: "success" } };
    const set = (what: object, is_ignored: unknown) => ask("POST", REPORTS, { ...what, updates: { is_ignored } });
    const query = "cb.urlver=1&q=feed_id%3A3%20title%3AFUZZYWOMBAT";
    expect(await set({ query }, true)).toEqual(done);
    expect(await count(ask, "is_ignored:true", REPORTS)).toBe(6);
    expect(await set({ query: `${query}%20report_id%3A*-1` }, false)).toEqual(done);
    expect(await set({ ids: { 3: ["soc-fuzzywombat-2", "nothing"], 99: ["x"] } }, false)).toEqual(done);
    expect(await count(ask, "is_ignored:true", REPORTS)).toBe(4);
    expect(await set({ ids: { 3: ["soc-evil"] } }, true)).toEqual(done);
    await sandbox.clock.step();
    expect((await find(ask, "watchlist_id:soc-evil", "/api/v2/alert")).results[0].report_ignored).toBe(true);

    const refused: unknown[] = [
      ...["cb.urlver=1", "cb.urlver=1&q=", "", "cb.urlver=1&q=%20"].map((empty) => ({ query: empty })),
      ...[
        {},
        { ids: {} },
        { ids: { 3: [] } },
        { ids: ["soc-evil"] },
        { ids: { x: ["y"] } },
        { ids: { 3: "soc-evil" } },
      ],
      ...[{ ids: { 3: [1] } }, { query, ids: { 3: ["x"] } }, { query: 5 }, { query: "cb.urlver=1&q=(" }],
    ];
    for (const what of refused) {
      expect((await set(what as object, true)).status, JSON.stringify(what)).toBe(400);
    }
    for (const value of ["true", 1, null, undefined, []]) expect((await set({ query }, value)).status).toBe(400);
    expect((await ask("POST", REPORTS, { query })).status).toBe(400);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});
