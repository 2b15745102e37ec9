// What can be done to devices: to one, to some, to all that a search finds.
import { ApiError, CbApiError, Device, ObjectNotFoundError, TimeoutError } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, cloudClient, other, sandbox, useCloud, written } from "../support/given-cloud.js";

useCloud();

const ACTIONS = "POST /appservices/v6/orgs/{org}/device_actions";

/** A device that is online, and so does what it is told at its next check-in. */
async function online(): Promise<Device> {
  const devices = await other.select(Device).sortBy("last_contact_time", "DESC").all();
  const [device] = devices;
  if (device === undefined) throw new Error("there are no devices");
  return cb.select(Device, device.id);
}

describe("one device", () => {
  it("is quarantined and let back, and the caller waits until it is so", async () => {
    const device = await online();
    await device.quarantine(true, { verify: true });
    expect(device.quarantined).toBe(true);
    expect((await other.select(Device, device.id, { refresh: true })).quarantined).toBe(true);
    expect(written()).toEqual([ACTIONS]);
    // It is so already.
    await device.quarantine(true);
    expect(written()).toEqual([]);
    await device.quarantine(false, { verify: true });
    expect((await other.select(Device, device.id, { refresh: true })).quarantined).toBe(false);
  });

  it("that was not waited for shows the effect later", async () => {
    const device = await online();
    expect(await device.quarantine(true)).toBeUndefined();
    expect((await device.refresh()).quarantined).toBe(false);
    await sandbox.clock.step(200);
    expect((await device.refresh()).quarantined).toBe(true);
  });

  it("does everything else that devices can do", async () => {
    const device = await online();
    await device.bypass(true, { verify: true });
    expect(device.passive_mode).toBe(true);
    await device.bypass(false, { verify: true });
    expect(device.passive_mode).toBe(false);

    const policies = new Set((await other.select(Device).all()).map((each) => each.policy_id));
    const [policy] = [...policies].filter((id) => id !== device.policy_id);
    await device.updatePolicy(policy ?? device.policy_id ?? 0, { verify: true });
    expect(device.policy_id).toBe(policy ?? device.policy_id);

    const kit = device.sensor_kit_type ?? "WINDOWS";
    await device.updateSensorVersion({ [kit]: "9.9.9.1" }, { verify: true });
    expect(device.sensor_version).toBe("9.9.9.1");

    await device.backgroundScan(true);
    await sandbox.clock.step(200);
    expect(["IN_PROGRESS", "COMPLETED"]).toContain((await device.refresh()).scan_status);
    await device.backgroundScan(false);

    // Its record cannot be removed before its sensor is gone.
    expect(await errorOf(() => device.deleteSensor())).toMatchObject({ status: 400 });
    await device.uninstallSensor({ verify: true });
    expect(device.status).toBe("UNINSTALLED");
    await device.deleteSensor({ verify: true });
    expect(await errorOf(() => other.select(Device, device.id, { refresh: true }))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("that does not report in time is told of, and nothing is undone", async () => {
    const device = await online();
    // Time passes for the client, and stands still for the devices.
    let now = sandbox.clock.now();
    const sleep = async (milliseconds: number) => {
      now += milliseconds;
    };
    await using hasty = cloudClient({ clock: { now: () => now, sleep } });
    const error = await errorOf(() => hasty.select(Device, device.id).bypass(true, { verify: true, timeout: 10_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET" });
    await sandbox.clock.step(200);
    expect((await device.refresh()).passive_mode).toBe(true);
  });

  it("that there is not, and policies that there are not, are refused", async () => {
    expect(await errorOf(() => cb.select(Device, 987654).bypass(true))).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => cb.select(Device, 987654).quarantine(true))).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => cb.select(Device, 1).updatePolicy(424242))).toMatchObject({ status: 400 });
    asked();
    expect(await errorOf(() => cb.select(Device, 1).quarantine("ON" as never))).toBeInstanceOf(CbApiError);
    expect(await errorOf(() => cb.select(Device, 1).updateSensorVersion({}))).toBeInstanceOf(CbApiError);
    expect(written()).toEqual([]);
  });
});

describe("devices by their ids", () => {
  it("are told in one request, and the report tells of each", async () => {
    const { id } = await online();
    asked();
    const quarantine = await cb.deviceQuarantine([id], true, { verify: true });
    expect(quarantine).toMatchObject({ complete: true });
    expect(written()).toEqual([ACTIONS]);
    expect((await other.select(Device, id)).quarantined).toBe(true);
    for (const operation of [
      cb.deviceQuarantine([id], false),
      cb.deviceBypass([id], true),
      cb.deviceBackgroundScan([id], true),
      cb.deviceUpdateSensorVersion([id], { WINDOWS: "9.9.9.2", RHEL: "9.9.9.2", MAC: "9.9.9.2", UBUNTU: "9.9.9.2" }),
      cb.deviceUpdatePolicy([id], (await other.select(Device, id)).policy_id ?? 0),
    ]) {
      expect((await operation).complete).toBe(true);
    }
    await sandbox.clock.step(200);
    expect(await other.select(Device, id, { refresh: true })).toMatchObject({ quarantined: false, passive_mode: true });
    expect((await cb.deviceUninstallSensor([id], { verify: true })).complete).toBe(true);
    expect((await cb.deviceDeleteSensor([id], { verify: true })).complete).toBe(true);
  });

  it("that are refused are in the report, with the reason", async () => {
    const report = await cb.deviceDeleteSensor([1]);
    expect(report.complete).toBe(false);
    expect(report.reasons).toMatchObject([{ state: "refused", items: [1] }]);
    expect(() => cb.deviceBypass([], true)).toThrow(ApiError);
    expect(() => cb.deviceBypass(["1" as never], true)).toThrow("One or more invalid device IDs");
  });
});

describe("devices that a search finds", () => {
  it("are told by the search itself, in one request", async () => {
    const report = await cb.select(Device).setOs(["WINDOWS"]).quarantine(true);
    expect(report.complete).toBe(true);
    expect(asked()).toEqual([ACTIONS]);
    await sandbox.clock.step(200);
    const after = await other.select(Device).all();
    const quarantined = after.filter((device) => device.quarantined);
    expect(quarantined.length).toBeGreaterThan(0);
    expect(quarantined.every(({ os }) => os === "WINDOWS")).toBe(true);
  });

  it("are named when it was planned first, without those that are so already", async () => {
    const { id } = await online();
    await cb.deviceQuarantine([id], true, { verify: true });
    const query = cb.select(Device).setStatus(["REGISTERED"]).setOs(["WINDOWS", "LINUX", "MAC"]);
    const operation = query.quarantine(true);
    const plan = await operation.plan();
    expect(plan.unchanged).toEqual([id]);
    expect(plan.total + 1).toBe(await query.count());
    expect((await operation).complete).toBe(true);
  });

  it("take every action", async () => {
    const { id, sensor_kit_type: kit = "WINDOWS", policy_id: policy = 0 } = await online();
    const query = cb.select(Device).setDeviceIds([id]);
    for (const operation of [
      query.backgroundScan(true),
      query.bypass(true, { verify: true }),
      query.updatePolicy(policy, { verify: true }),
      query.updateSensorVersion({ [kit]: "9.9.9.3" }, { verify: true }),
      query.uninstallSensor({ verify: true }),
    ]) {
      expect(await operation).toMatchObject({ complete: true });
    }
    expect(await query.setStatus(["UNINSTALLED"]).deleteSensor()).toMatchObject({ complete: true });
    expect(await errorOf(() => other.select(Device, id, { refresh: true }))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("are not all there are by mistake", async () => {
    for (const query of [cb.select(Device), cb.select(Device).setStatus(["ALL"]).sortBy("name")]) {
      expect(() => query.uninstallSensor()).toThrow(expect.objectContaining({ code: "UNFILTERED" }) as Error);
    }
    expect(asked()).toEqual([]);
    expect((await cb.select(Device).backgroundScan(true, { all: true })).complete).toBe(true);
  });
});
