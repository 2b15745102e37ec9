import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ask, startCloud } from "../samples.js";

let cloud: Awaited<ReturnType<typeof startCloud>>;
let ask: Ask;

beforeAll(async () => {
  cloud = await startCloud({ organisation: { hosts: 12, processes: 200, binaries: 40 } });
  ({ ask } = cloud);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const ORG = "/appservices/v6/orgs/{org}";
const search = async (body: unknown) => await ask("POST", `${ORG}/devices/_search`, body);
const ids = async (body: unknown): Promise<number[]> => {
  const { status, body: answer } = await search(body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer.results.map(({ id }: { id: number }) => id);
};
const device = async (id: number) => (await ask("GET", `${ORG}/devices/${id}`)).body;
const act = async (action_type: string, options?: unknown, device_id: unknown = [1]) =>
  await ask("POST", `${ORG}/device_actions`, { action_type, device_id, ...(options === undefined ? {} : { options }) });
/** Endpoints report every other tick. */
const report = async (): Promise<void> => {
  await cloud.sandbox.clock.step(2);
};

describe("searching for devices", () => {
  it("pages from 1, and takes 0 for 1", async () => {
    const all = await ids({});
    expect(all).toHaveLength(12);
    expect((await search({})).body.num_found).toBe(12);
    expect(await ids({ rows: 5 })).toEqual(all.slice(0, 5));
    expect(await ids({ rows: 5, start: 0 })).toEqual(all.slice(0, 5));
    expect(await ids({ rows: 5, start: 1 })).toEqual(all.slice(0, 5));
    expect(await ids({ rows: 5, start: 6 })).toEqual(all.slice(5, 10));
    expect(await ids({ start: 13 })).toEqual([]);
    expect(await ids({ rows: 0 })).toEqual([]);
  });

  it("finds by text, criteria and exclusions together", async () => {
    const everything = (await search({ rows: 100 })).body.results as Record<string, unknown>[];
    const where = (test: (each: Record<string, unknown>) => boolean) => everything.filter(test).map(({ id }) => id);
    const windows = where(({ os }) => os === "WINDOWS");
    expect(await ids({ criteria: { os: ["WINDOWS"] } })).toEqual(windows);
    expect(await ids({ query: "os:windows" })).toEqual(windows);
    expect(await ids({ exclusions: { os: ["WINDOWS"] } })).toEqual(where(({ os }) => os !== "WINDOWS"));
    expect(await ids({ criteria: { id: [2, 3] } })).toEqual([2, 3]);
    expect(await ids({ criteria: { id: [2, 3] }, exclusions: { id: [3] } })).toEqual([2]);
    expect(await ids({ criteria: { os: [], policy_id: null } })).toHaveLength(12);
    const [first] = everything;
    expect(await ids({ query: `name:${String(first?.["name"]).toLowerCase()}` })).toContain(first?.["id"]);
    expect(await ids({ query: `${String(first?.["last_internal_ip_address"])}` })).toContain(first?.["id"]);
    expect(await ids({ query: "last_internal_ip_address:10.0.0.0\\/8" })).toEqual(
      where(({ last_internal_ip_address: ip }) => String(ip).startsWith("10.")),
    );
    const versions = [...new Set(everything.map(({ sensor_version }) => sensor_version))];
    expect(await ids({ exclusions: { sensor_version: versions } })).toEqual([]);
    expect(await ids({ criteria: { target_priority: ["HIGH", "LOW"] } })).toEqual(
      where(({ target_priority }) => target_priority === "HIGH" || target_priority === "LOW"),
    );
    expect(await ids({ criteria: { ad_group_id: [first?.["ad_group_id"]] } })).toContain(first?.["id"]);
    expect(await ids({ query: "no_such_field:1" })).toEqual([]);
    expect(await ids({ query: "valueOf:1 OR constructor:1" })).toEqual([]);
  });

  it("finds by what a state means", async () => {
    await cloud.sandbox.put("cloud_device", {
      id: 2,
      status: "DEREGISTERED",
      deregistered_time: 0,
      last_contact_time: 0,
    });
    await cloud.sandbox.put("cloud_device", { id: 3, quarantined: true });
    await cloud.sandbox.put("cloud_device", { id: 4, passive_mode: true });
    const state = (...status: string[]) => ids({ criteria: { status } });
    expect(await state("ALL")).toHaveLength(12);
    expect(await state("REGISTERED")).not.toContain(2);
    expect(await state("DEREGISTERED")).toEqual([2]);
    expect(await state("QUARANTINE")).toEqual([3]);
    expect(await state("BYPASS", "QUARANTINE")).toEqual([3, 4]);
    expect(await state("ACTIVE")).not.toContain(2);
    expect(await state("ERROR")).toEqual([]);
    const refused = await search({ criteria: { status: ["SLEEPY"] } });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ field: "criteria.status", invalid_value: "SLEEPY" });
    expect(refused.body.known_values).toContain("ALL");
    await cloud.sandbox.reset();
  });

  it("finds by the time of the latest contact", async () => {
    await cloud.sandbox.put("cloud_device", { id: 2, last_contact_time: Date.UTC(2025, 0, 1) });
    const contact = (last_contact_time: unknown) => ids({ criteria: { last_contact_time } });
    expect(await contact({ range: "-1d" })).toHaveLength(11);
    expect(await contact({ start: "2024-12-31", end: "2025-01-02T00:00:00Z" })).toEqual([2]);
    await cloud.sandbox.reset();
    for (const bad of [{}, { range: "3w" }, { start: "soon" }, "x", { range: 7 }]) {
      expect((await search({ criteria: { last_contact_time: bad } })).status, JSON.stringify(bad)).toBe(400);
    }
  });

  it("sorts by a field, whatever its case, and then by the id", async () => {
    const names = (await search({ sort: [{ field: "name", order: "DESC" }] })).body.results.map(
      ({ name }: { name: string }) => name.toLowerCase(),
    );
    expect(names).toEqual([...names].sort().reverse());
    expect(await ids({ sort: [{ field: "organization_id", order: "ASC" }] })).toEqual(await ids({}));
  });

  it.each([
    { start: -1 },
    { rows: 10_001 },
    { rows: 100, start: 9_950 },
    { start: 10_001 },
    { rows: "x" },
    { criteria: { nothing: ["x"] } },
    { criteria: { valueOf: ["x"] } },
    { criteria: { id: ["x"] } },
    { criteria: { id: [{}] } },
    { criteria: [] },
    { sort: [{ field: "nothing", order: "ASC" }] },
    { sort: [{ field: "name", order: "UP" }] },
    { sort: "name" },
    { query: 7 },
    { query: "name:[a" },
  ] as Record<string, unknown>[])("refuses %j", async (body) => {
    expect((await search(body)).status).toBe(400);
  });

  it("scrolls through all of them", async () => {
    const seen: number[] = [];
    let search_after: string | undefined;
    for (;;) {
      const body = { rows: 5, criteria: {}, ...(search_after === undefined ? {} : { search_after }) };
      const { body: answer } = await ask("POST", `${ORG}/devices/_scroll`, body);
      expect(answer.num_found).toBe(12);
      expect(answer.org_key).toBe(cloud.sandbox.credentials("cloud").orgKey);
      if (answer.results.length === 0) break;
      seen.push(...answer.results.map(({ id }: { id: number }) => id));
      search_after = answer.search_after;
    }
    expect(seen).toEqual(await ids({}));
    expect((await ask("POST", `${ORG}/devices/_scroll`, { search_after: "x" })).status).toBe(400);
    expect((await ask("POST", `${ORG}/devices/_scroll`, { rows: 0 })).status).toBe(400);
  });

  it("counts by fields", async () => {
    const { body } = await ask("POST", `${ORG}/devices/_facet`, { terms: { fields: ["os", "policy_id"], rows: 0 } });
    const [os, policy] = body.results;
    expect(os.field).toBe("os");
    expect(os.values.reduce((sum: number, { total }: { total: number }) => sum + total, 0)).toBe(12);
    for (const { id, total } of os.values) expect(await ids({ criteria: { os: [id] } })).toHaveLength(total);
    for (const { id, name, total } of policy.values) {
      expect(name).not.toBe(id);
      expect(await ids({ criteria: { policy_id: [Number(id)] } })).toHaveLength(total);
    }
    const top = await ask("POST", `${ORG}/devices/_facet`, { terms: { fields: ["os"], rows: 1 } });
    expect(top.body.results[0].values).toHaveLength(1);
    const refused = await ask("POST", `${ORG}/devices/_facet`, { terms: { fields: ["name"] } });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ invalid_value: "name" });
    expect((await ask("POST", `${ORG}/devices/_facet`, {})).status).toBe(400);
  });
});

describe("one device", () => {
  it("is told by its id", async () => {
    const [first] = (await search({ rows: 1 })).body.results;
    expect(await device(first.id)).toEqual(first);
    for (const id of ["999", "x", "-1", "1e3"]) {
      const missing = await ask("GET", `${ORG}/devices/${id}`);
      expect(missing.status, id).toBe(404);
      expect(missing.body.error_code).toBe("NOT_FOUND");
    }
  });
});

describe("devices as files", () => {
  it("are a table with the columns named", async () => {
    const { status, body, headers } = await ask(
      ...([
        "GET",
        `${ORG}/devices/_search/download?status=ALL&sort_field=name&sort_order=DESC&policy_id=`,
        undefined,
      ] as const),
      { "x-auth-token": cloud.sandbox.credentials("cloud").token, "content-type": "application/json" },
    );
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/csv");
    const lines = body.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^id,name,/);
    expect(lines).toHaveLength(13);
  });

  it("need a state, and a content type that makes no sense", async () => {
    const token = { "x-auth-token": cloud.sandbox.credentials("cloud").token };
    expect((await ask("GET", `${ORG}/devices/_search/download?status=ALL`, undefined, token)).status).toBe(415);
    const typed = { ...token, "content-type": "application/json" };
    expect((await ask("GET", `${ORG}/devices/_search/download`, undefined, typed)).status).toBe(400);
  });

  it("are exported by a job", async () => {
    const { body: job } = await ask("POST", `${ORG}/devices/_export`, { format: "CSV", criteria: { os: ["LINUX"] } });
    expect(job).toMatchObject({ type: "ENDPOINTS", status: "CREATED" });
    const path = `/jobs/v1/orgs/{org}/jobs/${job.id}`;
    for (let at = 0; at < 5; at++) await ask("GET", path);
    expect((await ask("GET", path)).body.status).toBe("COMPLETED");
    const { body } = await ask("GET", `${path}/download`);
    expect(body.trimEnd().split("\n")).toHaveLength(1 + (await ids({ criteria: { os: ["LINUX"] } })).length);
    expect((await ask("POST", `${ORG}/devices/_export`, { format: "PDF" })).status).toBe(400);
  });
});

describe("what is asked of devices", () => {
  beforeEach(() => cloud.sandbox.reset());

  it("becomes true when they report", async () => {
    const policies = (await ask("POST", `${ORG}/devices/_facet`, { terms: { fields: ["policy_id"] } })).body.results[0]
      .values;
    const policy_id = Number(policies.at(-1).id);
    const { policy_id: before } = await device(1);
    expect((await act("QUARANTINE", { toggle: "ON" })).status).toBe(204);
    expect((await act("BYPASS", { toggle: "ON" })).status).toBe(204);
    expect((await act("UPDATE_POLICY", { policy_id })).status).toBe(204);
    expect((await act("UPDATE_SENSOR_VERSION", { sensor_version: { WINDOWS: "9.9.9.9", RHEL: "1" } })).status).toBe(
      204,
    );
    expect(await device(1)).toMatchObject({
      ...{ quarantined: false, passive_mode: false, policy_id: before, sensor_pending_update: true },
    });
    await report();
    const after = await device(1);
    expect(after).toMatchObject({ quarantined: true, passive_mode: true, policy_id, policy_override: true });
    expect(after).toMatchObject({ sensor_version: "9.9.9.9", sensor_pending_update: false });
    expect(after.policy_name).toBe(policies.at(-1).name);
    await act("QUARANTINE", { toggle: "OFF" });
    await report();
    expect((await device(1)).quarantined).toBe(false);
  });

  it("waits for those that are switched off", async () => {
    await cloud.sandbox.setOnline(1, false);
    await act("QUARANTINE", { toggle: "ON" });
    await report();
    expect((await device(1)).quarantined).toBe(false);
    await cloud.sandbox.setOnline(1, true);
    await report();
    expect((await device(1)).quarantined).toBe(true);
  });

  it("runs a scan from one report to the next", async () => {
    expect((await device(1)).scan_status).toBe("NEVER_RUN");
    await act("BACKGROUND_SCAN", { toggle: "ON" });
    await report();
    expect((await device(1)).scan_status).toBe("IN_PROGRESS");
    await report();
    const after = await device(1);
    expect(after.scan_status).toBe("COMPLETED");
    expect(after.scan_last_complete_time).not.toBeNull();
    await act("BACKGROUND_SCAN", { toggle: "ON" });
    await report();
    await act("BACKGROUND_SCAN", { toggle: "OFF" });
    await report();
    expect((await device(1)).scan_status).toBe("STOPPED");
  });

  it("removes a sensor, and then the device", async () => {
    const refused = await act("DELETE_SENSOR");
    expect(refused.status).toBe(400);
    expect(refused.body.message).toContain("Device 1 is registered");
    await act("UNINSTALL_SENSOR");
    await report();
    const gone = await device(1);
    expect(gone.status).toBe("UNINSTALLED");
    expect(gone.deregistered_time).not.toBeNull();
    await report();
    expect((await device(1)).last_contact_time).toBe(gone.last_contact_time);
    expect((await act("DELETE_SENSOR")).status).toBe(204);
    expect((await ask("GET", `${ORG}/devices/1`)).status).toBe(404);
    expect(await ids({})).toHaveLength(11);
  });

  it("is asked of all that a search finds", async () => {
    const body = { action_type: "QUARANTINE", search: { criteria: { os: ["WINDOWS"] }, query: null, exclusions: {} } };
    expect((await ask("POST", `${ORG}/device_actions`, { ...body, options: { toggle: "ON" } })).status).toBe(204);
    await report();
    expect(await ids({ criteria: { status: ["QUARANTINE"] } })).toEqual(await ids({ criteria: { os: ["WINDOWS"] } }));
  });

  it("leaves EDR's isolation as it is: that is another sensor's", async () => {
    await act("QUARANTINE", { toggle: "ON" });
    await report();
    const answer = await ask("GET", "/api/v1/sensor/1", undefined, { "x-auth-token": cloud.sandbox.token });
    expect(answer.body).toMatchObject({ is_isolating: false, network_isolation_enabled: false });
  });

  it("passes over ids that no device has, unless there is no other", async () => {
    expect((await act("QUARANTINE", { toggle: "ON" }, [999])).status).toBe(404);
    expect((await act("QUARANTINE", { toggle: "ON" }, [1, 999])).status).toBe(204);
  });

  it("is refused where it makes no sense", async () => {
    const cases: [unknown, unknown, unknown][] = [
      ["DANCE", {}, [1]],
      [undefined, {}, [1]],
      ["constructor", {}, [1]],
      ["QUARANTINE", {}, [1]],
      ["QUARANTINE", { toggle: "on" }, [1]],
      ["QUARANTINE", undefined, [1]],
      ["QUARANTINE", { toggle: "ON" }, []],
      ["QUARANTINE", { toggle: "ON" }, ["x"]],
      ["QUARANTINE", { toggle: "ON" }, 1],
      ["UPDATE_POLICY", { policy_id: 1 }, [1]],
      ["UPDATE_POLICY", {}, [1]],
      ["UPDATE_SENSOR_VERSION", {}, [1]],
      ["UPDATE_SENSOR_VERSION", { sensor_version: { WINDOWS: 3 } }, [1]],
    ];
    for (const [action, options, device_id] of cases) {
      const { status } = await act(action as string, options, device_id);
      expect(status, `${String(action)} ${JSON.stringify(options)}`).toBe(400);
    }
    await report();
    expect((await device(1)).quarantined).toBe(false);
  });
});
