import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CbApiError, ObjectNotFoundError, TimeoutError } from "../../../core/errors.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { failure } from "../../../test-support/transport-server.js";
import { Device } from "./device.js";

const READ = "GET /appservices/v6/orgs/{org}/devices/7";
const SEARCH = "POST /appservices/v6/orgs/{org}/devices/_search";
const ACTIONS = "POST /appservices/v6/orgs/{org}/device_actions";

/** A device whose sensor carries actions out after so many looks. */
async function deviceServer(
  { looks = 0, ...document }: { looks?: number; [field: string]: unknown } = {},
  options = {},
) {
  const device: Record<string, unknown> = {
    id: 7,
    name: "WIN-7",
    quarantined: false,
    passive_mode: false,
    ...document,
  };
  let left = 0;
  let effect: Record<string, unknown> = {};
  const clock = new JumpClock();
  const read = () => {
    if (left-- <= 0) Object.assign(device, effect);
    return { ...device };
  };
  const server = await cloudServer(
    {
      [READ]: read,
      [SEARCH]: () => ({ num_found: 1, results: [read()] }),
      [ACTIONS]: ({ body }) => {
        const { action_type: type, options: given } = body as {
          action_type: string;
          options?: Record<string, unknown>;
        };
        left = looks;
        const on = given?.["toggle"] === "ON";
        if (type === "QUARANTINE") effect = { quarantined: on };
        if (type === "BYPASS") effect = { passive_mode: on };
        if (type === "UPDATE_POLICY") effect = { policy_id: given?.["policy_id"] };
        if (type === "UNINSTALL_SENSOR") effect = { status: "UNINSTALLED" };
        if (type === "UPDATE_SENSOR_VERSION") effect = { sensor_version: "3.8.0.1" };
        return { status: 204, text: "" };
      },
    },
    { clock, ...options },
  );
  return { ...server, device, clock };
}

describe("a device", () => {
  it("shows its fields as they are typed, and keeps its codes to itself when it is printed", async () => {
    const { cb } = await deviceServer({
      av_status: ["AV_ACTIVE"],
      last_contact_time: "2020-08-26T21:05:42.518Z",
      activation_code: "SECRET-1",
      encoded_activation_code: "SECRET-2",
      uninstall_code: "SECRET-3",
      login_user_name: null,
      some_new_field: 5,
    });
    const device = await cb.select(Device, 7);
    expect(device).toMatchObject({ id: 7, name: "WIN-7", av_status: ["AV_ACTIVE"], quarantined: false });
    expect(device.last_contact_time).toEqual(new Date("2020-08-26T21:05:42.518Z"));
    expect(device.login_user_name).toBeUndefined();
    expect(device.get("some_new_field")).toBe(5);
    expect(device.uninstall_code).toBe("SECRET-3");
    expect(inspect(device)).toContain("WIN-7");
    expect(inspect(device)).not.toContain("SECRET");
  });

  it.each([
    [{ target_priority: "HIGH" }, "HIGH"],
    [{ target_priority_type: "LOW" }, "LOW"],
    [{}, undefined],
  ])("has its priority by either name: %j", async (fields, priority) => {
    const { cb } = await deviceServer(fields);
    const device = await cb.select(Device, 7);
    expect([device.target_priority, device.target_priority_type]).toEqual([priority, priority]);
  });

  it("has what is known of its vulnerabilities by either name", async () => {
    const older = await deviceServer({ vuln_score: 7.5, vuln_severity: "CRITICAL" });
    const newer = await deviceServer({ vulnerability_score: 8, vulnerability_severity: "LOW" });
    for (const [{ cb }, score, severity] of [
      [older, 7.5, "CRITICAL"],
      [newer, 8, "LOW"],
    ] as const) {
      const device = await cb.select(Device, 7);
      expect([device.vulnerability_score, device.vulnerability_severity]).toEqual([score, severity]);
    }
  });

  it("that is not there is an error", async () => {
    const { cb } = await cloudServer({});
    expect(await failure(cb.select(Device, 8), ObjectNotFoundError)).toMatchObject({ status: 404 });
  });

  it("cannot be assigned to: its fields are the server's", async () => {
    const { cb } = await deviceServer();
    const device = await cb.select(Device, 7);
    expect(() => Object.assign(device, { name: "X" })).toThrow();
  });
});

describe("actions on one device", () => {
  it("name it and what is to be done, without reading it first", async () => {
    const { cb, requests, bodies } = await deviceServer();
    const device = cb.select(Device, 7);
    await device.backgroundScan(true);
    await device.bypass(false);
    await device.deleteSensor();
    await device.uninstallSensor();
    await device.updatePolicy(11200);
    await device.updateSensorVersion({ RHEL: "2.3.4.5" });
    expect(bodies).toEqual([
      { action_type: "BACKGROUND_SCAN", device_id: [7], options: { toggle: "ON" } },
      { action_type: "BYPASS", device_id: [7], options: { toggle: "OFF" } },
      { action_type: "DELETE_SENSOR", device_id: [7] },
      { action_type: "UNINSTALL_SENSOR", device_id: [7] },
      { action_type: "UPDATE_POLICY", device_id: [7], options: { policy_id: 11200 } },
      { action_type: "UPDATE_SENSOR_VERSION", device_id: [7], options: { sensor_version: { RHEL: "2.3.4.5" } } },
    ]);
    expect(new Set(requests)).toEqual(new Set([ACTIONS]));
  });

  it("give what the server answers, of any status that is no error", async () => {
    const answer = { status: 202, text: '{"status":"queued"}' };
    const { cb } = await cloudServer({ [ACTIONS]: answer });
    expect(await cb.select(Device, 7).bypass(true)).toEqual({ status: "queued" });
  });

  it("quarantine reads the state first, and does nothing where it holds", async () => {
    const { cb, requests, clock } = await deviceServer();
    const device = await cb.select(Device, 7);
    expect(await device.quarantine(false)).toBeUndefined();
    expect(requests).toEqual([READ]);
    clock.pass(11_000);
    await device.quarantine(true);
    expect(requests).toEqual([READ, READ, ACTIONS]);
    await device.quarantine(true);
    expect(requests).toEqual([READ, READ, ACTIONS, READ]);
    expect(device.quarantined).toBe(true);
  });

  it("wait for the effect when they are to, and the object shows it then", async () => {
    const { cb, requests, clock } = await deviceServer({ looks: 2 });
    const device = await cb.select(Device, 7);
    await device.quarantine(true, { verify: true });
    expect(device.quarantined).toBe(true);
    expect(requests).toEqual([READ, ACTIONS, READ, READ, READ]);
    expect(clock.pauses).toEqual([1000, 2000]);
    await device.bypass(true, { verify: true });
    await device.updatePolicy(5, { verify: true });
    await device.updateSensorVersion({ WINDOWS: "3.8.0.1" }, { verify: true });
    await device.uninstallSensor({ verify: true });
    expect(device).toMatchObject({
      passive_mode: true,
      policy_id: 5,
      sensor_version: "3.8.0.1",
      status: "UNINSTALLED",
    });
  });

  it("say when the effect does not come in time, and undo nothing", async () => {
    const { cb, requests } = await deviceServer({ looks: 1000 });
    const device = await cb.select(Device, 7);
    const error = await failure(device.quarantine(true, { verify: true, timeout: 10_000 }), TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET", timeout: 10_000 });
    expect(error.message).toContain("quarantined is not true yet");
    expect(requests.filter((request) => request === ACTIONS)).toHaveLength(1);
  });

  it("wait out a server that is out of order, and no other failure", async () => {
    let reads = 0;
    const answers = [
      { status: 503, text: "" },
      { id: 7, quarantined: true },
    ];
    const routes = {
      [ACTIONS]: { status: 204, text: "" },
      [READ]: () => (reads++ === 0 ? { id: 7 } : answers[reads - 2]),
    };
    const { cb } = await cloudServer(routes, { clock: new JumpClock() });
    const device = await cb.select(Device, 7);
    await device.quarantine(true, { verify: true });
    expect([device.quarantined, reads]).toEqual([true, 3]);

    const gone = await cloudServer({ [ACTIONS]: { status: 204, text: "" } }, { clock: new JumpClock() });
    await failure(gone.cb.select(Device, 7).updatePolicy(3, { verify: true }), ObjectNotFoundError);
    // A record that is to be removed shows that by not being there.
    await gone.cb.select(Device, 7).deleteSensor({ verify: true });
  });

  it("are refused before anything is sent where they make no sense", async () => {
    const { cb, requests } = await deviceServer();
    const device = await cb.select(Device, 7);
    requests.splice(0);
    const wrong: (() => Promise<unknown>)[] = [
      async () => device.quarantine("ON" as never),
      async () => device.updatePolicy("x" as never),
      async () => device.updateSensorVersion({}),
      async () => device.updateSensorVersion({ WINDOWS: 3 } as never),
      async () => device.quarantine(true, { verify: 1 } as never),
      async () => device.quarantine(true, { wait: true } as never),
      async () => device.backgroundScan(true, { verify: true }),
    ];
    for (const call of wrong) await failure(call(), CbApiError);
    expect(requests).toEqual([]);
  });
});

describe("actions on many devices", () => {
  it("by their ids are one request, sent when they are awaited, with a report", async () => {
    const { cb, bodies } = await deviceServer();
    const operation = cb.deviceQuarantine([7, 8, 7], true);
    expect(bodies).toEqual([]);
    expect((await operation.plan()).items).toEqual([7, 8]);
    const report = await operation;
    expect(report.complete).toBe(true);
    expect(bodies).toEqual([{ action_type: "QUARANTINE", device_id: [7, 8], options: { toggle: "ON" } }]);
  });

  it("by their ids take all that devices can do", async () => {
    const { cb, bodies } = await deviceServer();
    await cb.deviceBackgroundScan([7], false);
    await cb.deviceBypass([7], true);
    await cb.deviceDeleteSensor([7]);
    await cb.deviceUninstallSensor([7]);
    await cb.deviceUpdatePolicy([7], 5);
    await cb.deviceUpdateSensorVersion([7], { MAC: "3.1" });
    expect(bodies.map((body) => (body as { action_type: string }).action_type)).toEqual([
      "BACKGROUND_SCAN",
      "BYPASS",
      "DELETE_SENSOR",
      "UNINSTALL_SENSOR",
      "UPDATE_POLICY",
      "UPDATE_SENSOR_VERSION",
    ]);
  });

  it("by their ids are refused without any, or with what is none", async () => {
    const { cb } = await deviceServer();
    for (const ids of [[], 7, "7", [7, "8"], [true]]) {
      expect(() => cb.deviceBypass(ids as never, true)).toThrow(CbApiError);
    }
  });

  it("wait for the effect by a search for the ids", async () => {
    const { cb, requests, bodies } = await deviceServer({ looks: 1 });
    const report = await cb.deviceQuarantine([7], true, { verify: true });
    expect(report.complete).toBe(true);
    expect(requests).toEqual([ACTIONS, SEARCH, SEARCH]);
    expect(bodies[1]).toEqual({ criteria: { id: [7] }, exclusions: {}, query: null, rows: 1 });
    const other = await cb.deviceQuarantine([7, 9], false, { verify: true, timeout: 5000 });
    expect(other.complete).toBe(false);
    expect(other.reasons).toMatchObject([{ state: "pending", items: [9], error: { code: "NOT_SHOWN_YET" } }]);
  });

  it("by a search leave it to the server which they are", async () => {
    const { cb, requests, bodies } = await deviceServer();
    const query = cb.select(Device).where("foobar").setPolicyIds([1]).sortBy("name");
    const report = await query.bypass(true);
    expect(report.complete).toBe(true);
    const search = { criteria: { policy_id: [1] }, exclusions: {}, query: "foobar" };
    expect(bodies).toEqual([{ action_type: "BYPASS", search, options: { toggle: "ON" } }]);
    expect(requests).toEqual([ACTIONS]);
  });

  it("by a search that was planned name them, without those that are so already", async () => {
    const all = [{ id: 1, quarantined: true }, { id: 2, quarantined: false }, { id: 3 }];
    const routes = { [SEARCH]: { num_found: 3, results: all }, [ACTIONS]: { status: 204, text: "" } };
    const { cb, bodies } = await cloudServer(routes);
    const operation = cb.select(Device).setOs(["MAC"]).quarantine(true);
    expect(await operation.plan()).toMatchObject({ total: 2, items: [2, 3], unchanged: [1] });
    expect((await operation).complete).toBe(true);
    expect(bodies.at(-1)).toEqual({ action_type: "QUARANTINE", device_id: [2, 3], options: { toggle: "ON" } });
  });

  it("by a search that nothing narrows want to be asked for expressly", async () => {
    const { cb, bodies } = await deviceServer();
    const everything = [
      cb.select(Device),
      cb.select(Device).sortBy("name"),
      cb.select(Device).setStatus(["ALL"]),
      cb.select(Device).where("*:*"),
    ];
    for (const query of everything) {
      expect(() => query.uninstallSensor()).toThrow(expect.objectContaining({ code: "UNFILTERED" }) as Error);
    }
    expect(bodies).toEqual([]);
    await cb.select(Device).backgroundScan(true, { all: true });
    await cb.select(Device).setExcludeSensorVersions(["1"]).deleteSensor();
    await cb.select(Device).setLastContactTime({ range: "-3w" }).updatePolicy(5);
    await cb.select(Device).where("a:1").updateSensorVersion({ XP: "1" });
    await cb.select(Device).setOs(["MAC"]).uninstallSensor();
    expect(bodies).toHaveLength(5);
    expect(bodies[0]).toMatchObject({ search: { criteria: {}, exclusions: {}, query: null } });
  });

  it("that the server refuses are in the report", async () => {
    const { cb } = await cloudServer({ [ACTIONS]: { status: 403, text: '{"message":"no"}' } });
    const report = await cb.deviceBypass([7], true);
    expect(report.complete).toBe(false);
    expect(report.reasons).toMatchObject([{ state: "refused", items: [7] }]);
  });
});

describe("many devices by their ids", () => {
  it("are one search, and with classic routes one request each", async () => {
    const current = await deviceServer();
    const found = await Device.fetchMany(current.cb, [7], {});
    expect(found.get(7)?.document).toMatchObject({ name: "WIN-7" });
    const classic = await deviceServer({}, { routes: "classic" });
    await Device.fetchMany(classic.cb, [7], {});
    expect([current.requests, classic.requests]).toEqual([[SEARCH], [READ]]);
  });
});
