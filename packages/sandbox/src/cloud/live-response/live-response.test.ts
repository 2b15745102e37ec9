import { readFileSync } from "node:fs";
import { get } from "node:https";
import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { type Ask, startCloud } from "../samples.js";

const V6 = "/appservices/v6/orgs/{org}/liveresponse/sessions";
const V3 = "/integrationServices/v3/cblr/session";
/** The guide's host, and a command that takes no time. */
const DEVICE = 1;
const LIST = { name: "process list" };

/** Opens a session and lets its device check in. */
async function openSession(ask: Ask, sandbox: Sandbox): Promise<string> {
  const { body } = await ask("POST", V6, { device_id: DEVICE });
  await sandbox.clock.step(1);
  return `${V6}/${body.id}`;
}

/** What a command came to. */
async function endOf(ask: Ask, session: string, id: number): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await ask("GET", `${session}/commands/${id}`);
    if (!/^(PENDING|IN PROGRESS)$/.test(body.status)) return body;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("Live Response of v6", () => {
  it("opens sessions that wait for their device, and tells of them in its own words", async () => {
    await using cloud = await startCloud();
    const { ask, sandbox } = cloud;
    const opened = await ask("POST", V6, { device_id: DEVICE });
    expect([opened.status, opened.body]).toEqual([
      201,
      expect.objectContaining({
        ...{
          id: `1:${DEVICE}`,
          device_id: DEVICE,
          status: "PENDING",
          hostname: null,
          drives: [],
          supported_commands: [],
        },
        ...{ check_in_timeout: 900, session_timeout: 900, current_command_index: 0, device_check_in_time: null },
        create_time: new Date(sandbox.clock.now()).toISOString(),
      }),
    ]);
    await sandbox.clock.step(1);
    const path = `${V6}/1:${DEVICE}`;
    expect((await ask("GET", path)).body).toMatchObject({
      status: "ACTIVE",
      supported_commands: expect.arrayContaining(["kill"]),
    });
    expect((await ask("GET", `${path}/keepalive`)).status).toBe(204);
    expect((await ask("DELETE", path)).status).toBe(204);
    expect((await ask("GET", path)).body.status).toBe("CLOSED");
    for (const [method, rest] of [
      ["DELETE", ""],
      ["GET", "/keepalive"],
      ["GET", "/commands/1"],
    ] as const) {
      const gone = await ask(method, path + rest);
      expect([gone.status, gone.body], rest).toEqual([
        404,
        { error_code: "NOT_FOUND", message: `Session 1:${DEVICE} not found` },
      ]);
    }
    for (const id of ["1", `1:${DEVICE + 1}`, `01:${DEVICE}`, "x:1", "9:1", "__proto__", "%00"]) {
      expect([400, 404], id).toContain((await ask("GET", `${V6}/${id}`)).status);
    }
    // What EDR has is not among them, nor the other way round.
    const edr = { "x-auth-token": sandbox.token };
    expect((await ask("GET", "/api/v1/cblr/session", undefined, edr)).body).toEqual([]);
    expect((await ask("GET", "/api/v1/cblr/session/1", undefined, edr)).status).toBe(404);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("carries commands out one after the other, and takes back those that have not begun", async () => {
    await using cloud = await startCloud();
    const { ask, sandbox } = cloud;
    const session = await openSession(ask, sandbox);
    sandbox.liveResponse.configure({ faults: [{ command: "kill", outcome: "hang" }] });
    const listed = await ask("POST", `${session}/commands`, LIST);
    expect([listed.status, listed.body]).toEqual([
      201,
      expect.objectContaining({ id: 1, status: "IN PROGRESS", files: [], values: [] }),
    ]);
    const done = await endOf(ask, session, 1);
    expect(done).toMatchObject({ status: "COMPLETE", result_code: 0, finish_time: expect.any(String) });
    expect((done["processes"] as object[])[0]).toMatchObject({
      process_pid: expect.any(Number),
      process_cmdline: expect.any(String),
    });
    await ask("POST", `${session}/commands`, { name: "kill", pid: 4 });
    await ask("POST", `${session}/commands`, LIST);
    expect((await ask("DELETE", `${session}/commands/3`)).status).toBe(204);
    expect((await ask("GET", `${session}/commands/3`)).body.status).toBe("CANCELLED");
    expect((await ask("DELETE", `${session}/commands/3`)).status).toBe(400);
    for (const body of [
      {},
      [],
      { name: "nothing" },
      { name: "get file", object: "c:\\x" },
      { ...LIST, session_id: "2:1" },
    ]) {
      expect((await ask("POST", `${session}/commands`, body)).status, JSON.stringify(body)).toBe(400);
    }
    expect((await ask("GET", `${session}/commands/99`)).body).toMatchObject({ message: "Command 99 not found" });
  });

  it("sends content by a signed address on another port, which takes no token and ends with the session", async () => {
    await using cloud = await startCloud();
    const { ask, sandbox } = cloud;
    sandbox.liveResponse.addFile(DEVICE, "C:\\a b_.txt", "0123456789");
    const session = await openSession(ask, sandbox);
    const { body } = await ask("POST", `${session}/commands`, { name: "get file", path: "C:\\a b_.txt", offset: 2 });
    expect(body.file_details).toEqual({ offset: 2, count: 0, file_id: 1 });
    expect(await endOf(ask, session, 1)).toMatchObject({ file_details: { offset: 2, count: 8, file_id: 1 } });
    const redirect = await ask("GET", `${session}/files/1/content`);
    const address = String(redirect.headers["location"]);
    expect([redirect.status, new URL(address).port === new URL(sandbox.url).port]).toEqual([302, false]);
    const read = (headers: Record<string, string> = {}): Promise<string> =>
      new Promise((resolve, reject) => {
        get(address, { ca: readFileSync(sandbox.caFile ?? ""), headers }, (answer) => {
          let text = `${answer.statusCode} `;
          answer.on("data", (chunk) => (text += String(chunk))).on("end", () => resolve(text));
        }).on("error", reject);
      });
    expect(await read()).toBe("200 23456789");
    expect(await read({ Range: "bytes=4-" })).toBe("206 6789");
    expect(await read({ "X-Auth-Token": "a/b" })).toMatch(/^400 /);
    await ask("DELETE", session);
    expect(await read()).toMatch(/^404 /);
  });

  it("asks for permissions, and has so many slots, one for each device", async () => {
    await using cloud = await startCloud({ behaviour: { cloudLiveResponseSlots: 1 } });
    const { ask, as, sandbox } = cloud;
    const session = await openSession(ask, sandbox);
    expect((await ask("POST", V6, { device_id: DEVICE })).status).toBe(201);
    const limit = await ask("POST", V6, { device_id: DEVICE + 1 });
    expect([limit.status, limit.body.message]).toEqual([403, "session limit reached"]);
    expect(sandbox.liveResponse.stats().products).toMatchObject({
      ...{ cloud: { limit: 1, used: 1, refused: 1 }, response: { used: 0, refused: 0 } },
    });
    const reader = as({ rights: ["org.liveresponse.session(READ)", "org.liveresponse.process(READ)"] });
    expect((await reader("GET", session)).status).toBe(200);
    expect((await reader("POST", V6, { device_id: DEVICE })).status).toBe(403);
    expect((await reader("DELETE", session)).status).toBe(403);
    expect((await reader("POST", `${session}/commands`, LIST)).status).toBe(201);
    expect((await reader("POST", `${session}/commands`, { name: "kill", pid: 4 })).status).toBe(403);
    expect((await ask("POST", V6, { device_id: 99_999 })).body).toMatchObject({ error_code: "NOT_FOUND" });
    for (const body of [{}, [], { device_id: "x" }, { device_id: null }, { device_id: -1 }, { sensor_id: DEVICE }]) {
      expect((await ask("POST", V6, body)).status, JSON.stringify(body)).toBe(400);
    }
  });

  it("ends sessions that idle, by the simulated time", async () => {
    await using cloud = await startCloud({ liveResponse: { sessionTimeout: 5 } });
    const { ask, sandbox } = cloud;
    const session = await openSession(ask, sandbox);
    await sandbox.clock.step(10);
    expect((await ask("GET", session)).status).toBe(404);
    expect(sandbox.liveResponse.stats().sessions.timedOut).toBe(1);
  });
});

describe("Live Response of v3", () => {
  it("speaks of sensors and objects, closes by their ids, and says in its own form that a session is gone", async () => {
    await using cloud = await startCloud();
    const { ask, sandbox } = cloud;
    const opened = await ask("POST", `${V3}/${DEVICE}`, { sensor_id: DEVICE });
    expect(opened.body).toMatchObject({
      id: `1:${DEVICE}`,
      sensor_id: DEVICE,
      status: "PENDING",
      create_time: sandbox.clock.now(),
    });
    expect((await ask("POST", `${V3}/${DEVICE}`, { sensor_id: DEVICE + 1 })).status).toBe(400);
    await sandbox.clock.step(1);
    const path = `${V3}/1:${DEVICE}`;
    const issued = await ask("POST", `${path}/command`, {
      name: "directory list",
      object: "c:\\*",
      session_id: `1:${DEVICE}`,
    });
    expect(issued.body).toMatchObject({ id: 1, name: "directory list", object: "c:\\*", status: "in progress" });
    expect((await ask("PUT", V3, { session_id: `1:${DEVICE}`, status: "OPEN" })).status).toBe(400);
    const closed = await ask("PUT", V3, { session_id: `1:${DEVICE}`, status: "CLOSE" });
    expect([closed.status, closed.body]).toEqual([200, { success: true }]);
    const late = await ask("POST", `${path}/command`, LIST);
    expect([late.status, late.body]).toMatchObject([
      404,
      { status: "NOT_FOUND", message: `Session 1:${DEVICE} not found` },
    ]);
    const key = cloud.as({ rights: ["SIEM"] });
    expect((await key("POST", `${V3}/${DEVICE}`, { sensor_id: DEVICE })).status).toBe(401);
    sandbox.behaviour.retired = true;
    expect((await ask("POST", `${V3}/${DEVICE}`, { sensor_id: DEVICE })).status).toBe(404);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});
