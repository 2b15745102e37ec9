import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProcessRecord } from "../domain/index.js";
import { compileQuery, parseQuery } from "../response/query-language/index.js";
import { findBinary } from "./binaries.js";
import { findGroups, findSensors, findSites } from "./endpoints.js";
import { eventsOf, findChildren, findProcess, segmentsOf } from "./processes.js";
import { sampleBinary, sampleProcess, sampleSensor } from "./samples.js";
import { INDEXES } from "./schema.js";
import { Searcher } from "./search.js";
import { Store } from "./store.js";

const everything: Required<ProcessRecord["events"]> = {
  modload: [{ time: 1005, md5: "a".repeat(32), path: "C:\\Windows\\a.dll" }],
  filemod: [
    { time: 1006, type: 2, path: "c:\\x.txt" },
    { time: 1007, type: 8, path: "c:\\x.txt", md5: "b".repeat(32), filetype: 16, tamper: true },
  ],
  regmod: [{ time: 1008, type: 1, path: "\\registry\\machine\\x" }],
  netconn: [
    {
      ...{ time: 1009, remote_ip: "10.0.0.1", remote_port: 443, local_ip: "10.0.0.2", local_port: 50_000, proto: 6 },
      ...{ domain: "www.example.com", outbound: true },
    },
    {
      ...{ time: 1010, remote_ip: "fe80::1", remote_port: 53, local_ip: "fe80::2", local_port: 50_001, proto: 17 },
      ...{ domain: "", outbound: false, proxy_ip: "10.0.0.3", proxy_port: 3128 },
    },
  ],
  childproc: [
    {
      ...{ time: 1011, child_id: "00000001-0000-0002-0000-000000000002", md5: "c".repeat(32), path: "c:\\b.exe" },
      ...{ pid: 2, started: true, cmdline: "b -x", username: "me", suppressed: true },
    },
  ],
  crossproc: [
    {
      ...{ time: 1012, kind: "RemoteThread", subtype: 2, other_id: "00000001-0000-0003-0000-000000000003" },
      ...{ md5: "d".repeat(32), path: "c:\\c.exe", privileges: 2097151, is_target: true },
    },
  ],
  processblock: [
    {
      ...{ time: 1013, block_type: "0", block_event: "1", block_result: "ProcessTerminated", block_error: 0 },
      ...{ blocked_md5: "e".repeat(32), blocked_path: "c:\\e.exe", blocked_cmdline: "e", blocked_uid: "S-1" },
      blocked_username: "me",
    },
  ],
};

describe("Store", () => {
  it("begins with site 1 and group 1", () => {
    const store = Store.open();
    expect(findSites(store)).toEqual([{ id: 1, name: "Default Site" }]);
    expect(findGroups(store).map(({ record }) => record.name)).toEqual(["Default Group"]);
  });

  it("gives events back as they came", () => {
    const store = Store.open();
    store.process(sampleProcess({ events: everything }));
    const row = findProcess(store, sampleProcess().id, { all: true });
    expect(row).toMatchObject({ modload_count: 1, filemod_count: 2, netconn_count: 2, tampered: 1 });
    expect(row && eventsOf(store, row, { all: true })).toEqual(everything);
  });

  it("parts events by segment and puts them together by time", () => {
    const store = Store.open();
    const modload = [3, 1, 2].map((n) => ({
      time: 1000 + n,
      md5: String(n).repeat(32),
      path: `c:\\${n}`,
      segment: n % 2,
    }));
    const segments = [5000, 6000].map((at) => ({ segment_id: at, last_update: at, last_server_update: at }));
    store.process(sampleProcess({ segments, events: { modload } }));
    const id = sampleProcess().id;
    const paths = (choice: Parameters<typeof findProcess>[2]): string[] => {
      const row = findProcess(store, id, choice);
      return row === undefined ? [] : (eventsOf(store, row, choice).modload ?? []).map((event) => event.path);
    };
    expect(paths({ segment_id: 5000 })).toEqual(["c:\\2"]);
    expect(paths({ ordinal: 2 })).toEqual(["c:\\1", "c:\\3"]);
    expect(paths({ all: true })).toEqual(["c:\\1", "c:\\2", "c:\\3"]);
    expect(findProcess(store, id, { segment_id: 5001 })).toBeUndefined();
    expect(findProcess(store, id, { all: true })).toMatchObject({
      segment_id: 6000,
      min_last_update: 5000,
      modload_count: 3,
    });
  });

  it("refuses an event of a segment that is not there", () => {
    const store = Store.open();
    const modload = [{ time: 1, md5: "", path: "x", segment: 1 }];
    expect(() => store.process(sampleProcess({ events: { modload } }))).toThrow(/names segment 1/);
  });

  it("adds the new segments of a process that it knows", () => {
    const store = Store.open();
    const at = (time: number) => ({ segment_id: time, last_update: time, last_server_update: time });
    store.process(sampleProcess({ segments: [at(5000)] }));
    store.process(sampleProcess({ segments: [at(5000), at(6000)], end: 6000 }));
    const row = findProcess(store, sampleProcess().id, { all: true });
    expect(row?.ended).toBe(6000);
    expect(segmentsOf(store, row?.proc ?? 0).map((segment) => segment.ordinal)).toEqual([1, 2]);
  });

  it("keeps relatives apart", () => {
    const store = Store.open();
    const child = (n: number) => `00000001-0000-000${n}-0000-00000000000${n}`;
    for (const n of [4, 3, 2]) {
      store.process(
        sampleProcess({ id: child(n), parent_id: sampleProcess().id, start: 1000 * n, suppressed: n === 3 }),
      );
    }
    const starts = findChildren(store, sampleProcess().id, 10).map((row) => row.start);
    expect(starts).toEqual([2000, 3000, 4000]);
    expect(findChildren(store, sampleProcess().id, 10, child(2))).toHaveLength(2);
    expect(findChildren(store, sampleProcess().id, 1)).toHaveLength(1);
  });

  it("takes a failed load back", () => {
    const store = Store.open();
    store.process(sampleProcess());
    const other = "00000001-0000-0009-0000-000000000009";
    expect(() =>
      store.transaction(() => {
        store.sensor(sampleSensor({ id: 7 }));
        store.process(sampleProcess({ id: other, process_name: "other.exe" }));
        expect(findProcess(store, other, { all: true })).toBeDefined();
        throw new Error("no more");
      }),
    ).toThrow("no more");
    expect(findSensors(store)).toEqual([]);
    expect(findProcess(store, other, { all: true })).toBeUndefined();
    store.process(sampleProcess({ id: other, process_name: "other.exe" }));
    expect(findProcess(store, other, { all: true })?.process_name).toBe("other.exe");
  });

  it("replaces sensors and binaries that it is given again", () => {
    const store = Store.open();
    store.sensor(sampleSensor());
    store.sensor(sampleSensor({ group_id: 2 }));
    store.binary(sampleBinary());
    store.binary(sampleBinary({ file_desc: "new" }));
    expect(findSensors(store).map((sensor) => sensor.group_id)).toEqual([2]);
    expect(findBinary(store, sampleBinary().md5.toUpperCase())?.record.file_desc).toBe("new");
    expect(store.database.count("SELECT count(*) AS n FROM binary")).toBe(1);
  });

  it("is the same after it was closed and opened again", () => {
    const folder = mkdtempSync(join(tmpdir(), "store-"));
    try {
      const file = join(folder, "organisation.db");
      const first = Store.open({ file });
      first.sensor(sampleSensor());
      first.binary(sampleBinary());
      first.transaction(() => {
        first.process(sampleProcess({ events: everything }));
        expect(findProcess(first, sampleProcess().id, { all: true })).toBeDefined();
      });
      first.close();
      const second = Store.open({ file });
      const row = findProcess(second, sampleProcess().id, { all: true });
      expect(row && eventsOf(second, row, { all: true })).toEqual(everything);
      expect(findBinary(second, sampleBinary().md5)?.hosts.map((host) => host.id)).toEqual([1]);
      second.process(sampleProcess({ id: "00000001-0000-0009-0000-000000000009" }));
      expect(second.database.count("SELECT count(DISTINCT proc) AS n FROM segment")).toBe(2);
      second.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("counts a revision for each write that is seen", () => {
    const store = Store.open();
    const before = store.revision;
    expect(store.revision).toBe(before);
    store.sensor(sampleSensor());
    expect(store.revision).toBeGreaterThan(before);
  });

  it("forgets what was searched of a binary that is replaced, and keeps the others", () => {
    const store = Store.open();
    const search = (query: string): number => {
      const where = compileQuery(parseQuery(query), { target: "binary", now: 0, commandRule: "prose" });
      return new Searcher(store).documents({ from: "binary", where, order: "d.doc" }).length;
    };
    store.binary(sampleBinary({ company_name: "Before", alliance: { alliance_score_x: 5 } }));
    store.binary(sampleBinary({ md5: "b".repeat(32), company_name: "Before" }));
    expect(search("company_name:before")).toBe(2);
    const postings = (): number =>
      store.database.count(
        "SELECT total(json_array_length(CASE typeof(docs) WHEN 'text' THEN docs ELSE json_array(docs) END)) AS n FROM posting",
      );
    const held = postings();
    store.binary(sampleBinary({ company_name: "After" }));
    store.binary(sampleBinary({ company_name: "Afterwards" }));
    expect(search("company_name:before")).toBe(1);
    expect(search("company_name:after")).toBe(0);
    expect(search("company_name:afterwards")).toBe(1);
    expect(search("alliance_score_x:5")).toBe(0);
    expect(store.database.count("SELECT count(*) AS n FROM binary")).toBe(2);
    expect(postings()).toBe(held);
  });

  it("puts a process of the same origin in the place of the earlier one, under another id if need be", () => {
    const store = Store.open();
    const origin = { guid: "g", created: false };
    const module = (path: string): ProcessRecord["events"] => ({
      modload: [{ time: 1001, md5: "c".repeat(32), path }],
    });
    store.process(sampleProcess({ origin, events: module("c:\\old.dll") }));
    store.process(
      sampleProcess({ id: "00000001-0000-0001-0000-00000000000f", pid: 9, origin, events: module("c:\\new.dll") }),
    );
    expect(findProcess(store, sampleProcess().id, { all: true })).toBeUndefined();
    const row = findProcess(store, "00000001-0000-0001-0000-00000000000f", { all: true });
    expect(row).toMatchObject({ pid: 9, modload_count: 1 });
    const search = (query: string): number => {
      const where = compileQuery(parseQuery(query), { target: "process", now: 0, commandRule: "prose" });
      return new Searcher(store).documents({ from: "segment", where, order: "d.doc" }).length;
    };
    expect([search("modload:old.dll"), search("modload:new.dll"), search("")]).toEqual([0, 1, 1]);
  });

  it("has every index that it declares, and reads what runs on a sensor in the order of one", () => {
    const store = Store.open();
    store.process(sampleProcess());
    const names = store.database
      .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'index'")
      .map(({ name }) => name);
    const declared = INDEXES.map((index) => /EXISTS (\w+) ON/.exec(index)?.[1] ?? index);
    expect(new Set(declared).size).toBe(declared.length);
    expect(names).toEqual(expect.arrayContaining(declared));
    const plan = store.database.all<{ detail: string }>(
      "EXPLAIN QUERY PLAN SELECT proc FROM process WHERE sensor_id = 1 AND ended IS NULL AND start <= 9 ORDER BY start DESC, proc DESC",
    );
    expect(plan.map(({ detail }) => detail).join("; ")).toMatch(/process_sensor_start/);
    expect(plan.map(({ detail }) => detail).join("; ")).not.toMatch(/TEMP B-TREE/);
  });
});
