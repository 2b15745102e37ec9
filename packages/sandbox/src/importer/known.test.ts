import { strToU8 } from "fflate";
import { describe, expect, test } from "vitest";
import type { ProcessRecord } from "../domain/index.js";
import { compileQuery, parseQuery } from "../response/query-language/index.js";
import { knownIn, Store } from "../store/index.js";
import { sampleBinary, sampleProcess, sampleSensor } from "../store/samples.js";
import { Searcher } from "../store/search.js";
import { type ImportReport, importSysmon } from "./index.js";
import { chunked, data, flat, guid, hashes, type Line, lines, story, utc } from "./samples.js";

const load = async (store: Store, events: readonly Line[]): Promise<ImportReport> =>
  await importSysmon(chunked(strToU8(lines(events))), store, { known: knownIn(store) });

/** All that came from logs, in an order of its own. */
const content = (store: Store): unknown => {
  const known = knownIn(store);
  const sensors = [...known.sensors()];
  const byId = (a: ProcessRecord, b: ProcessRecord): number => (a.id < b.id ? -1 : 1);
  return { sensors, processes: sensors.map(({ id }) => known.imported(id).sort(byId)) };
};

const documents = (store: Store): number => store.database.count("SELECT count(*) AS n FROM segment");
const found = (store: Store, query: string): number => {
  store.indexCommandLines("prose");
  const where = compileQuery(parseQuery(query), { target: "process", now: 0, commandRule: "prose" });
  return new Searcher(store).documents({ from: "segment", where, order: "d.doc" }).length;
};

const on = (host: string, events: readonly Line[]): Line[] => events.map((event) => ({ ...event, Hostname: host }));
const child = data(1, 20, {
  ...{ ProcessGuid: guid(7, 20), ProcessId: "5000", Image: "C:\\Windows\\System32\\whoami.exe", CommandLine: "whoami" },
  ...{ User: "LAB\\ann", Hashes: hashes("E"), ParentProcessGuid: guid(2, 5), ParentProcessId: "4321" },
  ParentImage: "C:\\Windows\\System32\\cmd.exe",
});

describe("a log of a host that is there already", () => {
  test("the same file twice changes nothing", async () => {
    const store = Store.open();
    const first = await load(store, flat(story));
    const before = content(store);
    const count = documents(store);
    const { revision } = store;
    const second = await load(store, flat(story));
    expect(second).toMatchObject({ sensors: 1, knownSensors: 1, processes: first.processes, knownProcesses: 4 });
    expect(first).toMatchObject({ knownSensors: 0, knownProcesses: 0 });
    expect(content(store)).toEqual(before);
    expect(documents(store)).toBe(count);
    expect(store.revision).toBe(revision);
  });

  test.each([1, 2, 3, 5, 8, 11, 14, 17])("cut in two after %i events, it is the same as in one piece", async (cut) => {
    // The DNS query and the connection that its answer names are in one log: a name does not reach back.
    const events = flat([...story.filter(({ id }) => id !== 22 && id !== 6), child]);
    const whole = Store.open();
    await load(whole, events);
    for (const parts of [
      [events.slice(0, cut), events.slice(cut)],
      [events.slice(cut), events.slice(0, cut)],
      [events.slice(0, cut + 2), events.slice(cut - 1)],
    ]) {
      const store = Store.open();
      for (const part of parts) await load(store, part);
      expect(content(store)).toEqual(content(whole));
      expect(documents(store)).toBe(documents(whole));
    }
  });

  test("ancestry joins across the logs, and ids stay true when more is known", async () => {
    const store = Store.open();
    // The shell is first only a parent that the log mentions, known to the second.
    await load(store, flat([child]));
    const [before] = knownIn(store)
      .imported(1)
      .filter(({ process_name }) => process_name === "cmd.exe");
    expect(before).toMatchObject({ origin: { created: false }, start: Date.UTC(2024, 2, 5, 10, 0, 5), cmdline: "" });
    await load(store, flat(story));
    const records = knownIn(store).imported(1);
    const named = (name: string): ProcessRecord | undefined => records.find((each) => each.process_name === name);
    expect(named("cmd.exe")).toMatchObject({ origin: { created: true }, cmdline: "cmd.exe /c Whoami" });
    expect(named("cmd.exe")?.id).not.toBe(before?.id);
    expect(named("whoami.exe")?.parent_id).toBe(named("cmd.exe")?.id);
    expect(named("cmd.exe")?.parent_id).toBe(named("wsmprovhost.exe")?.id);
    expect(named("cmd.exe")?.events.childproc?.map((event) => event.child_id)).toEqual([named("whoami.exe")?.id]);
    expect(found(store, "process_name:cmd.exe")).toBe(1);
    expect(found(store, "cmdline:whoami process_name:cmd.exe filemod:out.txt")).toBe(1);
    expect(store.database.count("SELECT count(*) AS n FROM process")).toBe(records.length);
  });

  test("a stand-in for a pid is kept, and given up when the pid is told", async () => {
    const store = Store.open();
    const without = flat([child]).map(({ ProcessId: _, ...rest }) => rest);
    await load(store, without);
    await load(store, without);
    expect(found(store, "process_name:whoami.exe")).toBe(1);
    expect(found(store, "process_pid:[1000000000 TO *]")).toBe(1);
    await load(store, flat([child]));
    expect(found(store, "process_name:whoami.exe process_pid:5000")).toBe(1);
    expect(found(store, "process_pid:[1000000000 TO *]")).toBe(0);
  });
});

describe("which sensor a host is", () => {
  const sensorsAfter = async (first: string, ...others: string[]): Promise<number[]> => {
    const store = Store.open();
    store.sensor(sampleSensor({ id: 7, computer_name: "WS7", computer_dns_name: first }));
    for (const host of others) await load(store, on(host, flat(story)));
    return [...knownIn(store).sensors()].map(({ id }) => id);
  };

  test("the full name decides, in any case", async () => {
    expect(await sensorsAfter("ws7.lab.example", "WS7.Lab.Example", "ws7.lab.example")).toEqual([7]);
    expect(await sensorsAfter("ws7.lab.example", "ws7.other.example", "WS7.OTHER.example")).toEqual([7, 8]);
  });

  test("a bare name on one of the sides is that of the only host of that name", async () => {
    expect(await sensorsAfter("ws7.lab.example", "ws7")).toEqual([7]);
    expect(await sensorsAfter("ws7", "ws7.lab.example")).toEqual([7]);
    expect(await sensorsAfter("ws7.a.example", "ws7.b.example", "ws7")).toEqual([7, 8, 9]);
  });

  test("within one log, two domains are two hosts; an address is a name", async () => {
    const store = Store.open();
    const names = ["a.one.example", "A", "a.two.example", "10.0.0.1", "10.0.0.2"];
    const report = await load(
      store,
      names.flatMap((name) => on(name, flat(story.slice(0, 1)))),
    );
    expect(report.sensors).toBe(4);
    const known = [...knownIn(store).sensors()].map(({ computer_name, computer_dns_name }) => [
      computer_name,
      computer_dns_name,
    ]);
    expect(known).toEqual([
      ["a", "a.one.example"],
      ["a", "a.two.example"],
      ["10.0.0.1", "10.0.0.1"],
      ["10.0.0.2", "10.0.0.2"],
    ]);
  });

  test("a sensor that is joined keeps its own, and gains addresses and time; other processes of it stay", async () => {
    const store = Store.open();
    store.sensor(
      sampleSensor({ id: 3, computer_name: "WS7", computer_dns_name: "ws7.lab.example", last_checkin_time: 5 }),
    );
    store.process(sampleProcess({ sensor_id: 3 }));
    store.binary(sampleBinary({ digsig_result: "Signed" }));
    await load(store, flat(story));
    const [sensor] = knownIn(store).sensors();
    expect(sensor).toMatchObject({ id: 3, computer_sid: "S-1-5-21-1", registration_time: 0 });
    expect(sensor?.last_checkin_time).toBe(Date.parse(`${utc(9.5).replace(" ", "T")}Z`));
    expect(sensor?.interfaces.length).toBeGreaterThan(1);
    expect(found(store, "sensor_id:3")).toBe(5);
    // The log knows neither size nor signature of what the server has collected.
    expect(knownIn(store).binary("a".repeat(32))).toMatchObject({ copied_mod_len: 100, digsig_result: "Signed" });
  });
});
