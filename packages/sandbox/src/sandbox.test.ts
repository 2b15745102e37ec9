import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { Sandbox } from "./sandbox.js";

const folder = mkdtempSync(join(tmpdir(), "own-world-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Info {
  organisation: Record<string, number>;
}

/** Asks a sandbox inside the process; the wire has its own tests. */
async function get(sandbox: Sandbox, path: string, body?: unknown, type = "application/json"): Promise<unknown> {
  const headers = { "x-auth-token": sandbox.token, "content-type": type };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = body === undefined ? { headers } : { method: "POST", headers, body: text };
  const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, init));
  expect(response.status, path).toBe(200);
  return await response.json();
}

const organisation = async (sandbox: Sandbox): Promise<Record<string, number>> =>
  ((await get(sandbox, "/_sandbox")) as Info).organisation;

const search = "/api/v1/process?q=process_name%3Acmd.exe&rows=5&start=0&facet=false";

const sysmonLine = (id: number): string =>
  JSON.stringify({
    EventID: 1,
    Channel: "Microsoft-Windows-Sysmon/Operational",
    Hostname: "LAB-PC-1",
    UtcTime: `2026-01-04 10:00:0${id}.000`,
    ProcessGuid: `{00000000-0000-0000-0000-00000000000${id}}`,
    ProcessId: `${4000 + id}`,
    Image: "C:\\Windows\\System32\\sandboxed.exe",
    CommandLine: `sandboxed.exe /number ${id}`,
    User: "LAB\\anna",
    ParentProcessGuid: "{00000000-0000-0000-0000-0000000000ff}",
    ParentProcessId: "900",
    ParentImage: "C:\\Windows\\explorer.exe",
    Hashes: "MD5=0123456789ABCDEF0123456789ABCDEF",
  });

describe("a sandbox with its own organisation", () => {
  it("serves the small one", async () => {
    await using sandbox = await Sandbox.start({ organisation: "small" });
    expect(await get(sandbox, "/_sandbox")).toMatchObject({
      version: "6.5.2.191219.1200",
      products: ["response", "protection", "cloud"],
      organisation: { sensors: 4 },
    });
    expect(await get(sandbox, "/api/info")).toMatchObject({ version: expect.stringMatching(/^6\.5/) });
    expect(await get(sandbox, search)).toMatchObject({ total_results: expect.any(Number) });
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("plays the version that is asked for, and starts empty", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "empty", version: "5.2.0.161004.1206" });
    expect(await get(sandbox, "/api/info")).toMatchObject({ version: "5.2.0.161004.1206" });
    expect(await organisation(sandbox)).toMatchObject({ sensors: 0, processes: 0 });
  });

  it("gives the same answers for the same seed, also after a reset", async () => {
    await using sandbox = await Sandbox.start({
      tls: false,
      organisation: { hosts: 14, processes: 1200, binaries: 300 },
    });
    const first = await get(sandbox, search);
    await get(sandbox, "/_sandbox/reset", { seed: 2 });
    expect(await get(sandbox, search)).not.toEqual(first);
    await sandbox.reset(1);
    expect({ ...(first as object), elapsed: 0 }).toEqual({ ...((await get(sandbox, search)) as object), elapsed: 0 });
  });

  it("makes requests wait while it is reset, and answers them from the new organisation", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "small" });
    const answers: Promise<unknown>[] = [];
    const ask = (): void => void answers.push(get(sandbox, search));
    ask();
    const resets = [sandbox.reset(2), sandbox.reset(3)];
    // Before, between and during the steps of the resets, however the turns of the event loop fall.
    for (let turn = 0; turn < 20; turn++) {
      ask();
      await Promise.resolve();
    }
    sandbox.faults.add({ do: { latency: 5 } });
    ask();
    await Promise.all([...resets, ...answers]);
    expect(answers).toHaveLength(22);
    expect(sandbox.requests.missing()).toEqual([]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("takes up again what is kept in a file, and makes it anew on a reset", async () => {
    const file = join(folder, "organisation.db");
    const first = await Sandbox.start({ tls: false, organisation: "small", file });
    const counts = await organisation(first);
    await first.stop();
    await using second = await Sandbox.start({ tls: false, organisation: "empty", file });
    expect(await organisation(second)).toEqual(counts);
    await second.reset();
    expect((await organisation(second))["sensors"]).toBe(0);
  });

  it("passes the switches on to the product", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "small" });
    const total = async (): Promise<number> =>
      ((await get(sandbox, search)) as { total_results: number }).total_results;
    const before = await total();
    sandbox.behaviour.totalOverestimate = 17;
    expect(await total()).toBe(before + 17);
  });
});

describe("imports", () => {
  const file = join(folder, "sysmon.jsonl");
  writeFileSync(file, `${sysmonLine(1)}\n${sysmonLine(2)}\nnot json\n`);

  it("are taken at the start, by path and as an upload; a host that is there already keeps its sensor", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "small", importFiles: [file] });
    expect((await organisation(sandbox))["sensors"]).toBe(5);
    expect(await get(sandbox, "/_sandbox/import", { file })).toMatchObject({
      ...{ malformedLines: 1, sensors: 1, knownSensors: 1, processes: 3, knownProcesses: 3 },
    });
    const upload = await get(sandbox, "/_sandbox/import", sysmonLine(3), "application/x-ndjson");
    expect(upload).toMatchObject({ sensors: 1, knownSensors: 1, processes: 2, knownProcesses: 1 });
    expect((await organisation(sandbox))["sensors"]).toBe(5);
    const found = await get(sandbox, "/api/v1/process?q=process_name%3Asandboxed.exe&rows=10&start=0");
    expect(found).toMatchObject({ total_results: 3 });
    await sandbox.reset();
    expect((await organisation(sandbox))["sensors"]).toBe(5);
  });

  it("that are given up add nothing", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "empty" });
    const stop = new AbortController();
    const given = sandbox.importFile(file, { signal: stop.signal });
    stop.abort(new Error("another file"));
    await expect(given).rejects.toThrow("another file");
    expect(await organisation(sandbox)).toMatchObject({ sensors: 0, processes: 0 });
    expect(await sandbox.importFile(file, { signal: undefined })).toMatchObject({ sensors: 1 });
  });

  it("add nothing either when the client that asked for them leaves", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "empty" });
    const long = join(folder, "long.jsonl");
    writeFileSync(long, `${sysmonLine(1)}\n`.repeat(20_000));
    const leaves = async (type: string, body: string): Promise<void> => {
      const client = new AbortController();
      const headers = { "x-auth-token": sandbox.token, "content-type": type };
      const init = { method: "POST", headers, body, signal: client.signal };
      const answer = sandbox.handle(new Request(`${sandbox.url}/_sandbox/import`, init));
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      client.abort(new Error("the client has left"));
      await expect(answer).rejects.toThrow("the client has left");
      // Imports come one after the other: that one is over when this one is refused.
      await expect(sandbox.importFile(join(folder, "missing.jsonl"))).rejects.toThrow(/ENOENT/);
      expect(await organisation(sandbox)).toMatchObject({ sensors: 0, processes: 0 });
    };
    await leaves("application/json", JSON.stringify({ file: long }));
    await leaves("application/x-ndjson", readFileSync(long, "utf8"));
  });

  it("of a file that is not there are the caller's mistake", async () => {
    await using sandbox = await Sandbox.start({ tls: false, organisation: "empty" });
    const init = {
      method: "POST",
      headers: { "x-auth-token": sandbox.token, "content-type": "application/json" },
      body: JSON.stringify({ file: join(folder, "missing.jsonl") }),
    };
    const response = await sandbox.handle(new Request(`${sandbox.url}/_sandbox/import`, init));
    expect(response.status).toBe(400);
    await expect(sandbox.importFile(join(folder, "missing.jsonl"))).rejects.toThrow(/ENOENT/);
    await expect(Sandbox.start({ importFiles: [folder], organisation: "empty" })).rejects.toThrow();
  });
});
