import { describe, expect, it, vi } from "vitest";
import type { TinyMachine } from "../../live-response/samples.js";
import { asker, ODD_VALUES } from "../routes/samples.js";
import { BASE, startLive, unzip } from "./samples.js";

const complete = { status: "complete", result_type: "WinHresult", result_code: 0, result_desc: "" };
const failed = (code: number) => ({ status: "error", result_type: "WinHresult", result_code: 0x80070000 + code });

describe("commands", () => {
  it("are told with what was asked for and how they ended", async () => {
    await using live = await startLive();
    const { ask, sandbox } = live;
    const { token } = sandbox.tokens.add({ username: "anna" });
    const session = await live.open();
    const asked = { name: "directory list", object: "C:\\", session_id: session, id: 99, status: "complete", junk: 1 };
    const issued = await asker(sandbox, token)("POST", `${BASE}/1/command`, asked);
    const created = (Date.UTC(2026, 0, 5, 9) + 1000) / 1000;
    const head = { name: "directory list", object: "C:\\", session_id: 1, sensor_id: 1, id: 1, username: "anna" };
    expect(issued.body).toEqual({
      ...head,
      status: expect.stringMatching(/^(pending|in progress)$/),
      create_time: created,
    });
    const ended = (await ask("GET", `${BASE}/1/command/1?wait=true`)).body;
    const times = { create_time: 1767323045, last_access_time: 1767323045, last_write_time: 1767323045 };
    expect(ended).toEqual({
      ...{ ...head, ...complete, create_time: created, completion: created },
      files: [
        { filename: "c:\\test.txt", attributes: ["ARCHIVE"], size: 14, ...times },
        { filename: "empty", attributes: ["ARCHIVE"], size: 0, ...times },
      ],
    });
    expect((await ask("GET", `${BASE}/1/command`)).body).toEqual([ended]);
    expect(await live.run(session, { name: "directory list", object: "nowhere" })).toMatchObject(failed(3));
    live.behaviour.signedResultCodes = true;
    expect((await ask("GET", `${BASE}/1/command/2`)).body).toMatchObject({ result_code: 0x80070003 | 0, id: 2 });
  });

  it("do their work on a Windows endpoint", async () => {
    await using live = await startLive();
    const session = await live.open();
    const { contents, values, running } = live.machine(1);
    const run = (name: string, rest: object = {}) => live.run(session, { name, ...rest });
    expect(await run("create directory", { object: "c:\\new" })).toMatchObject(complete);
    expect(await run("create directory", { object: "c:\\new" })).toMatchObject(failed(183));
    expect(await run("delete file", { object: "c:\\new" })).toMatchObject(complete);
    expect(await run("delete file", { object: "c:\\new" })).toMatchObject(failed(2));

    const value = { value_name: "v", value_type: "REG_MULTI_SZ", value_data: ["a", "b"] };
    const { value_type, value_data } = value;
    expect(await run("reg set value", { object: "HKLM\\k\\v", value_type, value_data })).toMatchObject(complete);
    const again = { object: "HKLM\\k\\v", value_type: "REG_DWORD", value_data: 7 };
    expect(await run("reg set value", again)).toMatchObject(failed(183));
    expect(await run("reg query value", { object: "HKLM\\k\\v" })).toMatchObject({ ...complete, value });
    expect(await run("reg set value", { ...again, overwrite: true })).toMatchObject({ ...complete, overwrite: true });
    expect(values.get("HKLM\\k\\v")).toMatchObject({ value_data: 7 });
    const listed = await run("reg enum key", { object: "hklm\\k" });
    expect(listed).toMatchObject({ ...complete, sub_keys: ["HKLM\\K"], values: [{ value_name: "v", value_data: 7 }] });
    expect(await run("reg delete value", { object: "HKLM\\k\\v" })).toMatchObject(complete);
    expect(await run("reg create key", { object: "HKLM\\k\\s" })).toMatchObject(complete);
    expect(await run("reg delete key", { object: "HKLM\\k\\s" })).toMatchObject(complete);
    expect(await run("reg delete key", { object: "HKLM\\k\\s" })).toMatchObject(failed(2));

    const printed = { object: "echo hello", wait: true, working_directory: "c:\\w", output_file: "c:\\out" };
    expect(await run("create process", printed)).toMatchObject({ ...complete, pid: 101, return_code: 0 });
    expect(String(contents.get("c:\\out"))).toBe("hello@c:\\w");
    expect(await run("create process", { object: "nothing" })).toMatchObject(failed(2));
    const endless = await run("create process", { object: "forever", output_file: "c:\\later" });
    expect(endless).toMatchObject({ ...complete, pid: 102 });
    expect(endless).not.toHaveProperty("return_code");
    const [process] = (await run("process list")).processes;
    expect(process).toEqual({
      ...{ pid: 102, parent: 4, path: "forever", command_line: "forever", username: "SYSTEM", sid: "s-1-5-18" },
      ...{ create_time: 1767323045, proc_guid: "a", parent_guid: "b" },
    });
    expect(await run("kill", { object: 102 })).toMatchObject({ ...complete, object: 102 });
    expect(await run("kill", { object: 102 })).toMatchObject(failed(87));
    expect([running.size, contents.has("c:\\later")]).toEqual([0, true]);
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("do their work on Linux, where errors are told otherwise and there is no registry", async () => {
    await using live = await startLive();
    const session = await live.open(2);
    const { body } = await live.ask("GET", `${BASE}/${session}`);
    expect(body.supported_commands.filter((name: string) => name.startsWith("reg "))).toEqual([]);
    expect(body.supported_commands).toContain("memdump");
    expect(await live.run(session, { name: "delete file", object: "/nothing" })).toMatchObject({
      ...{ status: "error", result_type: "CbError", result_code: 2, result_desc: "No such thing" },
    });
    const done = await live.run(session, { name: "create process", object: "sleep 5", wait: true });
    expect(done).toMatchObject({ status: "complete", result_type: "CbError", result_code: 0, return_code: 0 });
    const refused = await live.ask("POST", `${BASE}/1/command`, { name: "reg enum key", object: "HKLM" });
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining("not supported") });
  });

  it("are fewer on old sensors", async () => {
    const versions = ["005.000.000.10000", "005.001.000.10000", "006.000.002.70329"];
    await using live = await startLive({
      sensors: versions.map((build_version_string, n) => ({ id: n + 1, build_version_string })),
    });
    const known = await Promise.all(
      versions.map(async (_, n) => {
        await live.open(n + 1);
        return (await live.ask("GET", `${BASE}/${n + 1}`)).body.supported_commands.includes("memdump") as boolean;
      }),
    );
    expect(known).toEqual([false, true, true]);
  });

  it("dump memory, packed if so wanted, and tell how far they are", async () => {
    await using live = await startLive({ liveResponse: { latency: 30 } });
    const session = await live.open();
    const { ask } = live;
    const dump = { name: "memdump", object: "c:\\mem.dmp", compress: true };
    await ask("POST", `${BASE}/${session}/command`, dump);
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        const { body } = await ask("GET", `${BASE}/1/command/1`);
        seen.add([body.percentdone, body.dumping, body.complete].join());
        expect(body.status).toBe("complete");
      },
      { interval: 2, timeout: 5_000 },
    );
    expect([...seen].filter((each) => each !== ",,")).toEqual(["0,true,false", "50,true,false", "100,false,true"]);
    expect((await ask("GET", `${BASE}/1/command/1`)).body).toMatchObject({
      ...complete,
      compress: true,
      return_code: 0,
    });
    await live.run(session, { ...dump, object: "c:\\plain.dmp", compress: false });
    const { contents, memorySize } = live.machine(1);
    expect([...contents.keys()].slice(-2)).toEqual(["c:\\mem.dmp.zip", "c:\\plain.dmp"]);
    const plain = contents.get("c:\\plain.dmp");
    expect([plain?.length, plain?.toString("latin1", 0, 8)]).toEqual([memorySize, "PAGEDU64"]);
    const packed = contents.get("c:\\mem.dmp.zip") ?? Buffer.alloc(0);
    expect(packed.length).toBeLessThan(memorySize);
    expect((await unzip(packed)).get("mem.dmp")?.equals(plain ?? packed)).toBe(true);
  });

  it("come one after the other, can be taken back while they wait, and wait for nobody else's", async () => {
    await using live = await startLive();
    const { ask } = live;
    await live.open();
    await live.open();
    const post = async (session: number, command: object) =>
      (await ask("POST", `${BASE}/${session}/command`, command)).body;
    const forever = { name: "create process", object: "forever", wait: true };
    await post(1, forever);
    await post(1, { name: "create directory", object: "second" });
    const third = await post(1, { name: "get file", object: "c:\\test.txt" });
    await post(1, { name: "create directory", object: "fourth" });
    await live.run(2, { name: "process list" });
    const statuses = async () =>
      (await ask("GET", `${BASE}/1/command`)).body.map((each: { status: string }) => each.status);
    expect(await statuses()).toEqual(["in progress", "pending", "pending", "pending"]);
    const cancel = (id: number, status: unknown = "cancel") =>
      ask("PUT", `${BASE}/1/command/${id}`, { ...third, status });
    expect((await cancel(3)).body).toMatchObject({ id: 3, status: "cancel", completion: expect.any(Number) });
    expect((await ask("GET", `${BASE}/1/file/${third.file_id}/content`)).status).toBe(404);
    for (const [id, status] of [
      [1, "cancel"],
      [3, "cancel"],
      [2, "pending"],
      [2, true],
      [9, "cancel"],
    ] as const) {
      expect((await cancel(id, status)).status, `${id} ${status}`).toBe(id === 9 ? 404 : 400);
    }
    const list = async (query: string) =>
      (await ask("GET", `${BASE}/1/command?${query}`)).body.map((each: { id: number }) => each.id);
    expect(await list("status=pending")).toEqual([2, 4]);
    expect(await list("status=cancel&count=5")).toEqual([3]);
    expect(await list("count=2")).toEqual([3, 4]);
    expect(await list("count=0")).toEqual([]);
    expect((await ask("GET", `${BASE}/1/command?count=-1`)).status).toBe(400);
    const [pid = 0] = live.machine(1).running.keys();
    await live.run(2, { name: "kill", object: pid });
    expect((await ask("GET", `${BASE}/1/command/4?wait=true`)).body).toMatchObject({ status: "complete" });
    expect((await ask("GET", `${BASE}/1/command/1`)).body).toMatchObject({ ...complete, return_code: 1 });
    expect(live.server.liveResponse.stats().commands).toEqual({ issued: 6, completed: 5, failed: 0, cancelled: 1 });
  });

  it("of two sessions with one endpoint go their own ways", async () => {
    await using live = await startLive();
    const { ask } = live;
    const [one, two] = [await live.open(), await live.open()];
    await ask("POST", `${BASE}/${one}/command`, { name: "create process", object: "forever", wait: true });
    await vi.waitFor(() => expect(live.machine(1).running.size).toBe(1));
    expect((await live.run(two, { name: "process list" })).processes).toHaveLength(1);
    await ask("PUT", `${BASE}/${one}`, { status: "close" });
    const late = await ask("POST", `${BASE}/${one}/command`, { name: "process list" });
    expect(late).toEqual({ status: 404, body: `Session ${one} not found` });
    // What was started goes on without the session that started it.
    const [pid] = live.machine(1).running.keys();
    expect(await live.run(two, { name: "kill", object: pid })).toMatchObject(complete);
    expect(live.server.liveResponse.stats()).toMatchObject({ slots: { used: 1 }, sessions: { closed: 1, active: 1 } });
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("are given up after the time that the session allows them", async () => {
    await using live = await startLive();
    await live.ask("POST", BASE, { sensor_id: 1, default_command_timeout: 1 });
    await live.sandbox.clock.step(1);
    const ended = await live.run(1, { name: "create process", object: "forever", wait: true });
    expect(ended).toMatchObject(failed(1460));
    expect(await live.run(1, { name: "process list" })).toMatchObject(complete);
  });

  it("refuse what makes no sense", async () => {
    await using live = await startLive();
    const { ask } = live;
    const session = await live.open();
    const post = async (body: unknown): Promise<number> =>
      (await ask("POST", `${BASE}/${session}/command`, body)).status;
    const huge = "x".repeat(40_000);
    const wrong: unknown[] = [
      ...[undefined, [], "null", "{", {}, { name: 5 }, { name: "" }, { name: "format disk" }, { name: "Get File" }],
      ...[{ name: "get file" }, { name: "get file", object: huge }, { name: "get file", object: "a\0b" }],
      ...[-1, 1.5, "1", true, 1e300].map((offset) => ({ name: "get file", object: "c:\\test.txt", offset })),
      ...[-1, "5", null].map((pid) => ({ name: "kill", object: pid })),
      ...[
        { name: "kill", object: 2 ** 32 },
        { name: "kill", object: true },
      ],
      ...[
        { name: "create process", object: "echo", wait: "yes" },
        { name: "memdump", object: "c:\\m", compress: 1 },
      ],
      ...[
        { name: "put file", object: "c:\\x" },
        { name: "put file", object: "c:\\x", file_id: "1" },
      ],
      ...[true, { a: 1 }, [true], null].map((value_data) => ({
        ...{ name: "reg set value", object: "HKLM\\a", value_type: "REG_SZ", value_data },
      })),
      ...[
        { name: "reg set value", object: "HKLM\\a", value_data: 1 },
        { name: "process list", session_id: 2 },
      ],
    ];
    for (const body of wrong) expect(await post(body), JSON.stringify(body)?.slice(0, 80)).toBe(400);
    for (const object of ODD_VALUES.filter((value) => value !== "text")) {
      for (const name of ["get file", "directory list", "reg enum key", "create process", "memdump"]) {
        expect(await post({ name, object }), `${name} ${JSON.stringify(object)}`).toBe(400);
      }
    }
    expect(await post({ name: "put file", object: "c:\\x", file_id: 1 })).toBe(404);
    for (const id of ["0", "1", "1e0", "01", "-1", "x"]) {
      expect((await ask("GET", `${BASE}/${session}/command/${id}`)).status, id).toBe(404);
    }
    expect((await ask("GET", `${BASE}/${session}/command`)).body).toEqual([]);
    const deep = `{"name":"process list","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    expect([200, 400]).toContain(await post(deep));
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("end with the sandbox, programs included", async () => {
    const live = await startLive();
    const session = await live.open();
    const machine: TinyMachine = live.machine(1);
    await live.ask("POST", `${BASE}/${session}/command`, { name: "create process", object: "forever", wait: true });
    await vi.waitFor(() => expect(machine.running.size).toBe(1));
    const held = live.ask("GET", `${BASE}/${session}/command/1?wait=true`);
    await live.server.close();
    expect((await held).status).toBe(404);
    expect(machine.running.size).toBe(0);
    expect(live.sandbox.requests.failures()).toEqual([]);
    await live[Symbol.asyncDispose]();
  });
});
