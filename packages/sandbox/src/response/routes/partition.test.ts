import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Ask } from "./samples.js";
import { startSmall } from "./samples.js";

const STORAGE = "/api/v1/storage/events";
const SUCCESS = { status: 200, body: { result: "success" } };
const SHELL = "00000003-0000-036c-01d2-2efd3af51186";

interface Partition {
  name: string;
  status: string;
  info: { numDocs: number; sizeInBytes: number; startDate: string; endDate: string | null; userMounted: boolean };
}
const list = async (ask: Ask): Promise<Record<string, Partition>> => (await ask("GET", `${STORAGE}/partition`)).body;
const total = async (ask: Ask, q = ""): Promise<number> =>
  (await ask("GET", `/api/v1/process?rows=0&q=${encodeURIComponent(q)}`)).body.total_results;
/** The partition that holds what the server got at a moment. */
const partitionAt = async (ask: Ask, time: string): Promise<Partition> => {
  const found = Object.values(await list(ask)).find(
    ({ info }) => info.startDate <= time && time <= (info.endDate ?? "9999"),
  );
  if (found === undefined) throw new Error(`no partition has ${time}`);
  return found;
};

const sysmonLine = (time: string): string =>
  JSON.stringify({
    ...{ EventID: 1, Channel: "Microsoft-Windows-Sysmon/Operational", Hostname: "LAB-PC-1", UtcTime: time },
    ...{ ProcessGuid: `{00000000-0000-0000-0000-${time.replace(/\D/g, "").slice(2, 14)}}`, ProcessId: "4001" },
    ...{ Image: "C:\\lab.exe", CommandLine: "lab.exe", User: "LAB\\anna", ParentProcessId: "900" },
  });

describe("partitions of the event store", () => {
  it("take their processes out of sight when they are unmounted, and bring them back", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const all = await total(ask);
    const children = (await ask("GET", `/api/v1/process/${SHELL}/0?children=1000`)).body.children.length;
    expect(children).toBeGreaterThan(1);
    const nets = await total(ask, "process_name:net.exe");
    const { name, info } = await partitionAt(ask, "2016-11-11T21:00:00.000Z");
    expect(info.numDocs).toBeGreaterThan(0);
    const [net] = (await ask("GET", "/api/v1/process?rows=1&q=process_name:net.exe")).body.results;
    const md5 = net.process_md5;
    const frequency = async () => (await ask("GET", `/api/v1/process/host/count?name=md5&md5=${md5}`)).body.globalCount;
    const seen = await frequency();

    expect(await ask("POST", `${STORAGE}/${name}/unmount`, "null")).toEqual(SUCCESS);
    expect((await list(ask))[name]).toMatchObject({ status: "cold", info });
    expect(await total(ask)).toBe(all - info.numDocs);
    expect(await total(ask, "process_name:net.exe")).toBeLessThan(nets);
    expect(await frequency()).toBeLessThan(seen);
    for (const path of ["0", "0/event", `${net.segment_id}`, "0/preview"]) {
      const version = path.endsWith("event") ? "v4" : "v1";
      expect((await ask("GET", `/api/${version}/process/${net.id}/${path}`)).status, path).toBe(404);
    }
    expect((await ask("GET", `/api/v1/process/${net.id}/segment`)).status).toBe(404);
    const shell = (await ask("GET", `/api/v1/process/${SHELL}/0?children=1000`)).body;
    expect(shell.process.id).toBe(SHELL);
    expect(shell.children.length).toBeLessThan(children);
    for (const [action, status] of [
      ["unmount", 400],
      ["mount", 200],
      ["mount", 400],
    ] as const) {
      expect((await ask("POST", `${STORAGE}/${name}/${action}`, "null")).status, action).toBe(status);
    }
    expect((await list(ask))[name]).toMatchObject({
      status: "warm",
      info: { numDocs: info.numDocs, userMounted: true },
    });
    expect([await total(ask), await total(ask, "process_name:net.exe"), await frequency()]).toEqual([all, nets, seen]);
    expect((await ask("GET", `/api/v1/process/${net.id}/0`)).status).toBe(200);
  });

  it("are rolled, and what arrives from then on is in the new one", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const before = await list(ask);
    const held = before["writer"]?.info.numDocs;
    const old = await sandbox.launch({ sensor: 4, path: "c:\\tools\\old.exe" });
    expect(await ask("POST", `${STORAGE}/new_partition`, "null")).toEqual(SUCCESS);
    const added = Object.values(await list(ask)).filter(({ name }) => !(name in before));
    expect(added).toMatchObject([{ name: expect.stringMatching(/^cbevents_\d{4}_\d\d_\d\d_\d{4}$/), status: "warm" }]);
    const [{ name = "" } = {}] = added;
    // The launch and what it told of its parent.
    expect(added[0]?.info.numDocs).toBe(Number(held) + 2);
    expect((await list(ask))["writer"]).toMatchObject({ status: "hot", info: { numDocs: 0, endDate: null } });
    // The time stands still, but the server's partitions do not mix.
    const recent = await sandbox.launch({ sensor: 4, path: "c:\\tools\\recent.exe" });
    expect((await list(ask))["writer"]?.info.numDocs).toBe(2);
    await ask("POST", `${STORAGE}/${name}/unmount`, "null");
    const status = async (report: { outcome: string; id?: string }) =>
      (await ask("GET", `/api/v1/process/${report.id}/0`)).status;
    expect([await status(old as never), await status(recent as never)]).toEqual([404, 200]);
    expect(await total(ask, "process_name:old.exe or process_name:recent.exe")).toBe(1);

    // Twice in the same minute: the names differ.
    await ask("POST", `${STORAGE}/new_partition`, "null");
    await ask("POST", `${STORAGE}/new_partition`, "null");
    const names = Object.keys(await list(ask));
    expect(names).toHaveLength(Object.keys(before).length + 3);
    expect(names.filter((each) => each.startsWith("cbevents_2026_01_05_0900"))).toHaveLength(2);

    // A week later, another one is written to by itself.
    sandbox.clock.set("2026-01-20T09:00:00Z");
    await sandbox.launch({ sensor: 4, path: "c:\\tools\\later.exe" });
    expect((await list(ask))["writer"]?.info).toMatchObject({ startDate: "2026-01-15T00:00:00.000Z", numDocs: 2 });
    await sandbox.reset();
    expect(await list(ask)).toEqual(before);
  });

  it("are deleted for good, and stay so in a file; logs of their time make new ones", async () => {
    const folder = mkdtempSync(join(tmpdir(), "partitions-"));
    const file = join(folder, "organisation.db");
    let kept: Record<string, Partition>;
    let left: number;
    let cold: string;
    {
      await using server = await startSmall({ file });
      const { ask, sandbox } = server;
      const all = await total(ask);
      const { name, info } = await partitionAt(ask, "2016-11-11T21:00:00.000Z");
      cold = Object.values(await list(ask)).find(({ status }) => status === "cold")?.name ?? "";
      const other = await partitionAt(ask, "2016-10-25T20:30:00.000Z");
      await ask("POST", `${STORAGE}/${other.name}/unmount`, "null");
      const processes = (sandbox.info()["organisation"] as { processes: number }).processes;
      expect(await ask("DELETE", `${STORAGE}/${name}`)).toEqual(SUCCESS);
      expect(await list(ask)).not.toHaveProperty(name);
      expect((await ask("DELETE", `${STORAGE}/${name}`)).status).toBe(404);
      expect((sandbox.info()["organisation"] as { processes: number }).processes).toBeLessThan(processes);
      expect((await ask("DELETE", `${STORAGE}/${cold}`)).status).toBe(200);
      left = await total(ask);
      expect(left).toBe(all - info.numDocs - other.info.numDocs);
      expect((await ask("POST", `${STORAGE}/${other.name}/mount`, "null")).status).toBe(200);
      expect(await total(ask)).toBe(left + other.info.numDocs);
      await ask("POST", `${STORAGE}/${other.name}/unmount`, "null");
      kept = await list(ask);
    }
    {
      await using server = await startSmall({ file });
      const { ask, sandbox } = server;
      expect(await list(ask)).toEqual(kept);
      expect(await total(ask)).toBe(left);
      // What ran on this endpoint is deleted: nothing is known that could have started it.
      expect(await sandbox.launch({ sensor: 4, path: "c:\\tools\\new.exe" })).toMatchObject({ parent_id: undefined });
      expect(await total(ask)).toBe(left + 1);
      const log = join(folder, "sysmon.jsonl");
      writeFileSync(log, `${sysmonLine("2016-11-11 21:00:00.000")}\n${sysmonLine("2016-10-25 20:30:00.000")}\n`);
      await sandbox.importFile(log);
      expect((await ask("GET", "/api/v1/process?q=process_name:lab.exe")).body.results).toMatchObject([
        { start: "2016-11-11T21:00:00.000Z" },
      ]);
      const late = await partitionAt(ask, "2016-11-11T21:00:00.000Z");
      expect(late).toMatchObject({ status: "warm", info: { numDocs: 1 } });
      const unmounted = await partitionAt(ask, "2016-10-25T20:30:00.000Z");
      expect(unmounted.info.numDocs).toBe(Number(kept[unmounted.name]?.info.numDocs) + 1);
      expect(sandbox.requests.failures()).toEqual([]);
    }
    rmSync(folder, { recursive: true });
  });

  it("are for administrators of servers that can do so", async () => {
    await using server = await startSmall({ version: "6.1.0.170531.1416" });
    const { ask, reader } = server;
    const names = Object.keys(await list(ask));
    const warm = Object.values(await list(ask)).find(({ status }) => status === "warm")?.name ?? "";
    for (const [method, path] of [
      ["POST", "new_partition"],
      ["POST", `${warm}/mount`],
      ["POST", `${warm}/unmount`],
      ["DELETE", warm],
    ] as const) {
      expect((await reader(method, `${STORAGE}/${path}`)).status, path).toBe(403);
    }
    for (const [method, path, status] of [
      ["POST", "writer/unmount", 400],
      ["POST", "writer/mount", 400],
      ["DELETE", "writer", 400],
      ["POST", `${warm}/mount`, 400],
      ["DELETE", "..%2f..%2fwriter", 404],
      ["DELETE", "x'%20OR%20'1'='1", 404],
      ["POST", "__proto__/mount", 404],
    ] as const) {
      expect((await ask(method, `${STORAGE}/${path}`, "null")).status, `${method} ${path}`).toBe(status);
    }
    expect(Object.keys(await list(ask))).toEqual(names);
    await using old = await startSmall({ version: "6.0.0.160101.1" });
    expect((await old.ask("GET", `${STORAGE}/partition`)).status).toBe(200);
    expect((await old.ask("POST", `${STORAGE}/new_partition`, "null")).status).toBe(404);
    await using older = await startSmall({ version: "5.2.0.161004.1206" });
    expect((await older.ask("GET", `${STORAGE}/partition`)).status).toBe(404);
  });
});
