// Events of the sandbox's processes: segments, pages, counts, and the fields of each kind.
import { CbThreatHunterAPI, Event, Process, range, TimeoutError } from "cbapi/threathunter";
import { afterEach, describe, expect, it } from "vitest";
import { asked, sandbox, useCloudAs } from "../support/given-cloud.js";

// Large enough for one process to reach into another.
const given = useCloudAs(CbThreatHunterAPI, { organisation: { hosts: 12, processes: 600 } }, false);

afterEach(() => {
  sandbox.behaviour.segmentPolls = 3;
});

/** The process that has done the most. */
async function busiest(cb: CbThreatHunterAPI): Promise<Process> {
  const rows = await cb.select(Process).all();
  const done = (row: Process) => (row.modload_count ?? 0) + (row.filemod_count ?? 0) + (row.netconn_count ?? 0);
  const found = rows.toSorted((a, b) => done(b) - done(a))[0];
  if (found === undefined) throw new Error("there are no processes");
  return found;
}

describe("events", () => {
  it("come in pages of any size, each once", async () => {
    const proc = await busiest(given.cb);
    const whole = (await proc.events().all()).map(({ event_guid }) => event_guid);
    expect(whole.length).toBeGreaterThan(10);
    for (const rows of [1, 3, whole.length - 1, whole.length]) {
      const found = await proc.events().batchSize(rows).all();
      expect(found.map(({ event_guid }) => event_guid)).toEqual(whole);
      expect(found.report()).toMatchObject({ complete: true, available: whole.length, duplicates: 0 });
    }
    expect(await proc.events().count()).toBe(whole.length);
    expect((await proc.events().at(-1))?.event_guid).toBe(whole.at(-1));
  });

  it("of each kind have its fields", async () => {
    const { cb } = given;
    const kinds = new Set<string>();
    const declared = new Set(Object.keys(Object.getOwnPropertyDescriptors(Event.record)));
    const missing = new Set<string>();
    for (const proc of (await cb.select(Process).all()).slice(0, 60)) {
      for (const event of await proc.events().all()) {
        kinds.add(event.event_type ?? "");
        for (const name of Object.keys(event.toJSON())) if (!declared.has(name)) missing.add(name);
        expect(event.process_guid).toBe(proc.process_guid);
        expect(event.event_timestamp).toBeInstanceOf(Date);
        if (event.event_type === "netconn") expect(typeof event.netconn_port).toBe("number");
        if (event.event_type === "modload") expect(event.modload_name).not.toBe("");
        if (event.event_type === "filemod") expect(event.filemod_action).toMatch(/^ACTION_/);
        if (event.event_type === "regmod") expect(event.regmod_name).not.toBe("");
      }
    }
    expect([...missing]).toEqual([]);
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(["childproc", "filemod", "modload", "netconn"]));
  });

  it("are narrowed and ordered", async () => {
    const { cb } = given;
    const proc = await busiest(cb);
    const all = await proc.events().all();
    const middle = all[Math.floor(all.length / 2)]?.event_timestamp ?? new Date(0);
    const late = all.filter(({ event_timestamp: time }) => time !== undefined && time >= middle);
    expect(await proc.events({ event_timestamp: range(middle, undefined) }).count()).toBe(late.length);
    const types = all.filter(({ event_type }) => event_type === "modload").length;
    expect(await proc.events().addCriteria("event_type", ["modload"]).count()).toBe(types);
    expect(await proc.events().not({ event_type: "modload" }).count()).toBe(all.length - types);
    const { terms } = await proc.events().facets({ fields: ["event_type"] });
    expect(terms.get("event_type")?.find(({ name }) => name === "modload")?.total ?? 0).toBe(types);
    const backwards = await proc.events().sortBy("event_timestamp", "DESC").all();
    const times = backwards.map(({ event_timestamp: time }) => time?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it("are of the process that is named, by a term or outright", async () => {
    const { cb } = given;
    const { process_guid } = await busiest(cb);
    const query = cb.select(Event).where({ event_type: "modload" });
    const found = await query.forProcess(process_guid).all();
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(({ event_guid }) => event_guid)).toEqual(
      (await query.and({ process_guid }).all()).map(({ event_guid }) => event_guid),
    );
    expect(() => query.forProcess(" ")).toThrow(/the GUID of a process/);
  });

  it("lead to the process that was reached into, which tells the same", async () => {
    const { cb } = given;
    const reaching = await cb.select(Process).where("crossproc_count:[1 TO *]").all();
    const told: string[] = [];
    for (const proc of reaching) {
      for (const event of await proc.events({ event_type: "crossproc", crossproc_target: false }).all()) {
        const other = await event.crossproc;
        expect(other?.process_guid).toBe(event.crossproc_guid);
        expect(other?.process_name?.toLowerCase()).toBe(event.crossproc_name?.toLowerCase());
        const back = (await other?.events({ event_type: "crossproc", crossproc_guid: proc.process_guid }).all()) ?? [];
        expect(back.map(({ crossproc_target: isTarget }) => isTarget)).toContain(true);
        told.push(event.event_guid ?? "");
      }
    }
    expect(told.length).toBeGreaterThan(0);
    expect(await (await (await busiest(cb)).events({ event_type: "modload" }).first())?.crossproc).toBeUndefined();
  });

  it("are waited for until all segments have been looked through", async () => {
    const proc = await busiest(given.cb);
    const all = await proc.events().count();
    sandbox.behaviour.segmentPolls = 8;
    await sandbox.clock.step(200);
    asked();
    expect(await proc.events().all()).toHaveLength(all);
    expect(asked().filter((request) => request.endsWith("_search"))).toHaveLength(8);
  });

  it("are an error when the server never comes to an end", async () => {
    const proc = await busiest(given.cb);
    sandbox.behaviour.segmentPolls = -2;
    await expect(proc.events().all()).rejects.toThrow(TimeoutError);
  });
});

describe("a search for events without a process", () => {
  it("is refused before anything is sent", async () => {
    asked();
    await expect(given.cb.select(Event).where({ event_type: "netconn" }).all()).rejects.toThrow(
      /one process at a time/,
    );
    expect(asked()).toEqual([]);
  });
});
