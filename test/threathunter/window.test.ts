// Results far beyond the 10,000 rows that one search gives: complete, each row once, and in order.
import { Sandbox } from "@cbapi/sandbox";
import { CbThreatHunterAPI, Process } from "cbapi/threathunter";
import { afterAll, beforeAll, expect, it } from "vitest";

/** Real milliseconds that a reading may take on a machine that is busy with other things. */
const PATIENCE = 240_000;

let sandbox: Sandbox;
let cb: CbThreatHunterAPI;

beforeAll(async () => {
  // Processes that only a relative tells of are no rows: some more are made, so that there are 30,000.
  sandbox = await Sandbox.start({
    tls: false,
    organisation: { hosts: 100, processes: 30_500, binaries: 30 },
    clock: { running: false },
  });
  sandbox.behaviour.searchPolls = 1;
  const { url, token, orgKey } = sandbox.credentials("cloud");
  cb = new CbThreatHunterAPI({ url, token, orgKey, allowHttp: true });
  return async () => {
    await cb.close();
  };
}, PATIENCE);
afterAll(() => sandbox.stop());

/** Reads all rows: their GUIDs, and the times by which they are ordered. */
async function read(query: ReturnType<typeof Process.query>, field: "device_timestamp" | "process_start_time") {
  const rows = query.batchSize(5000).iterate();
  const guids: string[] = [];
  const times: number[] = [];
  for await (const row of rows) {
    guids.push(row.process_guid);
    times.push(row[field]?.getTime() ?? Number.NaN);
  }
  return { guids, times, report: rows.report() };
}

it(
  "all 30,000 come, the newest first",
  async () => {
    const count = await cb.select(Process).count();
    expect(count).toBeGreaterThan(29_900);
    const { guids, times, report } = await read(cb.select(Process), "device_timestamp");
    expect(guids).toHaveLength(count);
    expect(new Set(guids).size).toBe(count);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(report).toMatchObject({ complete: true, available: count, returned: count });
  },
  PATIENCE,
);

it(
  "so they do by their start, and with conditions",
  async () => {
    const query = cb.select(Process).where("device_os:WINDOWS OR device_os:MAC").sortBy("process_start_time");
    const count = await query.count();
    expect(count).toBeGreaterThan(10_000);
    const { guids, times, report } = await read(query, "process_start_time");
    expect(new Set(guids).size).toBe(count);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(report.complete).toBe(true);
  },
  PATIENCE,
);

it(
  "so they do with classic routes",
  async () => {
    const { url, token, orgKey } = sandbox.credentials("cloud");
    await using classic = new CbThreatHunterAPI({ url, token, orgKey, allowHttp: true, routes: "classic" });
    const found = await classic.select(Process).where({ device_os: "WINDOWS" }).batchSize(5000).all({ limit: 12_000 });
    expect(new Set(found.map(({ process_guid }) => process_guid)).size).toBe(12_000);
    expect(found.report().complete).toBe(true);
  },
  PATIENCE,
);

it(
  "where the order has no time, the report says what is missing",
  async () => {
    const found = await cb.select(Process).sortBy("process_name").batchSize(10_000).all();
    expect(found).toHaveLength(10_000);
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons.join()).toContain("order it by device_timestamp or process_start_time");
  },
  PATIENCE,
);
