// Every command of a session, carried out on a Windows and on a Linux endpoint of the sandbox.
import {
  ApiError,
  type CbResponseAPI,
  LiveResponseError,
  type LiveResponseSession,
  TimeoutError,
} from "cbapi/response";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { sandbox } from "../support/given.js";
import { expectNothingLeft, LINUX, local, sessionWith, useEndpoints, WINDOWS } from "../support/live-response.js";
import { clientOf } from "../support/sandbox.js";

let cb: CbResponseAPI;
let session: LiveResponseSession;

useEndpoints({ extraFiles: [{ sensor: WINDOWS, path: "C:\\Data\\deep\\er\\note.txt", content: "below" }] });

/** One session for all tests of an endpoint. */
const open = (sensor: number) => async () => {
  cb = clientOf(sandbox);
  session = await sessionWith(cb, sensor);
};
const close = async () => {
  await session.close();
  await cb.close();
  expectNothingLeft(sandbox);
};

const names = async (path: string) => (await session.listDirectory(path)).map(({ filename }) => filename);

describe("on Windows", () => {
  beforeAll(open(WINDOWS));
  afterAll(close);

  it("says what the endpoint is and what it can do", () => {
    expect(session.osType).toBe(1);
    expect(session.drives).toEqual(["C:\\", "D:\\"]);
    expect(session.sensorId).toBe(WINDOWS);
    expect(session.sessionData.current_working_directory).toBe("C:\\Windows\\CarbonBlack");
    expect(session.sessionData.supported_commands).toEqual(
      expect.arrayContaining(["get file", "put file", "reg enum key", "process list", "memdump"]),
    );
    expect(session.pathJoin("C:\\temp", "a", "b.txt")).toBe("C:\\temp\\a\\b.txt");
  });

  it("makes, lists, fills, reads and removes directories and files", async () => {
    await session.createDirectory("C:\\temp\\case 7");
    expect(await errorOf(() => session.createDirectory("C:\\temp\\case 7"))).toMatchObject({
      decoded_win32_error: "ERROR_ALREADY_EXISTS",
    });
    await session.putFile(Buffer.from("evidence"), "C:\\temp\\case 7\\a.txt", { verify: true });
    await session.putFile(Buffer.alloc(3), "C:\\temp\\case 7\\b.bin");
    const listed = await session.listDirectory("C:\\temp\\case 7\\");
    expect(listed.map(({ filename }) => filename)).toEqual([".", "..", "a.txt", "b.bin"]);
    expect(listed[0]?.attributes).toContain("DIRECTORY");
    expect(listed[2]).toMatchObject({ size: 8, attributes: ["ARCHIVE"] });
    expect(Math.abs((listed[2]?.last_write_time ?? 0) - sandbox.clock.now() / 1000)).toBeLessThan(60);
    expect(await names("C:\\temp\\case 7\\*.txt")).toEqual(["a.txt"]);
    // A name that differs in case only is the same file.
    expect(String(await session.getFile("c:\\TEMP\\Case 7\\A.TXT"))).toBe("evidence");
    expect(await errorOf(() => session.deleteFile("C:\\temp\\case 7"))).toMatchObject({
      decoded_win32_error: "ERROR_DIR_NOT_EMPTY",
    });
    await session.deleteFile("C:\\temp\\case 7\\a.txt");
    await session.deleteFile("C:\\temp\\case 7\\b.bin");
    await session.deleteFile("C:\\temp\\case 7");
    expect(await names("C:\\temp\\*")).not.toContain("case 7");
  });

  it("walks a tree in both directions and does not follow links", async () => {
    const down: string[] = [];
    for await (const [directory, , files] of session.walk("C:\\Data")) down.push(`${directory}:${files.join()}`);
    expect(down).toEqual(["C:\\Data:", "C:\\Data\\deep:", "C:\\Data\\deep\\er:note.txt"]);
    const up: string[] = [];
    for await (const [directory] of session.walk("C:\\Data", { topDown: false })) up.push(directory);
    expect(up).toEqual(["C:\\Data\\deep\\er", "C:\\Data\\deep", "C:\\Data"]);

    const walked = new Set<string>();
    const refused: string[] = [];
    const onError = (_: Error, directory: string) => refused.push(directory);
    for await (const [directory, directories] of session.walk("C:\\ProgramData", { onError })) {
      expect(walked).not.toContain(directory);
      walked.add(directory);
      if (directory === "C:\\ProgramData") expect(directories).toContain("Application Data");
    }
    expect([...walked].filter((directory) => directory.includes("Application Data"))).toEqual([]);
  });

  it("lists, starts and ends processes", async () => {
    const before = await session.listProcesses();
    expect(before.find(({ path }) => /\\services\.exe$/i.test(path))).toMatchObject({ sid: "s-1-5-18" });
    expect(String(await session.createProcess("cmd.exe /c echo hello"))).toBe("hello\r\n");
    expect(String(await session.createProcess("whoami"))).toMatch(/^nt authority\\system\r\n$/i);
    const gone = await session.runProcess('cmd.exe /c "exit 7"');
    expect(gone).toMatchObject({ returnCode: 7, pid: expect.any(Number) });

    // Output that is wanted under a name of one's own stays; a working directory counts.
    const options = { remoteOutputFileName: "C:\\temp\\out.txt", workingDirectory: "C:\\Data\\deep" };
    const listing = String(await session.createProcess("cmd.exe /c dir /b", options));
    expect(listing).toBe("er\r\n");
    expect(String(await session.getFile("C:\\temp\\out.txt"))).toBe(listing);
    await session.deleteFile("C:\\temp\\out.txt");
    expect((await names("C:\\Windows\\Temp\\*")).filter((name) => name.startsWith("cblr"))).toEqual([]);

    const pinging = { waitForOutput: false, waitForCompletion: false };
    const { pid = 0, returnCode } = await session.runProcess("ping -n 600 127.0.0.1", pinging);
    expect(returnCode).toBeUndefined();
    expect((await session.listProcesses()).map((each) => each.pid)).toContain(pid);
    expect(await session.killProcess(pid)).toBe(true);
    expect((await session.listProcesses()).map((each) => each.pid)).not.toContain(pid);
    expect(await errorOf(() => session.killProcess(pid))).toMatchObject({
      decoded_win32_error: "ERROR_INVALID_PARAMETER",
    });
    expect(await errorOf(() => session.createProcess("C:\\nothing.exe"))).toMatchObject({
      decoded_win32_error: "ERROR_FILE_NOT_FOUND",
    });
    const slow = await errorOf(() => session.createProcess("ping -n 3 127.0.0.1", { waitTimeout: 200 }));
    expect(slow).toBeInstanceOf(TimeoutError);
  });

  it("writes and reads every type of registry value", async () => {
    const key = "HKLM\\SOFTWARE\\cbapi test";
    await session.createRegistryKey(key);
    expect(await session.listRegistryKeys("HKLM\\SOFTWARE")).toContain("cbapi test");
    const values = [
      ["text", "C:\\x", undefined, "REG_SZ", "C:\\x"],
      ["path", "%SystemRoot%\\x", "REG_EXPAND_SZ", "REG_EXPAND_SZ", "%SystemRoot%\\x"],
      ["number", 4_294_967_295, undefined, "REG_DWORD", 4_294_967_295],
      ["yes", true, undefined, "REG_DWORD", 1],
      ["large", 4_294_967_296, undefined, "REG_QWORD", 4_294_967_296],
      ["list", ["a", "b"], undefined, "REG_MULTI_SZ", ["a", "b"]],
      ["bytes", Buffer.from([0, 255, 16]), undefined, "REG_BINARY", Buffer.from([0, 255, 16]).toString("base64")],
      ["", "default", undefined, "REG_SZ", "default"],
    ] as const;
    for (const [name, data, valueType, value_type, value_data] of values) {
      await session.setRegistryValue(`${key}\\${name}`, data, { valueType });
      const expected = { value_name: name, value_type, value_data };
      expect(await session.getRegistryValue(`${key}\\${name}`)).toEqual(expected);
      const listed = await session.listRegistryValues(key);
      expect(listed.filter(({ value_name }) => value_name === name)).toEqual([expected]);
    }
    const kept = await errorOf(() => session.setRegistryValue(`${key}\\text`, "other", { overwrite: false }));
    expect(kept).toMatchObject({ decoded_win32_error: "ERROR_ALREADY_EXISTS" });
    expect((await session.getRegistryValue(`${key}\\text`)).value_data).toBe("C:\\x");
    expect(await errorOf(() => session.setRegistryValue(`${key}\\n`, 1.5, { valueType: "REG_DWORD" }))).toBeInstanceOf(
      ApiError,
    );
    await session.deleteRegistryValue(`${key}\\text`);
    expect(await errorOf(() => session.getRegistryValue(`${key}\\text`))).toMatchObject({
      decoded_win32_error: "ERROR_FILE_NOT_FOUND",
    });
    await session.deleteRegistryKey(key);
    expect(await errorOf(() => session.listRegistryKeysAndValues(key))).toBeInstanceOf(LiveResponseError);
  });

  it("dumps the memory, with and without compression, and gives the archive of the session", async () => {
    const temporary = async () =>
      (await names("C:\\Windows\\Temp\\*")).filter((name) => /^cblr.*\.(tmp|zip)$/.test(name));
    const before = await temporary();
    const states: string[] = [];
    const onProgress = ({ state }: { state: string }) => void states.push(state);
    const plain = await session.memdump(local.file("memory.dmp"), { onProgress });
    expect(plain.size).toBe(1024 * 1024);
    expect(new Set(states)).toContain("downloading");
    const packed = await session.memdump(local.file("memory.zip"), { compress: true });
    expect(packed.size).toBeGreaterThan(0);
    expect(packed.size).toBeLessThan(plain.size);
    expect((await temporary()).filter((name) => !before.includes(name))).toEqual([]);
    expect(await local.names()).toEqual(["memory.dmp", "memory.zip"]);

    const chunks: Buffer[] = [];
    for await (const chunk of await session.getSessionArchive()) chunks.push(chunk as Buffer);
    const archive = Buffer.concat(chunks);
    expect(archive.subarray(0, 2).toString()).toBe("PK");
    expect(archive.includes("session.json")).toBe(true);
    expect(archive.includes("command-1.json")).toBe(true);
  });
});

describe("on Linux", () => {
  beforeAll(open(LINUX));
  afterAll(close);

  it("has its own paths, errors and processes", async () => {
    expect(session.osType).not.toBe(1);
    expect(session.drives).toEqual(["/"]);
    expect(session.pathJoin("/tmp", "a")).toBe("/tmp/a");
    await session.createDirectory("/tmp/case");
    await session.putFile(Buffer.from("x\n"), "/tmp/case/a");
    expect(await names("/tmp/case/")).toEqual([".", "..", "a"]);
    // Here, another case is another file.
    const missing = await errorOf(() => session.getFile("/tmp/case/A"));
    expect(missing).toBeInstanceOf(LiveResponseError);
    expect(missing).toMatchObject({ result_type: "CbError", result_code: 2 });
    expect((missing as LiveResponseError).win32_error).toBeUndefined();
    expect(missing.message).toMatch(/get file \/tmp\/case\/A failed on the endpoint: .*2 \(ENOENT\).*No such file/);
    expect(await errorOf(() => session.deleteFile("/tmp/case"))).toMatchObject({ result_code: 39 });
    expect(await errorOf(() => session.createDirectory("/tmp/case"))).toMatchObject({ result_code: 17 });
    const walked: string[] = [];
    for await (const [directory] of session.walk("/tmp")) walked.push(directory);
    expect(walked).toEqual(expect.arrayContaining(["/tmp", "/tmp/case"]));
    expect(String(await session.createProcess("/bin/cat /tmp/case/a"))).toBe("x\n");
    await session.deleteFile("/tmp/case/a");
    await session.deleteFile("/tmp/case");

    expect(String(await session.createProcess("whoami"))).toBe("root\n");
    const running = await session.runProcess("sleep 600", { waitForOutput: false, waitForCompletion: false });
    const listed = await session.listProcesses();
    expect(listed.find(({ pid }) => pid === running.pid)?.command_line).toContain("sleep 600");
    expect(await session.killProcess(running.pid ?? 0)).toBe(true);
    expect(await errorOf(() => session.killProcess(running.pid ?? 0))).toMatchObject({ result_code: 3 });
  });

  it("has no registry: such commands are refused before they are sent", async () => {
    sandbox.requests.clear();
    const refused = await errorOf(() => session.listRegistryKeysAndValues("HKLM\\SOFTWARE"));
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused.message).toContain("Command reg enum key not supported by this sensor");
    expect(sandbox.requests.entries()).toEqual([]);
    const { size } = await session.memdump(local.file("linux.dmp"));
    expect(size).toBe(1024 * 1024);
  });
});
