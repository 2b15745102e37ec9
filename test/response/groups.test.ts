// Sensor groups, the sites that they belong to, rules for throttling, and the builds that sensors update themselves to.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import {
  ApiError,
  ClientError,
  InvalidObjectError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  Process,
  Sensor,
  SensorBuilds,
  SensorGroup,
  ServerError,
  Site,
  ThrottleRule,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, sent, written } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

useSandbox({ organisation: { hosts: 12, processes: 300 } }, { sharedTime: true, connected: true });

const newGroup = (name: string) => cb.create(SensorGroup, { name, sensorbackend_server: sandbox.url, site_id: 1 });

/** A group as the server has it, by another client. */
async function onServer(id: number | undefined): Promise<Record<string, unknown>> {
  await using other = clientOf(sandbox);
  const [group] = (await other.getObject(`/api/v3/group/${id}`)) as [Record<string, unknown>];
  return group;
}

describe("the list of groups", () => {
  it("is read once, and narrowed, ordered and counted here", async () => {
    const groups = cb.select(SensorGroup);
    const names = ["Default Group", "Workstations", "Servers", "Domain Controllers", "Engineering", "Linux Servers"];
    expect((await groups.all()).map(({ name }) => name)).toEqual([...names, "Macs"]);
    expect(await groups.count()).toBe(7);
    const inSite = groups.where({ site_id: 2 });
    expect((await inSite.sort("name asc").all()).map(({ id }) => id)).toEqual([4, 6, 3]);
    expect((await inSite.sort("name").all()).map(({ id }) => id)).toEqual([3, 6, 4]);
    expect((await inSite.and("name:linux servers").one()).id).toBe(6);
    expect((await groups.where("name:SERVERS").first())?.id).toBe(3);
    const found: number[] = [];
    for await (const { id } of groups.where("number_of_hosts:1").sort("id asc")) found.push(id ?? 0);
    expect(found).toContain(6);
    expect(await errorOf(() => inSite.one())).toMatchObject({ count: 3 });
    expect(await errorOf(() => groups.where({ name: "none" }).one())).toBeInstanceOf(MoreThanOneResultError);
    expect(sent(sandbox)).toEqual(["GET /api/v3/group"]);
    // What the list told need not be asked for again.
    expect((await cb.select(SensorGroup, 5)).name).toBe("Engineering");
    expect(sent(sandbox)).toEqual([]);
  });
});

describe("a group", () => {
  it("is made, shown before it is sent, changed, found by its sensors, and deleted, which sends them back", async () => {
    const site = await cb.select(Site).where({ name: "Data Centre" }).one();
    const group = cb.create(SensorGroup);
    group.set({ name: "Honeypots", sensorbackend_server: `${sandbox.url}`, site });
    expect(await group.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path: "/api/v3/group", body: { name: "Honeypots", site_id: 2 } }],
      changes: { name: { to: "Honeypots" } },
    });
    expect((await errorOf(() => group.sensors)).message).toMatch(/has not been saved/);
    expect((await errorOf(() => group.installer())).message).toMatch(/has not been saved/);
    expect(written(sandbox)).toEqual([]);
    await group.save({ verify: true });
    expect(written(sandbox)).toEqual(["POST /api/v3/group"]);
    expect(group).toMatchObject({ id: 8, number_of_hosts: 0, alert_criticality: 3, collect_netconns: true });
    expect(await group.site.name).toBe("Data Centre");
    expect(await onServer(8)).toMatchObject({ name: "Honeypots", site_id: 2 });

    const sensors = await cb.select(Sensor).where("hostname:FIN-WS").all();
    expect(sensors.length).toBeGreaterThan(0);
    for (const sensor of sensors) await sensor.moveTo(group);
    const ids = sensors.map(({ id }) => id).sort();
    expect((await group.sensors.all()).map(({ id }) => id).sort()).toEqual(ids);
    expect((await group.refresh()).number_of_hosts).toBe(ids.length);
    const running = await cb.select(Process).where({ group: "honeypots" }).count();
    expect(running).toBeGreaterThan(0);

    // Renamed, and with another site, by id.
    group.name = "Honeypots West";
    group.site = 1;
    group.quota_eventlog_bytes = 2 ** 30 * 3;
    group.isolation_exclusions = [{ name: "resolver", ip_address: "10.20.30.53", enabled: true }];
    group.event_exclusions = [{ eventsToIgnore: ["netconn"], paths: ["c:\\bait.exe"] }];
    await group.save({ verify: true });
    expect(written(sandbox)).toContain("PUT /api/v3/group/8");
    expect(await onServer(8)).toMatchObject({
      ...{ name: "Honeypots West", site_id: 1, quota_eventlog_bytes: String(2 ** 30 * 3) },
      isolation_exclusions: [{ name: "resolver", ip_address: "10.20.30.53", enabled: true }],
      event_exclusions: [{ eventsToIgnore: ["netconn"], paths: ["c:\\bait.exe"] }],
    });
    expect(await cb.select(Process).where({ group: "honeypots" }).count()).toBe(0);
    expect(await cb.select(Process).where({ group: "honeypots west" }).count()).toBe(running);

    const before = (await cb.select(SensorGroup, 1, { refresh: true })).number_of_hosts ?? 0;
    await group.delete();
    expect(await errorOf(() => cb.select(SensorGroup, 8))).toBeInstanceOf(ObjectNotFoundError);
    expect((await cb.select(SensorGroup, 1, { refresh: true })).number_of_hosts).toBe(before + ids.length);
    for (const id of ids) expect((await cb.select(Sensor, id, { refresh: true })).group_id).toBe(1);
    expect(await cb.select(Process).where({ group: "honeypots west" }).count()).toBe(0);
    expect(await errorOf(() => group.delete())).toMatchObject({ code: "DELETED" });
    expect(await errorOf(() => group.save())).toMatchObject({ code: "DELETED" });
    for (const id of ids) await cb.select(Sensor, id).moveTo(2);
  });

  it("is refused without what it needs, with what is there already, and where it is always there", async () => {
    expect((await errorOf(() => cb.create(SensorGroup, { name: "x" }).save())).message).toContain(
      "[sensorbackend_server, site_id]",
    );
    expect(sent(sandbox)).toEqual([]);
    const taken = await errorOf(() => newGroup("default group").save());
    expect(taken).toBeInstanceOf(ClientError);
    expect(taken).toMatchObject({ status: 400 });
    expect(taken.message).toContain("one that no other group has");
    const group = newGroup("Nowhere").set({ site_id: 987_654 });
    expect((await errorOf(() => group.save())).message).toContain("there is no site 987654");
    // Mended, it is made after all.
    await group.set({ site_id: 1 }).save();
    expect((await errorOf(() => group.set({ alert_criticality: 9 }).save())).message).toContain("alert_criticality");
    expect(group.isDirty()).toBe(true);
    group.reset();
    expect(group).toMatchObject({ alert_criticality: 3 });
    await group.delete();
    const standard = await errorOf(async () => (await cb.select(SensorGroup, 1)).delete());
    expect(standard.message).toContain("The default group cannot be deleted");
    expect(await errorOf(() => cb.create(SensorGroup, { site: "Default Site" as never }))).toBeInstanceOf(
      InvalidObjectError,
    );
    expect(await errorOf(() => group.set({ number_of_hosts: 1 } as never))).toBeInstanceOf(ApiError);
  });

  it("keeps what another client has changed since it was read", async () => {
    const group = await newGroup("Shared").save();
    await using other = clientOf(sandbox, { clock: sharedClock(sandbox) });
    const theirs = await other.select(SensorGroup, group.id ?? 0);
    await sandbox.clock.step(11);
    await theirs.set({ alert_criticality: 5, collect_regmods: false }).save();
    sandbox.requests.clear();
    await group.set({ name: "Shared by two" }).save();
    expect(sent(sandbox)).toEqual(["GET", "PUT", "GET"].map((method) => `${method} /api/v3/group/${group.id}`));
    expect(await onServer(group.id)).toMatchObject({
      ...{ name: "Shared by two", alert_criticality: 5, collect_regmods: false },
    });
    // Set by both to the same: there is nothing to save any more.
    await sandbox.clock.step(11);
    await theirs.set({ tamper_level: 1 }).save();
    group.tamper_level = 1;
    sandbox.requests.clear();
    await group.save();
    expect(written(sandbox)).toEqual([]);
    expect(group.isDirty()).toBe(false);
    await group.delete();
  });

  it("takes the changes of all objects that stand for it, one after the other, and is made once", async () => {
    const group = newGroup("Busy");
    await Promise.all([group.save(), group.save()]);
    expect(written(sandbox)).toEqual(["POST /api/v3/group"]);
    const id = group.id ?? 0;
    const other = await cb.select(SensorGroup, id);
    await group.set({ name: "Busier" }).save();
    // Read before the other one was saved, and by the same client: what that left is not undone.
    await other.set({ alert_criticality: 5 }).save();
    expect(await onServer(id)).toMatchObject({ name: "Busier", alert_criticality: 5 });

    const objects = await Promise.all(Array.from({ length: 4 }, () => cb.select(SensorGroup, id, { refresh: true })));
    const changes = [{ name: "Busiest" }, { tamper_level: 1 }, { vdi_enabled: true }, { collect_regmods: false }];
    await Promise.all(objects.map((object, index) => object.set(changes[index] ?? {}).save({ verify: true })));
    expect(await onServer(id)).toMatchObject(Object.assign({ alert_criticality: 5 }, ...changes) as object);

    // Neither does a write that failed leave the others with what was before it.
    const [first, second] = objects;
    await using elsewhere = clientOf(sandbox);
    await (await elsewhere.select(SensorGroup, id)).set({ site: 2 }).save();
    sandbox.faults.add({ match: { method: "PUT", path: `/api/v3/group/${id}`, times: 1 }, do: { status: 400 } });
    expect(await errorOf(async () => first?.set({ tamper_level: 2 }).save())).toBeInstanceOf(ClientError);
    await second?.set({ max_licenses: 9 }).save();
    expect(await onServer(id)).toMatchObject({ site_id: 2, max_licenses: 9, tamper_level: 1 });
    await first?.save();
    expect(await onServer(id)).toMatchObject({ site_id: 2, max_licenses: 9, tamper_level: 2 });
    await group.delete();
  });

  it("has every setting that can be written read back as it was written", async () => {
    const group = await newGroup("Settings").save();
    const { id: _, number_of_hosts: __, team_access, ...settings } = group.toJSON();
    // Every value becomes another one of its kind.
    const numbers: Record<string, number> = { site_id: 2, alert_criticality: 5, quota_eventlog_percent: 7 };
    const changed = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => {
        if (typeof value === "boolean") return [name, !value];
        if (typeof value === "number") return [name, numbers[name] ?? value + 1];
        if (name.startsWith("quota_")) return [name, Number(value) + 1];
        if (Array.isArray(value)) return [name, value];
        return [name, `${value === null ? "" : String(value)}x`];
      }),
    );
    const access = [{ team_id: 2, team_name: "Analysts", access_category: "Administrator" }];
    await group.set({ ...changed, address_resolution_hint: "ipv6", team_access: access }).save({ verify: true });
    const { id: ___, number_of_hosts: ____, ...after } = await onServer(group.id);
    expect(team_access).not.toEqual(access);
    expect(after).toEqual({
      ...{ ...changed, address_resolution_hint: "ipv6", team_access: access },
      ...{ quota_eventlog_bytes: "1073741825", quota_storefile_bytes: "1073741825" },
    });
    await group.set({ datastore_server: null }).save({ verify: true });
    expect(await onServer(group.id)).toMatchObject({ datastore_server: null });
    await group.delete();
  });

  it("is not believed when the server says that it was saved, and it was not", async () => {
    const group = await newGroup("Doubtful").save();
    const path = `/api/v3/group/${group.id}`;
    const lie = (body: unknown) =>
      sandbox.faults.add({ match: { method: "PUT", path, times: 1 }, do: { status: 200, body } });
    lie({ result: "success" });
    const doubted = await errorOf(() => group.set({ tamper_level: 2 }).save({ verify: true }));
    expect(doubted).toBeInstanceOf(ServerError);
    expect(doubted).toMatchObject({ code: "WRITE_NOT_APPLIED" });
    expect(doubted.message).toContain("tamper_level");
    lie({ result: "The database is locked" });
    expect((await errorOf(() => group.set({ tamper_level: 3 }).save())).message).toContain("The database is locked");
    expect(await onServer(group.id)).toMatchObject({ tamper_level: 0 });
    await group.delete();
  });

  it("offers installers, which go to a file piece by piece", async () => {
    const group = await cb.select(SensorGroup, 2);
    const folder = await mkdtemp(join(tmpdir(), "cbapi-installer-"));
    try {
      const first: Record<string, string> = {};
      for (const kind of ["windows/exe", "windows/msi", "linux", "osx"]) {
        const file = join(folder, kind.replace("/", "-"));
        await group.installer(kind).save(file);
        const bytes = await readFile(file);
        expect(bytes.length).toBeGreaterThan(1000);
        first[kind] = bytes.subarray(0, 2).toString("latin1");
        expect(Buffer.compare(await group.installer(kind).read(), bytes)).toBe(0);
        expect(await buffer(group.installer(kind).stream())).toEqual(bytes);
      }
      expect(first).toEqual({ "windows/exe": "PK", "windows/msi": "PK", linux: "\u001f\u008b", osx: "PK" });
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(sent(sandbox)).toContain("GET /api/v1/group/2/installer/windows/msi");
    // Nothing is asked for before it is read.
    const before = sent(sandbox).length;
    const solaris = group.installer("solaris");
    expect(sent(sandbox).length).toBe(before);
    const none = await errorOf(() => solaris.read(1));
    expect(none).toBeInstanceOf(ObjectNotFoundError);
    expect(none.message).toContain("no installer of that kind");
    const noGroup = await cb.select(SensorGroup, 987_654).installer();
    expect(await errorOf(() => noGroup.read())).toBeInstanceOf(ObjectNotFoundError);
  });

  it("tells with whom its files are shared", async () => {
    const group = await cb.select(SensorGroup, 5);
    expect(await group.datasharing).toMatchObject([{ group_id: 5, what: "BIN", who: "VIRUSTOTAL" }]);
    expect(await cb.select(SensorGroup, 5).getDatasharing()).toEqual(await cb.getObject("/api/v1/group/5/datasharing"));
    expect(await cb.select(SensorGroup, 1).datasharing).toEqual([]);
    sandbox.behaviour.sharingEnabled = false;
    expect(await group.getDatasharing({ timeout: 10_000 })).toEqual([]);
    sandbox.behaviour.sharingEnabled = true;
  });
});

describe("a site", () => {
  it("has groups and rules for throttling, and is made, renamed and deleted", async () => {
    expect((await cb.select(Site).sort("id asc").all()).map(({ name }) => name)).toEqual([
      "Default Site",
      "Data Centre",
    ]);
    const centre = await cb.select(Site, 2);
    expect((await centre.groups.sort("id asc").all()).map(({ name }) => name)).toEqual([
      ...["Servers", "Domain Controllers", "Linux Servers"],
    ]);
    expect((await centre.throttle_rules.sort("id asc").all()).map(({ id }) => id)).toEqual([2, 3]);

    const site = cb.create(Site, { name: "Branch" });
    expect((await errorOf(() => site.groups)).message).toMatch(/has not been saved/);
    expect((await errorOf(() => site.throttle_rules)).message).toMatch(/has not been saved/);
    await site.save({ verify: true });
    expect(site.id).toBe(3);
    expect(await site.throttle_rules.all()).toEqual([]);
    site.name = "Branch Office";
    await site.save();
    expect(await cb.getObject("/api/site/3")).toEqual([{ id: 3, name: "Branch Office" }]);
    expect((await errorOf(() => cb.create(Site, { name: "branch office" }).save())).message).toContain("no other site");

    const macs = await cb.select(SensorGroup, 7);
    macs.site = site;
    await macs.save();
    expect(await macs.site.name).toBe("Branch Office");
    expect((await site.groups.all()).map(({ name }) => name)).toEqual(["Macs"]);
    const occupied = await errorOf(() => site.delete());
    expect(occupied).toMatchObject({ status: 400 });
    expect(occupied.message).toContain("still has sensor groups");
    await macs.set({ site: 1 }).save();
    await site.delete();
    expect(await errorOf(() => cb.select(Site, 3))).toBeInstanceOf(ObjectNotFoundError);
    expect((await errorOf(() => cb.select(Site, 1).delete())).message).toContain("default site");
    expect(await cb.select(Site).count()).toBe(2);
  });
});

describe("a rule for throttling", () => {
  it("is read from the list, with its site, and only read", async () => {
    const rule = await cb.select(ThrottleRule, 3);
    expect(rule).toMatchObject({ site_id: 2, day_of_week: 5, from: 20, to: 23, bytes_per_second: 12_500_000 });
    expect(await rule.site.name).toBe("Data Centre");
    const [first] = await cb.select(ThrottleRule).where({ site_id: 1 }).all();
    expect(first?.toJSON()).toEqual(((await cb.getObject("/api/throttle")) as unknown[])[0]);
    expect(await errorOf(() => cb.select(ThrottleRule, 9))).toBeInstanceOf(ObjectNotFoundError);
    expect(() => cb.create(ThrottleRule)).toThrow(ApiError);
  });
});

describe("the builds of the sensor", () => {
  it("are one object, however it is asked for", async () => {
    const { Windows, Linux, OSX } = await cb.select(SensorBuilds).one();
    const answer = (await cb.getObject("/api/v2/builds")) as Record<string, { version_string: string }[]>;
    const versions = (system: string) => answer[system]?.map(({ version_string }) => version_string);
    expect([Windows, Linux, OSX]).toEqual([versions("Windows"), versions("Linux"), versions("OSX")]);
    expect(await cb.select(SensorBuilds).results.Windows).toEqual(Windows);
    expect((await cb.select(SensorBuilds, "all")).Linux).toEqual(Linux);
    expect((await cb.select(SensorBuilds).first())?.OSX).toEqual(OSX);
    expect(await cb.select(SensorBuilds).count()).toBe(1);
    // A group's sensors are told to update themselves to one of them.
    const group = await cb.select(SensorGroup, 2);
    await group.set({ sensor_version_windows: Windows[0] }).save({ verify: true });
    expect(await onServer(2)).toMatchObject({ sensor_version_windows: Windows[0] });
    await group.set({ sensor_version_windows: "Manual" }).save();
  });
});
