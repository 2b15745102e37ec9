// Devices and events of Defense, by its own routes and by those that have taken their place.
import { CbDefenseAPI, Device, Event, Policy } from "cbapi/defense";
import { BaseAlert, Device as PlatformDevice } from "cbapi/psc";
import { beforeEach, describe, expect, it } from "vitest";
import { cloudAccess, sandbox, useCloudAs, written } from "../support/given-cloud.js";

const given = useCloudAs(CbDefenseAPI, { organisation: "small" });
const ids = (devices: readonly Device[]) => devices.map(({ deviceId }) => deviceId).sort((a, b) => a - b);

describe.each(["current", "classic"] as const)("devices by the %s routes", (routes) => {
  let cb: CbDefenseAPI;
  let all: readonly Device[];

  beforeEach(async () => {
    cb = new CbDefenseAPI({ ...cloudAccess(), routes });
    all = await cb.select(Device).all();
    sandbox.requests.clear();
    return () => cb.close();
  });

  it("are all listed, by pages of any size", async () => {
    expect(all.length).toBeGreaterThan(3);
    expect(ids(await cb.select(Device).batchSize(2).all())).toEqual(ids(all));
    expect(await cb.select(Device).count()).toBe(all.length);
    const platform = await given.cb.select(PlatformDevice).all();
    expect(ids(all)).toEqual(platform.map(({ id }) => id).sort((a, b) => a - b));
  });

  it("are found by each filter", async () => {
    const one = all[1] as Device;
    const host = one.name ?? "";
    const part = host.slice(1, 5).toLowerCase();
    const holds = (text: string | undefined, wanted: string) => text?.toLowerCase().includes(wanted) === true;
    const cases: readonly (readonly [string | object, (device: Device) => boolean])[] = [
      [`hostName:${part}`, ({ name }) => holds(name, part)],
      [{ hostNameExact: host }, ({ name }) => name === host],
      [{ ipAddress: one.lastInternalIpAddress ?? "" }, (d) => d.lastInternalIpAddress === one.lastInternalIpAddress],
      [
        { ownerName: (one.email ?? "").slice(0, 4) },
        ({ email }) => holds(email, (one.email ?? "").slice(0, 4).toLowerCase()),
      ],
      [{ ownerNameExact: one.email ?? "" }, ({ email }) => email === one.email],
    ];
    for (const [filter, wanted] of cases) {
      const found = await cb
        .select(Device)
        .where(filter as never)
        .all();
      expect([filter, ids(found)]).toEqual([filter, ids(all.filter(wanted))]);
      expect(found.length).toBeGreaterThan(0);
    }
    expect(await cb.select(Device).where("hostName:no-such-host").count()).toBe(0);
    const both = cb.select(Device).where(`hostNameExact:${host}`).and(`ipAddress:${one.lastInternalIpAddress}`);
    expect((await both.one()).deviceId).toBe(one.deviceId);
  });

  it("are read one by one, page by page, and at a place", async () => {
    const query = cb.select(Device).batchSize(2);
    expect(query.report()).toBeUndefined();
    const seen: Device[] = [];
    for await (const device of query) seen.push(device);
    expect(ids(seen)).toEqual(ids(all));
    expect(query.report()).toMatchObject({ complete: true, returned: all.length, available: all.length });
    const pages: number[][] = [];
    for await (const { items } of query.pages()) pages.push(items.map(({ deviceId }) => deviceId));
    expect(pages).toHaveLength(Math.ceil(all.length / 2));
    expect(pages.flat()).toEqual(seen.map(({ deviceId }) => deviceId));
    const middle = seen.slice(1, 3).map(({ deviceId }) => deviceId);
    expect((await query.slice(1, 3)).map(({ deviceId }) => deviceId)).toEqual(middle);
    expect((await query.slice(-2)).map(({ deviceId }) => deviceId)).toEqual(
      seen.slice(-2).map(({ deviceId }) => deviceId),
    );
    expect((await query.at(1))?.deviceId).toBe(middle[0]);
    expect(await query.at(all.length)).toBeUndefined();
    const reading = query.iterate();
    expect((await reading.next()).value?.deviceId).toBe(seen[0]?.deviceId);
    await reading.return();
    expect(query.report()?.reasons.join()).toMatch(/the caller stopped reading after 1 rows/);
    expect(() => query.include("policy" as never)).toThrow(/Device has no join named policy/);
  });

  it("are known in part by a row, and whole once they are loaded", async () => {
    const { deviceId } = all[0] as Device;
    const row = (await cb.select(Device).all()).find((device) => device.deviceId === deviceId) as Device;
    expect((await row.load()).isLoaded).toBe(true);
    const read = await cb.select(Device, deviceId, { refresh: true });
    expect(read.toJSON()).toEqual(row.toJSON());
    expect([read.get("name"), read.get("no such field", "nothing")]).toEqual([row.name, "nothing"]);
    sandbox.requests.clear();
    await row.load();
    expect(sandbox.requests.entries()).toEqual([]);
  });

  it("tell the same as the platform does", async () => {
    const [first] = all;
    const device = await cb.select(Device, first?.deviceId ?? 0);
    const platform = await given.cb.select(PlatformDevice, device.deviceId);
    expect([device.name, device.policyId, device.policyName, device.sensorVersion, device.osVersion]).toEqual([
      platform.name,
      platform.policy_id,
      platform.policy_name,
      platform.sensor_version,
      platform.os_version,
    ]);
    expect(device.lastContact).toEqual(platform.last_contact_time);
    expect(device.registeredTime).toEqual(platform.registered_time);
    expect([device.quarantined, device.passiveMode, device.status]).toEqual([
      platform.quarantined,
      platform.passive_mode,
      platform.status,
    ]);
    expect(device.sensorStates).toEqual(platform.sensor_states);
    await expect(cb.select(Device, 987654321)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  it("are given a policy by its id or its name, which shows when they have checked in", async () => {
    const device = all.find(({ status }) => status === "REGISTERED") as Device;
    const make = (name: string) =>
      cb
        .create(Policy, { name, description: "d", priorityLevel: "LOW", policy: { rules: [], sensorSettings: [] } })
        .save();
    const [target, second] = [await make("First target"), await make("Second target")];
    device.policyId = target.id ?? 0;
    await device.save();
    await sandbox.clock.step(20);
    expect((await cb.select(Device, device.deviceId, { refresh: true })).policyId).toBe(target.id);
    const again = await cb.select(Device, device.deviceId, { refresh: true });
    again.policyName = second.name;
    await again.save();
    await sandbox.clock.step(20);
    expect((await again.refresh()).policyName).toBe(second.name);
    expect(written().length).toBeGreaterThan(0);
    expect(again.isDirty()).toBe(false);
    again.policyName = "no such policy";
    await expect(again.save()).rejects.toThrow(/no such policy|There is no policy/);
    expect(again.isDirty()).toBe(true);
    again.reset();
    expect([again.isDirty(), again.policyName]).toEqual([false, second.name]);
    expect(() => Object.assign(again, { name: "x" })).toThrow(/immutable/);
  });
});

describe("events, by the classic routes", () => {
  let cb: CbDefenseAPI;

  beforeEach(() => {
    cb = new CbDefenseAPI({ ...cloudAccess(), routes: "classic" });
    return () => cb.close();
  });

  it("are found by each filter and read one by one", async () => {
    const ever = cb.select(Event).where({ searchWindow: "all" });
    const events = await ever.all({ limit: 400 });
    expect(events.length).toBeGreaterThan(10);
    const one =
      events.find(({ eventType, selectedApp }) => eventType === "NETWORK" && selectedApp !== undefined) ??
      (events[0] as Event);
    const type = one.eventType as "NETWORK";
    const ofType = await ever.where({ eventType: type }).all({ limit: 50 });
    expect(ofType.length).toBeGreaterThan(0);
    expect(ofType.every(({ eventType }) => eventType === type)).toBe(true);
    const name = String(one.selectedApp?.["applicationName"]).toLowerCase();
    const ofApplication = await ever.where({ applicationName: name }).all({ limit: 20 });
    expect(ofApplication.length).toBeGreaterThan(0);
    const host = String(one.deviceDetails?.["deviceName"]);
    const ofHost = await ever.where({ hostNameExact: host }).all({ limit: 20 });
    expect(ofHost.every(({ deviceDetails }) => deviceDetails?.["deviceName"] === host)).toBe(true);
    const read = await cb.select(Event, one.eventId);
    expect([read.eventId, read.eventType, read.eventTime]).toEqual([one.eventId, one.eventType, one.eventTime]);
    const time = one.eventTime?.getTime() ?? 0;
    const around = { startTime: new Date(time - 1000), endTime: new Date(time + 1000) };
    expect((await cb.select(Event).where(around).all({ limit: 500 })).map(({ eventId }) => eventId)).toContain(
      one.eventId,
    );
    expect(await ever.where({ sha256Hash: "0".repeat(64) }).count()).toBe(0);
    await expect(cb.select(Event, "0".repeat(32))).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  it("are gone from the service of today, and the error says what there is", async () => {
    await expect(given.cb.select(Event).first()).rejects.toMatchObject({ code: "ROUTE_RETIRED" });
    sandbox.behaviour.retired = true;
    await expect(cb.select(Event).first()).rejects.toMatchObject({ code: "ROUTE_RETIRED", message: /observations/ });
    await expect(cb.select(Device).first()).rejects.toMatchObject({ code: "ROUTE_RETIRED" });
    sandbox.behaviour.retired = false;
  });
});

describe("the client of Defense", () => {
  it("has what all clients of the Cloud have", async () => {
    const alert = (await given.cb.select(BaseAlert).first()) as BaseAlert;
    expect(await given.cb.bulkThreatDismiss([alert.threat_id ?? ""])).toMatch(/./);
    expect((await given.cb.alertSearchSuggestions("device")).length).toBeGreaterThan(0);
    expect((await given.cb.getAuditlogs()).length).toBeGreaterThan(0);
    expect(await given.cb.getAuditlogs()).toEqual([]);
  });
});
