// Processes of the sandbox: what a row tells, its relatives, its events, its device and its file.
import { Device } from "cbapi/psc";
import {
  Binary,
  CbThreatHunterAPI,
  Event,
  ObjectNotFoundError,
  Process,
  ProcessSummary,
  Tree,
} from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { asked, sandbox, useCloudAs } from "../support/given-cloud.js";

const guids = (processes: readonly Process[]) => processes.map(({ process_guid }) => process_guid);

describe.each(["current", "classic"] as const)("with %s routes", (routes) => {
  const given = useCloudAs(CbThreatHunterAPI, {}, false, { routes });
  /** A process in the middle of a family. */
  const middle = async () => {
    const rows = await given.cb.select(Process).all();
    const known = new Set(guids(rows));
    const found = rows.find((row) => row.get("has_children") === true && known.has(row.parent_guid ?? ""));
    if (found === undefined) throw new Error("there is no family");
    return found;
  };

  it("a row tells what its fields are declared as", async () => {
    const rows = await given.cb.select(Process).all();
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.report()).toMatchObject({ complete: true, available: rows.length });
    const declared = new Set(Object.keys(Object.getOwnPropertyDescriptors(Process.record)));
    for (const row of rows) {
      expect(Object.keys(row.toJSON()).filter((name) => !declared.has(name))).toEqual([]);
      expect(row.process_guid).toMatch(/^\w+-[0-9a-f]{8}-[0-9a-f]{8}-00000000-[0-9a-f]{16}$/);
      expect(row.process_start_time).toBeInstanceOf(Date);
      expect(row.device_timestamp).toBeInstanceOf(Date);
      expect(row.backend_timestamp?.getTime()).toBe(row.ingress_time);
      expect(row.process_pids).toEqual(row.process_pid);
      expect([row.process_md5, row.process_sha256]).toEqual(
        [32, 64].map((digits) => row.process_hash?.find((hash) => hash.length === digits)),
      );
      expect(typeof row.device_id).toBe("number");
      expect(row.org_id).toBe(sandbox.credentials("cloud").orgKey);
    }
    expect(new Set(guids(rows)).size).toBe(rows.length);
  });

  it("its family comes with its summary", async () => {
    const proc = await middle();
    const { summary } = proc;
    const found = await summary;
    expect(found).toBeInstanceOf(ProcessSummary);
    expect(found.process?.process_guid).toBe(proc.process_guid);
    expect(found.parent?.process_guid).toBe(proc.parent_guid);
    const children = await proc.children;
    expect(children.length).toBeGreaterThan(0);
    for (const child of children) {
      expect(child.parent_guid).toBe(proc.process_guid);
      expect(guids(await child.siblings)).not.toContain(child.process_guid);
    }
    expect(guids(await proc.siblings)).toEqual(guids(found.siblings));
    expect((await given.cb.select(Process.Summary, proc.process_guid)).children).toHaveLength(children.length);
  });

  it("its parent is joined to, and searched for", async () => {
    const proc = await middle();
    expect((await proc.parent)?.process_guid).toBe(proc.parent_guid);
    expect((await proc.parents?.one())?.process_guid).toBe(proc.parent_guid);
    expect((await proc.parent.process_name)?.toLowerCase()).toBe(proc.parent_name?.toLowerCase());
  });

  it("its device and its file are joined to", async () => {
    const proc = await middle();
    const device = await proc.device;
    expect(device).toBeInstanceOf(Device);
    expect([device.id, device.name]).toEqual([proc.device_id, proc.device_name]);
    const binary = await proc.binary;
    expect(binary).toBeInstanceOf(Binary);
    expect(binary?.sha256).toBe(proc.process_sha256);
  });

  it("is read by its GUID, whole", async () => {
    const proc = await middle();
    const read = await given.other.select(Process, proc.process_guid);
    expect(read.isLoaded).toBe(true);
    expect(read.process_name).toBe(proc.process_name);
    expect((await proc.load()).isLoaded).toBe(true);
    await expect(given.cb.select(Process, proc.process_guid.replace(/.{16}$/, "0".repeat(16)))).rejects.toThrow(
      ObjectNotFoundError,
    );
  });

  it("its tree has its children and theirs", async () => {
    const proc = await middle();
    const tree = await proc.tree();
    expect(tree).toBeInstanceOf(Tree);
    expect(tree.process_guid).toBe(proc.process_guid);
    expect(tree.incomplete_results).toBe(false);
    expect(guids(tree.children).toSorted()).toEqual(guids(await proc.children).toSorted());
    const nodes = [...tree.walk()];
    expect(nodes.filter(({ depth }) => depth === 0).map(({ process }) => process)).toEqual(tree.children);
    const found = await given.cb.select(Tree).where({ process_guid: proc.process_guid }).one();
    expect([...found.walk()]).toHaveLength(nodes.length);
    const read = await given.other.select(Tree, proc.process_guid);
    expect(guids(read.children)).toEqual(guids(tree.children));
    const named = given.cb
      .select(Tree)
      .where({ process_guid: proc.parent_guid ?? "" })
      .and({ process_guid: proc.process_guid });
    expect((await named.one()).process_guid).toBe(proc.process_guid);
    expect(() => named.or({ process_guid: proc.process_guid })).toThrow(/a tree has one root/);
  });

  it("is walked up and down", async () => {
    const proc = await middle();
    const below: string[] = [];
    const report = await proc.walkChildren((child, depth) => {
      below.push(`${depth} ${child.process_guid}`);
    });
    const nodes = [...(await proc.tree()).walk()].map(({ process, depth }) => `${depth} ${process.process_guid}`);
    expect(report).toMatchObject({ visited: below.length, repeated: false, truncated: false });
    expect(below.toSorted()).toEqual(nodes.toSorted());
    const above: string[] = [];
    await proc.walkParents((parent) => {
      above.push(parent.process_guid);
    });
    expect(above[0]).toBe(proc.parent_guid);
  });

  it("a family that is not there is not found", async () => {
    const guid = (await middle()).process_guid.replace(/.{16}$/, "f".repeat(16));
    await expect(given.cb.select(Process.Summary, guid)).rejects.toThrow(ObjectNotFoundError);
    await expect(given.cb.select(Tree).where({ process_guid: guid }).first()).rejects.toThrow(ObjectNotFoundError);
  });

  it("its events are searched", async () => {
    const proc = await middle();
    const events = await proc.events().all();
    expect(events.report().complete).toBe(true);
    expect(new Set(events.map(({ event_guid }) => event_guid)).size).toBe(events.length);
    const started = await proc.events({ event_type: "childproc" }).all();
    expect(started.map(({ event_guid }) => event_guid)).toEqual(
      events.filter(({ event_type }) => event_type === "childproc").map(({ event_guid }) => event_guid),
    );
    expect(started[0]).toBeInstanceOf(Event);
    expect((await started[0]?.process)?.process_guid).toBe(proc.process_guid);
    expect(guids(await proc.children)).toContain((await started[0]?.childproc)?.process_guid);
  });

  it("the server tells of queries", async () => {
    const { cb } = given;
    expect(await cb.validateQuery("process_name:chrome.exe")).toBe(true);
    expect(await cb.validateQuery("process_name:(")).toBe(false);
    await cb.select(Process).count();
    expect((await cb.queries()).length).toBeGreaterThan(0);
    const { time_bounds: bounds } = await cb.limits();
    expect(bounds?.lower).toBeLessThan(bounds?.upper ?? 0);
    expect(await cb.convertQuery("process_name:chrome.exe")).toContain("process_name:chrome.exe");
  });
});

describe("many", () => {
  const given = useCloudAs(CbThreatHunterAPI, {}, false);

  it("parents and devices come with the page, few requests for all", async () => {
    const known = new Set(guids(await given.other.select(Process).all()));
    asked();
    const rows = await given.cb.select(Process).include("parent", "device").all({ limit: 100 });
    expect(rows).toHaveLength(100);
    // Parents are asked for together; a device has no such route.
    expect(asked().filter((request) => request.startsWith("POST")).length).toBeLessThan(15);
    asked();
    for (const row of rows) {
      expect((await row.device).id).toBe(row.device_id);
      // One that only its children tell of is asked for again.
      if (known.has(row.parent_guid ?? "")) expect((await row.parent)?.process_guid).toBe(row.parent_guid);
    }
    expect(asked()).toEqual([]);
  });
});
