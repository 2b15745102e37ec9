import { describe, expect, it } from "vitest";
import { ApiError, ClientError, InvalidObjectError, ServerError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { SensorGroup } from "./sensor-group.js";
import { Site } from "./site.js";

/** A server with group 7, which takes whole documents, and gives out 8 to a new one. */
async function groupServer(more: Readonly<Record<string, unknown>> = {}, result = "success") {
  const groups = new Map<string, Record<string, unknown>>([
    ["7", { id: 7, name: "Lab", site_id: 1, sensorbackend_server: "https://cb:443", alert_criticality: 3, ...more }],
  ]);
  const bodies: Record<string, unknown>[] = [];
  const one = (id: string) => (_: URLSearchParams, method: string, body: string) => {
    if (method === "GET") return groups.has(id) ? [groups.get(id)] : [];
    if (method === "DELETE") return groups.delete(id) ? { status: 204, text: "" } : { status: 404, text: "no group" };
    const document = JSON.parse(body) as Record<string, unknown>;
    bodies.push(document);
    if (result === "success") groups.set(id, { ...groups.get(id), ...document });
    return { result };
  };
  const server = await edrServer({
    "/api/v3/group": (_, method, body) => {
      if (method === "GET") return [...groups.values()];
      const document = JSON.parse(body) as Record<string, unknown>;
      bodies.push(document);
      groups.set("8", { id: 8, ...document, max_licenses: -1 });
      return { id: 8 };
    },
    "/api/v3/group/7": one("7"),
    "/api/v3/group/8": one("8"),
    "/api/site/2": [{ id: 2, name: "Berlin" }],
    "/api/v1/group/7/datasharing": [{ what: "BIN", who: "VIRUSTOTAL", id: 1 }],
    "/api/v1/group/8/datasharing": { status: 204, text: "" },
  });
  return { ...server, groups, bodies };
}

describe("a new sensor group", () => {
  it("is created with what was set, read back, and deleted once", async () => {
    const { cb, requests, bodies } = await groupServer();
    const group = cb.create(SensorGroup, { name: "New", site: cb.select(Site, 2) });
    group.sensorbackend_server = "https://cb.example.com:443";
    group.quota_eventlog_bytes = 2_000_000_000;
    group.isolation_exclusions = [{ name: "proxy", ip_address: "10.0.0.1", enabled: true }];
    expect(group.id).toBeUndefined();
    await group.save();
    expect(bodies).toEqual([
      {
        name: "New",
        site_id: 2,
        sensorbackend_server: "https://cb.example.com:443",
        quota_eventlog_bytes: 2_000_000_000,
        isolation_exclusions: [{ name: "proxy", ip_address: "10.0.0.1", enabled: true }],
      },
    ]);
    expect(group).toMatchObject({ id: 8, max_licenses: -1, site_id: 2 });
    expect(await group.site.name).toBe("Berlin");
    expect(await group.datasharing).toEqual([]);
    await group.delete();
    await expect(group.delete()).rejects.toThrow("SensorGroup 8 was deleted");
    expect(() => Object.assign(group, { site: 1 })).toThrow("was deleted");
    expect(requests).toEqual([
      "POST /api/v3/group",
      "/api/v3/group/8",
      "/api/site/2",
      "/api/v1/group/8/datasharing",
      "DELETE /api/v3/group/8",
    ]);
  });

  it("is not sent without what the server requires, and is asked nothing before it is there", async () => {
    const { cb, requests } = await groupServer();
    const group = cb.create(SensorGroup, { name: "New" });
    await expect(group.save()).rejects.toThrow(InvalidObjectError);
    await expect(group.save()).rejects.toThrow("Missing fields: [sensorbackend_server, site_id]");
    expect(() => group.sensors).toThrow("has not been saved");
    await expect(group.datasharing).rejects.toThrow(ApiError);
    expect(() => group.installer()).toThrow("has not been saved");
    expect(() => cb.create(SensorGroup, { sensors: 1 } as never)).toThrow("sensors");
    expect(() => cb.create(SensorGroup, { number_of_hosts: 1 } as never)).toThrow("number_of_hosts is immutable");
    expect(() => cb.create(SensorGroup, { site: "Berlin" as never })).toThrow('"Berlin" is no id of a Site');
    expect(requests).toEqual([]);
  });
});

describe("a sensor group that is changed", () => {
  it("goes back whole in the server's own forms, without what the server counts", async () => {
    const { cb, requests, bodies } = await groupServer({
      quota_eventlog_bytes: "1073741824",
      quota_storefile_bytes: "1073741824",
      number_of_hosts: 12,
      not_declared: "x",
      event_exclusions: [{ eventsToIgnore: ["modload"], paths: ["c:\\build\\**"] }],
    });
    const group = await cb.select(SensorGroup, 7);
    expect(group.event_exclusions?.[0]?.paths).toEqual(["c:\\build\\**"]);
    group.quota_eventlog_bytes = 1_073_741_824;
    expect(group.isDirty()).toBe(false);
    group.quota_eventlog_bytes = 5;
    group.site = 2;
    await group.save({ verify: true });
    expect(bodies).toEqual([
      {
        id: 7,
        name: "Lab",
        site_id: 2,
        sensorbackend_server: "https://cb:443",
        alert_criticality: 3,
        quota_eventlog_bytes: "5",
        quota_storefile_bytes: "1073741824",
        not_declared: "x",
        event_exclusions: [{ eventsToIgnore: ["modload"], paths: ["c:\\build\\**"] }],
      },
    ]);
    expect(group).toMatchObject({ quota_eventlog_bytes: 5, number_of_hosts: 12 });
    expect(requests).toEqual(["/api/v3/group/7", "PUT /api/v3/group/7", "/api/v3/group/7"]);
  });

  it("keeps the server's forms when it was not read before it was set", async () => {
    const { cb, bodies } = await groupServer({ quota_eventlog_bytes: "10" });
    const row = await cb.select(SensorGroup).first();
    await row?.set({ quota_eventlog_bytes: 11, vdi_enabled: true }).save();
    expect(bodies).toMatchObject([{ quota_eventlog_bytes: "11", vdi_enabled: true }]);
  });

  it("says why when the server answers that it refused", async () => {
    const { cb } = await groupServer({}, "name is taken");
    const group = await cb.select(SensorGroup, 7);
    group.name = "Other";
    await expect(group.save()).rejects.toThrow(ServerError);
    await expect(group.save()).rejects.toThrow("name is taken");
  });

  it("tells whom its data is shared with, and is deleted without being read", async () => {
    const { cb, requests } = await groupServer();
    expect(await cb.select(SensorGroup, 7).datasharing).toEqual([{ what: "BIN", who: "VIRUSTOTAL", id: 1 }]);
    const group = cb.select(SensorGroup, 7);
    await group.delete();
    expect(requests.splice(0)).toEqual(["/api/v1/group/7/datasharing", "DELETE /api/v3/group/7"]);
    await expect(group.delete()).rejects.toThrow("was deleted");
    expect(requests).toEqual([]);
    const gone = await Promise.resolve(cb.select(SensorGroup, 7)).catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect(gone).not.toBeInstanceOf(ClientError);
  });
});
