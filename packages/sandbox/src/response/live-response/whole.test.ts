import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Sandbox } from "../../sandbox.js";
import { type Ask, asker, startSmall } from "../routes/samples.js";
import { BASE, unzip } from "./samples.js";

/** A session with an endpoint of a sandbox, and a way to run commands in it. */
async function openOn(sandbox: Sandbox, ask: Ask, sensor: number) {
  const { body } = await ask("POST", BASE, { sensor_id: sensor });
  await sandbox.clock.step(1);
  const path = `${BASE}/${body.id}`;
  return {
    path,
    run: async (name: string, rest: object = {}) => {
      const issued = await ask("POST", `${path}/command`, { name, session_id: body.id, ...rest });
      expect(issued.status, `${name}: ${String(issued.body)}`).toBe(200);
      return (await ask("GET", `${path}/command/${issued.body.id}?wait=true`)).body;
    },
    content: async (file: number): Promise<Buffer> => {
      const headers = { "x-auth-token": sandbox.token };
      const response = await sandbox.handle(new Request(`${sandbox.url}${path}/file/${file}/content`, { headers }));
      return Buffer.from(await response.arrayBuffer());
    },
    put: async (content: string): Promise<number> => {
      const form = new FormData();
      form.append("file", new Blob([content]), "upload.bin");
      const init = { method: "POST", headers: { "x-auth-token": sandbox.token }, body: form };
      const response = await sandbox.handle(new Request(`${sandbox.url}${path}/file`, init));
      return ((await response.json()) as { id: number }).id;
    },
  };
}

describe("Live Response of a whole sandbox", () => {
  it("works on the endpoints of the organisation, Windows and Linux", async () => {
    await using live = await startSmall({ organisation: { hosts: 12, processes: 500, binaries: 100 } });
    const { ask, sandbox } = live;
    const sensors: { id: number; os_type: number }[] = (await ask("GET", "/api/v1/sensor")).body;
    for (const [system, folder, slash, program] of [
      [1, "c:\\windows\\temp", "\\", "whoami"],
      [4, "/tmp", "/", "/bin/uname -a"],
    ] as const) {
      const sensor = sensors.find(({ os_type }) => os_type === system)?.id ?? 0;
      const session = await openOn(sandbox, ask, sensor);
      const { run, content, put } = session;
      const at = (name: string): { object: string } => ({ object: `${folder}${slash}${name}` });
      expect(await run("create directory", at("lr"))).toMatchObject({ status: "complete" });
      expect(await run("create directory", at("lr"))).toMatchObject({ status: "error" });
      expect(await run("put file", { ...at(`lr${slash}up.txt`), file_id: await put("as it was sent") })).toMatchObject({
        status: "complete",
      });
      const listed = await run("directory list", at(`lr${slash}`));
      const entries = listed.files.map(({ filename, size }: { filename: string; size: number }) => [filename, size]);
      expect(entries).toEqual(expect.arrayContaining([["up.txt", 14]]));
      const got = await run("get file", at(`lr${slash}up.txt`));
      expect(String(await content(got.file_id))).toBe("as it was sent");
      expect(await run("delete file", at("lr"))).toMatchObject({ status: "error" });
      expect(await run("delete file", at(`lr${slash}up.txt`))).toMatchObject({ status: "complete" });
      expect(await run("delete file", at("lr"))).toMatchObject({ status: "complete" });
      const started = await run("create process", { object: program, wait: true, output_file: at("out").object });
      expect(started).toMatchObject({ status: "complete", return_code: 0, pid: expect.any(Number) });
      const output = await run("get file", at("out"));
      expect((await content(output.file_id)).length).toBeGreaterThan(3);
      const { processes } = await run("process list");
      expect(processes.length).toBeGreaterThan(3);
      expect(await run("kill", { object: 4_000_000 })).toMatchObject({ status: "error" });
      const dumped = await run("memdump", { ...at("mem"), compress: true });
      expect(dumped).toMatchObject({ status: "complete", percentdone: 100 });
      const packed = await content((await run("get file", at("mem.zip"))).file_id);
      expect((await unzip(packed)).get("mem")?.length).toBe(1024 * 1024);
      if (system === 1) {
        const key = "HKLM\\SOFTWARE\\Sandbox\\Live";
        await run("reg create key", { object: "HKLM\\SOFTWARE\\Sandbox" });
        expect(await run("reg create key", { object: key })).toMatchObject({ status: "complete" });
        const value = { object: `${key}\\n`, value_type: "REG_DWORD", value_data: 7, overwrite: true };
        expect(await run("reg set value", value)).toMatchObject({ status: "complete" });
        expect((await run("reg query value", { object: `${key}\\n` })).value).toMatchObject({ value_data: 7 });
        expect((await run("reg enum key", { object: key })).values).toHaveLength(1);
        expect(await run("reg delete value", { object: `${key}\\n` })).toMatchObject({ status: "complete" });
        expect(await run("reg delete key", { object: key })).toMatchObject({ status: "complete" });
        const gone = await run("reg query value", { object: `${key}\\n` });
        expect(gone).toMatchObject({ status: "error", result_code: 0x80070002 });
      }
      await ask("PUT", session.path, { status: "close" });
    }
    expect(sandbox.liveResponse.stats().slots).toMatchObject({ used: 0, limit: 10 });
    expect(sandbox.requests.failures()).toEqual([]);
    expect(sandbox.requests.missing()).toEqual([]);
  });

  it("has the guide's file on the guide's host", async () => {
    await using live = await startSmall();
    const session = await openOn(live.sandbox, live.ask, 3);
    const { file_id } = await session.run("get file", { object: "c:\\test.txt" });
    expect(String(await session.content(file_id))).toMatch(/^this is a test\r?\n?$/);
  });

  it("begins anew with the sandbox, and lets go of whoever waits", async () => {
    await using live = await startSmall({ liveResponse: { failRate: 0.25 } });
    const { ask, sandbox } = live;
    sandbox.liveResponse.configure({ failRate: 0, sessionTimeout: 5 });
    const session = await openOn(sandbox, ask, 1);
    await session.run("create directory", { object: "c:\\made" });
    sandbox.liveResponse.configure({ faults: [{ outcome: "hang" }] });
    await ask("POST", `${session.path}/command`, { name: "process list" });
    const held = ask("GET", `${session.path}/command/2?wait=true`);
    await vi.waitFor(() => expect(sandbox.liveResponse.stats().held).toBe(1));
    await sandbox.reset();
    expect((await held).status).toBe(404);
    expect(sandbox.liveResponse.settings).toMatchObject({ failRate: 0.25, sessionTimeout: 300, faults: [] });
    expect(sandbox.liveResponse.stats()).toMatchObject({
      held: 0,
      slots: { used: 0, highest: 0 },
      sessions: { opened: 0 },
    });
    expect((await ask("GET", BASE)).body).toEqual([]);
    sandbox.liveResponse.configure({ failRate: 0 });
    const again = await openOn(sandbox, ask, 1);
    expect(again.path).toBe(`${BASE}/1`);
    expect(await again.run("create directory", { object: "c:\\made" })).toMatchObject({ status: "complete" });
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("is steered from outside", async () => {
    await using live = await startSmall();
    const { ask, reader, sandbox } = live;
    const changed = await ask("PUT", "/_sandbox/live-response", {
      latency: [1, 3],
      schedule: { offline: 0, period: 10 },
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { slots: { limit: 10, used: 0 }, settings: { latency: [1, 3], schedule: { offline: 0, period: 10 } } },
    });
    await openOn(sandbox, ask, 1);
    expect((await ask("GET", "/_sandbox/live-response")).body).toMatchObject({ sessions: { active: 1, opened: 1 } });
    expect((await ask("DELETE", "/_sandbox/live-response/sessions/1")).status).toBe(204);
    expect((await ask("DELETE", "/_sandbox/live-response/sessions/1")).status).toBe(404);
    for (const wrong of [{ latency: -1 }, { speed: 1 }, [], "x", undefined]) {
      expect((await ask("PUT", "/_sandbox/live-response", wrong)).status, JSON.stringify(wrong)).toBe(400);
    }
    expect((await reader("GET", "/_sandbox/live-response")).status).toBe(403);
    await ask("PUT", "/_sandbox/behaviour", { liveResponseEnabled: false });
    expect((await ask("GET", BASE)).status).toBe(412);
    expect(() => sandbox.liveResponse.configure({ lostRate: 2 })).toThrow(RangeError);
  });

  it("serves a fleet whose endpoints come and go, and leaves no slot behind", async () => {
    await using sandbox = await Sandbox.start({
      ...{ organisation: { hosts: 60, processes: 100, binaries: 50 }, clock: { tickInterval: 5 }, tls: false },
      liveResponse: {
        ...{ failRate: 0.02, lostRate: 0.05, latency: 2, sensorWaitTimeout: 0.1 },
        schedule: { offline: 0.4, period: 40 },
      },
    });
    const ask = asker(sandbox);
    const waiting = (await ask("GET", "/api/v1/sensor")).body.map(({ id }: { id: number }) => id) as number[];
    const outcomes = new Map<number, string>();
    /** One attempt; undefined when it has to be made again. */
    const attempt = async (sensor: number): Promise<string | undefined> => {
      const opened = await ask("POST", BASE, { sensor_id: sensor });
      if (opened.status === 503) return undefined;
      const path = `${BASE}/${opened.body.id}`;
      const { status } = await ask("GET", `${path}?wait=true`);
      if (status !== 200) return undefined;
      const issued = await ask("POST", `${path}/command`, { name: "process list" });
      if (issued.status !== 200) return undefined;
      const ended = await ask("GET", `${path}/command/${issued.body.id}?wait=true`);
      if (ended.status === 200) await ask("PUT", path, { status: "close" });
      return ended.status === 200 ? ended.body.status : undefined;
    };
    // More workers than slots, and each endpoint once more when it was away.
    const work = async (): Promise<void> => {
      for (let sensor = waiting.shift(); sensor !== undefined; sensor = waiting.shift()) {
        const outcome = await attempt(sensor);
        if (outcome !== undefined) outcomes.set(sensor, outcome);
        else {
          waiting.push(sensor);
          await sleep(5);
        }
      }
    };
    await Promise.all(Array.from({ length: 14 }, work));
    expect(outcomes.size).toBe(60);
    const { slots, sessions, files } = sandbox.liveResponse.stats();
    expect(slots).toMatchObject({ limit: 10, used: 0 });
    expect(slots.highest).toBeLessThanOrEqual(10);
    expect(sessions.opened).toBe(sessions.closed + sessions.timedOut + sessions.lost);
    expect([sessions.closed, files]).toEqual([60, 0]);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});
