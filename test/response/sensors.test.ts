// Sensors: their list, what they tell of their endpoints, and what is asked of them, which they learn at a check-in.
import {
  ApiError,
  ClientError,
  InvalidObjectError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  Process,
  Sensor,
  SensorGroup,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, sent, written } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

useSandbox({}, { sharedTime: true });

/** The sensor as the server has it, by another client. */
async function onServer(id: number): Promise<Record<string, unknown>> {
  await using other = clientOf(sandbox);
  return (await other.getObject(`/api/v1/sensor/${id}`)) as Record<string, unknown>;
}

/** Every endpoint that is switched on speaks to the server once. */
const checkIn = () => sandbox.clock.step(2);

describe("the list of sensors", () => {
  const names = ["HOSTNAME", "WIN-58DM2VNS9RT", "WIN-7Q1HBU2LKP3", "WIN-IA9NQ1GN8OI"];

  it("is sorted by name, and read whole, in pages, in part and from its end", async () => {
    const all = cb.select(Sensor);
    expect((await all.all()).map(({ hostname }) => hostname)).toEqual(names);
    expect(sent(sandbox)).toEqual(["GET /api/v2/sensor?rows=100&sort.col=computer_name&sort.dir=asc&start=0"]);

    const inPages: (string | undefined)[] = [];
    for await (const { hostname } of all.batchSize(3)) inPages.push(hostname);
    expect(inPages).toEqual(names);
    expect(sent(sandbox)).toHaveLength(2);
    expect(await all.count()).toBe(4);
    expect((await all.slice(1, 3)).map(({ hostname }) => hostname)).toEqual(names.slice(1, 3));
    expect((await all.at(-1))?.hostname).toBe(names[3]);
    expect(await all.at(4)).toBeUndefined();
    expect(all.report()).toMatchObject({ available: 4 });
  });

  it("is narrowed by part of a name, of an address, and by group", async () => {
    const found = async (query: ReturnType<typeof Sensor.query>) => (await query.all()).map(({ id }) => id);
    expect(await found(cb.select(Sensor).where("hostname:WIN-"))).toEqual([1, 2, 3]);
    expect(await found(cb.select(Sensor).where({ ip: ".215.15" }))).toEqual([4, 3]);
    expect(await found(cb.select(Sensor).where({ groupid: 1 }))).toEqual([4, 1, 2, 3]);
    expect(await found(cb.select(Sensor).where("groupid:2"))).toEqual([]);
    sandbox.requests.clear();
    // The server applies one condition; the other is applied here, and the report says so.
    const both = cb.select(Sensor).where("hostname:WIN-").and({ ip: ".215.15" });
    const rows = await both.all();
    expect(rows.map(({ id }) => id)).toEqual([3]);
    expect(sent(sandbox)).toEqual([
      "GET /api/v2/sensor?ip=.215.15&rows=100&sort.col=computer_name&sort.dir=asc&start=0",
    ]);
    expect(JSON.stringify(rows.report())).toContain("hostname:WIN-");
    expect(await both.count()).toBe(1);

    expect((await cb.select(Sensor).where("hostname:HOSTNAME").one()).id).toBe(4);
    const many = await errorOf(() => cb.select(Sensor).one());
    expect(many).toBeInstanceOf(MoreThanOneResultError);
    expect(await errorOf(() => cb.select(Sensor).where("hostname:none").one())).toMatchObject({ count: 0 });
    expect(await cb.select(Sensor).where("hostname:win-").first()).toBeUndefined();
  });

  it("is counted by the values of its fields", async () => {
    const { os_type, computer_name } = await cb
      .select(Sensor)
      .where("hostname:WIN-")
      .facets("os_type", "computer_name");
    expect(os_type).toEqual([{ name: "1", value: 3, ratio: "100.0", percent: 100 }]);
    expect(computer_name.map(({ name }) => name)).toEqual(names.slice(1));
    sandbox.requests.clear();
    const error = await errorOf(() => cb.select(Sensor).where("hostname:WIN-").and("groupid:1").facets("os_type"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error.message).toMatch(/several conditions/);
    expect(sent(sandbox)).toEqual([]);
  });
});

describe("a sensor", () => {
  it("tells of its endpoint", async () => {
    const sensor = await cb.select(Sensor, 3);
    expect(sensor).toMatchObject({
      ...{ id: 3, hostname: "WIN-IA9NQ1GN8OI", computer_name: "WIN-IA9NQ1GN8OI", dns_name: "WIN-IA9NQ1GN8OI" },
      ...{ os: "Windows Server 2012, 64-bit", os_type: 1, status: "Online", isolationState: "none" },
      ...{ sid: "S-1-5-21-108353621-2744023216-3501003", computer_sid: sensor.sid },
      network_interfaces: [{ ipaddr: "192.168.215.150", macaddr: "00:0c:29:a0:f1:13" }],
      // Numbers that the server writes as text, and its two spellings of a time.
      ...{ clock_delta: 0, physical_memory_size: 4 * 1024 ** 3, systemvolume_total_size: "64424509440" },
      registration_time: new Date("2016-10-19T12:03:00Z"),
      ...{ webui_link: `${sandbox.url}/#/host/3`, uninstalled: undefined, notes: undefined },
    });
    expect(sensor.get("notes", "none")).toBe("none");
    expect(sensor.toJSON()).toMatchObject({ notes: null, uninstalled: null });
    expect(sensor.isLoaded).toBe(true);
    expect(await sensor.group.name).toBe("Default Group");
    const found = cb.fromUi(sensor.webui_link);
    expect(found.kind === "sensor" && (await found.object).hostname).toBe("WIN-IA9NQ1GN8OI");
    expect(await errorOf(() => cb.select(Sensor, 987_654))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("tells what waits on it, when it spoke and what it uses, as long as it can", async () => {
    const sensor = await cb.select(Sensor, 2);
    const queued = await sensor.queued_stats;
    expect(queued).toEqual(await cb.getObject("/api/v1/sensor/2/queued"));
    expect(queued).toMatchObject([{ sensor_id: 2, num_eventlogs: "0", num_storefiles: "0" }]);
    expect(await sensor.getQueuedStats({ timeout: 10_000 })).toEqual(queued);
    const activity = await sensor.activity_stats;
    expect(activity).toEqual(await cb.getObject("/api/v1/sensor/2/activity"));
    expect(activity).toMatchObject([{ sensor_id: 2, activity: "checkin" }]);
    const resources = await sensor.resource_status;
    expect(resources).toEqual(await cb.getObject("/api/v1/sensor/2/resourcestatus"));
    expect(Number(resources[0]?.["working_set"])).toBeGreaterThan(0);
    expect(await sensor.getResourceStatus()).toEqual(resources);

    await sandbox.setOnline(2, false);
    await sandbox.clock.step(12);
    expect((await sensor.refresh()).status).toBe("Offline");
    // Answered without content.
    expect(await sensor.getActivityStats()).toEqual([]);
    expect(await cb.select(Sensor, 2).queued_stats).toHaveLength(1);
    await sandbox.setOnline(2, true);
    expect((await sensor.refresh()).status).toBe("Online");
  });
});

describe("what is asked of a sensor", () => {
  it("is to restart, once, at its next check-in", async () => {
    const sensor = await cb.select(Sensor, 1);
    const boots = Number(sensor.boot_id);
    expect(await sensor.restartSensor()).toBe(sensor);
    expect(sensor.restart_queued).toBe(true);
    expect(await onServer(1)).toMatchObject({ restart_queued: true, boot_id: String(boots) });
    expect(sent(sandbox).filter((request) => request.startsWith("PUT"))).toEqual(["PUT /api/v1/sensor/1"]);
    // It has been asked to already, whichever object it is asked through.
    await cb.select(Sensor, 1).restartSensor();
    expect(written(sandbox)).toEqual([]);

    await checkIn();
    await sensor.refresh();
    expect(sensor).toMatchObject({ restart_queued: false, boot_id: String(boots + 1) });
    expect(sensor.uptime).toBe(0);
    await checkIn();
    expect(await onServer(1)).toMatchObject({ restart_queued: false, boot_id: String(boots + 1) });
  });

  it("is to send what it has recorded, until it has done so", async () => {
    const sensor = await cb.select(Sensor).where("hostname:WIN-58").one();
    await sensor.flushEvents();
    const year = 365 * 86_400_000;
    expect(sensor.event_log_flush_time).toEqual(new Date(Math.floor((sandbox.clock.now() + year) / 1000) * 1000));
    // Another change leaves the request in force.
    await sensor.set({ notes: "flushed" }).save();
    expect(await onServer(1)).toMatchObject({
      event_log_flush_time: expect.stringContaining("2027-01-05 09:00") as unknown,
      notes: "flushed",
    });
    await checkIn();
    expect((await sensor.refresh()).event_log_flush_time).toBeUndefined();
    await sensor.set({ notes: null }).save();
    expect(await onServer(1)).toMatchObject({ event_log_flush_time: null, notes: null });
  });

  it("is sent as six fields, first shown, then sent, then read again", async () => {
    const sensor = await cb.select(Sensor, 3);
    sensor.notes = "under suspicion";
    expect(sensor.isDirty()).toBe(true);
    sandbox.requests.clear();
    const plan = await sensor.save({ dryRun: true });
    expect(plan).toMatchObject({
      changes: { notes: { from: null, to: "under suspicion" } },
      requests: [
        {
          ...{ method: "PUT", path: "/api/v1/sensor/3" },
          body: {
            ...{ event_log_flush_time: null, group_id: 1, network_isolation_enabled: false },
            ...{ notes: "under suspicion", restart_queued: false, uninstall: false },
          },
        },
      ],
    });
    expect(Object.keys(plan?.requests[0]?.body ?? {})).toHaveLength(6);
    expect(written(sandbox)).toEqual([]);
    expect(await sensor.validate()).toBe(true);
    await sensor.save({ verify: true });
    expect(sensor.isDirty()).toBe(false);
    expect(await onServer(3)).toMatchObject({ notes: "under suspicion" });
    expect(written(sandbox)).toEqual(["PUT /api/v1/sensor/3"]);

    sensor.notes = "cleared";
    sensor.reset();
    expect(sensor).toMatchObject({ notes: "under suspicion" });
    await sensor.save();
    expect(written(sandbox)).toEqual([]);
    await sensor.set({ notes: null }).save();
    expect(await onServer(3)).toMatchObject({ notes: null });
    for (const refused of [{ computer_name: "x" }, { status: "Online" }, { nothing: 1 }]) {
      expect(await errorOf(() => sensor.set(refused as never))).toBeInstanceOf(ApiError);
    }
    expect(await errorOf(() => sensor.set({ notes: 5 } as never))).toBeInstanceOf(InvalidObjectError);
    expect(sensor.isDirty()).toBe(false);
  });

  it("does not undo what another client has asked for meanwhile", async () => {
    await using other = clientOf(sandbox, { clock: sharedClock(sandbox) });
    const [mine, theirs] = [await cb.select(Sensor, 3), await other.select(Sensor, 3)];
    await theirs.set({ notes: "theirs" }).save();
    await theirs.restartSensor();
    await sandbox.clock.step(1);
    await mine.refresh();
    expect(mine.restart_queued).toBe(true);
    // Mine is old when the next change is made.
    await sandbox.clock.step(11);
    await theirs.set({ notes: "theirs again" }).save();
    mine.network_isolation_enabled = true;
    await mine.save();
    expect(await onServer(3)).toMatchObject({ notes: "theirs again", network_isolation_enabled: true });
    await checkIn();
    await mine.unisolate();
    expect(await onServer(3)).toMatchObject({ notes: "theirs again", is_isolating: false });
  });

  it("adds up when several objects ask for different things at a time", async () => {
    const sensors = await Promise.all(Array.from({ length: 4 }, () => cb.select(Sensor, 4, { refresh: true })));
    const [first, second, third, fourth] = sensors;
    sandbox.requests.clear();
    await Promise.all([
      first?.restartSensor(),
      second?.set({ notes: "busy" }).save({ verify: true }),
      third?.flushEvents(),
    ]);
    expect(written(sandbox)).toHaveLength(3);
    expect(await onServer(4)).toMatchObject({ notes: "busy", restart_queued: true });
    await fourth?.isolate();
    // The restart and the flush were carried out at the check-in that isolated it.
    expect(await onServer(4)).toMatchObject({
      ...{ notes: "busy", is_isolating: true, network_isolation_enabled: true },
      ...{ restart_queued: false, event_log_flush_time: null, boot_id: String(Number(first?.boot_id) + 1) },
    });
    await fourth?.unisolate();
    await second?.set({ notes: null }).save();
    expect(await onServer(4)).toMatchObject({ notes: null, is_isolating: false });
  });

  it("is to go to another group, where searches find it", async () => {
    const group = cb.create(SensorGroup, { name: "Quarantine Lab", sensorbackend_server: sandbox.url, site: 1 });
    await group.save();
    const sensor = await cb.select(Sensor, 3);
    const inGroup = (name: string) =>
      cb
        .select(Process)
        .where({ hostname: sensor.hostname ?? "", group: name })
        .count();
    const before = await inGroup("default group");
    expect(before).toBeGreaterThan(0);

    await sensor.moveTo(group);
    expect(await sensor.group.name).toBe("Quarantine Lab");
    expect(await onServer(3)).toMatchObject({ group_id: group.id });
    expect((await group.sensors.all()).map(({ id }) => id)).toEqual([3]);
    expect(await inGroup("Quarantine Lab")).toBe(before);
    expect(await inGroup("default group")).toBe(0);
    expect((await cb.select(Process).where("process_name:net.exe").first())?.group).toBe("quarantine lab");

    // By its id, by assignment, and by a Ref that is still to be looked for.
    await cb.select(Sensor, 3).moveTo(1);
    expect(await inGroup("default group")).toBe(before);
    await sensor.refresh();
    sensor.group = group;
    await sensor.save();
    expect(await onServer(3)).toMatchObject({ group_id: group.id });
    await sensor.moveTo(cb.select(SensorGroup).where({ name: "default group" }).one());
    expect(await onServer(3)).toMatchObject({ group_id: 1 });
    sandbox.requests.clear();
    await sensor.moveTo(1);
    expect(written(sandbox)).toEqual([]);

    const error = await errorOf(() => sensor.moveTo(987_654));
    expect(error).toBeInstanceOf(ClientError);
    expect(error.message).toContain("there is no group 987654");
    expect(await errorOf(() => sensor.moveTo("Default Group" as never))).toBeInstanceOf(InvalidObjectError);
    expect(await onServer(3)).toMatchObject({ group_id: 1 });
    await group.delete();
  });

  it("is to be gone, after which its endpoint does nothing any more", async () => {
    const sensor = await cb.select(Sensor, 2);
    await sensor.uninstallSensor();
    expect(sensor).toMatchObject({ uninstall: true, uninstalled: undefined, status: "Online" });
    await checkIn();
    await sensor.refresh();
    expect(sensor).toMatchObject({ uninstall: true, uninstalled: true, status: "Offline" });
    expect(await sensor.queued_stats).toEqual([]);
    expect(await sensor.resource_status).toEqual([]);
    const refused = await errorOf(() => sandbox.launch({ sensor: 2, path: "c:\\x.exe" }));
    expect(refused.message).toContain("has no sensor any more");
    // The server has no operation that takes it off the list.
    expect(await errorOf(() => sensor.delete())).toBeInstanceOf(ApiError);
    expect(await cb.select(Sensor).count()).toBe(4);
  });
});
