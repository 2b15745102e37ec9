// What is essential of a session with a device of the Cloud, by the classic addresses.
import { Device, LiveResponseError, type LiveResponseSession } from "cbapi/psc";
import { afterEach, beforeEach, expect, it } from "vitest";
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
import { WINDOWS } from "../support/live-response.js";

const LARGE = 6 * 2 ** 20;
const BIG = "C:\\Data\\big.bin";

useCloudEndpoints({ extraFiles: [{ sensor: WINDOWS, path: BIG, size: LARGE }] }, { routes: "classic" });

let session: LiveResponseSession;
beforeEach(async () => {
  session = await cb.liveResponse.openSession(WINDOWS);
});
afterEach(async () => {
  await session.close();
  expectNothingLeft();
  sandbox.behaviour.retired = false;
});

it("opens, keeps alive and closes a session as the old client did", async () => {
  expect(session.sessionId).toMatch(new RegExp(`^\\d+:${WINDOWS}$`));
  expect(session.sessionData).toMatchObject({ status: "ACTIVE", sensor_id: WINDOWS });
  expect(session.osType).toBe(1);
  expect(cloudSlots()).toBe(1);
  await session.keepAlive();
  expect((await session.listProcesses()).every(({ pid }) => Number.isInteger(pid))).toBe(true);
  await session.close();
  const base = "/integrationServices/v3/cblr/session";
  expect(sent()).toEqual([
    `GET /integrationServices/v3/device/${WINDOWS}`,
    `POST ${base}/${WINDOWS}`,
    `GET ${base}/{s}`,
    `GET ${base}/{s}/keepalive`,
    `POST ${base}/{s}/command`,
    `GET ${base}/{s}/command/1`,
    `PUT ${base}`,
  ]);
});

it("works on files, processes and the registry", async () => {
  await session.putFile(Buffer.from("evidence"), "C:\\temp\\a.txt", { verify: true });
  expect(String(await session.getFile("C:\\temp\\a.txt"))).toBe("evidence");
  await session.deleteFile("C:\\temp\\a.txt");
  const done = await session.downloadFile(BIG, local.file("big.bin"));
  expect(done.size).toBe(LARGE);
  expect(String(await session.createProcess("cmd.exe /c echo hello"))).toBe("hello\r\n");
  const key = "HKLM\\SOFTWARE\\cbapi classic";
  await session.createRegistryKey(key);
  await session.setRegistryValue(`${key}\\n`, 2n ** 63n);
  // Here, values come as valueName, valueType and valueData.
  expect(await session.getRegistryValue(`${key}\\n`)).toEqual({
    ...{ value_name: "n", value_type: "REG_QWORD", value_data: String(2n ** 63n) },
  });
  expect((await session.listRegistryValues(key)).map(({ value_name }) => value_name)).toEqual(["n"]);
  await session.deleteRegistryValue(`${key}\\n`);
  await session.deleteRegistryKey(key);
  const refused = await errorOf(() => session.getFile("C:\\nope.txt"));
  expect(refused).toBeInstanceOf(LiveResponseError);
  expect(refused).toMatchObject({ decoded_win32_error: "ERROR_FILE_NOT_FOUND" });
  const chunks: Buffer[] = [];
  for await (const chunk of await session.getSessionArchive()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).includes("command-1.json")).toBe(true);
  expect(await errorOf(() => session.cancelCommand(1))).toMatchObject({ code: "NOT_OFFERED" });
});

it("opens a session again that the server has lost", async () => {
  const before = session.sessionId;
  sandbox.liveResponse.lose(Number(String(before).split(":")[0]));
  expect((await session.listProcesses()).length).toBeGreaterThan(0);
  expect(session.sessionId).not.toBe(before);
});

it("says what is served in place of the old addresses when they are switched off", async () => {
  sandbox.behaviour.retired = true;
  const retired = await errorOf(() => cb.liveResponse.openSession(WINDOWS));
  expect(retired).toMatchObject({ code: "ROUTE_RETIRED" });
  expect(retired.message).toContain("/appservices/v6/orgs/{org}/liveresponse/sessions");
  await using current = hurriedClient();
  await using other = await current.select(Device, WINDOWS).lrSession();
  expect((await other.listProcesses()).length).toBeGreaterThan(0);
  sandbox.behaviour.retired = false;
});
