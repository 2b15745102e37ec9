import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { sensorServer } from "../../../test-support/sensor-server.js";
import { Sensor } from "./sensor.js";
import { SensorGroup } from "./sensor-group.js";
import { Site } from "./site.js";

const GET = "/api/v1/sensor/3";
const PUT = "PUT /api/v1/sensor/3";
const groups = {
  "/api/v3/group": [{ id: 7, name: "Lab" }],
  "/api/v3/group/7": [{ id: 7, name: "Lab" }],
  "/api/v3/group/1": [{ id: 1, name: "Default Group" }],
};

describe("a sensor", () => {
  it("reads its SID without the line break, which its document keeps", async () => {
    const { cb } = await sensorServer({ sensor: { computer_sid: "S-1-5-21-1\n", computer_dns_name: "win-3.corp" } });
    const sensor = await cb.select(Sensor, 3);
    expect(sensor.computer_sid).toBe("S-1-5-21-1");
    expect(sensor.sid).toBe("S-1-5-21-1");
    expect(sensor.get("computer_sid")).toBe("S-1-5-21-1\n");
    expect(sensor.webui_link).toBe(`${cb.url}/#/host/3`);
    expect(() => Object.assign(sensor, { computer_sid: "x" })).toThrow("Field computer_sid is immutable");
    expect(() => Object.assign(sensor, { isolationState: "none" })).toThrow("isolationState is made of other fields");
  });

  it("tells its isolation from both flags, and nothing while it knows neither", async () => {
    const { cb, sensor } = await sensorServer({ sensor: { status: "Offline" } });
    const states: unknown[] = [];
    for (const [requested, effective] of [
      [false, false],
      [true, false],
      [true, true],
      [false, true],
    ]) {
      Object.assign(sensor, { network_isolation_enabled: requested, is_isolating: effective });
      states.push((await cb.select(Sensor, 3, { refresh: true })).isolationState);
    }
    expect(states).toEqual(["none", "pending", "isolated", "releasing"]);
    const list = await edrServer({ "/api/v2/sensor": { total_results: 1, results: [{ id: 3 }] }, [GET]: sensor });
    const row = await list.cb.select(Sensor).one();
    expect(row.isolationState).toBeUndefined();
    expect((await row.load()).isolationState).toBe("releasing");
  });

  it("is moved by assigning a group, a Ref to one, or its id", async () => {
    const { cb, requests, changes } = await sensorServer({ routes: groups });
    const sensor = await cb.select(Sensor, 3);
    requests.splice(0);
    sensor.group = cb.select(SensorGroup, 7);
    expect(sensor).toMatchObject({ group_id: 7 });
    sensor.group = 1;
    expect(sensor.isDirty()).toBe(false);
    sensor.set({ group: await cb.select(SensorGroup, 7), notes: "moved" });
    expect(requests.splice(0)).toEqual(["/api/v3/group/7"]);
    await sensor.save();
    expect(requests.splice(0)).toEqual([PUT, GET]);
    expect(changes).toMatchObject([{ group_id: 7, notes: "moved" }]);
    expect(await sensor.group.name).toBe("Lab");

    // A join of another sensor names its group without a request.
    const other = await cb.select(Sensor, 3);
    requests.splice(0);
    other.group = sensor.group;
    expect(other.isDirty()).toBe(false);
    expect(requests).toEqual([]);
  });

  it("refuses what is no group, or one whose id is not known", async () => {
    const { cb, requests } = await sensorServer();
    const sensor = await cb.select(Sensor, 3);
    requests.splice(0);
    const put = (group: unknown) => () => Object.assign(sensor, { group });
    expect(put(null)).toThrow(/Sensor\.group takes a SensorGroup or its id, got null/);
    expect(put({ id: 7 })).toThrow(InvalidObjectError);
    expect(put("seven")).toThrow(/"seven" is no id of a SensorGroup/);
    expect(put(cb.select(Site, 7))).toThrow("Sensor.group takes a SensorGroup, got a Site");
    expect(put(cb.create(SensorGroup, { name: "new" }))).toThrow("Save it first");
    expect(put(cb.select(SensorGroup).first())).toThrow("await it");
    expect(() => sensor.set({ group: 7, hostname: "x" } as never)).toThrow("Field hostname is immutable");
    expect(() => sensor.set({ notes: "x", nope: 1 } as never)).toThrow("no field named nope");
    expect(sensor.isDirty()).toBe(false);
    expect(requests).toEqual([]);
  });
});

describe("an action on a sensor", () => {
  it("sends its one change at once, reads the sensor, and leaves other changes alone", async () => {
    const version = "6.5.2.191219.1200";
    const { cb, requests, changes, sensor: server } = await sensorServer({ routes: groups, version });
    const sensor = await cb.select(Sensor, 3);
    sensor.notes = "not saved";
    requests.splice(0);
    expect(await sensor.restartSensor()).toBe(sensor);
    expect(requests.splice(0)).toEqual([GET, PUT, GET]);
    expect(sensor).toMatchObject({ restart_queued: true, notes: "not saved" });
    await sensor.restartSensor();
    expect(requests.splice(0)).toEqual([GET]);
    // It has restarted meanwhile, and is to do so again.
    server["restart_queued"] = false;
    await sensor.restartSensor();
    expect(requests.splice(0)).toEqual([GET, PUT, GET]);
    await sensor.uninstallSensor();
    await sensor.moveTo(cb.select(SensorGroup).where({ name: "Lab" }).one());
    expect(requests).toEqual([GET, PUT, GET, "/api/v3/group", GET, PUT, GET]);
    expect(changes[3]).toEqual({
      event_log_flush_time: null,
      group_id: 7,
      network_isolation_enabled: false,
      notes: null,
      restart_queued: true,
      uninstall: true,
    });
    expect(sensor.isDirty()).toBe(true);
    await expect(sensor.moveTo(cb.create(SensorGroup))).rejects.toThrow("moveTo(): the id of this SensorGroup");
  });

  it.each(["6.5.2.191219.1200", "7.5.0.211112.1200"])(
    "lets no endpoint out of an isolation that somebody else asked for, on a server %s",
    async (version) => {
      const { cb, clock, sensor, changes } = await sensorServer({ version, reads: 0 });
      const mine = await cb.select(Sensor, 3);
      Object.assign(sensor, { network_isolation_enabled: true, group_id: 9 });
      // Not even a moment later.
      await mine.restartSensor();
      expect(changes).toMatchObject([{ restart_queued: true, group_id: 9 }]);
      expect(sensor["network_isolation_enabled"]).toBe(true);

      sensor["network_isolation_enabled"] = false;
      await mine.refresh();
      sensor["network_isolation_enabled"] = true;
      clock.pass(1001);
      await mine.set({ notes: "x" }).save();
      expect(sensor).toMatchObject({ notes: "x", network_isolation_enabled: true });
      expect(Object.keys(changes[1] ?? {})).toHaveLength(version.startsWith("7") ? 2 : 6);
    },
  );

  it("is not undone by saving an object that was read before it", async () => {
    const { cb, sensor } = await sensorServer({ reads: 0 });
    const old = await cb.select(Sensor, 3);
    await cb.select(Sensor, 3).isolate();
    old.notes = "still here";
    await old.save();
    expect(sensor).toMatchObject({ notes: "still here", network_isolation_enabled: true });
  });

  it.each([
    ["7.5.0.211112.1200", "Tue, 05 Jan 2027 09:00:00 GMT"],
    ["6.0.0.160901.1200", "Tue, 05 Jan 2027 09:00:00 GMT"],
    ["6.0.0", "2027-01-05 09:00:00.000000"],
    ["5.2.0.161004.1206", "2027-01-05 09:00:00.000000"],
  ])("writes a flush time as a server %s reads it", async (version, text) => {
    const { cb, clock, changes, sensor: server } = await sensorServer({ version });
    await cb.select(Sensor, 3).flushEvents();
    const sensor = await cb.select(Sensor, 3);
    sensor.event_log_flush_time = new Date(clock.now() + 365 * 86_400_000 + 999);
    expect(sensor.isDirty()).toBe(true);
    await sensor.save({ verify: true });
    expect(changes.map((change) => change["event_log_flush_time"])).toEqual([text, text]);
    expect(sensor.event_log_flush_time).toEqual(new Date("2027-01-05T09:00:00Z"));

    // One that is pending goes back as it stands with whatever else is changed, and can be cleared.
    sensor.notes = "x";
    await sensor.save();
    if (!version.startsWith("7")) expect(changes[2]).toMatchObject({ event_log_flush_time: text, notes: "x" });
    expect(server["event_log_flush_time"]).toBe(text);
    sensor.event_log_flush_time = undefined;
    await sensor.save();
    expect(changes[3]).toMatchObject({ event_log_flush_time: null });
  });
});

describe("the statistics of all sensors", () => {
  it("are numbers, whichever way they are sent", async () => {
    const figures = { sensor_count: 12, active_sensor_count: "9", num_eventlog_bytes: "66400", other: "x" };
    const { cb, requests } = await edrServer({ "/api/v1/sensor/statistics": figures });
    expect(await cb.sensorStatistics()).toEqual({
      sensor_count: 12,
      active_sensor_count: 9,
      num_eventlog_bytes: 66_400,
      num_storefile_bytes: undefined,
      other: "x",
    });
    expect(requests).toEqual(["/api/v1/sensor/statistics"]);
    const broken = await edrServer({ "/api/v1/sensor/statistics": [] });
    await expect(broken.cb.sensorStatistics()).rejects.toThrow(ApiError);
  });
});
