// Processes: every join, property, walk and list of events, on the hosts of an intrusion.
import {
  CbChildProcEvent,
  ObjectNotFoundError,
  Process,
  ProcessBranch,
  parseProcessGuid,
  type Watchlist,
} from "cbapi/response";
import { beforeAll, describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { clientOf, requested } from "../support/sandbox.js";

/** The implant of the intrusion on the workstation that it began on. */
let implant: Process;

useSandbox({ seed: 7, organisation: { hosts: 16, processes: 3000, binaries: 500 } }, { connected: true });
beforeAll(async () => {
  const reader = clientOf(sandbox);
  const found = await reader.select(Process).where("process_name:onesyncsvc.exe hostname:FIN-WS-001").first();
  implant = await reader.select(Process, found?.id ?? "");
  return () => reader.close();
});

describe("a search for processes", () => {
  const query = () => cb.select(Process).where("process_name:onesyncsvc.exe");

  it("is narrowed, ordered and read in every way", async () => {
    const rows = await query().sort("start asc").all();
    expect(new Set(rows.map(({ process_name }) => process_name))).toEqual(new Set(["onesyncsvc.exe"]));
    expect(rows.report()).toMatchObject({ complete: true, returned: rows.length });
    const byHost = query().and({ hostname: "FILE-01" });
    expect(byHost.query).toBe("process_name:onesyncsvc.exe hostname:FILE-01");
    expect((await byHost.one()).hostname).toBe("FILE-01");
    expect(await query().count()).toBe(rows.length);
    expect(await query().groupBy("id").count()).toBe(2);
    const ids = (list: readonly Process[]) => list.map(({ unique_id }) => unique_id);
    expect(ids(await query().sort("start asc").slice(1, 3))).toEqual(ids(rows).slice(1, 3));
    expect(await query().sort("start asc").at(-1).unique_id).toBe(rows.at(-1)?.unique_id);
    const small = query().sort("start asc").batchSize(2).stable();
    const pages = [];
    for await (const { items } of small.pages()) pages.push(items.length);
    expect(pages).toEqual([2, 2]);
    const iterated: Process[] = [];
    for await (const proc of small.iterate({ timeout: 60_000 })) iterated.push(proc);
    expect(new Set(ids(iterated))).toEqual(new Set(ids(rows)));
    expect(small.report()).toMatchObject({ pages: 2, totalOrder: true });
    const raw = cb.select(Process).raw(`q=process_name%3Aonesyncsvc.exe&sort=start%20asc`);
    expect(ids(await raw.all())).toEqual(ids(rows));
    expect(query().webui_link).toMatch(/#\/?search.*onesyncsvc\.exe/);
  });

  it("is limited in time by the clocks of the endpoint and of the server", async () => {
    const rows = await query().all();
    const times = rows.map(({ last_update }) => last_update?.getTime() ?? 0).sort((a, b) => a - b);
    const middle = new Date(times[1] ?? 0);
    const after = await query().minLastUpdate(middle).all();
    const before = await query().maxLastUpdate(middle).all();
    expect(after.every(({ last_update = 0 }) => last_update >= middle)).toBe(true);
    expect(before.every(({ last_update = new Date(8e15) }) => last_update <= middle)).toBe(true);
    expect(after.length).toBeLessThan(rows.length);
    expect(before.length).toBeLessThan(rows.length);
    const arrived = rows.map(({ last_server_update }) => last_server_update?.getTime() ?? 0);
    const last = new Date(Math.floor(Math.max(...arrived) / 1000) * 1000);
    expect(await query().minLastServerUpdate(last).count()).toBe(1);
    expect(await query().maxLastServerUpdate(last).count()).toBe(rows.length - 1);
  });

  it("looks into all segments at once, and into cores of older servers, when it is told to", async () => {
    sandbox.requests.clear();
    // What the implant did to the registry and what it deleted reached the server in different segments.
    const terms = cb.select(Process).where("process_name:onesyncsvc.exe regmod_count:[1 TO *] filemod_count:[1 TO *]");
    const together = await terms.groupBy("id").count();
    expect(await terms.groupBy("id").useComprehensiveSearch().count()).toBeGreaterThanOrEqual(together);
    await query().setLegacyMode().count();
    const paths = requested(sandbox);
    expect(paths[1]).toContain("cb.comprehensive_search=true");
    expect(paths[2]).toContain("cb.legacy_5x_mode=true");
  });

  it("counts values, brings joins along, and becomes a watchlist", async () => {
    const { hostname } = await query().facets("hostname");
    expect(new Set(hostname.map(({ name }) => name.toUpperCase()))).toEqual(new Set(["FIN-WS-001", "FILE-01"]));
    const [first] = await query().groupBy("id").include("binary", "sensor.group").all();
    sandbox.requests.clear();
    expect((await first?.binary)?.md5).toBe("852D077B0CFB8BEE83CDBD40D2A099C6");
    expect(await first?.sensor.group.name).toEqual(expect.any(String));
    expect(requested(sandbox)).toEqual([]);
    const watchlist: Watchlist = await query().createWatchlist("The implant");
    expect(watchlist).toMatchObject({ name: "The implant", index_type: "events" });
  });

  it("cuts the children of what it finds where it is told to", async () => {
    const proc = await query().and("hostname:FIN-WS-001").maxChildren(2).first();
    expect(await proc?.childProcesses()).toHaveLength(2);
    expect((await proc?.tree().all())?.report()).toMatchObject({ visited: 3, complete: true });
  });
});

describe("a process", () => {
  it("is what its document and its id say", async () => {
    expect(implant).toMatchObject({
      process_name: "onesyncsvc.exe",
      process_pid: 6416,
      sensor_id: 6,
      cmdline: '"C:\\Users\\Public\\Libraries\\onesyncsvc.exe" -svc',
      segment: 0,
      isUnknown: false,
      is_stub: false,
      suppressed_process: false,
      isLoaded: true,
    });
    expect(parseProcessGuid(implant.id)).toMatchObject({ sensorId: 6, pid: 6416, created: implant.start });
    // It runs on.
    expect(implant.end).toBeUndefined();
    expect(implant.webui_link).toBe(`${cb.url}/#analyze/${implant.id}/0`);
    expect(implant.get("alliance_score_soc")).toBe(90);
    const other = await cb.select(Process).where("process_name:onesyncsvc.exe hostname:FILE-01").one();
    expect(other.end).toEqual(new Date("2026-01-02T11:56:00Z"));
    expect(other.segment).toBe(other.segment_id);
  });

  it("knows what feeds say of it", async () => {
    expect(implant.tags).toEqual(expect.arrayContaining(["soc", "virustotal"]));
    expect(implant.tagInfo("soc")).toMatchObject({ name: "soc", score: 90, data: ["soc-onesync"] });
    expect(implant.tagInfo("nobody")).toBeUndefined();
    const hits = await implant.threat_intel_hits;
    expect(hits.find(({ feed_name }) => feed_name === "soc")).toMatchObject({ score: 90 });
    expect(await implant.getThreatIntelHits({ timeout: 60_000 })).toEqual(hits);
  });

  it("joins to its sensor, its binary and its parent, each asked for once", async () => {
    const proc = await cb.select(Process, implant.id, { refresh: true });
    expect(await proc.sensor.computer_name).toBe("FIN-WS-001");
    expect((await proc.binary)?.signed).toBe(false);
    expect((await proc.parent)?.process_name).toBe("powershell.exe");
    expect(await proc.parent_md5).toBe((await proc.parent)?.process_md5);
    // Nothing but what the last step needs is asked for.
    expect(await other.select(Process, implant.id).parent.parent.process_name).toBe("winword.exe");
    expect(await other.select(Process, implant.id).binary.md5).toBe("852D077B0CFB8BEE83CDBD40D2A099C6");
    expect(await other.select(Process, implant.id).sensor.id).toBe(6);
  });

  it("is read again when it is told to, and is missed when it is gone", async () => {
    const proc = await cb.select(Process).where("process_name:onesyncsvc.exe hostname:FIN-WS-001").first();
    sandbox.requests.clear();
    await proc?.refresh();
    expect(requested(sandbox)).toEqual([`/api/v1/process/${implant.id}/0?children=15`]);
    expect(await proc?.load()).toBe(proc);
    expect(requested(sandbox)).toEqual([]);
    const nobody = implant.id.replace(/-1910-/, "-1911-");
    await expect(cb.select(Process, nobody).process_name).rejects.toThrow(ObjectNotFoundError);
  });
});

describe("the relatives of a process", () => {
  const ancestors = [
    "powershell",
    "winword",
    "outlook",
    "explorer",
    "userinit",
    "winlogon",
    "smss",
    "smss",
    "ntoskrnl",
  ];
  const children = ["whoami", "ipconfig", "net", "net", "rundll32", "powershell"];
  const bare = (name: string | undefined) => name?.replace(/\.exe$/, "");

  it("lead up to the kernel", async () => {
    const walked: (string | undefined)[] = [];
    const report = await implant.walkParents((parent, depth) => (walked[depth] = bare(parent.process_name)));
    expect(walked).toEqual(ancestors);
    expect(report).toMatchObject({ visited: 9, stubs: [], cycle: false, truncated: false });
    expect([await implant.depth, await implant.getDepth()]).toEqual([9, 9]);
    const iterated = [];
    for await (const parent of implant.parents) iterated.push(bare(parent.process_name));
    for await (const parent of implant.getParents()) expect(bare(parent.process_name)).toBe(iterated.shift());
    expect(iterated).toEqual([]);
  });

  it("stand beside it and below it", async () => {
    const processes = await implant.childProcesses();
    expect(processes.map(({ process_name }) => bare(process_name))).toEqual(children);
    expect(processes.report()).toMatchObject({ available: 6, complete: true });
    const events = await implant.children;
    expect(events.map(({ path }) => bare(path?.split("\\").at(-1)))).toEqual(children);
    expect(await implant.getChildren()).toHaveLength(6);
    expect(await events[0]?.process?.cmdline).toBe("whoami  /groups /priv");
    const [first, ...others] = processes;
    const siblings = (await first?.siblings) ?? [];
    expect(siblings.map(({ id }) => id)).toEqual(others.map(({ id }) => id));
    expect(await first?.getSiblings()).toHaveLength(5);
  });

  it("are a tree, told level by level or hanging together", async () => {
    const winword = await cb.select(Process, implant.id).parent.parent;
    const tree = winword?.tree();
    const nodes = (await tree?.all()) ?? [];
    expect(nodes.map(({ depth }) => depth)).toEqual(nodes.map(({ depth }) => depth).sort((a, b) => a - b));
    expect(tree?.report()).toMatchObject({ visited: nodes.length, complete: true, reasons: [] });
    const walked: string[] = [];
    await winword?.walkChildren((child, depth) => walked.push(`${depth + 1} ${child.id}`));
    const top = await (await cb.select(Process, winword?.id ?? "").tree({ concurrency: 2 })).toTree();
    expect(top).toBeInstanceOf(ProcessBranch);
    // Depth first, it is what the walk over children gives.
    expect([...top].slice(1).map(({ depth, process }) => `${depth} ${process.id}`)).toEqual(walked);
    const branch = [...top].find(({ process }) => process.id === implant.id);
    expect(branch?.children.map(({ process }) => bare(process.process_name))).toEqual(children);
  });

  it("are there for a host as a whole, each process asked for once, children that the sensor left out never", async () => {
    const kernel = await cb
      .select(Process)
      .where("hostname:FIN-WS-001 process_name:ntoskrnl.exe process_pid:4")
      .first();
    const system = await other.select(Process, kernel?.id ?? "");
    sandbox.requests.clear();
    const nodes = await system.tree().all();
    const summaries = requested(sandbox);
    expect(new Set(summaries).size).toBe(summaries.length);
    expect(summaries.length).toBe(nodes.report().requests);
    expect(nodes.length).toBeGreaterThan(summaries.length);
    expect(nodes.report()).toMatchObject({ complete: true, failed: [], stubs: [] });
    expect(nodes.some(({ process }) => process.id === implant.id)).toBe(true);
    // Only processes whose parent the sensor did not know stand apart.
    const onHost = await other.select(Process).where("hostname:FIN-WS-001").groupBy("id").all();
    const inTree = new Set(nodes.map(({ process }) => process.id));
    const apart = onHost.filter(({ id }) => !inTree.has(id));
    expect(apart.length).toBeLessThan(onHost.length / 10);
    for (const proc of apart) {
      for await (const { id } of proc.parents) expect(inTree).not.toContain(id);
    }
  });

  it("tell of a child that its sensor left out only what its parent knows", async () => {
    const suppressed = await findSuppressed();
    sandbox.requests.clear();
    expect(suppressed.suppressed_process).toBe(true);
    expect(suppressed.process_name).toBe("conhost.exe");
    expect(suppressed.webui_link).toBeUndefined();
    expect((await suppressed.load()).cmdline).toContain("conhost.exe");
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("the events of a process", () => {
  it("are the same by kind, by segment and as a whole", async () => {
    const all = await implant.allEvents();
    expect(await implant.allModloads()).toEqual(all.modloads);
    expect(await implant.allFilemods()).toEqual(all.filemods);
    expect(await implant.allRegmods()).toEqual(all.regmods);
    expect(await implant.allNetconns()).toEqual(all.netconns);
    expect(await implant.allCrossprocs()).toEqual(all.crossprocs);
    expect(await implant.allChildprocs()).toEqual(all.childprocs);
    expect(await implant.allProcessblocks()).toEqual(all.processblocks);
    // Segment 0 is all of them.
    expect(await implant.all_events).toEqual(await implant.all_events_segment);
    const lists = [implant.modloads, implant.filemods, implant.regmods, implant.netconns, implant.crossprocs];
    const counts = (await Promise.all(lists)).map(({ length }) => length);
    expect(counts).toEqual([1, 1, 1, 45, 1]);
    expect(await implant.childprocs).toHaveLength(12);
    expect((await implant.segmentEvents()).all()).toHaveLength(61);

    const numbers = await implant.getSegments();
    expect(numbers).toEqual((await implant.segments()).map(({ segment }) => segment));
    expect(numbers.length).toBeGreaterThan(1);
    const rows = await cb.select(Process).where(`process_id:${implant.id}`).all();
    const parts = await Promise.all(rows.map(async (row) => (await row.netconns).length));
    expect(parts.reduce((sum, count) => sum + count, 0)).toBe(45);
  });

  it("tell what was loaded, written, connected to and started", async () => {
    const [modload] = await implant.modloads;
    expect(modload).toMatchObject({ event_type: "Cb Module Load event", md5: "852d077b0cfb8bee83cdbd40d2a099c6" });
    expect(modload).toMatchObject({ is_signed: false, tamper_event: false, parent: implant });
    expect((await modload?.binary)?.original_filename).toBe("onesyncsvc.exe");
    expect(await implant.unsigned_modloads).toEqual([modload]);
    expect(await implant.getUnsignedModloads({ timeout: 60_000 })).toHaveLength(1);

    const path = "c:\\windows\\temp\\ms83.tmp";
    const [filemod] = await implant.findFileWrites(path);
    expect(filemod).toMatchObject({ event_type: "Cb File Modification event", type: "Deleted", path });
    expect(filemod).toMatchObject({ tamper_event: false, parent: implant });
    expect(await implant.findFileWrites("c:\\none")).toEqual([]);

    const [regmod] = await implant.regmods;
    expect(regmod).toMatchObject({
      event_type: "Cb Registry Modification event",
      type: "FirstWrote",
      tamper_event: false,
    });
    expect(regmod?.path).toMatch(/currentversion\\run\\onesync$/);
    expect(regmod?.parent).toBe(implant);

    const [netconn] = await implant.netconns;
    expect(netconn).toMatchObject({
      event_type: "Cb Network Connection event",
      domain: "cdn-sync.example",
      remote_ip: "203.0.113.77",
      remote_port: 443,
      proto: "IPPROTO_TCP",
      direction: "Outbound",
      local_ip: "10.20.11.26",
      tamper_event: false,
    });
    expect(netconn?.parent).toBe(implant);

    const [started] = await implant.childprocs;
    expect(started).toBeInstanceOf(CbChildProcEvent);
    expect(started).toMatchObject({
      event_type: "Cb Child Process event",
      pid: 1136,
      terminated: false,
      suppressed: false,
    });
    expect(started).toMatchObject({ tamper_event: false, parent: implant });
    expect((await started?.process)?.process_name).toBe("whoami.exe");
    // Nobody tampered with a sensor.
    expect(await implant.tamper_events).toEqual([]);
    expect(await implant.getTamperEvents()).toEqual([]);
  });

  it("tell both ends of what crosses processes", async () => {
    const [injected] = await implant.crossprocs;
    expect(injected).toMatchObject({
      event_type: "Cb Cross Process event",
      type: "RemoteThread",
      privileges: "PROCESS_ALL_ACCESS",
      is_target: false,
      tamper_event: false,
    });
    expect(injected?.parent).toBe(implant);
    expect(injected?.hasPermission("PROCESS_VM_WRITE")).toBe(true);
    expect(injected?.hasPermissions(["PROCESS_VM_WRITE", "PROCESS_CREATE_THREAD"])).toBe(true);
    expect(await injected?.source_proc?.id).toBe(implant.id);
    expect((await injected?.target_proc)?.process_name).toBe("explorer.exe");
  });

  it("tell what was blocked, which a search finds by its hash", async () => {
    const found = await cb.select(Process).where("processblock_count:[1 TO *]").first();
    const [block] = (await found?.processblocks) ?? [];
    expect(block).toMatchObject({
      event_type: "Cb Process Block event",
      type: "MD5",
      event: "ProcessCreate",
      result: "ProcessTerminated",
      error: 0,
      md5: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      path: expect.stringMatching(/freeconvert_setup\.exe$/) as unknown,
      cmdline: expect.stringContaining("freeconvert_setup.exe") as unknown,
      uid: expect.stringMatching(/^S-1-5-21-/) as unknown,
      username: expect.stringContaining("\\") as unknown,
      tamper_event: false,
    });
    expect(block?.timestamp).toBeInstanceOf(Date);
    expect(block?.parent).toBe(found);
    const blocking = await cb
      .select(Process)
      .where({ blocked_md5: block?.md5 ?? "" })
      .groupBy("id")
      .all();
    expect(blocking.map(({ id }) => id)).toContain(found?.id);
    for (const proc of blocking) {
      expect((await proc.allProcessblocks()).map(({ md5 }) => md5)).toContain(block?.md5);
    }
  });
});

/** A child that its sensor left out; some console hosts are. */
async function findSuppressed(): Promise<Process> {
  for await (const parent of cb.select(Process).where("childproc_name:conhost.exe").groupBy("id")) {
    const child = (await parent.childProcesses()).find(({ suppressed_process }) => suppressed_process);
    if (child !== undefined) return child;
  }
  throw new Error("the organisation has no suppressed process");
}
