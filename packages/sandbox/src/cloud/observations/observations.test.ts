import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ask, startCloud } from "../samples.js";

type Line = Record<string, unknown> & { event_id: string; observation_id: string };

let cloud: Awaited<ReturnType<typeof startCloud>>;
let ask: Ask;

beforeAll(async () => {
  cloud = await startCloud({ behaviour: { searchPolls: 1 } });
  ({ ask } = cloud);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const V2 = "/api/investigate/v2/orgs/{org}";
const job = async (path: string, body: unknown, query = "start=0&rows=10000") => {
  const { status, body: begun } = await ask("POST", `${V2}/${path}`, body);
  expect(status, JSON.stringify(begun)).toBe(200);
  return (await ask("GET", `${V2}/${path}/${begun.job_id}/results?${query}`)).body;
};
const find = async (query: string, of = "observations", more = {}): Promise<Line[]> =>
  (await job(`${of}/search_jobs`, { query, ...more })).results;
const ids = (lines: readonly Line[]) => lines.map(({ event_id }) => event_id).sort();

describe("observations", () => {
  it("are lines about what processes did, each with an id of its own", async () => {
    const answer = await job("observations/search_jobs", { query: "*:*" });
    expect(answer).toMatchObject({ contacted: 6, completed: 6, num_aggregated: answer.results.length });
    const lines = answer.results as Line[];
    expect(new Set(lines.map(({ observation_id }) => observation_id)).size).toBe(lines.length);
    const types = new Set(lines.map(({ observation_type }) => observation_type));
    expect(types).toContain("CONTEXTUAL_ACTIVITY");
    for (const line of lines.slice(0, 20)) {
      expect(line.observation_id.startsWith(`${line.event_id}:`)).toBe(true);
      expect(line).toMatchObject({ observation_description: expect.any(String), enriched: true });
      expect(await find(`observation_id:${line.observation_id.replace(":", "\\:")}`)).toEqual([line]);
    }
    const times = lines.map(({ device_timestamp }) => String(device_timestamp));
    expect(times).toEqual([...times].sort().reverse());
  });

  it("are found by their kind and by what is said of their process", async () => {
    const all = await find("*:*");
    for (const field of ["observation_type", "enriched_event_type", "event_type", "device_name", "process_hash"]) {
      const [value] = [all.at(0)?.[field]].flat();
      const wanted = all.filter((line) => [line[field]].flat().includes(value));
      expect(ids(await find(`${field}:${String(value)}`)), field).toEqual(ids(wanted));
    }
    const network = await find("enriched_event_type:NETWORK");
    expect(network.length).toBeGreaterThan(0);
    for (const line of network) {
      expect(line).toMatchObject({
        event_network_remote_ipv4: expect.any(String),
        event_network_inbound: expect.any(Boolean),
      });
      const same = await find(`event_network_remote_ipv4:${String(line["event_network_remote_ipv4"])}`);
      expect(ids(same)).toContain(line.event_id);
    }
    expect(await find("", "observations", { criteria: { observation_type: ["BLOCKED_HASH"] } })).toEqual(
      all.filter(({ observation_type }) => observation_type === "BLOCKED_HASH"),
    );
  });

  it("have details by their ids, or by an alert", async () => {
    const [line] = await find("enriched_event_type:NETWORK");
    const { results } = await job("observations/detail_jobs", { observation_ids: [line?.observation_id] });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ ...line, process_cmdline: expect.any(Array), device_os: "WINDOWS" });
    expect((await job("observations/detail_jobs", { observation_ids: ["nonsense"] })).results).toEqual([]);
    const { body } = await ask("POST", "/api/alerts/v7/orgs/{org}/alerts/_search", {
      time_range: { start: "2000-01-01T00:00:00Z", end: "2100-01-01T00:00:00Z" },
    });
    const alert = body.results.find(({ process_guid }: { process_guid?: string }) => process_guid !== undefined);
    expect(alert).toBeDefined();
    const told = await job("observations/detail_jobs", { alert_id: alert.id });
    expect(told.results.length).toBeGreaterThan(0);
    for (const each of told.results) expect(each.process_guid).toBe(alert.process_guid);
    for (const wrong of [{}, { alert_id: "x", observation_ids: ["y"] }, { observation_ids: [] }]) {
      expect((await ask("POST", `${V2}/observations/detail_jobs`, wrong)).status).toBe(400);
    }
  });

  it("are counted, and put into groups", async () => {
    const all = await find("*:*");
    const facets = await job("observations/facet_jobs", { terms: { fields: ["observation_type"] } }, "");
    for (const { id, total } of facets.terms[0].values) {
      expect(total).toBe(all.filter(({ observation_type }) => observation_type === id).length);
    }
    const { body: begun } = await ask("POST", `${V2}/observations/search_jobs`, { query: "*:*" });
    const path = `${V2}/observations/search_jobs/${begun.job_id}/group_results`;
    const { body } = await ask("POST", path, { fields: ["device_name"], rows: 2, max_events_per_group: 3 });
    expect(body.groups_num_available).toBe(new Set(all.map(({ device_name }) => device_name)).size);
    expect(body.group_results).toHaveLength(2);
    for (const group of body.group_results) {
      expect(group.group_key).toBe("device_name");
      expect(group.total_events).toBe(all.filter(({ device_name }) => device_name === group.group_value).length);
      expect(group.results).toHaveLength(Math.min(3, group.total_events));
    }
    expect((await ask("POST", path, { fields: ["process_pid"] })).status).toBe(400);
    expect((await ask("POST", path, {})).status).toBe(400);
  });

  it("have validation and suggestions", async () => {
    const at = `${V2}/observations`;
    expect((await ask("GET", `${at}/search_validation?q=observation_type:x`)).body.valid).toBe(true);
    expect((await ask("GET", `${at}/search_validation?q=nothing:x`)).body.valid).toBe(false);
    expect((await ask("POST", `${at}/search_validation`, { query: "(" })).body.valid).toBe(false);
    const { suggestions } = (await ask("GET", `${at}/search_suggestions?suggest.q=observation&suggest.count=2`)).body;
    expect(suggestions.map(({ term }: { term: string }) => term)).toEqual(["observation_id", "observation_type"]);
    expect((await ask("POST", `${at}/search_jobs`, { query: "nothing:x" })).status).toBe(400);
  });
});

describe("logons", () => {
  it("are told once for each account of a device", async () => {
    const lines = await find("*:*", "auth_events");
    expect(lines.length).toBeGreaterThan(0);
    const accounts = lines.map((line) => `${String(line["device_id"])}/${String(line["process_username"])}`);
    expect(new Set(accounts).size).toBe(accounts.length);
    for (const line of lines) {
      expect(line).toMatchObject({ auth_event_action: "LOGON_SUCCESS", windows_event_id: 4_624 });
      expect(ids(await find(`auth_username:${String(line["auth_username"])}`, "auth_events"))).toContain(line.event_id);
    }
    const { results } = await job("auth_events/detail_jobs", { event_ids: [lines[0]?.event_id] });
    expect(results[0]).toMatchObject(lines[0] ?? {});
    expect((await ask("GET", `${V2}/auth_events/descriptions`)).body).toHaveProperty("auth_event_action");
  });
});

describe("enriched events", () => {
  it("are the same lines by their event ids, and one of each device", async () => {
    const lines = await find("*:*", "enriched_events");
    expect(ids(lines)).toEqual(ids(await find("*:*")));
    const { results } = await job("enriched_events/detail_jobs", { event_ids: [lines[0]?.event_id] });
    expect(results[0].event_id).toBe(lines[0]?.event_id);
    const at = "/api/investigate/v1/orgs/{org}/enriched_events/aggregation_jobs";
    const { body } = await ask("POST", `${at}/device_id`, { query: "*:*" });
    const answer = await ask("GET", `${at}/${body.job_id}/results?start=0&rows=100`);
    const devices = answer.body.results.map(({ device_id }: { device_id: number }) => device_id);
    expect(new Set(devices)).toEqual(new Set(lines.map(({ device_id }) => device_id)));
    expect(devices).toHaveLength(new Set(devices).size);
    expect((await ask("POST", `${at}/process_name`, {})).status).toBe(400);
  });
});
