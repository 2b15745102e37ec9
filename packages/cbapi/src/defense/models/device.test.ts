import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type CloudRequest, cloudSearchRoute, cloudServer } from "../../test-support/cloud-server.js";
import { CbDefenseAPI } from "../client.js";
import { Device } from "./device.js";
import { Event } from "./event.js";

const V3 = "/integrationServices/v3";
const V6 = "/appservices/v6/orgs/{org}";
const classic = (routes: Parameters<typeof cloudServer>[0]) => cloudServer(routes, { routes: "classic" }, CbDefenseAPI);
const current = (routes: Parameters<typeof cloudServer>[0]) => cloudServer(routes, {}, CbDefenseAPI);

/** A list as the classic routes give it: rows from 1 on. */
const listed =
  (rows: readonly object[]) =>
  ({ query }: CloudRequest) => {
    const start = Number(query.get("start") ?? 1) - 1;
    return { success: true, totalResults: rows.length, results: rows.slice(start, start + Number(query.get("rows"))) };
  };
const device = (deviceId: number) => ({
  deviceId,
  name: `CORP\\PC-${deviceId}`,
  policyId: 1,
  lastContact: 1517942688495,
  avLastScanTime: null,
});

describe("a list of devices", () => {
  test("is read page by page from the right row on, whole and in part", async () => {
    const rows = Array.from({ length: 7 }, (_, n) => device(n + 1));
    const { cb, requests } = await classic({ [`GET ${V3}/device`]: listed(rows) });
    const query = cb.select(Device).batchSize(3);
    expect((await query.all()).map(({ deviceId }) => deviceId)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect((await query.slice(1, 3)).map(({ deviceId }) => deviceId)).toEqual([2, 3]);
    expect(await cb.select(Device).count()).toBe(7);
    expect(requests).toEqual([
      `GET ${V3}/device?rows=3`,
      `GET ${V3}/device?rows=3&start=4`,
      `GET ${V3}/device?rows=3&start=7`,
      `GET ${V3}/device?rows=2&start=2`,
      `GET ${V3}/device?rows=1`,
    ]);
  });

  test("that the service cuts short says so", async () => {
    const rows = [1, 2].map(device);
    const { cb } = await classic({
      [`GET ${V3}/device`]: ({ query }) => ({
        success: true,
        totalResults: 9,
        results: query.has("start") ? null : rows,
      }),
    });
    const found = await cb.select(Device).batchSize(2).all();
    expect(found).toHaveLength(2);
    expect(found.report()).toMatchObject({ complete: false, available: 9 });
    expect(found.report().reasons.join()).toMatch(/no rows behind the first 2/);
  });

  test.each<[string | object, RegExp]>([
    ["hostName", /reads "name:value"/],
    [":x", /reads "name:value"/],
    ["hostNam:x", /Did you mean hostName/],
    ["valueOf:x", /have no filter valueOf/],
    ["start:5", /is no filter: batchSize/],
    ["rows:5", /is no filter/],
    ["hostName:", /text that is not empty/],
    [{ hostName: 5 }, /text that is not empty, got 5/],
    [{}, /a filter is text/],
    [[], /a filter is text/],
  ])("takes no such filter: %j", async (filter, why) => {
    const { cb, requests } = await classic({});
    expect(() => cb.select(Device).where(filter as never)).toThrow(why);
    expect(requests).toEqual([]);
  });

  test("keeps colons in values, and one value a filter", async () => {
    const { cb, requests } = await classic({ [`GET ${V3}/device`]: listed([]) });
    await cb.select(Device).where("hostName: a:b ").and({ ownerName: "x" }).where("hostName:a:b").all();
    expect(requests).toEqual([`GET ${V3}/device?hostName=a:b&ownerName=x&rows=100`]);
    expect(() => cb.select(Device).where("hostName:a").where("hostName:b")).toThrow(/takes one value of it/);
  });
});

describe("a device", () => {
  test("reads its times right, and hides its codes", async () => {
    const { cb } = await classic({
      [`GET ${V3}/device/5`]: {
        success: true,
        deviceInfo: { ...device(5), activationCode: "S3CRET", uninstallCode: "S3CRET" },
      },
    });
    const found = await cb.select(Device, 5);
    expect(found.lastContact).toEqual(new Date(1517942688495));
    expect(found.avLastScanTime).toBeUndefined();
    expect(found.activationCode).toBe("S3CRET");
    expect(inspect(found)).not.toContain("S3CRET");
    expect(() => Object.assign(found, { name: "x" })).toThrow(/immutable/);
  });

  test("is given a policy by id or by name, not by both, and the refusal is told", async () => {
    let answer: object = { success: true, deviceInfo: { ...device(5), policyId: 2 } };
    const { cb, bodies } = await classic({
      [`GET ${V3}/device/5`]: { success: true, deviceInfo: device(5) },
      [`PATCH ${V3}/device/5`]: () => answer,
    });
    const found = await cb.select(Device, 5);
    found.policyId = 2;
    await found.save();
    expect(found.policyId).toBe(2);
    answer = { success: false, message: "no such policy" };
    found.policyName = "x";
    await expect(found.save()).rejects.toMatchObject({ code: "REFUSED" });
    found.policyId = 3;
    await expect(found.save()).rejects.toThrow("by policyId or by policyName, not by both");
    expect(bodies).toEqual([{ policyId: 2 }, { policyName: "x" }]);
  });
});

describe("by the routes of today", () => {
  const platform = {
    id: 5,
    name: "CORP\\PC-5",
    os: "WINDOWS",
    policy_id: 1,
    last_contact_time: "2026-01-05T09:00:00.000Z",
    target_priority: "HIGH",
    sensor_states: ["ACTIVE"],
    uninstall_code: "S3CRET",
  };

  test("devices are the platform's, by Defense's names", async () => {
    const { cb, bodies } = await current({
      [`POST ${V6}/devices/_search`]: cloudSearchRoute(() => [platform, { ...platform, id: 6 }]),
      [`GET ${V6}/devices/5`]: platform,
    });
    const found = await cb.select(Device).where({ hostName: "PC*", ipAddress: "10.0.0.1" }).batchSize(1).all();
    expect(found.map(({ deviceId }) => deviceId)).toEqual([5, 6]);
    const [first] = found;
    expect([first?.deviceType, first?.targetPriorityType, first?.sensorStates]).toEqual([
      "WINDOWS",
      "HIGH",
      ["ACTIVE"],
    ]);
    expect(first?.lastContact).toEqual(new Date(platform.last_contact_time));
    expect(found.report().notes?.join()).toContain("name:*PC\\**");
    expect((await cb.select(Device, 5)).name).toBe("CORP\\PC-5");
    const query = "name:*PC\\** AND (last_internal_ip_address:10.0.0.1 OR last_external_ip_address:10.0.0.1)";
    expect(bodies).toEqual([
      { query, rows: 1, sort: [{ field: "id", order: "ASC" }] },
      { query, rows: 1, start: 2, sort: [{ field: "id", order: "ASC" }] },
    ]);
  });

  test("other filters are said in the platform's words", async () => {
    const { cb, bodies } = await current({ [`POST ${V6}/devices/_search`]: { num_found: 0, results: [] } });
    await cb.select(Device).where("hostNameExact:PC-5").count();
    await cb.select(Device).where("ownerName:jo").where("ownerNameExact:jo@x").count();
    expect(bodies.map((body) => (body as { query: string }).query)).toEqual([
      "name:PC\\-5 OR name:*\\\\PC\\-5",
      "(email:*jo* OR first_name:*jo* OR last_name:*jo*) AND email:jo@x",
    ]);
  });

  test("a policy is given by an action, and its name is looked up", async () => {
    const { cb, bodies } = await current({
      [`GET ${V6}/devices/5`]: platform,
      [`POST ${V6}/device_actions`]: { status: 204, text: "" },
      "GET /policyservice/v1/orgs/{org}/policies/summary": { policies: [{ id: 9, name: "Strict" }] },
    });
    const found = await cb.select(Device, 5);
    found.policyName = "Strict";
    await found.save();
    found.policyId = 7;
    await found.save();
    expect(bodies).toEqual(
      [9, 7].map((id) => ({ action_type: "UPDATE_POLICY", device_id: [5], options: { policy_id: id } })),
    );
    found.policyName = "Strikt";
    await expect(found.save()).rejects.toThrow(/no policy named "Strikt"/);
    found.reset();
    found.policyId = null as never;
    await expect(found.save()).rejects.toThrow("cannot be cleared");
    expect(bodies).toHaveLength(2);
  });

  test("there are no events", async () => {
    const { cb, requests } = await current({});
    const retired = { code: "ROUTE_RETIRED", message: expect.stringContaining("observations") as string };
    await expect(cb.select(Event).all()).rejects.toMatchObject(retired);
    await expect(cb.select(Event).count()).rejects.toMatchObject(retired);
    await expect(cb.select(Event, "e1")).rejects.toMatchObject(retired);
    expect(requests).toEqual([]);
  });
});

describe("events, by the classic routes", () => {
  test("are filtered by words that are checked", async () => {
    const { cb, requests } = await classic({
      [`GET ${V3}/event`]: listed([{ eventId: "e1", eventTime: 5 }]),
      [`GET ${V3}/event/e1`]: {
        success: true,
        eventInfo: { eventId: "e1", eventTime: 5, attackStage: null, netFlow: { a: 1 } },
      },
    });
    const query = cb.select(Event).where({ applicationName: "CMD.exe", eventType: "NETWORK" });
    const [found] = await query.where({ startTime: new Date(0), endTime: "1970-01-10T00:00:00Z" }).all();
    expect(found?.eventTime).toEqual(new Date(5));
    expect((await cb.select(Event, "e1")).netFlow).toEqual({ a: 1 });
    expect(requests[0]).toBe(
      `GET ${V3}/event?applicationName=cmd.exe&endTime=1970-01-10T00:00:00Z&eventType=NETWORK&rows=100&startTime=1970-01-01T00:00:00.000Z`,
    );
    expect(() => query.where({ searchWindow: "5d" as never })).toThrow(/one of 3h, 1d, 1w, 2w, 1m, all/);
    expect(() => query.where("startTime:now")).toThrow(/a Date or ISO 8601/);
    await expect(query.where("startTime:2020-01-01").all()).rejects.toThrow("go together");
    const far = query.where({ startTime: "2020-01-01", endTime: "2020-02-01" });
    await expect(far.all()).rejects.toThrow("two weeks apart at most");
    await expect(far.count()).rejects.toThrow("two weeks apart at most");
    expect(requests).toHaveLength(2);
  });
});
