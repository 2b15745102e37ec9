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

  it("refuses by itself what is protected, in use or too much, Windows and Linux", async () => {
    const guests = { organisation: { hosts: 12, processes: 300, binaries: 50 } } as const;
    await using live = await startSmall(guests);
    const { ask, sandbox } = live;
    const linux = (await ask("GET", "/api/v1/sensor")).body.find((each: { os_type: number }) => each.os_type === 4).id;
    const refused = (code: number, system = "WinHresult"): object => ({
      ...{ status: "error", result_type: system, result_code: system === "WinHresult" ? 0x80070000 + code : code },
    });
    const windows = await openOn(sandbox, ask, 3);
    const file_id = await windows.put("1234");
    for (const [name, object, code] of [
      ["get file", "C:\\Windows\\System32\\config\\SAM", 5],
      ["directory list", "C:\\System Volume Information\\", 5],
      ["delete file", "C:\\Windows\\System32\\config\\SYSTEM", 5],
      ["get file", "C:\\pagefile.sys", 32],
      ["put file", "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", 32],
      ["delete file", "C:\\Windows", 145],
      ["put file", "C:\\nowhere\\x", 3],
      ["create directory", "C:\\Windows", 183],
      ["get file", "C:\\a?b", 123],
    ] as const) {
      expect(await windows.run(name, { object, file_id }), `${name} ${object}`).toMatchObject(refused(code));
    }
    sandbox.liveResponse.addFile(3, "C:\\full.bin", { size: 2 ** 45 });
    expect(await windows.run("put file", { object: "C:\\x", file_id })).toMatchObject(refused(112));
    expect(await windows.run("memdump", { object: "C:\\mem" })).toMatchObject(refused(112));
    expect(await windows.run("delete file", { object: "C:\\full.bin" })).toMatchObject({ status: "complete" });
    expect(await windows.run("put file", { object: "C:\\x", file_id })).toMatchObject({ status: "complete" });
    const unix = await openOn(sandbox, ask, linux);
    const own = await unix.put("1234");
    for (const [name, object, code] of [
      ["get file", "/proc/kcore", 13],
      ["directory list", "/lost+found/", 13],
      ["put file", "/usr/sbin/cbdaemon", 26],
      ["create directory", "/etc", 17],
      ["delete file", "/etc", 39],
      ["get file", "/nowhere", 2],
    ] as const) {
      expect(await unix.run(name, { object, file_id: own }), `${name} ${object}`).toMatchObject(
        refused(code, "CbError"),
      );
    }
    sandbox.liveResponse.addFile(linux, "/full.bin", { size: 2 ** 45 });
    expect(await unix.run("put file", { object: "/tmp/x", file_id: own })).toMatchObject(refused(28, "CbError"));
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("lets programs take simulated time, and commands have as much as they were given", async () => {
    await using live = await startSmall();
    const { ask, sandbox } = live;
    await ask("POST", BASE, { sensor_id: 3, default_command_timeout: 20 });
    await sandbox.clock.step(1);
    /** How many ticks a program takes, and how its command ends. */
    const ticksOf = async (object: string): Promise<[number, unknown]> => {
      const body = { name: "create process", object, wait: true };
      const { id } = (await ask("POST", `${BASE}/1/command`, body)).body;
      const look = async () => (await ask("GET", `${BASE}/1/command/${id}`)).body;
      await vi.waitFor(async () => expect(await look()).toMatchObject({ pid: expect.any(Number) }));
      for (let ticks = 0; ticks < 40; ticks++) {
        const { status, return_code: code, result_code: result } = await look();
        if (status !== "in progress") return [ticks, [status, code, result]];
        await sandbox.clock.step(1);
      }
      throw new Error(`${object} does not end`);
    };
    const [ticks, end] = await ticksOf("cmd /c ping -n 4 localhost & timeout /t 9");
    expect(end).toEqual(["complete", 0, 0]);
    // A tick or two may pass before a program has begun.
    expect([ticks >= 12, ticks <= 15]).toEqual([true, true]);
    const [late, refusal] = await ticksOf("timeout /t 99");
    expect(refusal).toEqual(["error", undefined, 0x800705b4]);
    expect([late >= 19, late <= 23]).toEqual([true, true]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("has files that were added while it ran, until it begins anew", async () => {
    await using live = await startSmall();
    const { ask, sandbox } = live;
    const session = await openOn(sandbox, ask, 3);
    const text = async (object: string): Promise<string> => {
      const { status, file_id } = await session.run("get file", { object });
      return status === "complete" ? String(await session.content(file_id)) : status;
    };
    const path = "C:\\Cases\\7\\note.txt";
    expect(await text(path)).toBe("error");
    const bytes = Buffer.from("from inside");
    sandbox.liveResponse.addFile("win-ia9nq1gn8oi", path, bytes);
    bytes.fill(0);
    expect(await text(path.toLowerCase())).toBe("from inside");
    const add = async (body: unknown): Promise<number> =>
      (await ask("POST", "/_sandbox/live-response/files", body)).status;
    expect(await add({ sensor: 3, path, content: "from outside" })).toBe(204);
    expect(await text(path)).toBe("from outside");
    expect(await add({ sensor: 3, path: `${path}2`, base64: "AGE=" })).toBe(204);
    expect(await text(`${path}2`)).toBe("\0a");
    expect(await add({ sensor: 3, path: "C:\\big.bin", size: 2 ** 33 })).toBe(204);
    expect((await session.run("directory list", { object: "C:\\big.bin" })).files).toMatchObject([{ size: 2 ** 33 }]);
    for (const wrong of [
      ...[undefined, [], {}, { sensor: 3, path }, { path, content: "x" }, { sensor: 3, content: "x" }],
      ...[true, null, 0, -1, 1.5, 9999, "nobody", "__proto__"].map((sensor) => ({ sensor, path, content: "x" })),
      ...["", "x", "C:", "C:\\", "C:\\Windows", "E:\\x", "C:\\a\0b", "C:\\Windows\\win.ini\\x", "\\\\h\\x", 5].map(
        (wrongPath) => ({ sensor: 3, path: wrongPath, content: "x" }),
      ),
      ...[{ content: 5 }, { content: null }, { base64: "*" }, { size: -1 }, { size: 1.5 }, { size: 1e300 }].map(
        (content) => ({ sensor: 3, path, ...content }),
      ),
      ...[
        { content: "x", size: 1 },
        { content: "x", mode: 1 },
      ].map((more) => ({ sensor: 3, path, ...more })),
    ]) {
      expect(await add(wrong), JSON.stringify(wrong)).toBe(400);
    }
    expect(await text(path)).toBe("from outside");
    expect(await text("C:\\Windows\\win.ini")).toContain("16-bit");
    expect(() => sandbox.liveResponse.addFile(99, path, "x")).toThrow("There is no sensor 99");
    expect((await live.reader("POST", "/_sandbox/live-response/files", { sensor: 3, path, content: "x" })).status).toBe(
      403,
    );
    await sandbox.reset();
    const again = await openOn(sandbox, ask, 3);
    expect(await again.run("get file", { object: path })).toMatchObject({ status: "error" });
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
