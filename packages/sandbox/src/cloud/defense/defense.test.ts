import { describe, expect, it } from "vitest";
import { type Alert, allAlerts, as, ask, sandbox, useAlerts } from "../alerts/samples.js";

const V3 = "/integrationServices/v3";

useAlerts();

const list = async (path: string): Promise<Alert> => (await ask("GET", `${V3}/${path}`)).body;

describe("devices of the third generation", () => {
  it("are the organisation's, in pages that are counted from 1", async () => {
    const all = await list("device");
    const present = (await ask("POST", "/appservices/v6/orgs/{org}/devices/_search", { rows: 100 })).body.results;
    expect(all).toMatchObject({ success: true, message: "Success", totalResults: present.length });
    expect(all["results"].map((each: Alert) => each["deviceId"])).toEqual(present.map(({ id }: Alert) => id));
    const ids: number[] = [];
    for (let start = 1; start <= all["totalResults"]; start += 5) {
      ids.push(...(await list(`device?rows=5&start=${start}`))["results"].map((each: Alert) => each["deviceId"]));
    }
    expect(ids).toEqual(all["results"].map((each: Alert) => each["deviceId"]));
    // Counting is asked for in two ways, of which one is none.
    expect((await list("device?rows=0"))["results"]).toEqual([]);
    expect((await list("device?limit=0"))["results"]).toHaveLength(all["totalResults"]);
  });

  it("are found by name, owner and address", async () => {
    const { results } = await list("device");
    const device = results.find((each: Alert) => each["email"] !== "");
    const found = async (query: string) =>
      (await list(`device?${query}`))["results"].map((each: Alert) => each["deviceId"]);
    const part = device.name.slice(1, 4).toLowerCase();
    expect(await found(`hostName=${part}`)).toEqual(
      results.filter((each: Alert) => each["name"].toLowerCase().includes(part)).map((each: Alert) => each["deviceId"]),
    );
    expect(await found(`hostNameExact=${device.name}`)).toEqual([device.deviceId]);
    expect(await found(`hostNameExact=${device.name.toLowerCase()}`)).toEqual([]);
    expect(await found(`ipAddress=${device.lastInternalIpAddress}`)).toContain(device.deviceId);
    expect(await found(`ownerNameExact=${encodeURIComponent(device.email)}`)).toContain(device.deviceId);
    expect(await found(`ownerName=${device.email.slice(0, 4)}&hostNameExact=${device.name}`)).toEqual([
      device.deviceId,
    ]);
    expect((await ask("GET", `${V3}/device?rows=many`)).body).toEqual({ success: false, message: expect.any(String) });
  });

  it("are shown alone, their moments as numbers", async () => {
    const [first] = (await list("device"))["results"];
    const { deviceInfo } = await list(`device/${first.deviceId}`);
    expect(deviceInfo).toEqual(first);
    const present = (await ask("GET", `/appservices/v6/orgs/{org}/devices/${first.deviceId}`)).body;
    expect(deviceInfo.lastContact).toBe(Date.parse(present.last_contact_time));
    const missing = await ask("GET", `${V3}/device/999999`);
    expect([missing.status, missing.body.success]).toEqual([404, false]);
  });

  it("move to another policy when they report, and take nothing else", async () => {
    const [first] = (await list("device"))["results"];
    const policies = (await list("policy"))["results"];
    const other = policies.find((policy: Alert) => policy["id"] !== first.policyId);
    const patch = (body: object) => ask("PATCH", `${V3}/device/${first.deviceId}`, body);
    expect((await patch({ policyName: other.name })).body.deviceInfo).toMatchObject({ policyId: other.id });
    await sandbox.clock.step(2);
    expect((await list(`device/${first.deviceId}`))["deviceInfo"].policyName).toBe(other.name);
    for (const body of [{ policyName: other.name.toLowerCase() }, { policyId: 1 }, { email: "x" }, { policyId: "x" }]) {
      const refused = await patch(body);
      expect([refused.status, refused.body.success]).toEqual([400, false]);
    }
    expect((await patch({ policyId: first.policyId, policyName: other.name })).status).toBe(400);
  });
});

describe("events of the third generation", () => {
  it("are those of the latest day, the newest first, unless another time is asked for", async () => {
    const day = await list("event?rows=10000");
    expect(day["totalResults"]).toBeGreaterThan(0);
    const times = day["results"].map((each: Alert) => each["eventTime"]);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const now = sandbox.clock.now();
    expect(times.at(-1)).toBeGreaterThanOrEqual(now - 86_400_000);
    const totals: number[] = [];
    for (const window of ["3h", "1d", "1w", "2w", "1m", "all"]) {
      totals.push((await list(`event?rows=1&searchWindow=${window}`))["totalResults"]);
    }
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    expect(totals[1]).toBe(day["totalResults"]);
    const between = await list(
      `event?rows=10000&startTime=${new Date(times.at(-1)).toISOString()}&endTime=${new Date(times[0]).toISOString()}`,
    );
    expect(between["totalResults"]).toBe(times.length);
  });

  it("come in pages without gaps, and alone by their ids", async () => {
    const { results, totalResults } = await list("event?rows=30");
    const paged: Alert[] = [];
    for (const start of [1, 11, 21]) paged.push(...(await list(`event?rows=10&start=${start}`))["results"]);
    expect(paged).toEqual(results);
    expect(new Set(results.map((each: Alert) => each["eventId"])).size).toBe(Math.min(30, totalResults));
    const [first] = results;
    expect(first.eventId).toMatch(/^[0-9a-f]{32}$/);
    expect((await list(`event/${first.eventId}`))["eventInfo"]).toMatchObject(first);
    const forged = first.eventId.slice(0, -1) + (first.eventId.endsWith("0") ? "1" : "0");
    for (const id of [forged, "x", "constructor"]) expect((await ask("GET", `${V3}/event/${id}`)).status).toBe(404);
  });

  it("are found by type, program, hash, host and address", async () => {
    const { results } = await list("event?rows=10000&searchWindow=1w");
    const total = async (query: string) => (await list(`event?rows=1&searchWindow=1w&${query}`))["totalResults"];
    for (const type of ["NETWORK", "FILE_CREATE", "REGISTRY_ACCESS", "CREATE_PROCESS", "INJECT_CODE", "DATA_ACCESS"]) {
      const { results: found } = await list(`event?rows=100&searchWindow=1w&eventType=${type}`);
      expect(found.every((each: Alert) => each["eventType"] === type)).toBe(true);
    }
    const [first] = results;
    const { applicationName, sha256Hash } = first.selectedApp;
    expect(await total(`applicationName=${applicationName}`)).toBeGreaterThan(0);
    const byHash = (await list(`event?rows=50&searchWindow=1w&sha256Hash=${sha256Hash}`))["results"];
    expect(byHash.every((each: Alert) => each["selectedApp"].sha256Hash === sha256Hash)).toBe(true);
    expect(byHash.length).toBeGreaterThan(0);
    const host = first.deviceDetails.deviceName;
    const byHost = (await list(`event?rows=50&searchWindow=1w&hostNameExact=${host}`))["results"];
    expect(byHost.every((each: Alert) => each["deviceDetails"].deviceName === host)).toBe(true);
    expect(await total(`ipAddress=${first.deviceDetails.deviceIpAddress}`)).toBe(await total(`hostNameExact=${host}`));
    expect(await total("applicationName=nothing.exe")).toBe(0);
  });

  it.each([
    "searchWindow=5d",
    "eventType=PARTY",
    "startTime=2026-01-01T00:00:00.000Z",
    "startTime=2026-01-05T00:00:00.000Z&endTime=2026-01-04T00:00:00.000Z",
    "startTime=2025-01-01T00:00:00.000Z&endTime=2026-01-04T00:00:00.000Z",
    "startTime=yesterday&endTime=today",
    "start=x",
  ])("are not searched by %s", async (query) => {
    const refused = await ask("GET", `${V3}/event?${query}`);
    expect([refused.status, refused.body]).toEqual([400, { success: false, message: expect.any(String) }]);
  });

  it("tell of the alert that they are part of", async () => {
    const alert = (await allAlerts(ask)).find((each) => each["reason_code"] === "R_OFFICE_SHELL");
    const start = new Date(Date.parse(alert?.["first_event_timestamp"]) - 1_000).toISOString();
    const end = new Date(Date.parse(alert?.["last_event_timestamp"]) + 1_000).toISOString();
    const query = `hostNameExact=${alert?.["device_name"]}&applicationName=powershell.exe&startTime=${start}&endTime=${end}`;
    const { results } = await list(`event?${query}`);
    const { eventInfo } = await list(`event/${results[0].eventId}`);
    expect(eventInfo).toMatchObject({
      alertScore: expect.any(Number),
      incidentId: expect.stringMatching(/^[0-9A-F]{8}$/),
    });
  });
});

describe("the queue of notifications", () => {
  it("hands each to each connector once, of threats and of what policies did", async () => {
    const siem = as({ rights: ["SIEM"] });
    const first = (await siem("GET", `${V3}/notification`)).body;
    expect(first).toMatchObject({ success: true, message: "Success" });
    const types = new Set(first.notifications.map((each: Alert) => each["type"]));
    expect([...types]).toEqual(expect.arrayContaining(["THREAT", "POLICY_ACTION", "THREAT_HUNTER"]));
    for (const each of first.notifications) {
      const key = { THREAT: "threatInfo", POLICY_ACTION: "policyAction", THREAT_HUNTER: "threatHunterInfo" }[
        each.type as string
      ];
      expect(each).toHaveProperty(key ?? "unknown");
      expect(each.deviceInfo.deviceId).toBeGreaterThan(0);
    }
    expect((await siem("GET", `${V3}/notification`)).body.notifications).toEqual([]);
    const other = as({ rights: ["SIEM"] });
    expect((await other("GET", `${V3}/notification`)).body.notifications).toEqual(first.notifications);
    await sandbox.clock.step(60);
    const later = (await siem("GET", `${V3}/notification`)).body.notifications;
    expect(later.length).toBeGreaterThan(0);
    expect((await other("GET", `${V3}/notification`)).body.notifications).toEqual(later);
  });
});

describe("keys of the third generation", () => {
  it("open what they are for, and nothing else", async () => {
    const status = async (right: string, path: string) =>
      (await as({ rights: [right] })("GET", `${V3}/${path}`)).status;
    for (const path of ["device?rows=1", "event?rows=1", "policy", "auditlogs"]) {
      expect([path, await status("API", path)]).toEqual([path, 200]);
      for (const kind of ["SIEM", "LIVE_RESPONSE", "device(READ)"])
        expect([path, await status(kind, path)]).toEqual([path, 401]);
    }
    expect(await status("API", "notification")).toBe(401);
    const unknown = await ask("GET", `${V3}/device`, undefined, { "x-auth-token": "nobody/NOTHING" });
    expect([unknown.status, unknown.body]).toEqual([401, { success: false, message: expect.any(String) }]);
  });

  it("open nothing where the service is gone", async () => {
    sandbox.behaviour.retired = true;
    for (const path of ["device", "event", "policy", "notification"]) {
      expect((await ask("GET", `${V3}/${path}`)).status).toBe(404);
    }
    sandbox.behaviour.retired = false;
  });
});
