// Devices: their fields, the searches for them, and how many there are of what.
import {
  ApiError,
  Device,
  DeviceFacet,
  DeviceList,
  DeviceSearchQuery,
  ObjectNotFoundError,
  Q,
  QueryBuilder,
} from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";

useCloud({ organisation: { hosts: 30, processes: 100, binaries: 20 } }, false);

const BASE = "/appservices/v6/orgs/{org}/devices";
const names = (devices: readonly Device[]) => devices.map(({ name }) => name);

/** All devices as the server has them. */
const everything = () => cb.select(Device).setStatus(["ALL"]).all();

describe("a device", () => {
  it("is read by its id, with every field that the server tells", async () => {
    const device = await cb.select(Device, 1);
    expect(asked()).toEqual([`GET ${BASE}/1`]);
    const document = device.toJSON();
    expect(device).toBeInstanceOf(Device);
    expect(device.id).toBe(1);
    for (const [field, raw] of Object.entries(document)) {
      const read: unknown = field in device ? Reflect.get(device, field) : device.get(field);
      if (raw === null) expect(read, field).toBeUndefined();
      else if (read instanceof Date) expect(read.toISOString(), field).toBe(raw);
      else expect(read, field).toEqual(raw);
    }
    expect(device.registered_time).toBeInstanceOf(Date);
    expect(device.target_priority).toBe(document["target_priority"]);
    expect(device.target_priority_type).toBe(device.target_priority);
    expect(device.vulnerability_score).toBe(0);
    expect(device.vulnerability_severity).toBeUndefined();
    expect(String(device)).toMatch(/^<Device: id 1>/);
  });

  it("that is not there is an error, and so is a key that is none", async () => {
    expect(await errorOf(() => cb.select(Device, 987654))).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => cb.select(Device, "x"))).toBeInstanceOf(ApiError);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("is completed and read anew", async () => {
    const [row] = await cb.select(Device).setDeviceIds([2]).all();
    expect(row?.isLoaded).toBe(false);
    await row?.load();
    await row?.refresh();
    expect(row).toMatchObject({ id: 2, isLoaded: true });
    expect(row?.get("name")).toBe(row?.name);
    expect(asked()).toEqual([`POST ${BASE}/_search`, `GET ${BASE}/2`, `GET ${BASE}/2`]);
  });
});

describe("a search for devices", () => {
  it("gives all of them, page by page, each once", async () => {
    const query = cb.select(Device);
    expect(query).toBeInstanceOf(DeviceSearchQuery);
    const found = await query.batchSize(7).all();
    expect(asked()).toEqual(Array.from({ length: Math.ceil(found.length / 7) }, () => `POST ${BASE}/_search`));
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    expect(found.report()).toMatchObject({ complete: true, available: found.length, duplicates: 0 });
    expect(await cb.select(Device).count()).toBe(found.length);

    const iterated: string[] = [];
    for await (const device of query.iterate()) iterated.push(device.name ?? "");
    expect(iterated).toEqual(names(found));
    const pages: number[] = [];
    for await (const { items } of query.batchSize(20).pages()) pages.push(items.length);
    expect(pages).toEqual([20, found.length - 20]);
    expect((await query.at(8))?.id).toBe(found[8]?.id);
    expect(names(await query.slice(3, 6))).toEqual(names(found.slice(3, 6)));
    expect(names(await query.slice(-2))).toEqual(names(found.slice(-2)));
    expect((await query.first())?.id).toBe(found[0]?.id);
    expect((await query.setDeviceIds([3]).one()).id).toBe(3);
    expect(await errorOf(() => query.one())).toMatchObject({ code: "MORE_THAN_ONE_RESULT", count: found.length });
    expect(query.report()).toMatchObject({ returned: 2 });
  });

  it("gives the same with classic routes, in pages of the server's", async () => {
    await using classic = cloudClient({ routes: "classic" });
    const found = await classic.select(Device).all();
    expect(names(found)).toEqual(names(await cb.select(Device).all()));
    expect(asked().filter((request) => request.endsWith("_search")).length).toBeGreaterThan(2);
  });

  it("is narrowed by every criterion, as the devices themselves say", async () => {
    const all = await everything();
    const [first] = all;
    if (first === undefined) throw new Error("there are no devices");
    const windows = (device: Device) => device.os === "WINDOWS";
    const cases: readonly (readonly [DeviceSearchQuery, (device: Device) => boolean])[] = [
      [cb.select(Device).setOs(["WINDOWS"]), windows],
      [cb.select(Device).setOs(["LINUX"]).setOs(["MAC"]), (device) => !windows(device)],
      [cb.select(Device).setDeviceIds([1, 5, 99_999]), ({ id }) => id === 1 || id === 5],
      [cb.select(Device).setPolicyIds([first.policy_id ?? 0]), ({ policy_id: id }) => id === first.policy_id],
      [cb.select(Device).setAdGroupIds([first.ad_group_id ?? 0]), ({ ad_group_id: id }) => id === first.ad_group_id],
      [cb.select(Device).setTargetPriorities(["MEDIUM"]), (device) => device.target_priority === "MEDIUM"],
      [cb.select(Device).setStatus(["REGISTERED"]), ({ status }) => status === "REGISTERED"],
      [cb.select(Device).setDeploymentType(["WORKLOAD"]), (device) => device.deployment_type === "WORKLOAD"],
      [
        cb.select(Device).setExcludeSensorVersions([first.sensor_version ?? ""]),
        (device) => device.sensor_version !== first.sensor_version,
      ],
      [cb.select(Device).setCloudProviderAccountId(["nobody"]), () => false],
      [cb.select(Device).setAutoScalingGroupName(["none"]), () => false],
      [cb.select(Device).setVirtualPrivateCloudId(["none"]), () => false],
      [
        cb.select(Device).addCriteria("sensor_version", [first.sensor_version ?? ""]),
        (device) => device.sensor_version === first.sensor_version,
      ],
      [cb.select(Device).addExclusions("os", ["WINDOWS"]), (device) => !windows(device)],
      [cb.select(Device).where({ os: "WINDOWS" }), windows],
      [cb.select(Device).where("os:WINDOWS"), windows],
      [cb.select(Device).where`name:${first.name ?? ""}`, ({ name }) => name === first.name],
      [cb.select(Device).where(Q({ os: "WINDOWS" }).not()), (device) => !windows(device)],
      [
        cb
          .select(Device)
          .where({ os: "WINDOWS" })
          .not({ name: first.name ?? "" }),
        (device) => windows(device) && device.name !== first.name,
      ],
      [cb.select(Device).where({ os: "LINUX" }).or({ os: "MAC" }), (device) => !windows(device)],
      [
        cb
          .select(Device)
          .where({ os: "WINDOWS" })
          .and({ name: first.name ?? "" }),
        (device) => windows(device) && device.name === first.name,
      ],
      [cb.select(Device).where(new QueryBuilder({ os: "LINUX" }).or({ os: "MAC" })), (device) => !windows(device)],
    ];
    for (const [query, belongs] of cases) {
      const found = await query.all();
      expect(new Set(names(found)), String(query)).toEqual(new Set(names(all.filter(belongs))));
      expect(found.report().complete).toBe(true);
    }
    expect(cb.select(Device).where("os:WINDOWS").query).toBe("os:WINDOWS");
  });

  it("is narrowed by the time of the last contact", async () => {
    const all = await everything();
    const times = all.map((device) => device.last_contact_time?.getTime() ?? 0).sort((a, b) => a - b);
    const [earliest = 0] = times;
    const latest = times.at(-1) ?? 0;
    const start = new Date(earliest - 1000);
    const end = new Date(latest + 1000);
    expect(await cb.select(Device).setLastContactTime({ start, end }).count()).toBe(all.length);
    const none = { start: "1999-01-01T00:00:00Z", end: "1999-01-02T00:00:00Z" };
    expect(await cb.select(Device).setLastContactTime(none).count()).toBe(0);
    const recent = all.filter(
      (device) => (device.last_contact_time?.getTime() ?? 0) >= sandbox.clock.now() - 3_600_000,
    );
    expect(await cb.select(Device).setLastContactTime({ range: "-1h" }).count()).toBe(recent.length);
  });

  it("is ordered by a field, either way", async () => {
    const ascending = names(await cb.select(Device).sortBy("name").batchSize(8).all());
    const descending = names(await cb.select(Device).sortBy("name", "DESC").all());
    const small = ascending.map((name) => name?.toLowerCase());
    expect(small).toEqual([...small].sort());
    expect(descending).toEqual([...ascending].reverse());
  });

  it("is refused by the server where its text cannot be read", async () => {
    const error = await errorOf(() => cb.select(Device).where('name:"').all());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400 });
  });

  it("counts by fields, and each count is a search", async () => {
    const all = await everything();
    const facets = await cb.select(Device).facets(["os", "policy_id", "status", "ad_group_id", "deployment_type"]);
    expect(facets[0]).toBeInstanceOf(DeviceFacet);
    for (const { field, values } of facets) {
      expect(
        values.reduce((sum, { total }) => sum + total, 0),
        field,
      ).toBe(all.length);
      for (const value of values) expect(await value.queryDevices().count(), `${field} ${value.id}`).toBe(value.total);
    }
    const [only] = await cb.select(Device).facets(["os"], { rows: 1 });
    expect(only?.values).toHaveLength(1);
    expect(await errorOf(() => cb.select(Device).facets(["name" as never]))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("refuses what is no value before anything is sent", async () => {
    asked();
    const query = cb.select(Device);
    for (const narrowed of [
      () => query.setOs(["AMIGA" as never]),
      () => query.setStatus(["valueOf" as never]),
      () => query.setDeviceIds(["1" as never]),
      () => query.setTargetPriorities([]),
      () => query.setLastContactTime({ range: "yesterday" }),
      () => query.sortBy("name", "down" as never),
    ]) {
      expect(narrowed).toThrow(ApiError);
    }
    expect(asked()).toEqual([]);
  });
});

describe("the list of devices", () => {
  it("is made by a job, waited for, and read as text, as a stream and in part", async () => {
    const query = cb.select(Device).setOs(["WINDOWS"]).sortBy("name");
    const list = query.download();
    expect(list).toBeInstanceOf(DeviceList);
    expect(asked()).toEqual([]);
    const text = await list.text();
    const [head = "", ...lines] = text.trimEnd().split("\n");
    const place = head.split(",").indexOf("name");
    expect(lines.map((line) => line.split(",")[place])).toEqual(names(await query.all()));
    expect(asked()[0]).toBe(`POST ${BASE}/_export`);
    const chunks: Buffer[] = [];
    for await (const chunk of list.stream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(text);
    expect((await list.read(2)).toString()).toBe(text.slice(0, 2));
  });

  it("is one request with classic routes, for the same devices", async () => {
    await using classic = cloudClient({ routes: "classic" });
    const list = (client: typeof cb) =>
      client.select(Device).setStatus(["ALL"]).where("os:WINDOWS").sortBy("name").download().text();
    asked();
    const text = await list(classic);
    expect(asked().map((request) => request.split("?")[0])).toEqual([`GET ${BASE}/_search/download`]);
    expect(text).toBe(await list(cb));
    expect(() => classic.select(Device).download()).toThrow("at least one status must be specified to download");
  });
});
