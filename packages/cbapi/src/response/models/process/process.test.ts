import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { ApiError, Process } from "../../index.js";

const id = (pid: number) => `00000001-0000-${pid.toString(16).padStart(4, "0")}-01d3-8bc595148226`;
const summaryPath = (pid: number, segment = 0) => `/api/v1/process/${id(pid)}/${segment}`;
const named = (pid: number, more: object = {}) => ({
  id: id(pid),
  process_pid: pid,
  sensor_id: 1,
  process_name: `p${pid}.exe`,
  path: `c:\\p${pid}.exe`,
  cmdline: "",
  start: "2018-01-12T16:51:24.984Z",
  ...more,
});
const childOf = (pid: number, more: object = {}) => ({ ...named(pid), unique_id: `${id(pid)}-000000000001`, ...more });
const under = (pid: number) => ({
  parent_unique_id: `${id(pid)}-000000000001`,
  parent_id: id(pid),
  parent_name: `p${pid}.exe`,
});

/** What a walk visits, as `depth name`. */
async function visited(
  walk: (visit: (process: Process, depth: number) => void) => Promise<unknown>,
): Promise<string[]> {
  const lines: string[] = [];
  await walk((process, depth) => void lines.push(`${depth} ${process.process_name}`));
  return lines;
}

describe("walking up", () => {
  it("asks for every second ancestor, because a summary brings the parent along", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(10)]: { process: named(10, under(9)), parent: named(9, under(8)) },
      [summaryPath(8)]: { process: named(8, under(7)), parent: named(7) },
      [summaryPath(7)]: { process: named(7), parent: {} },
    });
    const proc = await cb.select(Process, id(10));
    expect(await visited((visit) => proc.walkParents(visit))).toEqual(["0 p9.exe", "1 p8.exe", "2 p7.exe"]);
    expect(await visited((visit) => proc.walkParents(visit))).toHaveLength(3);
    expect(await proc.depth).toBe(3);
    expect(requests).toEqual([10, 8, 7].map((pid) => `${summaryPath(pid)}?children=15`));
  });

  it("ends at a process of which the sensor knew nothing, and does not visit it", async () => {
    const unknown = { id: id(4), process_pid: -1 };
    const { cb } = await edrServer({
      [summaryPath(5)]: { process: named(5, under(4)), parent: unknown },
      [summaryPath(4)]: { process: unknown },
    });
    const proc = await cb.select(Process, id(5));
    expect(await visited((visit) => proc.walkParents(visit))).toEqual([]);
    expect(await proc.depth).toBe(0);
    const ffff = named(6, { parent_unique_id: "00000001-ffff-ffff-0000-000000000000-000000000001" });
    const other = await edrServer({
      [summaryPath(6)]: { process: ffff },
      "/api/v1/process/00000001-ffff-ffff-0000-000000000000/0": { process: { id: "x", process_pid: -1 } },
    });
    expect(await other.cb.select(Process, id(6)).depth).toBe(0);
  });

  it("visits a stub of an ancestor that the server no longer has", async () => {
    const { cb } = await edrServer({ [summaryPath(5)]: { process: named(5, under(4)), parent: {} } });
    const proc = await cb.select(Process, id(5));
    const seen: Process[] = [];
    const report = await proc.walkParents((parent) => seen.push(parent));
    expect(report).toEqual({
      visited: 1,
      stubs: [id(4)],
      cycle: false,
      repeated: 0,
      missingChildren: 0,
      truncated: false,
    });
    expect(seen[0]).toMatchObject({ id: id(4), process_pid: 4, process_name: "p4.exe", is_stub: true, sensor_id: 1 });
    expect(seen[0]?.start).toEqual(new Date("2018-01-12T16:51:24.984Z"));
    expect(seen[0]?.netconn_count).toBeUndefined();
    // It is the last of the ancestors, and none that the server has.
    const ids = [];
    for await (const parent of proc.parents) ids.push(parent.id);
    expect(ids).toEqual([id(4)]);
    expect(await proc.depth).toBe(0);
  });

  it("ends where it began when the data go in a circle", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1, under(2)), parent: named(2, under(1)) },
      [summaryPath(2)]: { process: named(2, under(1)), parent: named(1, under(2)) },
    });
    const proc = await cb.select(Process, id(1));
    expect(await proc.walkParents(() => {})).toMatchObject({ visited: 1, cycle: true });
    await expect(proc.depth).rejects.toThrow("Process cycle detected at depth 1");
  });

  it("stops at the depth that it is given, and says that there is more", async () => {
    const { cb } = await edrServer({
      [summaryPath(10)]: { process: named(10, under(9)), parent: named(9, under(8)) },
      [summaryPath(8)]: { process: named(8, under(7)), parent: named(7) },
      [summaryPath(7)]: { process: named(7), parent: {} },
    });
    const proc = await cb.select(Process, id(10));
    expect(await proc.walkParents(() => {}, { maxDepth: 1 })).toMatchObject({ visited: 2, truncated: true });
    expect(await proc.walkParents(() => {}, { maxDepth: 2 })).toMatchObject({ visited: 3, truncated: false });
  });

  it("asks for no ancestor beyond the depth that it is given when the next one is named", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(10)]: { process: named(10, under(9)), parent: named(9, under(8)) },
      [summaryPath(8)]: { process: named(8, under(10)), parent: {} },
    });
    const proc = await cb.select(Process, id(10));
    expect(await proc.walkParents(() => {}, { maxDepth: 0 })).toMatchObject({ visited: 1, truncated: true });
    expect(requests).toHaveLength(1);
    // Here the next one is the process itself.
    const round = await proc.walkParents(() => {}, { maxDepth: 1 });
    expect(round).toMatchObject({ visited: 2, truncated: false, cycle: true });
    expect(requests).toHaveLength(2);
  });

  it("has no parent where the id of the parent says that nobody knew it", async () => {
    const ffff = "00000001-ffff-ffff-0000-000000000000";
    const root = named(4, { parent_unique_id: `${ffff}-000000000001`, parent_pid: -1 });
    const { cb, requests } = await edrServer({
      [summaryPath(4)]: { process: root },
      [summaryPath(5)]: { process: named(5, { parent_id: ffff }), parent: {} },
      "/api/v1/process": { total_results: 1, results: [{ ...root, unique_id: `${id(4)}-000000000005` }] },
    });
    expect(await (await cb.select(Process, id(4))).parent).toBeUndefined();
    expect(await (await cb.select(Process, id(5))).parent).toBeUndefined();
    expect(await cb.select(Process, id(4)).depth).toBe(0);
    expect(requests).toHaveLength(2);
    // A search row names the parent too: nothing more is asked for, although it has no parent_id.
    const row = await cb.select(Process).where("a:b").first();
    expect(await row?.parent).toBeUndefined();
    expect(requests).toHaveLength(3);
  });

  it("takes a parent that is only named for no more than that", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(5)]: { process: named(5, under(4)), parent: { id: id(4), process_name: "p4.exe" } },
      [summaryPath(4)]: { process: named(4, { cmdline: "p4.exe /all" }), parent: {} },
    });
    const proc = await cb.select(Process, id(5));
    expect((await proc.parent)?.cmdline).toBe("p4.exe /all");
    expect(requests).toHaveLength(2);
  });

  it("can be iterated, stepped through and aborted", async () => {
    const { cb } = await edrServer({
      [summaryPath(10)]: { process: named(10, under(9)), parent: named(9, under(8)) },
      [summaryPath(9)]: { process: named(9, under(8)), parent: named(8) },
      [summaryPath(8)]: { process: named(8), parent: {} },
    });
    const names = [];
    const proc = await cb.select(Process, id(10));
    for await (const parent of proc.parents) names.push(parent.process_name);
    expect(names).toEqual(["p9.exe", "p8.exe"]);
    expect(await cb.select(Process, id(10)).parent.parent.process_name).toBe("p8.exe");
    expect(await cb.select(Process, id(8)).parent).toBeUndefined();
    const controller = new AbortController();
    const walk = proc.walkParents(() => controller.abort(new Error("enough")), { signal: controller.signal });
    await expect(walk).rejects.toThrow("enough");
    const gone = { signal: AbortSignal.abort(new Error("gone")) };
    await expect(proc.getDepth(gone)).rejects.toThrow("gone");
    await expect(async () => {
      for await (const _ of proc.getParents(gone));
    }).rejects.toThrow("gone");
    expect(await proc.getDepth()).toBe(2);
  });

  it("follows the short id where the long one names another sensor", async () => {
    const process = named(5, {
      parent_unique_id: `00000002-0000-0004-01d3-8bc595148226-000000000001`,
      parent_id: id(4),
    });
    const { cb } = await edrServer({ [summaryPath(5)]: { process }, [summaryPath(4)]: { process: named(4) } });
    expect(await cb.select(Process, id(5)).parent.process_name).toBe("p4.exe");
  });

  it("waits for what the visitor returns, and passes its failure on", async () => {
    const { cb } = await edrServer({ [summaryPath(5)]: { process: named(5, under(4)), parent: named(4) } });
    const proc = await cb.select(Process, id(5));
    await expect(proc.walkParents(async () => Promise.reject(new Error("from the visitor")))).rejects.toThrow(
      "from the visitor",
    );
  });
});

describe("walking down", () => {
  it("visits a process before its children, also those that the server has no document of", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(1)]: { process: named(1), children: [childOf(2), childOf(3, { is_suppressed: true }), childOf(4)] },
      [summaryPath(2)]: { process: named(2), children: [childOf(5)] },
      [summaryPath(5)]: { process: named(5), children: [] },
    });
    const proc = await cb.select(Process, id(1));
    const seen: Process[] = [];
    const report = await proc.walkChildren((child) => seen.push(child));
    expect(seen.map((child) => child.process_name)).toEqual(["p2.exe", "p5.exe", "p3.exe", "p4.exe"]);
    expect(seen.map((child) => child.suppressed_process)).toEqual([false, false, true, false]);
    expect(report).toEqual({
      visited: 4,
      stubs: [id(4)],
      cycle: false,
      repeated: 0,
      missingChildren: 0,
      truncated: false,
    });
    expect(requests.some((path) => path.includes(id(3)))).toBe(false);
    expect(seen[2]?.webui_link).toBeUndefined();
  });

  it("asks for the rest when there are more children than a summary holds", async () => {
    const children = (count: number) => Array.from({ length: count }, (_, i) => childOf(100 + i));
    const { cb, requests } = await edrServer({
      [summaryPath(1)]: (query): Answer => ({
        process: named(1, { childproc_count: 40 }),
        children: children(Math.min(40, Number(query.get("children")))),
      }),
    });
    const proc = await cb.select(Process, id(1));
    expect(await proc.childProcesses()).toHaveLength(40);
    expect(await proc.children).toHaveLength(40);
    expect(requests).toEqual([`${summaryPath(1)}?children=15`, `${summaryPath(1)}?children=40`]);
  });

  it("tells of children that no summary holds", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(1)]: (query): Answer => ({
        process: named(1, { childproc_count: 2500 }),
        children: Array.from({ length: Math.min(1000, Number(query.get("children"))) }, (_, i) => childOf(100 + i)),
      }),
    });
    const proc = await cb.select(Process, id(1));
    const children = await proc.childProcesses();
    expect(children).toHaveLength(1000);
    expect(children.report()).toMatchObject({ available: 2500, returned: 1000, complete: false });
    expect(children.report().reasons).toEqual([expect.stringMatching(/^1500 of 2500 children are missing/)]);
    expect((await proc.children).report()).toMatchObject({ complete: false });
    expect(requests).toEqual([`${summaryPath(1)}?children=15`, `${summaryPath(1)}?children=1000`]);
  });

  it("believes the count of children only where the list may be cut", async () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => childOf(100 + i));
    const { cb } = await edrServer({
      // This server counts starts and ends.
      [summaryPath(1)]: { process: named(1, { childproc_count: 6 }), children: list(3) },
      [summaryPath(2)]: (query): Answer => ({
        process: named(2, { childproc_count: 40 }),
        children: list(Math.min(20, Number(query.get("children")))),
      }),
      // This one has a limit of its own.
      [summaryPath(3)]: (query): Answer => ({
        process: named(3, { childproc_count: 90 }),
        children: list(Math.min(25, Number(query.get("children")))),
      }),
    });
    const report = async (pid: number) => (await cb.select(Process, id(pid)).childProcesses()).report();
    expect(await report(1)).toMatchObject({ available: 3, returned: 3, complete: true, reasons: [] });
    expect(await report(2)).toMatchObject({ returned: 20, complete: true });
    expect(await report(3)).toMatchObject({ available: 90, returned: 25, complete: false });
  });

  it("counts the children that a walk did not get", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: (query): Answer => ({
        process: named(1, { childproc_count: 90 }),
        children: Array.from({ length: Math.min(20, Number(query.get("children"))) }, (_, i) => childOf(100 + i)),
      }),
    });
    const report = await cb.select(Process, id(1)).walkChildren(() => {});
    expect(report).toMatchObject({ visited: 20, missingChildren: 70, truncated: false });
  });

  it("lists a child of several segments once, and calls it no circle", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: {
        process: named(1),
        children: [childOf(2), childOf(2, { unique_id: `${id(2)}-000000000002` }), childOf(3)],
      },
      [summaryPath(2)]: { process: named(2), children: [] },
      [summaryPath(3)]: { process: named(3), children: [] },
    });
    const proc = await cb.select(Process, id(1));
    const children = await proc.childProcesses();
    expect(children.map((child) => child.process_name)).toEqual(["p2.exe", "p3.exe"]);
    expect(children.report()).toMatchObject({ available: 3, returned: 2, duplicates: 1, complete: true });
    expect(await proc.children).toHaveLength(2);
    const report = await proc.walkChildren(() => {});
    expect(report).toMatchObject({ visited: 2, cycle: false, repeated: 0, missingChildren: 0 });
  });

  it("tells a process that two others name from a circle", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1), children: [childOf(2), childOf(3)] },
      [summaryPath(2)]: { process: named(2), children: [childOf(4)] },
      [summaryPath(3)]: { process: named(3), children: [childOf(4)] },
      [summaryPath(4)]: { process: named(4), children: [] },
    });
    const report = await cb.select(Process, id(1)).walkChildren(() => {});
    expect(report).toMatchObject({ visited: 3, cycle: false, repeated: 1 });
  });

  it("asks for no more children than it needs to know that there are some", async () => {
    const { cb, requests } = await edrServer({
      [summaryPath(1)]: { process: named(1), children: [childOf(2)] },
      [summaryPath(2)]: (query): Answer => ({
        process: named(2, { childproc_count: 40 }),
        children: Array.from({ length: Number(query.get("children")) }, (_, i) => childOf(100 + i)),
      }),
    });
    const report = await cb.select(Process, id(1)).walkChildren(() => {}, { maxDepth: 0 });
    expect(report).toMatchObject({ visited: 1, truncated: true });
    expect(requests).toEqual([1, 2].map((pid) => `${summaryPath(pid)}?children=15`));
  });

  it("gives siblings once, and says that there may be more than a summary holds", async () => {
    const siblings = Array.from({ length: 15 }, (_, i) => childOf(100 + i));
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1), siblings: [childOf(1), childOf(2), childOf(2)] },
      [summaryPath(2)]: { process: named(2), siblings },
    });
    const few = await cb.select(Process, id(1)).siblings;
    expect(few.map((process) => process.process_name)).toEqual(["p2.exe"]);
    expect(few.report()).toMatchObject({ available: 1, complete: true });
    const many = await cb.select(Process, id(2)).getSiblings();
    expect(many).toHaveLength(15);
    expect(many.report()).toMatchObject({ available: undefined, complete: false });
  });

  it("keeps to the number of children that the query asked for, at every level", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": { total_results: 1, results: [{ ...named(1), segment_id: 5 }] },
      [summaryPath(1)]: (query): Answer => ({
        process: named(1, { childproc_count: 9 }),
        children: Array.from({ length: Number(query.get("children")) }, (_, i) => childOf(100 + i)),
      }),
      [summaryPath(100)]: { process: named(100), children: [] },
      [summaryPath(101)]: { process: named(101), children: [] },
    });
    const proc = await cb.select(Process).maxChildren(2).where("a:b").sort("start asc").first();
    expect(await proc?.walkChildren(() => {})).toMatchObject({ visited: 2 });
    expect(requests.filter((path) => path.includes("children=")).every((path) => !path.includes("=40"))).toBe(true);
    expect(requests).toContain(`${summaryPath(1)}?children=2`);
  });

  it("goes round no circle", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1), children: [childOf(2)] },
      [summaryPath(2)]: { process: named(2), children: [childOf(1), childOf(2)] },
    });
    expect(await cb.select(Process, id(1)).walkChildren(() => {})).toMatchObject({ visited: 1, cycle: true });
  });

  it("says that there is more below the depth that it is given", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1), children: [childOf(2)] },
      [summaryPath(2)]: { process: named(2), children: [childOf(3)] },
      [summaryPath(3)]: { process: named(3), children: [] },
    });
    expect(await cb.select(Process, id(1)).walkChildren(() => {}, { maxDepth: 0 })).toMatchObject({
      visited: 1,
      truncated: true,
    });
  });
});

describe("a process", () => {
  it("refuses to be changed in words of its own", async () => {
    const { cb } = await edrServer({ [summaryPath(1)]: { process: named(1, { cmdline: "x" }) } });
    const proc = await cb.select(Process, id(1));
    for (const name of ["cmdline", "id", "start", "hostname"]) {
      expect(() => Reflect.set(proc, name, "changed")).toThrow(ApiError);
      expect(() => Reflect.set(proc, name, "changed")).toThrow(`Field ${name} is immutable`);
    }
    expect(() => Reflect.set(proc, "webui_link", "x")).toThrow(
      "Field webui_link is immutable: Process.webui_link is made of other fields",
    );
    expect(proc.cmdline).toBe("x");
  });

  it("reads what its document lacks from its id", async () => {
    const { cb } = await edrServer({
      [summaryPath(1280)]: { process: { id: id(1280), start: -1, process_pid: null } },
    });
    const proc = await cb.select(Process, id(1280));
    expect(proc).toMatchObject({ process_pid: 1280, sensor_id: 1, cmdline: undefined, end: undefined });
    expect(proc.start).toEqual(new Date("2018-01-12T16:51:24.984Z"));
  });

  it("ends when it says so, else with its last update when it has ended", async () => {
    const { cb } = await edrServer({
      [summaryPath(1)]: { process: named(1, { terminated: true, last_update: "2018-02-06T18:00:21.000Z" }) },
      [summaryPath(2)]: { process: named(2, { last_update: "2018-02-06T18:00:21.000Z", terminated: false }) },
    });
    expect(await cb.select(Process, id(1)).end).toEqual(new Date("2018-02-06T18:00:21.000Z"));
    expect(await cb.select(Process, id(2)).end).toBeUndefined();
  });

  it("names the segment that its id named", async () => {
    const { cb } = await edrServer({ [summaryPath(1)]: { process: named(1) } });
    const proc = await cb.select(Process, `${id(1)}-01616c6fc9e8`);
    await cb.connect();
    expect(proc.segment).toBe(0x01616c6fc9e8);
    expect(proc.id).toBe(id(1));
    expect(proc.webui_link).toBe(`${cb.url}/#analyze/${id(1)}/1517942721000`);
  });

  it("shares its summary between its segments", async () => {
    const { cb, requests } = await edrServer({ [summaryPath(1)]: { process: named(1) } });
    await cb.select(Process, `${id(1)}-01616c6fc9e8`);
    await cb.select(Process, `${id(1)}-01616c6fc9e9`);
    await cb.select(Process, id(1));
    expect(requests).toHaveLength(1);
  });

  it("of a server before 6.0 is asked for by its first segment, and its events by the older route", async () => {
    const events = {
      process: { ...named(1), modload_complete: [`2018-02-06 17:05:01.301|${"a".repeat(32)}|c:\\a.dll`] },
    };
    const { cb, requests } = await edrServer(
      {
        [summaryPath(1, 1)]: { process: named(1), parent: {}, children: [] },
        [`/api/v3/process/${id(1)}/1/event`]: events,
        [`/api/v3/process/${id(1)}/2/event`]: events,
        "/api/v1/process": {
          total_results: 2,
          results: [
            { ...named(1), segment_id: 2 },
            { ...named(1), segment_id: 1 },
          ],
        },
      },
      { version: "5.2.0.161004.1206" },
    );
    const proc = await cb.select(Process, id(1));
    expect(proc.segment).toBe(1);
    expect(await proc.modloads).toHaveLength(1);
    expect((await proc.allModloads()).map((event) => event.sequence)).toEqual([0, 1]);
    expect(await proc.getSegments()).toEqual([1, 2]);
    expect(requests).toContain(`/api/v1/process?cb.urlver=1&facet=false&q=process_id:${id(1)}&rows=100&start=0`);
  });

  it("with a long segment is unknown to a server before 6.0", async () => {
    const { cb, requests } = await edrServer({}, { version: "5.2.0.161004.1206" });
    await expect(cb.select(Process, `${id(1)}-01616c6fc9e8`)).rejects.toThrow(/servers from 6.0 on/);
    expect(requests).toEqual([]);
  });

  it("asks for its events once, and knows itself by them", async () => {
    const md5 = "AB".repeat(16);
    const { cb, requests } = await edrServer({
      [`/api/v4/process/${id(1)}/0/event`]: {
        process: {
          ...named(1, { username: "SYSTEM" }),
          binaries: { [md5]: { digsig_result: "Signed" } },
          modload_complete: [
            `2018-02-06 17:05:01.301|${md5.toLowerCase()}|c:\\a.dll`,
            `2018-02-06 17:05:00.301|${"c".repeat(32)}|c:\\b.dll`,
          ],
          regmod_complete: ["2|2018-02-06 17:05:00.900|\\registry\\machine\\x|false"],
        },
      },
      [`/api/v1/binary/${"C".repeat(32)}/summary`]: { md5: "C".repeat(32), digsig_result: "Unsigned" },
    });
    const ref = cb.select(Process, id(1));
    expect(await ref.modloads).toHaveLength(2);
    expect(requests).toEqual([`/api/v4/process/${id(1)}/0/event`]);
    const lists = await cb.select(Process, id(1)).allEvents();
    expect(lists.all().map((event) => event.event_type)).toEqual([
      "Cb Module Load event",
      "Cb Registry Modification event",
      "Cb Module Load event",
    ]);
    const [first] = lists.modloads;
    requests.length = 0;
    expect(await first?.binary?.signed).toBe(true);
    expect(requests).toEqual([]);
  });
});
