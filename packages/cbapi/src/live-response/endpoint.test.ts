import { describe, expect, it } from "vitest";
import { LiveResponseError } from "../core/errors.js";
import { JumpClock } from "../test-support/jump-clock.js";
import { liveResponseServer, until } from "../test-support/live-response-server.js";
import { registryData } from "./registry.js";
import type { RegistryData, RegistryValueType } from "./types.js";

const denied = { status: "error", result_type: "WinHresult", result_code: 0x80070005 };
const entry = (filename: string, ...attributes: string[]) => ({ filename, attributes, size: 0 });
const folders = (...names: string[]) => names.map((name) => entry(name, "DIRECTORY"));

describe("a walk", () => {
  const tree: Readonly<Record<string, Record<string, unknown>>> = {
    "C:\\*": {
      files: [
        ...folders("a", "b", "locked"),
        entry("pagefile.sys", "SYSTEM"),
        entry("loop", "DIRECTORY", "REPARSE_POINT"),
      ],
    },
    "C:\\a\\*": { files: [...folders(".", "..", "deep")] },
    "C:\\a\\deep\\*": { files: [entry("x.txt", "ARCHIVE")] },
    "C:\\b\\*": {},
    "C:\\locked\\*": denied,
    "C:\\loop\\*": { files: folders("a") },
    "C:\\loop\\a\\*": { files: [] },
    "D:\\*": denied,
  };
  const server = () => liveResponseServer({ command: (body) => tree[String(body["object"])] ?? denied });

  it("comes to every directory once, from the top or from the bottom, and enters no links", async () => {
    const { cb, server: served } = await server();
    await using session = await cb.liveResponse.openSession(3);
    const down = await collect(session.walk("C:\\"));
    expect(down).toEqual([
      ["C:\\", ["a", "b", "locked", "loop"], ["pagefile.sys"]],
      ["C:\\a", ["deep"], []],
      ["C:\\a\\deep", [], ["x.txt"]],
      ["C:\\b", [], []],
    ]);
    const failed: [string, string][] = [];
    const onError = (error: Error, directory: string) => failed.push([directory, error.name]);
    const up = await collect(session.walk("C:\\", { topDown: false, onError, followLinks: true }));
    expect(up.map(([directory]) => directory)).toEqual([
      "C:\\a\\deep",
      "C:\\a",
      "C:\\b",
      "C:\\loop\\a",
      "C:\\loop",
      "C:\\",
    ]);
    expect(failed).toEqual([["C:\\locked", "LiveResponseError"]]);
    expect(served.commands.map(({ object }) => object)).not.toContain("C:\\\\*");
  });

  it("lists as it goes, and fails when its top cannot be listed", async () => {
    const { cb, server: served } = await server();
    await using session = await cb.liveResponse.openSession(3);
    for await (const [directory] of session.walk("C:\\")) if (directory === "C:\\a") break;
    expect(served.commands).toHaveLength(2);
    await expect(session.walk("D:\\").next()).rejects.toBeInstanceOf(LiveResponseError);
    const stop = new AbortController();
    const walking = session.walk("C:\\", { signal: stop.signal, onError: () => {} });
    await walking.next();
    stop.abort(new Error("enough"));
    await expect(walking.next()).rejects.toThrow("enough");
  });

  it("is never shorter without a word: only what the endpoint refuses is passed over", async () => {
    const { cb } = await liveResponseServer({
      options: { clock: new JumpClock() },
      command: (body) => tree[String(body["object"])] ?? denied,
      before: ({ line, json }) =>
        line.endsWith("/command") && json?.["object"] === "C:\\b\\*" ? { status: 500, text: "no disk" } : undefined,
    });
    await using session = await cb.liveResponse.openSession(3);
    await expect(collect(session.walk("C:\\"))).rejects.toMatchObject({ status: 500 });
    const failed: string[] = [];
    const onError = (_: Error, directory: string) => failed.push(directory);
    const walked = await collect(session.walk("C:\\", { onError }));
    expect(walked.map(([directory]) => directory)).toEqual(["C:\\", "C:\\a", "C:\\a\\deep"]);
    expect(failed).toEqual(["C:\\b", "C:\\locked"]);
  });

  it("takes whatever an endpoint says of attributes", async () => {
    const files = [{ filename: "a", attributes: null }, { filename: "b" }, entry("c", "DIRECTORY")];
    const { cb } = await liveResponseServer({
      command: ({ object }) => ({ files: object === "C:\\*" ? files : null }),
    });
    await using session = await cb.liveResponse.openSession(3);
    expect(await collect(session.walk("C:\\"))).toEqual([
      ["C:\\", ["c"], ["a", "b"]],
      ["C:\\c", [], []],
    ]);
  });

  it("joins paths as the endpoint's system does, and changes nothing else", async () => {
    const { cb, server: served } = await liveResponseServer({ sensor: { os_type: 4 }, command: () => ({ files: [] }) });
    await using linux = await cb.liveResponse.openSession(3);
    expect(linux.pathJoin("/", "etc", "a\\b")).toBe("/etc/a\\b");
    await collect(linux.walk("/"));
    expect(served.commands[0]?.["object"]).toBe("/*");
    const windows = await liveResponseServer();
    await using other = await windows.cb.liveResponse.openSession(3);
    expect(other.pathJoin("c:\\", "a", "..", "b c")).toBe("c:\\a\\..\\b c");
    expect(other.pathJoin("c:/", "a")).toBe("c:/a");
  });
});

describe("a program", () => {
  it("is run, its output is fetched, and only a file of our own making is removed", async () => {
    const { cb, server } = await liveResponseServer({
      files: { 1: Buffer.from("nt authority\\system\r\n"), 2: Buffer.from("kept") },
      command: ({ name }) => (name === "create process" ? { return_code: 3, pid: 42 } : {}),
    });
    await using session = await cb.liveResponse.openSession(3);
    const result = await session.runProcess("whoami", { workingDirectory: "c:\\" });
    expect(result).toEqual({ pid: 42, returnCode: 3, output: Buffer.from("nt authority\\system\r\n") });
    const [start, get, remove] = server.commands;
    expect(start).toMatchObject({ wait: true, working_directory: "c:\\" });
    expect(start?.["output_file"]).toMatch(/^c:\\windows\\temp\\cblr\.[A-Za-z0-9]{12}\.tmp$/);
    expect([get?.["object"], remove?.["object"]]).toEqual([start?.["output_file"], start?.["output_file"]]);
    expect(remove?.["name"]).toBe("delete file");
    const output = await session.createProcess("dir", { remoteOutputFileName: "c:\\out.txt" });
    expect(String(output)).toBe("kept");
    expect(server.commands.at(-1)).toMatchObject({ name: "get file", object: "c:\\out.txt" });
  });

  it("is left to itself when nobody waits, though it is known whether it was started", async () => {
    const { cb, server } = await liveResponseServer({
      command: ({ object }) => (object === "missing.exe" ? { ...denied, result_code: 0x80070002 } : { pid: 77 }),
    });
    await using session = await cb.liveResponse.openSession(3);
    const alone = { waitForOutput: false, waitForCompletion: false };
    expect(await session.createProcess("missing.exe", alone)).toBeUndefined();
    expect(await session.runProcess("notepad.exe", alone)).toMatchObject({ pid: 77, output: undefined });
    await expect(session.runProcess("missing.exe", alone)).rejects.toMatchObject({
      decoded_win32_error: "ERROR_FILE_NOT_FOUND",
      object: "missing.exe",
    });
    expect(server.commands[0]).toMatchObject({ wait: false });
    expect(server.commands[0]).not.toHaveProperty("output_file");
  });

  it("that runs too long is told of, and its output is removed before the session is closed", async () => {
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock: new JumpClock() },
      command: ({ name }) => (name === "create process" ? new Promise(() => {}) : {}),
    });
    const session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("ping -t a", { waitTimeout: 2000 })).rejects.toThrow(
      /ping -t a did not end within 2000 ms\. It may run on/,
    );
    await session.close();
    const [start, remove] = server.commands;
    expect(remove).toMatchObject({ name: "delete file", object: start?.["output_file"] });
    expect(server.open).toEqual([]);
  });

  it("has the time that it is given, under either name, and so has everything around it", async () => {
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock: new JumpClock() },
      command: ({ object, name }) => (object === "slow" || name === "get file" ? new Promise(() => {}) : {}),
    });
    await using session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("slow", { timeout: 2000 })).rejects.toThrow("did not end within 2000 ms");
    await expect(session.createProcess("slow", { timeout: 9, waitTimeout: 3000 })).rejects.toThrow("within 3000 ms");
    const alone = { waitForOutput: false, waitForCompletion: false, timeout: 4000 };
    await expect(session.runProcess("slow", alone)).rejects.toMatchObject({ timeout: 4000 });
    // The program ended; its output does not come.
    await expect(session.createProcess("quick", { timeout: 5000 })).rejects.toThrow(
      /get file was not finished within 5000 ms/,
    );
    expect(server.commands.filter(({ name }) => name === "create process")).toHaveLength(4);
  });

  it("whose output cannot be fetched has it removed even when the session is closed at once", async () => {
    let removed = false;
    const { cb, server } = await liveResponseServer({
      command: async ({ name }) => {
        if (name !== "delete file") return name === "get file" ? denied : {};
        await new Promise((resolve) => setTimeout(resolve, 50));
        removed = server.open.length === 1;
        return {};
      },
    });
    const session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("whoami")).rejects.toMatchObject({ decoded_win32_error: "ERROR_ACCESS_DENIED" });
    await session.close();
    expect(removed).toBe(true);
    expect(server.open).toEqual([]);
  });

  it("whose output cannot be fetched still has it removed", async () => {
    const { cb, server } = await liveResponseServer({ command: ({ name }) => (name === "get file" ? denied : {}) });
    await using session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("whoami")).rejects.toMatchObject({ decoded_win32_error: "ERROR_ACCESS_DENIED" });
    await until(() => server.commands.some(({ name }) => name === "delete file"));
  });
});

describe("the registry", () => {
  it("is read with one request for each question", async () => {
    const content = {
      values: [{ value_name: "", value_type: "REG_SZ", value_data: "x" }],
      sub_keys: ["Run", "RunOnce"],
    };
    const { cb, server } = await liveResponseServer({
      command: ({ name }) =>
        name === "reg enum key" ? content : name === "reg query value" ? { value: content.values[0] } : {},
    });
    await using session = await cb.liveResponse.openSession(3);
    expect(await session.listRegistryKeysAndValues("HKLM\\a")).toEqual(content);
    expect(await session.listRegistryKeys("HKLM\\a")).toEqual(["Run", "RunOnce"]);
    expect(await session.listRegistryValues("HKLM\\a")).toEqual(content.values);
    expect((await session.getRegistryValue("HKLM\\a\\")).value_data).toBe("x");
    expect(server.requests.filter((line) => line.startsWith("GET /session/1/command"))).toHaveLength(4);
  });

  it("gives numbers of 64 bits as they are: as text where a number would be rounded", async () => {
    const value = (name: string, data: string) =>
      `{"value_name": ${JSON.stringify(name)}, "value_type": "REG_QWORD", "value_data": ${data}}`;
    const values = [
      value("large", "18446744073709551615"),
      value("exact", "9007199254740991"),
      value("small", "7"),
      value("text", JSON.stringify('"value_data": 18446744073709551615, ')),
    ];
    const { cb } = await liveResponseServer({
      before: ({ line }) => {
        if (!line.startsWith("GET /session/1/command/")) return undefined;
        const text = `{"id": 1, "status": "complete", "values": [${values.join(",")}], "value": ${values[0]}}`;
        return { status: 200, text };
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const listed = await session.listRegistryValues("HKLM\\a");
    expect(listed.map(({ value_data }) => value_data)).toEqual([
      "18446744073709551615",
      9_007_199_254_740_991,
      7,
      '"value_data": 18446744073709551615, ',
    ]);
    expect((await session.getRegistryValue("HKLM\\a\\large")).value_data).toBe("18446744073709551615");
  });

  it("takes each value as the type that it is, and refuses those that do not fit", () => {
    const sent = (data: RegistryData, type?: RegistryValueType) => {
      const value = registryData(data, type);
      return [value.type, value.data];
    };
    expect(sent(1)).toEqual(["REG_DWORD", 1]);
    expect(sent(2 ** 32 - 1)).toEqual(["REG_DWORD", 4_294_967_295]);
    expect(sent(2 ** 32)).toEqual(["REG_QWORD", 4_294_967_296]);
    expect(sent(2n ** 64n - 1n)).toEqual(["REG_QWORD", "18446744073709551615"]);
    expect(sent(true)).toEqual(["REG_DWORD", 1]);
    expect(sent(false)).toEqual(["REG_DWORD", 0]);
    expect(sent(["a", 1])).toEqual(["REG_MULTI_SZ", ["a", "1"]]);
    expect(sent(Buffer.from([0, 255]))).toEqual(["REG_BINARY", "AP8="]);
    expect(sent("%TEMP%", "REG_EXPAND_SZ")).toEqual(["REG_EXPAND_SZ", "%TEMP%"]);
    expect(sent("0x10", "REG_DWORD")).toEqual(["REG_DWORD", 16]);
    expect(sent(1.5)).toEqual(["REG_SZ", "1.5"]);
    expect(sent("")).toEqual(["REG_SZ", ""]);
    const wrong: readonly [RegistryData, RegistryValueType?][] = [
      [-1],
      ["text", "REG_DWORD"],
      [2 ** 32, "REG_DWORD"],
      [2n ** 64n],
      [2 ** 60],
      ["a", "REG_MULTI_SZ"],
      [["a"], "REG_SZ"],
      [Buffer.from("a"), "REG_SZ"],
      [undefined as unknown as string],
    ];
    for (const [data, type] of wrong) {
      expect(() => registryData(data, type)).toThrow(/A registry value of type REG_\w+ must be/);
    }
  });
});

describe("what is left", () => {
  it("is fetched as an archive", async () => {
    const { cb } = await liveResponseServer({
      before: ({ line }) => (line === "GET /session/1/archive" ? { status: 200, text: "PK archive" } : undefined),
    });
    await using session = await cb.liveResponse.openSession(3);
    const chunks: Buffer[] = [];
    for await (const chunk of await session.getSessionArchive()) chunks.push(chunk as Buffer);
    expect(String(Buffer.concat(chunks))).toBe("PK archive");
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
