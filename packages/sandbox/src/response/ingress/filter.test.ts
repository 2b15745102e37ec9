import { describe, expect, it } from "vitest";
import type { IngressFilterRecord, ProcessEvents } from "../../domain/index.js";
import { sampleProcess } from "../../store/samples.js";
import { Store } from "../../store/store.js";
import { type FilterScope, findIngressFilter, hitRate, matchesFilter, withoutFilteredEvents } from "./filter.js";
import { filteredProcess, keepFilteredProcess, tidyFilteredProcesses } from "./filtered-processes.js";
import { compilePattern, Patience } from "./patterns.js";

const filter = (fields: Partial<IngressFilterRecord>): IngressFilterRecord => ({
  ...{ id: "f", name: "f", description: "", version: 1, priority: 0, rate: { value: 0, at: 0 } },
  ...{ create_timestamp: 0, create_user_id: 1, modify_timestamp: 0, modify_user_id: 1 },
  ...{ enabled: true, filter_on_sensor: false, filter_on_server: true, track_metrics: false },
  ...{ os_mask: 7, global: true, group_ids: [], sensor_ids: [], path_filters: [], cmdline_filters: [] },
  ...{ md5_filters: [], descendant_filtering_level: 0, filter_all_events: true, regmod_filters: [] },
  ...{ modload_filters: [], filemod_filters: [], non_binary_filemod_filters: [], netconn_filters: [] },
  crossproc_filters: [],
  ...fields,
});
const windows: FilterScope = { id: 7, group_id: 3, os_type: "windows" };
const linux: FilterScope = { id: 8, group_id: 4, os_type: "linux" };
const notepad = {
  path: "c:\\windows\\system32\\notepad.exe",
  cmdline: "notepad.exe C:\\todo.txt",
  md5: "a".repeat(32),
};

describe("matching", () => {
  const matches = (fields: Partial<IngressFilterRecord>, sensor = windows): boolean =>
    matchesFilter(filter(fields), notepad, sensor, new Patience());

  it("of paths is by globs, expressions or the whole path", () => {
    for (const [pattern, expected] of [
      ["**/notepad.exe", true],
      ["c:/windows/*/note???.exe", true],
      ["C:\\Windows\\*\\NOTEPAD.EXE", true],
      ["c:\\windows\\*.exe", false],
      ["c:\\**", true],
      ["*notepad.exe", false],
      ["**notepad.exe", true],
      ["c:\\windows\\system32\\notepad.ex?e", false],
      [notepad.path, true],
      ["C:\\WINDOWS\\system32\\notepad.exe", true],
      ["notepad.exe", false],
      ["rx|\\\\notepad\\.exe$", true],
      ["rx|NOTEPAD", false],
      ["rxi|NOTEPAD", true],
    ] as const) {
      expect(matches({ path_filters: ["nothing", pattern] }), pattern).toBe(expected);
    }
    expect(
      compilePattern("/opt/(a)[b]{c}+^$|/*", { ignoreCase: false, globs: true })(
        "/opt/(a)[b]{c}+^$|/x",
        new Patience(),
      ),
    ).toBe(true);
    expect(matches({ path_filters: ["C:\\WINDOWS\\system32\\notepad.exe"] }, linux)).toBe(false);
  });

  it("wants something of every list that is not empty, and of one of them at least", () => {
    expect(matches({})).toBe(false);
    expect(matches({ cmdline_filters: ["notepad.exe C:\\todo.txt"] })).toBe(true);
    expect(matches({ cmdline_filters: ["notepad.exe*"] })).toBe(false);
    expect(matches({ md5_filters: ["A".repeat(32)] })).toBe(true);
    expect(matches({ md5_filters: ["A".repeat(32)], path_filters: ["**/calc.exe"] })).toBe(false);
    expect(matches({ md5_filters: ["b".repeat(32)], path_filters: ["**/notepad.exe"] })).toBe(false);
  });

  it("looks at the system, the group and the sensor", () => {
    const any = { path_filters: ["**"] };
    expect(matches({ ...any, os_mask: 1 })).toBe(true);
    expect(matches({ ...any, os_mask: 6 })).toBe(false);
    expect(matches({ ...any, os_mask: 4 }, linux)).toBe(true);
    expect(matches({ ...any, group_ids: [99] })).toBe(true);
    expect(matches({ ...any, global: false })).toBe(false);
    expect(matches({ ...any, global: false, group_ids: [3] })).toBe(true);
    expect(matches({ ...any, global: false, sensor_ids: [7] })).toBe(true);
    expect(matches({ ...any, global: false, sensor_ids: [8] })).toBe(false);
  });

  it("gives an expression up that would run for hours", () => {
    const slow = compilePattern("rx|^(a+)+$", { ignoreCase: false, globs: false });
    const hard = `${"a".repeat(60)}!`;
    expect(slow(hard, new Patience())).toBe(false);
    expect(slow("aaa", new Patience())).toBe(true);
    const folders = compilePattern(`${"**/*a*/".repeat(40)}x`, { ignoreCase: true, globs: true });
    expect(folders(`${"aaa/".repeat(1000)}b`, new Patience())).toBe(false);
    expect(folders(`${"aaa/".repeat(1000)}X`, new Patience())).toBe(true);
    const large = compilePattern("rx|((a{1000}){1000}){1000}", { ignoreCase: false, globs: false });
    expect(large("aaa", new Patience())).toBe(false);
  });

  it("has one time for all patterns of a process, and tries none again that has used up its share", () => {
    const hard = `c:\\${"a".repeat(40)}!`;
    const process = { ...notepad, path: hard };
    const slow = (n: number): string => `rx|^c:.(a+)+${n}$`;
    // Each of these would run for hours, and each try for a second: the time limit of the test is what they are held to.
    const many = filter({ path_filters: Array.from({ length: 60 }, (_, n) => slow(n)) });
    expect(matchesFilter(many, process, windows, new Patience())).toBe(false);

    const patience = new Patience();
    const one = filter({ path_filters: [slow(100)] });
    for (let tries = 0; tries < 200; tries++) expect(matchesFilter(one, process, windows, patience)).toBe(false);
    // Others still have what is left of the time.
    expect(matchesFilter(filter({ path_filters: ["rx|^c:"] }), process, windows, patience)).toBe(true);
    const events: ProcessEvents = {
      filemod: Array.from({ length: 1000 }, () => ({ time: 1, type: 2 as const, path: hard })),
    };
    const lists = { filemod_filters: [slow(101)], non_binary_filemod_filters: [slow(102), "*a".repeat(500)] };
    const eventFilter = filter({ filter_all_events: false, ...lists });
    expect(withoutFilteredEvents(eventFilter, events, windows, new Patience()).filemod).toHaveLength(1000);
  });
});

describe("what comes in", () => {
  const id = (n: number): string => `00000007-0000-0000-0000-${String(n).padStart(12, "0")}`;
  const arrive = (store: Store, n: number, name: string, parent?: number, now = 0): string | undefined => {
    const process = { ...{ id: id(n), path: `c:\\${name}`, cmdline: name, md5: "a".repeat(32) } };
    const parent_id = parent === undefined ? {} : { parent_id: id(parent) };
    const found = findIngressFilter(store, {
      process: { ...process, ...parent_id },
      ...{ sensor: windows, now, patience: new Patience() },
    });
    if (found === undefined) store.process(sampleProcess({ ...process, ...parent_id, sensor_id: 7 }));
    return found?.id;
  };
  const add = (store: Store, ...filters: IngressFilterRecord[]): void => {
    for (const each of filters) store.object("ingress_filter", each.id, each);
  };

  it("is kept out by the filter in force that has the highest priority; all hits are counted", () => {
    const store = Store.open();
    const all = { path_filters: ["c:\\*.exe"] };
    add(
      store,
      filter({ id: "low", priority: -1, ...all }),
      filter({ id: "high", priority: 5, ...all, path_filters: ["c:\\calc.exe"] }),
      filter({ id: "off", priority: 9, ...all, enabled: false }),
      filter({ id: "tracked", priority: 9, ...all, enabled: false, track_metrics: true }),
      filter({
        id: "on-sensor",
        ...{ path_filters: ["c:\\paint.exe"] },
        filter_on_sensor: true,
        filter_on_server: false,
      }),
      filter({ id: "not-here", priority: 9, ...all, filter_on_server: false }),
    );
    expect(arrive(store, 1, "calc.exe")).toBe("high");
    expect(arrive(store, 2, "notepad.exe")).toBe("low");
    expect(arrive(store, 3, "notes.txt")).toBeUndefined();
    // The sensor does not send it at all.
    expect(arrive(store, 4, "paint.exe")).toBe("on-sensor");
    const rate = (name: string, now = 0): number => {
      const record = store.collection("ingress_filter").get(name);
      return record === undefined ? Number.NaN : hitRate(record, now);
    };
    expect(rate("low")).toBeCloseTo(3 / 900);
    expect(rate("high")).toBeCloseTo(1 / 900);
    expect(rate("tracked")).toBeCloseTo(3 / 900);
    expect(rate("off")).toBe(0);
    expect(rate("low", 900_000)).toBeCloseTo(3 / 900 / Math.E);
    for (let second = 1; second <= 9000; second += 10)
      arrive(store, 10_000 + second, "calc.exe", undefined, second * 1000);
    expect(rate("high", 9_000_000)).toBeCloseTo(0.1, 2);
  });

  it("is kept out with its descendants, down to the level, whether the ancestor is known or was kept out itself", () => {
    const store = Store.open();
    add(store, filter({ id: "two", path_filters: ["**/make.exe"], descendant_filtering_level: 2 }));
    expect(arrive(store, 1, "shell.exe")).toBeUndefined();
    expect(arrive(store, 2, "make.exe", 1)).toBe("two");
    expect(arrive(store, 3, "cc.exe", 2)).toBe("two");
    expect(arrive(store, 4, "as.exe", 3)).toBe("two");
    expect(arrive(store, 5, "ld.exe", 4)).toBeUndefined();
    add(store, filter({ id: "all", path_filters: ["**/shell.exe"], descendant_filtering_level: -1 }));
    expect(arrive(store, 6, "anything.exe", 5)).toBe("all");
    expect(arrive(store, 7, "anything.exe")).toBeUndefined();
    store.process(sampleProcess({ id: id(20), parent_id: id(21) }));
    store.process(sampleProcess({ id: id(21), parent_id: id(20) }));
    expect(arrive(store, 22, "circle.exe", 20)).toBeUndefined();
  });

  it("loses only some of its events when the filter says so", () => {
    const events: ProcessEvents = {
      regmod: [
        { time: 1, type: 1, path: "\\registry\\machine\\software\\noise\\a" },
        { time: 1, type: 1, path: "\\registry\\machine\\software\\b" },
      ],
      filemod: [
        { time: 1, type: 8, path: "c:\\temp\\a.dll", filetype: 1 },
        { time: 1, type: 8, path: "c:\\temp\\a.log" },
      ],
      modload: [{ time: 1, path: "c:\\temp\\a.dll", md5: "a".repeat(32) }],
    };
    const some = filter({
      ...{ filter_all_events: false, regmod_filters: ["**/noise/*"], non_binary_filemod_filters: ["c:\\temp\\*"] },
      modload_filters: ["c:\\temp\\a.dll"],
    });
    const { regmod, filemod } = events;
    expect(withoutFilteredEvents(some, events, windows, new Patience())).toEqual({
      regmod: regmod?.slice(1),
      filemod: filemod?.slice(0, 1),
    });
    expect(withoutFilteredEvents(filter({ filter_all_events: false }), events, windows, new Patience())).toEqual(
      events,
    );
  });

  it("is remembered for its descendants within limits, and as long as a filter asks for them", () => {
    const store = Store.open();
    const kept = store.collection("filtered_process");
    for (let n = 0; n < 5_001; n++) keepFilteredProcess(store, { ...notepad, id: id(n) }, n);
    expect(kept.size).toBe(4_501);
    expect([filteredProcess(store, id(499)), filteredProcess(store, id(500))]).toEqual([
      undefined,
      expect.objectContaining(notepad),
    ]);
    tidyFilteredProcesses(store, [filter({}), filter({ descendant_filtering_level: -1 })]);
    expect(kept.size).toBe(4_501);
    tidyFilteredProcesses(store, [filter({})]);
    expect(kept.size).toBe(0);
  });
});
