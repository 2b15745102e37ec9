// The administration of servers of other versions: what they share, and what only some of them have.
import { Sandbox } from "@cbapi/sandbox";
import {
  ApiError,
  BannedHash,
  type CbResponseAPI,
  ClientError,
  IngressFilter,
  Investigation,
  Process,
  Sensor,
  SensorGroup,
  StoragePartition,
  TaggedEvent,
  User,
} from "cbapi/response";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { loggedClientOf, sent, written } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

describe.each([
  ["5.2.0.161004.1206", { partitions: false, strict: false, flush: /^2027-01-05 09:\d\d:\d\d\.000000$/ }],
  ["6.1.0.170531.1416", { partitions: true, strict: false, flush: /^Tue, 05 Jan 2027 09:\d\d:\d\d GMT$/ }],
  ["7.8.0.230101.1200", { partitions: true, strict: true, flush: /^Tue, 05 Jan 2027 09:\d\d:\d\d GMT$/ }],
])("a server of version %s", (version, { partitions, strict, flush }) => {
  let sandbox: Sandbox;
  let cb: CbResponseAPI;
  let taken: () => string[];

  beforeAll(async () => {
    sandbox = await Sandbox.start({ organisation: "small", version, clock: { running: false } });
    ({ cb, taken } = loggedClientOf(sandbox, { clock: sharedClock(sandbox) }));
    await cb.connect();
  });
  beforeEach(() => sandbox.requests.clear());
  afterAll(async () => {
    await cb.close();
    await sandbox.stop();
  });

  /** The bodies that were sent, as they were logged. */
  const bodies = (start: string): Record<string, unknown>[] =>
    taken()
      .filter((line) => line.startsWith(`Sending HTTP ${start}`))
      .map((line) => JSON.parse(line.slice(line.indexOf("{"))) as Record<string, unknown>);

  it("isolates an endpoint, and changes a sensor by the fields that can be changed", async () => {
    const sensor = await cb.select(Sensor).where("hostname:WIN-IA9NQ1GN8OI").one();
    taken();
    expect(await sensor.isolate()).toMatchObject({ changed: true, state: "isolated" });
    const all = "event_log_flush_time,group_id,network_isolation_enabled,notes,restart_queued,uninstall";
    // Newer servers leave alone what is not named.
    const names = strict ? "group_id,network_isolation_enabled" : all;
    expect(bodies("PUT").map((body) => Object.keys(body).sort().join())).toEqual([names]);
    expect(await cb.getObject("/api/v1/sensor/3")).toMatchObject({ is_isolating: true });
    expect(await sensor.unisolate()).toMatchObject({ changed: true, state: "none" });

    await sensor.flushEvents();
    expect(bodies("PUT").at(-1)?.["event_log_flush_time"]).toMatch(flush);
    expect(sensor.event_log_flush_time?.getTime()).toBeGreaterThan(sandbox.clock.now());
    await sensor.restartSensor();
    // The pending flush goes along as the server has it.
    expect(sensor.event_log_flush_time?.getTime()).toBeGreaterThan(sandbox.clock.now());
    await sandbox.clock.step(2);
    expect(await sensor.refresh()).toMatchObject({ event_log_flush_time: undefined, restart_queued: false });

    // Clients that send the whole document back are understood by older servers, and refused by newer ones.
    const whole = { ...sensor.toJSON(), notes: "whole" };
    const write = () => cb.putObject("/api/v1/sensor/3", whole);
    if (strict) {
      const error = await errorOf(write);
      expect(error).toBeInstanceOf(ClientError);
      expect(error.message).toMatch(/cannot be changed: .*computer_name/);
    } else {
      expect((await write()).status).toBe(204);
    }
    expect((await sensor.refresh()).notes).toBe(strict ? undefined : "whole");
    // An old fault of the shorter list, which is not asked for here.
    const none = () => cb.getObject("/api/v1/sensor", { hostname: "nobody" });
    if (strict) expect(await none()).toEqual([]);
    else expect(await errorOf(none)).toMatchObject({ status: 500 });
    expect(await cb.select(Sensor).where("hostname:nobody").all()).toEqual([]);
  });

  it("moves a sensor between groups, where searches find it", async () => {
    const group = cb.create(SensorGroup, { name: "Old And New", sensorbackend_server: sandbox.url, site: 1 });
    await group.save({ verify: true });
    await cb.select(Sensor, 4).moveTo(group);
    expect((await group.sensors.all()).map(({ id }) => id)).toEqual([4]);
    const hosts = (await cb.select(Process).where({ group: "old and new" }).facets("hostname")).hostname;
    expect(hosts.map(({ name }) => name.toUpperCase())).toEqual(["HOSTNAME"]);
    await group.delete();
    expect((await cb.select(Sensor, 4, { refresh: true })).group_id).toBe(1);
    expect(await cb.select(Process).where({ group: "old and new" }).count()).toBe(0);
  });

  it("stops banned programs, which a search finds with the parent's event", async () => {
    const md5 = "24DA05ADE2A978E199875DA0D859E7EB";
    const ban = await BannedHash.ban(cb, md5, { text: "no debuggers" });
    await sandbox.launch({ sensor: 3, path: "c:\\users\\bit9rad\\downloads\\dbgview.exe" });
    const parent = await cb.select(Process).where({ blocked_md5: md5 }).groupBy("id").first();
    const [block] = (await parent?.allProcessblocks()) ?? [];
    expect(block).toMatchObject({ md5: md5.toLowerCase(), result: "ProcessTerminated" });
    expect((await parent?.processblocks)?.length).toBe(1);
    expect((await ban.refresh()).block_count).toBe(1);
    await ban.disable();
    expect(await ban.refresh()).toMatchObject({ enabled: false, text: "no debuggers" });
  });

  it("keeps users in their teams", async () => {
    const user = cb.create(User, {
      ...{ username: "versioned", first_name: "V", last_name: "U", email: "v@example.com", password: "p" },
      ...{ teams: [], global_admin: false },
    });
    await user.addTeam("Administrators");
    await user.save({ verify: true });
    taken();
    await user.set({ first_name: "W" }).save({ verify: true });
    const [body] = bodies("PUT");
    // Servers before 6.1 take the ids of teams.
    expect(body?.["teams"]).toEqual(partitions ? [{ id: 1, name: "Administrators" }] : [1]);
    expect(body).not.toHaveProperty("auth_token");
    expect(await cb.getObject("/api/user/versioned")).toMatchObject({
      ...{ first_name: "W", teams: [{ id: 1, name: "Administrators" }] },
    });
    await user.delete();
  });

  it("joins tagged events to their processes", async () => {
    const events = await (await cb.select(Investigation, 1)).events.all();
    expect(events).toHaveLength(5);
    const suffix = partitions ? /-[0-9a-f]{12}-[0-9a-f]{12}$/ : /-[0-9a-f]{12}-[0-9a-f]{8}$/;
    for (const event of events) {
      expect(event.unique_id).toMatch(suffix);
      const proc = await event.process;
      expect(proc?.process_pid).toBe(event.process_id);
      expect(proc?.segment).toBe(event.segment_id);
    }
    const made = cb.create(TaggedEvent, { investigation_id: 1, event_data: { description: version } });
    await made.save({ verify: true });
    expect((await cb.select(TaggedEvent, `1:${made.id}`, { refresh: true })).event_data?.description).toBe(version);
    await made.delete();
  });

  it(`${partitions ? "has" : "has no"} partitions and ingress filters`, async () => {
    const filter = () =>
      cb.create(IngressFilter, { id: "f", name: "f", description: "d", path_filters: ["c:\\f.exe"] });
    if (!partitions) {
      for (const [refused, what, from] of [
        [() => cb.select(StoragePartition).all(), "Storage partitions", "6.0"],
        [() => cb.select(StoragePartition, "writer"), "Storage partitions", "6.0"],
        [() => cb.select(StoragePartition, "writer").unmount(), "Changes of storage partitions", "6.1"],
        [() => cb.createNewPartition(), "Changes of storage partitions", "6.1"],
        [() => filter().save(), "Ingress filters", "6.1"],
        [() => cb.select(IngressFilter).count(), "Ingress filters", "6.1"],
        [() => cb.select(IngressFilter, "f"), "Ingress filters", "6.1"],
        [() => cb.select(IngressFilter, "f").delete(), "Ingress filters", "6.1"],
      ] as const) {
        const error = await errorOf(refused);
        expect(error).toBeInstanceOf(ApiError);
        expect(error).toMatchObject({ code: "SERVER_TOO_OLD" });
        expect(error.message).toBe(`${what} need a server from ${from} on, and ${sandbox.url} runs ${version}`);
      }
      expect(sent(sandbox)).toEqual([]);
      return;
    }
    await filter().save({ verify: true });
    expect(await sandbox.launch({ sensor: 3, path: "c:\\f.exe" })).toMatchObject({ outcome: "filtered" });
    await cb.select(IngressFilter, "f").delete();

    const all = await cb.select(StoragePartition).where({ status: "warm" }).all();
    const partition = all.find(({ info }) => Number(info?.numDocs) > 100);
    const documents = await cb.select(Process).count();
    await partition?.unmount();
    expect(await cb.select(Process).count()).toBe(documents - Number(partition?.info?.numDocs));
    await partition?.mount();
    expect(await cb.select(Process).count()).toBe(documents);
    await cb.createNewPartition();
    expect(await cb.select(StoragePartition).where({ status: "warm" }).count()).toBe(all.length + 1);
    expect(written(sandbox)).toContain("POST /api/v1/storage/events/new_partition");
  });
});
