import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { type Ask, startCloud } from "../samples.js";

const RUNS = "/livequery/v1/orgs/{org}/runs";

let started: Awaited<ReturnType<typeof startCloud>>;
let sandbox: Sandbox;
let ask: Ask;

beforeAll(async () => {
  started = await startCloud({ organisation: { hosts: 12, processes: 400, binaries: 200 } });
  ({ sandbox, ask } = started);
});
afterAll(() => started[Symbol.asyncDispose]());

const WINDOWS = 6;
const LINUX = 10;
const MAC = 12;

async function start(sql: string, device_filter: object = {}, more: object = {}): Promise<string> {
  const { status, body } = await ask("POST", RUNS, { sql, device_filter, ...more });
  expect([status, body.status]).toEqual([200, "ACTIVE"]);
  return body.id;
}

/** All that is answered has been by then. */
async function done(id: string): Promise<Record<string, unknown>> {
  await sandbox.clock.step(8);
  return (await ask("GET", `${RUNS}/${id}`)).body;
}

const results = async (id: string, body: object = {}) =>
  (await ask("POST", `${RUNS}/${id}/results/_search`, body)).body;
const summaries = async (id: string, body: object = {}) =>
  (await ask("POST", `${RUNS}/${id}/results/device_summaries/_search`, body)).body;

describe("a run", () => {
  it("is answered by the devices one after the other, each from what is in it", async () => {
    const id = await start("SELECT name, pid FROM processes ORDER BY pid;", { device_id: [WINDOWS, LINUX, MAC] });
    expect((await ask("GET", `${RUNS}/${id}`)).body).toMatchObject({ status: "ACTIVE", not_started_count: 3 });
    const seen = new Set<string>();
    for (let tick = 0; tick < 8; tick++) {
      await sandbox.clock.step();
      for (const { status } of (await summaries(id)).results) seen.add(status);
    }
    expect([...seen]).toEqual(expect.arrayContaining(["not_started", "in_progress", "matched"]));
    const run = (await ask("GET", `${RUNS}/${id}`)).body;
    expect(run).toMatchObject({ status: "COMPLETE", match_count: 3, success_count: 3, in_progress_count: 0 });
    const { results: rows, num_found } = await results(id, { rows: 10_000 });
    expect(num_found).toBe(run.total_results);
    expect(rows).toHaveLength(num_found);
    const windows = rows.filter((row: { device: { id: number } }) => row.device.id === WINDOWS);
    expect(windows.map((row: { fields: { name: string } }) => row.fields.name)).toContain("lsass.exe");
    expect(rows[0]).toMatchObject({ id, status: "matched", device_message: "", device: { os: expect.any(String) } });
    expect(rows[0].fields.pid).toMatch(/^\d+$/);
  });

  it("says which devices have no such table, which refuse it, and which have nothing", async () => {
    const registry = await start("SELECT * FROM registry WHERE name = 'ProductName'", { device_id: [WINDOWS, LINUX] });
    const wrong = await start("SELECT shoe_size FROM users", { device_id: [LINUX] });
    const none = await start("SELECT 1 FROM users WHERE 0", { device_id: [LINUX] });
    await done(registry);
    expect((await results(registry, { criteria: { status: ["matched"] } })).results[0].fields.data).toMatch(/Windows/);
    const told = (await summaries(registry, { criteria: { device_id: [LINUX] } })).results;
    expect(told).toMatchObject([{ status: "not_supported", device: { id: LINUX } }]);
    const [refused] = (await summaries(wrong)).results;
    expect(refused).toMatchObject({
      status: "error",
      device_message: expect.stringContaining("no such column: shoe_size"),
    });
    expect(refused.error_description).toBe(refused.device_message);
    expect((await ask("GET", `${RUNS}/${none}`)).body).toMatchObject({ no_match_count: 1, total_results: 0 });
    expect((await results(none)).results).toMatchObject([{ status: "not_matched", fields: {} }]);
  });

  it("waits for devices that are off, and times out after a week", async () => {
    await sandbox.setOnline(LINUX, false);
    const id = await start("SELECT 1", { device_ids: [LINUX, MAC] });
    expect(await done(id)).toMatchObject({ status: "ACTIVE", not_started_count: 1, match_count: 1 });
    sandbox.clock.set(sandbox.clock.now() + 7 * 86_400_000);
    await sandbox.clock.step();
    expect((await ask("GET", `${RUNS}/${id}`)).body).toMatchObject({ status: "TIMED_OUT", not_started_count: 1 });
    await sandbox.setOnline(LINUX, true);
  });

  it("is stopped once, and is gone once it is deleted", async () => {
    const id = await start("SELECT 1");
    const stop = () => ask("PUT", `${RUNS}/${id}/status`, { status: "CANCELLED" });
    expect((await stop()).body).toMatchObject({
      status: "CANCELLED",
      cancelled_count: 12,
      cancelled_by: expect.any(String),
    });
    expect((await stop()).status).toBe(409);
    expect((await ask("PUT", `${RUNS}/${id}/status`, { status: "COMPLETE" })).status).toBe(400);
    await sandbox.clock.step(4);
    expect((await results(id)).results[0].status).toBe("cancelled");
    expect((await ask("DELETE", `${RUNS}/${id}`)).status).toBe(204);
    for (const path of [`${RUNS}/${id}`, `${RUNS}/valueOf`]) {
      const { status, body } = await ask("GET", path);
      expect([status, body.error_code]).toEqual([404, "NOT_FOUND"]);
    }
  });

  it("takes the filters under both of their names, and refuses others", async () => {
    const older = await ask("POST", RUNS, { sql: "SELECT 1", device_filter: { device_types: ["linux"] } });
    const newer = await ask("POST", RUNS, { sql: "SELECT 1", device_filter: { os: ["LINUX"] } });
    expect(older.body.not_started_count).toBeGreaterThan(0);
    expect(newer.body.not_started_count).toBe(older.body.not_started_count);
    expect(older.body.device_filter).toMatchObject({ os: ["LINUX"], device_types: ["LINUX"], device_ids: null });
    const policy = (await summaries(newer.body.id)).results[0].policy_id;
    const byPolicy = await ask("POST", RUNS, { sql: "SELECT 1", device_filter: { policy_ids: [policy] } });
    const found = (await summaries(byPolicy.body.id)).results;
    expect(found.every((each: { policy_id: number }) => each.policy_id === policy)).toBe(true);
    for (const device_filter of [{ os: ["BEOS"] }, { device_id: ["6"] }, { hostname: ["a"] }, [], { os: "LINUX" }]) {
      expect((await ask("POST", RUNS, { sql: "SELECT 1", device_filter })).status).toBe(400);
    }
    expect((await ask("POST", RUNS, { sql: "SELECT 1", device_filter: { device_id: [999] } })).body.status).toBe(
      "COMPLETE",
    );
  });

  it.each([
    ...[
      "",
      "DROP TABLE users",
      "SELECT 1; SELECT 2",
      "PRAGMA journal_mode",
      "ATTACH 'x' AS y",
      "SELECT '",
      "VALUES (1)",
    ],
    ...["WITH x AS (SELECT 1) DELETE FROM users", "SELECT (1", "EXPLAIN SELECT 1", "-- nothing", "SELECT 1\0"],
  ])("is not started with %j", async (sql) => {
    const { status, body } = await ask("POST", RUNS, { sql, device_filter: {} });
    expect([status, body.error_code]).toEqual([400, "BAD_REQUEST"]);
  });
});

describe("results", () => {
  let id: string;
  beforeAll(async () => {
    id = await start("SELECT username, uid, type FROM users ORDER BY username", {}, { name: "Who is there" });
    await done(id);
  });

  it("are searched by text, criteria and columns, sorted and paged", async () => {
    const all = (await results(id, { rows: 1000 })).results;
    const onLinux = (await results(id, { criteria: { "device.id": [LINUX] } })).results;
    expect(onLinux.length).toBeGreaterThan(0);
    expect(onLinux).toEqual(all.filter((row: { device: { id: number } }) => row.device.id === LINUX));
    const root = (await results(id, { query: "fields.username:root", rows: 1000 })).results;
    expect(root).toEqual(all.filter((row: { fields: { username: string } }) => row.fields.username === "root"));
    expect((await results(id, { query: "root", criteria: { device_name: ["nowhere"] } })).num_found).toBe(0);
    const sorted = (await results(id, { sort: [{ field: "fields.uid", order: "DESC" }], rows: 1000 })).results;
    const uids = sorted.map((row: { fields: { uid: string } }) => Number(row.fields.uid));
    expect(uids).toEqual([...uids].sort((a, b) => b - a));
    const pages = [];
    for (let at = 0; at < all.length; at += 7) pages.push(...(await results(id, { start: at, rows: 7 })).results);
    expect(pages).toEqual(all);
    expect((await results(id)).results).toHaveLength(20);
    for (const body of [
      { start: 10_000, rows: 1 },
      { rows: 10_001 },
      { criteria: { nothing: ["x"] } },
      { query: "a:(" },
      { sort: [{ field: "x" }] },
    ]) {
      expect((await ask("POST", `${RUNS}/${id}/results/_search`, body)).status).toBe(400);
    }
  });

  it("are counted by their values", async () => {
    const all = (await results(id, { rows: 1000 })).results;
    const { body } = await ask("POST", `${RUNS}/${id}/results/_facet`, {
      terms: { fields: ["device.id", "status", "fields.username", "fields.nothing"] },
    });
    const values = Object.fromEntries(
      body.terms.map((term: { field: string; values: unknown[] }) => [term.field, term.values]),
    );
    const rootCount = all.filter((row: { fields: { username: string } }) => row.fields.username === "root").length;
    expect(values["fields.username"]).toContainEqual({ id: "root", name: "root", total: rootCount });
    expect(values["status"]).toEqual([{ id: "matched", name: "matched", total: all.length }]);
    expect(values["device.id"]).toHaveLength(12);
    expect(values["fields.nothing"]).toEqual([]);
    const devices = await ask("POST", `${RUNS}/${id}/results/device_summaries/_facet`, {
      terms: { fields: ["os"], rows: 1 },
    });
    expect(devices.body.terms).toEqual([
      { field: "os", values: [{ id: "WINDOWS", name: "WINDOWS", total: expect.any(Number) }] },
    ]);
    expect((await ask("POST", `${RUNS}/${id}/results/_facet`, { terms: { fields: ["valueOf"] } })).status).toBe(400);
  });

  it("are scrolled through without a start", async () => {
    const all = (await results(id, { rows: 1000 })).results;
    const read: unknown[] = [];
    let search_after: string | undefined;
    let left = 1;
    while (left > 0) {
      const { body } = await ask("POST", `${RUNS}/results/_scroll`, {
        criteria: { run_id: [id] },
        rows: 9,
        search_after,
      });
      read.push(...body.results);
      ({ search_after, num_remaining: left } = body);
    }
    expect(read).toEqual(all);
    for (const body of [
      {},
      { criteria: { run_id: [id] }, start: 1 },
      { criteria: { time_received: { range: "-2d" } } },
      { criteria: { run_id: [id] }, search_after: "x" },
    ]) {
      expect((await ask("POST", `${RUNS}/results/_scroll`, body)).status).toBe(400);
    }
    const recent = await ask("POST", `${RUNS}/results/_scroll`, { criteria: { time_received: { range: "-1h" } } });
    expect(recent.body.num_found).toBeGreaterThanOrEqual(all.length);
  });

  it("are exported as CSV: at once, packed, or by a job", async () => {
    const path = `${RUNS}/${id}/results/_search?format=csv`;
    const plain = await ask("POST", path, {});
    expect(plain.headers["content-type"]).toBe("text/csv");
    const [head, ...lines] = plain.bytes.toString().trimEnd().split("\r\n");
    expect(head).toMatch(/^device_name,device_id,.*,username,uid,type$/);
    expect(lines).toHaveLength((await results(id)).num_found);
    const packed = await ask("POST", `${path}&download=true`, {});
    expect(Buffer.from(unzipSync(packed.bytes)[`${id}.csv`] ?? []).equals(plain.bytes)).toBe(true);
    const { body } = await ask("POST", `${path}&async=true`, { criteria: { device_id: [LINUX] } });
    await sandbox.clock.step(4);
    const file = await ask("GET", `${new URL(body.ref_url).pathname}/download`);
    expect(file.bytes.toString().split("\r\n")).toHaveLength(
      2 + (await results(id, { criteria: { device_id: [LINUX] } })).num_found,
    );
  });

  it("belong to a history that is searched", async () => {
    const found = (await ask("POST", `${RUNS}/_search`, { query: 'name:"who is"', start: 0 })).body;
    expect(found).toMatchObject({ num_found: 1, results: [{ id, name: "Who is there", status: "COMPLETE" }] });
    const { body } = await ask("POST", `${RUNS}/_search`, { query: null, criteria: { status: ["TIMED_OUT"] } });
    expect(body.results.map(({ status }: { status: string }) => status)).toEqual(["TIMED_OUT"]);
  });
});

describe("repeated runs", () => {
  const rule = "RRULE:FREQ=DAILY;BYHOUR=4;BYMINUTE=30;BYSECOND=0";

  it("come from a template, again and again, and differ", async () => {
    const schedule = { rrule: rule, timezone: "America/New_York" };
    const sql = "SELECT pid, name FROM processes";
    const { body: first } = await ask("POST", RUNS, { sql, device_filter: { device_id: [WINDOWS] }, schedule });
    const path = `/livequery/v1/orgs/{org}/templates/${first.template_id}`;
    const template = (await ask("GET", path)).body;
    expect(template.next_run_time).toMatch(/T09:30:00.000Z$/);
    await sandbox.clock.step(6);
    const killed = sandbox.clock.now();
    sandbox.clock.set(template.next_run_time);
    expect(sandbox.clock.now()).toBeGreaterThan(killed);
    await sandbox.clock.step(6);
    const history = (await ask("POST", `${RUNS}/_search`, { criteria: { template_id: [template.id] } })).body;
    expect(history.num_found).toBe(2);
    const newest = history.results[0].id;
    const difference = await ask("POST", "/livequery/v1/orgs/{org}/differential/runs/_search", {
      newer_run_id: newest,
      count_only: false,
    });
    expect(difference.body.results[0]).toMatchObject({
      newer_run_id: newest,
      older_run_id: first.id,
      newer_run_not_responded_devices: [],
    });
    const [changed] = difference.body.results[0].diff_results;
    expect(changed).toMatchObject({ device_id: WINDOWS, newer_run_row_count: expect.any(Number) });
    expect(changed.added_count + changed.removed_count).toBe(changed.changes.length);
    const stopped = await ask("PUT", path, { ...template, schedule: { ...template.schedule, status: "CANCELLED" } });
    expect(stopped.body).toMatchObject({
      next_run_time: null,
      schedule: { status: "CANCELLED", cancelled_by: "admin" },
    });
    expect((await ask("POST", "/livequery/v1/orgs/{org}/templates/_search", {})).body.num_found).toBe(1);
    expect((await ask("DELETE", path)).status).toBe(204);
    expect((await ask("GET", path)).status).toBe(404);
  });

  it.each([
    ...["FREQ=HOURLY", "FREQ=WEEKLY;BYHOUR=1", "FREQ=DAILY;BYMINUTE=15", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31"],
    ...["FREQ=DAILY;BYDAY=MO", "", "x", "FREQ=DAILY;UNTIL=2030"],
  ])("are not repeated by %j", async (rrule) => {
    expect((await ask("POST", RUNS, { sql: "SELECT 1", device_filter: {}, schedule: { rrule } })).status).toBe(400);
  });
});

describe("a hostile query", () => {
  it.each([
    ["SELECT writefile('/tmp/nothing', 'x')", "no such function: writefile"],
    ["SELECT \"readfile\"('/etc/passwd')", "no such function: readfile"],
    ["SELECT load_extension('x')", "no such function: load_extension"],
    ["SELECT * FROM fsdir('/etc')", "no such table"],
    ["SELECT * FROM 'fsdir' WHERE path = '/etc'", "no such table"],
    ["SELECT * FROM pragma_database_list", "no such table"],
    ["SELECT hex(zeroblob(900000000))", "out of memory"],
    ["SELECT 1 FROM users WHERE (SELECT writefile('/tmp/nothing', 'x')) > 0", "no such function: writefile"],
    ["SELECT zeroblob(30000000) FROM processes a, processes b ORDER BY random()", undefined],
  ])("is refused by the device: %s", async (sql, message) => {
    const id = await start(sql, { device_id: [LINUX] });
    await done(id);
    const [told] = (await summaries(id)).results;
    if (message === undefined) expect(["matched", "error"]).toContain(told.status);
    else expect(told).toMatchObject({ status: "error", device_message: message });
  });

  it("without an end is stopped, and not tried on all devices", async () => {
    const id = await start("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
    const run = await done(id);
    expect(run).toMatchObject({ status: "COMPLETE", error_count: 12 });
    const [told] = (await summaries(id)).results;
    expect(told.device_message).toMatch(/more time/);
    const next = await start("SELECT 1 AS one", { device_id: [MAC] });
    expect(await done(next)).toMatchObject({ match_count: 1 });
  });

  it("gives no more rows than a sensor sends", async () => {
    const sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c";
    const id = await start(sql, { device_id: [MAC] });
    expect(await done(id)).toMatchObject({ total_results: 10_000 });
    expect((await results(id, { rows: 1 })).results[0].device_message).toMatch(/first 10000 rows/);
  });
});

it("asks for a permission", async () => {
  const { orgKey } = sandbox.credentials("cloud");
  expect((await ask("POST", RUNS.replace("{org}", "ELSEWHERE"), { sql: "SELECT 1" })).status).toBe(403);
  expect((await ask("GET", `${RUNS.replace("{org}", orgKey ?? "")}/x`, undefined, {})).status).toBe(401);
});
