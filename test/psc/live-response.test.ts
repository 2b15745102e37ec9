// Every command of a session with a device of the Cloud, in the current generation, on Windows and on Linux.
import { readFile } from "node:fs/promises";
import {
  ApiError,
  type CbPSCBaseAPI,
  type CommandData,
  Device,
  LiveResponseError,
  type LiveResponseSession,
  ObjectNotFoundError,
  TimeoutError,
} from "cbapi/psc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cb,
  cloudSlots,
  expectNothingLeft,
  hurriedClient,
  local,
  sent,
  useCloudEndpoints,
} from "../support/cloud-endpoints.js";
import { errorOf } from "../support/error-of.js";
import { sandbox } from "../support/given-cloud.js";
import { LINUX, WINDOWS } from "../support/live-response.js";

const MIB = 2 ** 20;
const LARGE = 24 * MIB;
const BIG = "C:\\Data\\big.bin";

useCloudEndpoints({
  extraFiles: [
    { sensor: WINDOWS, path: "C:\\Data\\deep\\er\\note.txt", content: "below" },
    { sensor: WINDOWS, path: "C:\\Data\\page.html", content: "<html>login</html>" },
    { sensor: WINDOWS, path: BIG, size: LARGE },
  ],
});

let client: CbPSCBaseAPI;
let session: LiveResponseSession;

/** One session for all tests of a device. */
const open = (device: number) => async () => {
  client = hurriedClient();
  session = await client.select(Device, device).lrSession();
};
const close = async () => {
  await session.close();
  await client.close();
  expectNothingLeft();
};

const names = async (path: string) => (await session.listDirectory(path)).map(({ filename }) => filename);

it("opens a session by v6, sends what it takes and no more, and closes it once", async () => {
  const device = await cb.select(Device, WINDOWS);
  sent();
  const own = await device.lrSession();
  expect(own.sessionId).toMatch(new RegExp(`^\\d+:${WINDOWS}$`));
  expect(own.sessionData).toMatchObject({ status: "ACTIVE", device_id: WINDOWS, check_in_timeout: 900 });
  expect(await cb.liveResponse.sessionStatus(own.sessionId)).toBe("ACTIVE");
  expect(cloudSlots()).toBe(1);
  // Slots of the Cloud are none of EDR's.
  expect(sandbox.liveResponse.stats().slots.used).toBe(0);
  await own.keepAlive();
  await own.listProcesses();
  await own.close();
  await own.close();
  expect(await errorOf(() => own.listProcesses())).toMatchObject({ code: "SESSION_CLOSED" });
  expect(await cb.liveResponse.sessionStatus(own.sessionId)).toBe("CLOSED");
  const base = "/appservices/v6/orgs/{org}/liveresponse/sessions";
  expect(sent()).toEqual([
    `POST ${base}`,
    `GET ${base}/{s}`,
    `GET ${base}/{s}/keepalive`,
    `POST ${base}/{s}/commands`,
    `GET ${base}/{s}/commands/1`,
    `DELETE ${base}/{s}`,
  ]);
  expectNothingLeft();
});

it("takes ids and devices, and refuses what is none before anything is sent", async () => {
  sent();
  for (const target of [-1, 1.5, "x", "", undefined, {}, [WINDOWS]]) {
    expect(await errorOf(() => cb.liveResponse.openSession(target as never)), String(target)).toMatchObject({
      code: "INVALID_TARGET",
    });
  }
  expect(sent()).toEqual([]);
  expect(await errorOf(() => cb.liveResponse.openSession(9_999_999))).toBeInstanceOf(ObjectNotFoundError);
  for (const target of [LINUX, String(LINUX), cb.select(Device, LINUX), await cb.select(Device, LINUX)]) {
    await using own = await cb.liveResponse.openSession(target);
    expect(own.sensorId).toBe(LINUX);
    expect(own.osType).toBe(2);
  }
  expectNothingLeft();
});

describe("on Windows", () => {
  beforeAll(open(WINDOWS));
  afterAll(close);

  it("says what the device is and what it can do", () => {
    expect(session.osType).toBe(1);
    expect(session.drives).toEqual(["C:\\", "D:\\"]);
    expect(session.sessionData.current_working_directory).toBe("C:\\Windows\\CarbonBlack");
    expect(session.sessionData.supported_commands).toContain("reg enum key");
    expect(session.pathJoin("C:\\temp", "a")).toBe("C:\\temp\\a");
  });

  it("makes, lists, fills, reads and removes directories and files", async () => {
    await session.createDirectory("C:\\temp\\case 7");
    expect(await errorOf(() => session.createDirectory("C:\\temp\\case 7"))).toMatchObject({
      decoded_win32_error: "ERROR_ALREADY_EXISTS",
    });
    await session.putFile(Buffer.from("evidence"), "C:\\temp\\case 7\\a.txt", { verify: true });
    const listed = await session.listDirectory("C:\\temp\\case 7\\");
    expect(listed.map(({ filename }) => filename)).toEqual([".", "..", "a.txt"]);
    expect(listed[2]).toMatchObject({ size: 8, attributes: ["ARCHIVE"] });
    // Short names come under the name that all servers share.
    const programs = (await session.listDirectory("C:\\*")).find(({ filename }) => filename === "Program Files");
    expect(programs?.alt_name).toMatch(/~1$/);
    expect(programs).not.toHaveProperty("alternate_name");
    expect(String(await session.getFile("c:\\TEMP\\Case 7\\A.TXT"))).toBe("evidence");
    expect(await errorOf(() => session.deleteFile("C:\\temp\\case 7"))).toMatchObject({
      decoded_win32_error: "ERROR_DIR_NOT_EMPTY",
    });
    await session.deleteFile("C:\\temp\\case 7\\a.txt");
    await session.deleteFile("C:\\temp\\case 7");
    expect(await names("C:\\temp\\*")).not.toContain("case 7");
    const walked: string[] = [];
    for await (const [directory, , files] of session.walk("C:\\Data\\deep"))
      walked.push(`${directory}:${files.join()}`);
    expect(walked).toEqual(["C:\\Data\\deep:", "C:\\Data\\deep\\er:note.txt"]);
  });

  it("reads a large file as a stream from another host, to which it does not take the token", async () => {
    const whole = await session.getFile(BIG);
    expect(whole.length).toBe(LARGE);
    const done = await session.downloadFile(BIG, local.file("big.bin"));
    expect(done.size).toBe(LARGE);
    expect((await readFile(local.file("big.bin"))).equals(whole)).toBe(true);
    const raw = await session.getRawFile(BIG, { offset: 1000, count: 50 });
    const chunks: Buffer[] = [];
    for await (const chunk of raw.stream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toEqual(whole.subarray(1000, 1050));
    // It would have been refused with the token; what the service itself answered is where to go.
    const content = sandbox.requests.entries().filter(({ path }) => path.endsWith("/content"));
    expect(content.map(({ status }) => status)).toEqual([302, 302, 302]);
    // A page that was asked for is no page of a proxy.
    expect(String(await session.getFile("C:\\Data\\page.html"))).toBe("<html>login</html>");
  });

  it("lists, starts and ends processes", async () => {
    const before = await session.listProcesses();
    const services = before.find(({ path }) => /\\services\.exe$/i.test(path));
    expect(services).toMatchObject({ sid: "s-1-5-18", pid: expect.any(Number), parent: expect.any(Number) });
    expect(services).not.toHaveProperty("process_path");
    expect(String(await session.createProcess("cmd.exe /c echo hello"))).toBe("hello\r\n");
    const options = { remoteOutputFileName: "C:\\temp\\out.txt", workingDirectory: "C:\\Data\\deep" };
    expect(String(await session.createProcess("cmd.exe /c dir /b", options))).toBe("er\r\n");
    await session.deleteFile("C:\\temp\\out.txt");
    expect((await names("C:\\Windows\\Temp\\*")).filter((name) => name.startsWith("cblr"))).toEqual([]);
    const pinging = { waitForOutput: false, waitForCompletion: false };
    const { pid = 0 } = await session.runProcess("ping -n 600 127.0.0.1", pinging);
    expect((await session.listProcesses()).map((each) => each.pid)).toContain(pid);
    expect(await session.killProcess(pid)).toBe(true);
    expect((await session.listProcesses()).map((each) => each.pid)).not.toContain(pid);
    expect(await errorOf(() => session.killProcess(pid))).toMatchObject({
      decoded_win32_error: "ERROR_INVALID_PARAMETER",
    });
  });

  it("writes and reads values of the registry", async () => {
    const key = "HKLM\\SOFTWARE\\cbapi cloud";
    await session.createRegistryKey(key);
    const values = [
      ["text", "C:\\x", "REG_SZ", "C:\\x"],
      ["yes", true, "REG_DWORD", 1],
      ["huge", 2n ** 63n, "REG_QWORD", String(2n ** 63n)],
      ["list", ["a", "b"], "REG_MULTI_SZ", ["a", "b"]],
      ["bytes", Buffer.from([0, 255]), "REG_BINARY", Buffer.from([0, 255]).toString("base64")],
    ] as const;
    for (const [value_name, data, value_type, value_data] of values) {
      await session.setRegistryValue(`${key}\\${value_name}`, data);
      expect(await session.getRegistryValue(`${key}\\${value_name}`)).toEqual({ value_name, value_type, value_data });
    }
    expect((await session.listRegistryValues(key)).map((value) => value.value_name)).toEqual(
      values.map(([name]) => name),
    );
    expect(await session.listRegistryKeys("HKLM\\SOFTWARE")).toContain("cbapi cloud");
    const kept = await errorOf(() => session.setRegistryValue(`${key}\\text`, "other", { overwrite: false }));
    expect(kept).toMatchObject({ decoded_win32_error: "ERROR_ALREADY_EXISTS" });
    await session.deleteRegistryValue(`${key}\\text`);
    await session.deleteRegistryKey(key);
    expect(await errorOf(() => session.listRegistryKeysAndValues(key))).toBeInstanceOf(LiveResponseError);
  });

  it("dumps the memory, and has no archive of the session", async () => {
    const plain = await session.memdump(local.file("memory.dmp"));
    expect(plain.size).toBe(MIB);
    const packed = await session.memdump(local.file("memory.zip"), { compress: true });
    expect(packed.size).toBeLessThan(plain.size);
    expect(await local.names()).toEqual(["memory.dmp", "memory.zip"]);
    expect(await errorOf(() => session.getSessionArchive())).toMatchObject({ code: "NOT_OFFERED" });
  });

  it("tells how a command is while it is under way, and takes back one that has not begun", async () => {
    sandbox.liveResponse.configure({ faults: [{ command: "process list", outcome: "hang", times: 1 }] });
    const accepted: CommandData[] = [];
    const onAccepted = (command: CommandData): void => void accepted.push(command);
    const stop = new AbortController();
    const hanging = errorOf(() => session.listProcesses({ onAccepted, signal: stop.signal }));
    const reading = errorOf(() => session.getFile("C:\\Data\\deep\\er\\note.txt", { onAccepted }));
    await expect.poll(() => accepted.length).toBe(2);
    const [running, waiting] = accepted.map(({ id }) => id);
    if (running === undefined || waiting === undefined) throw new Error("nothing was accepted");
    expect(await session.commandStatus(running)).toBe("IN PROGRESS");
    expect(await session.commandStatus(waiting)).toBe("PENDING");
    expect(await errorOf(() => session.cancelCommand(running))).toMatchObject({ code: "COMMAND_NOT_PENDING" });
    await session.cancelCommand(waiting);
    expect(await reading).toMatchObject({ code: "COMMAND_CANCELLED" });
    expect(await session.commandStatus(waiting)).toBe("CANCELLED");
    expect(await errorOf(() => session.commandStatus(999))).toBeInstanceOf(ObjectNotFoundError);
    // That a command is not there says nothing of the session.
    expect(session.isLost).toBe(false);
    stop.abort(new Error("enough"));
    await hanging;
    sandbox.liveResponse.lose(Number(String(session.sessionId).split(":")[0]));
  });

  it("opens a lost session again, uploads included", async () => {
    const before = session.sessionId;
    await session.putFile(Buffer.from("again"), "C:\\temp\\again.txt");
    expect(session.sessionId).not.toBe(before);
    expect(String(await session.getFile("C:\\temp\\again.txt"))).toBe("again");
    await session.deleteFile("C:\\temp\\again.txt");
  });

  it("waits no longer than it was told, and names what the device refuses", async () => {
    sandbox.liveResponse.configure({ faults: [{ command: "get file", outcome: 5, times: 1 }] });
    const refused = await errorOf(() => session.getFile(BIG));
    expect(refused).toMatchObject({ win32_error: 0x8007_0005, decoded_win32_error: "ERROR_ACCESS_DENIED" });
    expect(refused.message).toContain(BIG);
    sandbox.liveResponse.configure({ faults: [{ command: "get file", outcome: "hang", times: 1 }] });
    expect(await errorOf(() => session.getFile(BIG, { timeout: 300 }))).toBeInstanceOf(TimeoutError);
  });
});

describe("on Linux", () => {
  beforeAll(open(LINUX));
  afterAll(close);

  it("has its own paths, errors and processes, and no registry", async () => {
    expect(session.drives).toEqual(["/"]);
    expect(session.pathJoin("/tmp", "a")).toBe("/tmp/a");
    await session.putFile(Buffer.from("x\n"), "/tmp/a");
    expect(await errorOf(() => session.getFile("/tmp/A"))).toMatchObject({ result_type: "CbError", result_code: 2 });
    expect(String(await session.createProcess("/bin/cat /tmp/a"))).toBe("x\n");
    await session.deleteFile("/tmp/a");
    sent();
    const refused = await errorOf(() => session.listRegistryKeysAndValues("HKLM\\SOFTWARE"));
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused.message).toContain("Command reg enum key not supported by this device");
    expect(sent()).toEqual([]);
  });

  it("takes names as they are, however hostile, and writes no file by them here", async () => {
    const hostile = ["../../etc/x", "..%2f..%2fx", "$(reboot)", "a\nb", "a\u202eexe.txt", "';drop--", "%00", "\\..\\x"];
    for (const name of hostile.map((each) => each.replaceAll("/", "_"))) {
      const path = `/tmp/${name}`;
      await session.putFile(Buffer.from(name), path);
      expect(await names("/tmp/")).toContain(name);
      expect(String(await session.getFile(path))).toBe(name);
      await session.downloadFile(path, local.file("one"), { overwrite: true });
      await session.deleteFile(path);
    }
    expect(await local.names()).toEqual(["one"]);
    expect(String(await session.getFile("/tmp/../etc/hostname").catch(String))).not.toContain("INVALID_PATH");
  });
});
