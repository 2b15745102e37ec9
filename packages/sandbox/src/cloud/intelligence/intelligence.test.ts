import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { guidOf } from "../processes/guid.js";
import { type Ask, startCloud } from "../samples.js";

const FEEDS = "/threathunter/feedmgr/v2/orgs/{org}/feeds";
const TRANSLATE = "/threathunter/feedmgr/v2/query/translate";
const MANAGER = "/threathunter/watchlistmgr/v3/orgs/{org}";
const WATCHLISTS = `${MANAGER}/watchlists`;
const REPORTS = `${MANAGER}/reports`;

let started: Awaited<ReturnType<typeof startCloud>>;
let sandbox: Sandbox;
let ask: Ask;
let orgKey: string;

beforeAll(async () => {
  started = await startCloud();
  ({ sandbox, ask } = started);
  orgKey = sandbox.credentials("cloud").orgKey ?? "";
});
afterAll(() => started[Symbol.asyncDispose]());

const feedinfo = {
  name: "Mine",
  owner: "somebody",
  provider_url: "https://feeds.example",
  summary: "s",
  category: "c",
  access: "public",
};
const ioc = { id: "ioc-1", match_type: "equality", field: "process_name", values: ["nothing.exe"], link: null };
const report = (id: string, more: object = {}) => ({
  ...{
    id,
    timestamp: 1_700_000_000,
    title: `Report ${id}`,
    description: "d",
    severity: 5,
    link: "https://feeds.example/r",
  },
  ...{ tags: ["a"], iocs_v2: [ioc], visibility: "visible", ...more },
});

/** Starts a program on an endpoint; the GUID of its process. */
async function launched(path: string, more: object = {}): Promise<string> {
  const report = await sandbox.launch({ sensor: 3, path, ...more });
  if (report.outcome !== "started") throw new Error(report.outcome);
  return guidOf(orgKey, report.id);
}

/** All processes that a query finds. */
async function search(query: string): Promise<Record<string, unknown>[]> {
  const base = "/api/investigate/v2/orgs/{org}/processes/search_jobs";
  const { body } = await ask("POST", base, { query, rows: 1000 });
  for (;;) {
    const answer = (await ask("GET", `${base}/${body.job_id}/results?start=0&rows=1000`)).body;
    if (answer.contacted > 0 && answer.contacted === answer.completed) return answer.results;
  }
}

const watchlistAlerts = async (id: string): Promise<Record<string, unknown>[]> =>
  (
    await ask("POST", "/api/alerts/v7/orgs/{org}/alerts/_search", {
      ...{ criteria: { type: ["WATCHLIST"], watchlists_id: [id] }, time_range: { range: "-2w" }, rows: 100 },
    })
  ).body.results;

describe("feeds", () => {
  it("of the organisation are there, those of others on request", async () => {
    const own = (await ask("GET", FEEDS)).body.results;
    const all = (await ask("GET", `${FEEDS}?include_public=True`)).body.results;
    expect(own.every(({ owner }: { owner: string }) => owner === orgKey)).toBe(true);
    expect(all.length).toBeGreaterThan(own.length);
    const other = all.find(({ owner }: { owner: string }) => owner !== orgKey);
    expect((await ask("GET", `${FEEDS}/${other.id}`)).body.reports.length).toBeGreaterThanOrEqual(0);
    expect((await ask("DELETE", `${FEEDS}/${other.id}`)).status).toBe(403);
  });

  it("are made, changed and deleted, with their reports", async () => {
    const made = (await ask("POST", FEEDS, { feedinfo, reports: [report("a")] })).body;
    expect(made).toMatchObject({
      name: "Mine",
      owner: orgKey,
      access: "private",
      source_label: null,
      id: expect.any(String),
    });
    expect((await ask("POST", `${FEEDS}/public`, { feedinfo })).body.access).toBe("public");
    const path = `${FEEDS}/${made.id}`;
    expect((await ask("GET", path)).body).toEqual({ feedinfo: made, reports: [{ ...report("a"), iocs: null }] });
    const renamed = (await ask("PUT", `${path}/feedinfo`, { ...made, name: "Ours" })).body;
    expect(renamed).toEqual({ ...made, name: "Ours" });
    expect((await ask("GET", `${path}/feedinfo`)).body).toEqual(renamed);
    expect((await ask("POST", `${path}/reports`, { reports: [report("b"), report("c")] })).body).toEqual({
      success: true,
    });
    const ids = async () => (await ask("GET", `${path}/reports`)).body.results.map(({ id }: { id: string }) => id);
    expect(await ids()).toEqual(["b", "c"]);
    expect((await ask("PUT", `${path}/reports/b`, report("b", { severity: 9 }))).body.severity).toBe(9);
    expect((await ask("GET", `${path}/reports/b`)).body.report.severity).toBe(9);
    expect((await ask("PUT", `${path}/reports/b`, report("c"))).status).toBe(400);
    expect((await ask("DELETE", `${path}/reports/b`)).status).toBe(204);
    expect(await ids()).toEqual(["c"]);
    expect((await ask("PUT", `${path}/reports/b`, report("b"))).status).toBe(404);
    expect((await ask("DELETE", path)).status).toBe(204);
    const gone = await ask("GET", path);
    expect([gone.status, gone.body.error_code]).toEqual([404, "NOT_FOUND"]);
  });

  it.each([
    [{ provider_url: "nowhere" }, 400],
    [{ name: "" }, 400],
    [{ alertable: "yes" }, 400],
    [{ summary: 1 }, 400],
  ])("are refused with %j", async (wrong, status) => {
    expect((await ask("POST", FEEDS, { feedinfo: { ...feedinfo, ...wrong }, reports: [] })).status).toBe(status);
  });

  it.each<[string, object]>([
    ...(["severity", "timestamp"] as const).flatMap((name): [string, object][] =>
      [0, 11.5, "5", null].map((value) => [name, { [name]: value }]),
    ),
    ["title", { title: " " }],
    ["link", { link: "not a link" }],
    ["tags", { tags: [1] }],
    ["no type", { iocs_v2: [{ ...ioc, match_type: "like" }] }],
    ["no value", { iocs_v2: [{ ...ioc, values: [] }] }],
    ["two IOCs of one id", { iocs_v2: [ioc, ioc] }],
    ["no field", { iocs_v2: [{ ...ioc, field: null }] }],
    ["an unknown field", { iocs_v2: [{ ...ioc, field: "valueOf" }] }],
    ["an expression that cannot be read", { iocs_v2: [{ ...ioc, match_type: "regex", values: ["a(b"] }] }],
    ["a query that cannot be read", { iocs_v2: [{ ...ioc, match_type: "query", values: ["process_name:(a"] }] }],
    ["two queries", { iocs_v2: [{ ...ioc, match_type: "query", values: ["a", "b"] }] }],
    ["a wrong hash", { iocs: { md5: ["123"] } }],
    ["a wrong address", { iocs: { ipv4: ["1.2.3"] } }],
    [
      "a query of EDR that the cloud has nothing like",
      { iocs: { query: [{ search_query: "digsig_result:Unsigned" }] } },
    ],
    ["no id", { id: "" }],
  ])("refuse a report for its %s", async (_, wrong) => {
    const { status, body } = await ask("POST", FEEDS, { feedinfo, reports: [report("a", wrong)] });
    expect([status, body.error_code]).toEqual([400, "BAD_REQUEST"]);
  });

  it("fall over two reports of one id, as the service does", async () => {
    expect((await ask("POST", FEEDS, { feedinfo, reports: [report("a"), report("a")] })).status).toBe(500);
  });

  it("turn the older form of IOCs into the present one", async () => {
    const iocs = {
      md5: ["A".repeat(32)],
      ipv4: ["203.0.113.9"],
      dns: ["evil.example"],
      query: [{ search_query: "cb.urlver=1&q=cmdline%3Afoo" }],
    };
    const made = (await ask("POST", FEEDS, { feedinfo, reports: [report("old", { iocs, iocs_v2: null })] })).body;
    const [{ iocs_v2, iocs: kept }] = (await ask("GET", `${FEEDS}/${made.id}/reports`)).body.results;
    expect(kept).toEqual(iocs);
    expect(
      iocs_v2.map(({ match_type, field, values }: Record<string, unknown>) => [match_type, field, values]),
    ).toEqual([
      ["equality", "process_hash", iocs.md5],
      ["equality", "netconn_ipv4", iocs.ipv4],
      ["equality", "netconn_domain", iocs.dns],
      ["query", undefined, ["process_cmdline:foo"]],
    ]);
  });
});

it.each([
  ["process_name:chrome.exe", "process_name:chrome.exe"],
  ["cmdline:foo or -hostname:x", "process_cmdline:foo OR -device_name:x"],
  ["cb.urlver=1&q=ipaddr%3A10.0.0.1", "netconn_ipv4:10.0.0.1"],
  ["regmod:currentversion\\run\\*", "regmod_name:currentversion\\\\run\\\\*"],
  ["cmdline:-enc", "process_cmdline:\\-enc"],
  ['username:"a b" (md5:x and domain:y)', 'process_username:"a b" (process_hash:x AND netconn_domain:y)'],
])("translates %s", async (query, wanted) => {
  expect((await ask("POST", TRANSLATE, { query })).body).toEqual({ query: wanted });
});

it.each([
  {},
  { query: "" },
  { query: "digsig_result:Signed" },
  { query: "valueOf:x" },
  { query: "(cmdline:a" },
  { query: 1 },
])("translates nothing of %j", async (body) => {
  expect((await ask("POST", TRANSLATE, body)).status).toBe(400);
});

describe("watchlists", () => {
  it("are made, read by both routes, changed and deleted", async () => {
    const { body: made } = await ask("POST", REPORTS, report("w-1"));
    const { body } = await ask("POST", WATCHLISTS, {
      name: "W",
      description: "d",
      report_ids: [made.id],
      classifier: null,
      create_timestamp: 1,
    });
    expect(body).toMatchObject({
      name: "W",
      tags_enabled: true,
      alerts_enabled: false,
      report_ids: ["w-1"],
      classifier: null,
    });
    expect(body.create_timestamp).toBe(Math.floor(sandbox.clock.now() / 1000));
    const path = `${WATCHLISTS}/${body.id}`;
    const classic = "/threathunter/watchlistmgr/v2/watchlist";
    expect((await ask("GET", path)).body).toEqual(body);
    expect((await ask("GET", `${classic}/${body.id}`)).body).toEqual(body);
    expect((await ask("GET", classic)).body).toEqual((await ask("GET", WATCHLISTS)).body);
    sandbox.behaviour.retired = true;
    expect((await ask("GET", classic)).status).toBe(410);
    sandbox.behaviour.retired = false;
    expect((await ask("PUT", `${path}/alert`, "null")).body.alerts_enabled).toBe(true);
    expect((await ask("DELETE", `${path}/tag`)).status).toBe(204);
    expect((await ask("GET", path)).body).toMatchObject({ alerts_enabled: true, tags_enabled: false });
    expect((await ask("DELETE", `${path}/alert`)).status).toBe(204);
    expect((await ask("PUT", `${path}/tag`, "null")).status).toBe(200);
    expect((await ask("PUT", path, { ...body, name: "V" })).body).toMatchObject({ id: body.id, name: "V" });
    expect((await ask("DELETE", `${REPORTS}/w-1`)).status).toBe(204);
    expect((await ask("GET", path)).body.report_ids).toEqual([]);
    expect((await ask("DELETE", path)).status).toBe(204);
    for (const each of [path, `${WATCHLISTS}/valueOf`]) expect((await ask("GET", each)).status).toBe(404);
  });

  it.each([
    ...[
      {},
      { name: "" },
      { name: "x", report_ids: ["nothing"] },
      { name: "x", report_ids: "a" },
      { name: "x", tags_enabled: 1 },
    ],
    ...[
      { name: "x", classifier: { key: "owner", value: "a" } },
      { name: "x", classifier: { key: "feed_id", value: "nothing" } },
    ],
  ])("are refused with %j", async (body) => {
    expect((await ask("POST", WATCHLISTS, body)).status).toBe(400);
  });

  it("have reports of their own", async () => {
    const { id: _, ...nameless } = report("x");
    const made = (await ask("POST", REPORTS, nameless)).body;
    expect(made.id).toMatch(/^\w{22}$/);
    expect((await ask("GET", `${REPORTS}/${made.id}`)).body).toEqual(made);
    expect((await ask("POST", REPORTS, made)).status).toBe(409);
    expect((await ask("PUT", `${REPORTS}/${made.id}`, { ...made, title: "New" })).body.title).toBe("New");
    expect((await ask("PUT", `${REPORTS}/${made.id}`, { ...made, severity: 11 })).status).toBe(400);
    expect((await ask("DELETE", `${REPORTS}/${made.id}`)).status).toBe(204);
    expect((await ask("GET", `${REPORTS}/${made.id}`)).status).toBe(404);
  });

  it("know what is ignored and how severe it is, of reports of feeds too", async () => {
    const feed = (await ask("POST", FEEDS, { feedinfo, reports: [report("f-1")] })).body.id;
    const severity = `${REPORTS}/f-1/severity`;
    expect((await ask("GET", severity)).status).toBe(404);
    expect((await ask("PUT", severity, { report_id: "f-1", severity: 9 })).body).toEqual({
      report_id: "f-1",
      severity: 9,
    });
    expect((await ask("GET", severity)).body).toEqual({ report_id: "f-1", severity: 9 });
    expect((await ask("GET", `${REPORTS}/severity`)).body.results).toEqual([{ report_id: "f-1", severity: 9 }]);
    for (const body of [{ report_id: "f-1", severity: 11 }, { report_id: "other", severity: 1 }, {}]) {
      expect((await ask("PUT", severity, body)).status).toBe(400);
    }
    expect((await ask("DELETE", severity)).status).toBe(204);
    expect((await ask("GET", `${REPORTS}/severity`)).body.results).toEqual([]);
    for (const path of [`${REPORTS}/${feed}-f-1/ignore`, `${REPORTS}/f-1/iocs/ioc-1/ignore`]) {
      expect((await ask("GET", path)).body).toEqual({ ignored: false });
      expect((await ask("PUT", path, "null")).body).toEqual({ ignored: true });
      expect((await ask("GET", path)).body).toEqual({ ignored: true });
      expect((await ask("DELETE", path)).status).toBe(204);
      expect((await ask("GET", path)).body).toEqual({ ignored: false });
    }
    for (const path of [`${REPORTS}/none/ignore`, `${REPORTS}/f-1/iocs/none/ignore`, `${REPORTS}/none/severity`]) {
      expect((await ask("GET", path)).status).toBe(404);
    }
  });
});

describe("what watchlists find", () => {
  it("is there from the beginning, on processes and as alerts", async () => {
    const tagged = await search("watchlist_hit:*");
    expect(tagged.length).toBeGreaterThan(0);
    const lists = (await ask("GET", WATCHLISTS)).body.results;
    for (const { watchlist_hit } of tagged) {
      const [first = ""] = watchlist_hit as string[];
      expect(lists.map(({ id }: { id: string }) => id)).toContain(first.split(":")[0]);
    }
    const [list] = lists.filter(({ alerts_enabled }: { alerts_enabled: boolean }) => alerts_enabled);
    const found = await search(`watchlist_id:${list.id}`);
    expect((await watchlistAlerts(list.id)).map(({ process_guid }) => process_guid).sort()).toEqual(
      found.map(({ process_guid }) => process_guid).sort(),
    );
  });

  it("comes with the processes that arrive, and stops when it is turned off", async () => {
    const looked = report("arrive", { iocs_v2: [{ ...ioc, values: ["arrives.exe"] }], severity: 3 });
    await ask("POST", REPORTS, looked);
    const { id } = (await ask("POST", WATCHLISTS, { name: "Arriving", report_ids: ["arrive"], alerts_enabled: true }))
      .body;
    await sandbox.clock.step();
    expect(await search(`watchlist_id:${id}`)).toEqual([]);
    const first = await launched("c:\\temp\\arrives.exe");
    await sandbox.clock.step();
    expect(
      (await search("watchlist_name:arriving")).map((each) => [each["process_guid"], each["watchlist_hit"]]),
    ).toEqual([[first, [`${id}:arrive:ioc-1:3`]]]);
    expect(await watchlistAlerts(id)).toMatchObject([
      {
        process_guid: first,
        severity: 3,
        report_id: "arrive",
        ioc_id: "ioc-1",
        ioc_field: "process_name",
        watchlists: [{ id, name: "Arriving" }],
      },
    ]);
    await ask("DELETE", `${WATCHLISTS}/${id}/alert`);
    const second = await launched("c:\\temp\\arrives.exe");
    await sandbox.clock.step();
    expect((await search(`watchlist_id:${id}`)).map(({ process_guid }) => process_guid).sort()).toEqual(
      [first, second].sort(),
    );
    expect(await watchlistAlerts(id)).toHaveLength(1);
    await ask("PUT", `${WATCHLISTS}/${id}/alert`, "null");
    await ask("PUT", `${REPORTS}/arrive/iocs/ioc-1/ignore`, "null");
    await launched("c:\\temp\\arrives.exe");
    await sandbox.clock.step();
    expect(await search(`watchlist_id:${id}`)).toHaveLength(2);
    expect(await watchlistAlerts(id)).toHaveLength(1);
    await ask("DELETE", `${REPORTS}/arrive/iocs/ioc-1/ignore`);
    await sandbox.clock.step();
    expect(await search(`watchlist_id:${id}`)).toHaveLength(3);
    await ask("DELETE", `${WATCHLISTS}/${id}`);
    expect(await search(`watchlist_id:${id}`)).toEqual([]);
  });

  it.each<[string, object, object]>([
    [
      "an address",
      { field: "netconn_ipv4", values: ["203.0.113.77"] },
      { netconns: [{ ip: "203.0.113.77", port: 443 }] },
    ],
    [
      "a domain in another case",
      { field: "netconn_domain", values: ["C2.Example"] },
      { netconns: [{ domain: "c2.example", port: 443 }] },
    ],
    [
      "an expression",
      { match_type: "regex", field: "process_cmdline", values: ["--key[0-9]+$"] },
      { cmdline: "x.exe --key42" },
    ],
    [
      "a query",
      { match_type: "query", field: null, values: ["process_cmdline:rendezvous netconn_count:0"] },
      { cmdline: "x.exe rendezvous" },
    ],
  ])("is found by %s, in a feed that is followed", async (_, how, more) => {
    const name = `f${Math.abs(JSON.stringify(how).length * 7919)}`;
    const reports = [report(name, { iocs_v2: [{ ...ioc, ...how }] })];
    const feed = (await ask("POST", FEEDS, { feedinfo, reports })).body.id;
    const classifier = { key: "feed_id", value: feed };
    const { id } = (await ask("POST", WATCHLISTS, { name: "Following", classifier })).body;
    await launched("c:\\temp\\other.exe");
    const guid = await launched("c:\\temp\\x.exe", more);
    await sandbox.clock.step(2);
    expect((await search(`watchlist_id:${id}`)).map(({ process_guid }) => process_guid)).toEqual([guid]);
    await ask("DELETE", `${FEEDS}/${feed}`);
  });
});
