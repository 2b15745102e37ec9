import { describe, expect, it } from "vitest";
import { CbApiError, ServerError } from "../../../core/errors.js";
import { cloudSearchRoute, cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { failure } from "../../../test-support/transport-server.js";
import { Device } from "./device.js";
import type { DeviceSearchQuery } from "./device-search-query.js";

const BASE = "/appservices/v6/orgs/{org}/devices";
const JOB = "/jobs/v1/orgs/{org}/jobs/5";
const CSV = "name,os\nwin7,WINDOWS\n";

describe("criteria of devices", () => {
  it("go out as lists, which several calls add to, and leave the query that they narrow alone", async () => {
    const { cb, bodies } = await cloudServer({ [`POST ${BASE}/_search`]: cloudSearchRoute(() => []) });
    const query = cb.select(Device);
    await query
      .setAdGroupIds([14, 25])
      .setDeviceIds([1, 2])
      .setOs(["WINDOWS", "LINUX"])
      .setPolicyIds([8675309])
      .setStatus(["ACTIVE"])
      .setStatus(["BYPASS", "ACTIVE"])
      .setTargetPriorities(["HIGH"])
      .setCloudProviderAccountId(["a"])
      .setAutoScalingGroupName(["b"])
      .setVirtualPrivateCloudId(["c"])
      .setDeploymentType(["WORKLOAD"])
      .setLastContactTime({ range: "-2w" })
      .setLastContactTime({ start: new Date(0), end: "2024-01-02T03:04:05Z" })
      .setExcludeSensorVersions(["0.1"])
      .addCriteria("virtualization_provider", ["VMware"])
      .addExclusions("os", ["MAC"])
      .sortBy("os")
      .sortBy("name", "DESC")
      .all();
    await query.all();
    expect(bodies).toEqual([
      {
        criteria: {
          ad_group_id: [14, 25],
          id: [1, 2],
          os: ["WINDOWS", "LINUX"],
          policy_id: [8675309],
          status: ["ACTIVE", "BYPASS"],
          target_priority: ["HIGH"],
          cloud_provider_account_id: ["a"],
          auto_scaling_group_name: ["b"],
          virtual_private_cloud_id: ["c"],
          deployment_type: ["WORKLOAD"],
          last_contact_time: { start: "1970-01-01T00:00:00.000Z", end: "2024-01-02T03:04:05Z" },
          virtualization_provider: ["VMware"],
        },
        exclusions: { sensor_version: ["0.1"], os: ["MAC"] },
        query: null,
        sort: [{ field: "name", order: "DESC" }],
        rows: 1000,
      },
      { criteria: {}, exclusions: {}, query: null, rows: 1000 },
    ]);
  });

  it.each<[string, (query: DeviceSearchQuery) => unknown]>([
    ["One or more invalid AD group IDs", (query) => query.setAdGroupIds(["x"] as never)],
    ["One or more invalid device IDs", (query) => query.setDeviceIds([true] as never)],
    ["One or more invalid device IDs", (query) => query.setDeviceIds([1.5])],
    [
      "One or more invalid operating systems: 'WINDOW'. Did you mean WINDOWS?",
      (query) => query.setOs(["WINDOW"] as never),
    ],
    // A single text would be checked letter by letter, and a name of Object.prototype is no value.
    ["One or more invalid operating systems: a list is expected", (query) => query.setOs("MAC" as never)],
    ["One or more invalid operating systems", (query) => query.setOs(["constructor"] as never)],
    ["One or more invalid policy IDs", (query) => query.setPolicyIds([null] as never)],
    ["One or more invalid status values", (query) => query.setStatus(["Bogus"] as never)],
    ["an empty list matches nothing", (query) => query.setStatus([])],
    ["One or more invalid target priority values", (query) => query.setTargetPriorities(["VERY"] as never)],
    ["One or more invalid sensor versions", (query) => query.setExcludeSensorVersions([12.34] as never)],
    ["One or more invalid deployment types", (query) => query.setDeploymentType(["CLOUD"] as never)],
    ["One or more invalid cloud provider account IDs", (query) => query.setCloudProviderAccountId([1] as never)],
    ["One or more invalid auto scaling group names", (query) => query.setAutoScalingGroupName([""])],
    ["One or more invalid virtual private cloud IDs", (query) => query.setVirtualPrivateCloudId([{}] as never)],
    ["a criterion has a name", (query) => query.addCriteria("", ["x"])],
    ["os has one or more invalid values", (query) => query.addCriteria("os", [Number.NaN])],
    ["invalid sort direction specified", (query) => query.sortBy("name", "Bogus" as never)],
    ["the name of a field", (query) => query.sortBy("")],
    [
      "cannot specify range= in addition",
      (query) => query.setLastContactTime({ start: "2019", end: "2020", range: "-3w" } as never),
    ],
    ["cannot specify start= or end=", (query) => query.setLastContactTime({ start: "2019", range: "-3w" } as never)],
    ["must specify either", (query) => query.setLastContactTime({} as never)],
    ["must specify either", (query) => query.setLastContactTime(undefined as never)],
    ["range is a minus, a number", (query) => query.setLastContactTime({ range: "3w" })],
    ["a moment is a Date", (query) => query.setLastContactTime({ start: new Date(Number.NaN), end: "2020" })],
  ])("are refused before anything is sent: %s", async (message, narrowed) => {
    const { cb, requests } = await cloudServer({});
    expect(() => narrowed(cb.select(Device))).toThrow(message);
    expect(() => narrowed(cb.select(Device))).toThrow(CbApiError);
    expect(requests).toEqual([]);
  });
});

describe("facets of devices", () => {
  const values = [
    { id: "1", name: "Standard", total: 12 },
    { id: "2", name: "Lab", total: 3 },
  ];

  it("count by the values of fields, each of which is a search of its own", async () => {
    const answer = {
      results: [
        { field: "policy_id", values },
        { field: "OS", values: [{ id: "windows", name: "WINDOWS", total: 15 }] },
        { field: "status", values: [{ id: "ACTIVE", total: 1 }] },
        { field: "ad_group_id", values: [{ id: 0, total: 2 }] },
        { field: "deployment_type", values: [{ id: "VDI", name: "VDI", total: 2 }] },
      ],
    };
    const { cb, bodies } = await cloudServer({
      [`POST ${BASE}/_facet`]: answer,
      [`POST ${BASE}/_search`]: cloudSearchRoute(() => []),
    });
    const query = cb.select(Device).where("a:1");
    const facets = await query.facets(["policy_id", "os", "status", "ad_group_id", "deployment_type"], { rows: 10 });
    expect(bodies[0]).toEqual({
      criteria: {},
      exclusions: {},
      query: "a:1",
      terms: { fields: ["policy_id", "os", "status", "ad_group_id", "deployment_type"], rows: 10 },
    });
    expect(facets.map(({ field }) => field)).toEqual(["policy_id", "os", "status", "ad_group_id", "deployment_type"]);
    expect(facets[0]?.values).toMatchObject(values);
    bodies.splice(0);
    for (const facet of facets) await facet.values[0]?.queryDevices().all();
    expect(bodies.map((body) => (body as { criteria: object }).criteria)).toEqual([
      { policy_id: [1] },
      { os: ["WINDOWS"] },
      { status: ["ACTIVE"] },
      { ad_group_id: [0] },
      { deployment_type: ["VDI"] },
    ]);
  });

  it("are refused for fields that there are not, and an error where the answer lacks one", async () => {
    const { cb } = await cloudServer({ [`POST ${BASE}/_facet`]: { results: [] } });
    await failure(cb.select(Device).facets([]), CbApiError);
    await failure(cb.select(Device).facets(["name" as never]), CbApiError);
    await failure(cb.select(Device).facets(["os"], { rows: -1 }), CbApiError);
    const error = await failure(cb.select(Device).facets(["os"]), ServerError);
    expect(error.message).toContain("asked to count by os");
  });
});

describe("the list of devices", () => {
  it("is made in a job, to which the server leads", async () => {
    let looks = 0;
    const job = { id: 5, type: "ENDPOINTS" };
    const { cb, requests, bodies } = await cloudServer(
      {
        [`POST ${BASE}/_export`]: { ...job, status: "CREATED" },
        [`GET ${JOB}`]: () => ({ ...job, status: looks++ < 2 ? "IN_PROGRESS" : "COMPLETED" }),
        [`GET ${JOB}/download`]: { status: 200, text: CSV, type: "text/csv" },
      },
      { clock: new JumpClock() },
    );
    const list = cb.select(Device).setOs(["MAC"]).sortBy("name").download();
    expect(requests).toEqual([]);
    expect(await list.text()).toBe(CSV);
    expect(bodies).toEqual([
      {
        criteria: { os: ["MAC"] },
        exclusions: {},
        query: null,
        sort: [{ field: "name", order: "ASC" }],
        format: "CSV",
      },
    ]);
    expect(requests).toEqual([
      `POST ${BASE}/_export`,
      ...Array.from({ length: 3 }, () => `GET ${JOB}`),
      `GET ${JOB}/download`,
    ]);
  });

  it("is one classic request, with what that can say", async () => {
    const { cb, seen } = await cloudServer(
      { [`GET ${BASE}/_search/download`]: { status: 200, text: CSV, type: "text/csv" } },
      { routes: "classic" },
    );
    const query = cb.select(Device).where("win7").setAdGroupIds([14, 25]).setStatus(["ALL"]).sortBy("name", "DESC");
    expect(await query.download().text()).toBe(CSV);
    expect((await query.download().read(4)).toString()).toBe("name");
    expect(Object.fromEntries(seen[0]?.query ?? [])).toEqual({
      ad_group_id: "14,25",
      query_string: "win7",
      sort_field: "name",
      sort_order: "DESC",
      status: "ALL",
    });
  });

  it("is refused where the classic request would give another one", async () => {
    const { cb } = await cloudServer({}, { routes: "classic" });
    const query = cb.select(Device);
    expect(() => query.download()).toThrow("at least one status must be specified to download");
    const listed = query.setStatus(["ALL"]);
    expect(() => listed.setOs(["MAC"]).download()).toThrow("cannot be narrowed by os");
    expect(() => listed.setExcludeSensorVersions(["1"]).download()).toThrow("cannot be narrowed by exclusions");
  });
});
