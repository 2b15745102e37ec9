import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ObjectNotFoundError } from "../../response/index.js";
import { Binary } from "../../response/models/binary/binary.js";
import { Process } from "../../response/models/process/process.js";
import { Sensor } from "../../response/models/sensor/sensor.js";
import { SensorGroup } from "../../response/models/sensor/sensor-group.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import type { CallOptions } from "../transport/types.js";
import { defineModel } from "./define-model.js";
import { Completeness, type Fetched, type Key } from "./document.js";
import { t } from "./fields.js";
import type { ModelHost } from "./host.js";
import { one } from "./relations.js";

const GUID = "00000001-0000-0500-01d3-8bc595148226";
const MD5 = "C7F5CAE0B450BE875EEE0E6DDFA771FE";
const row = {
  id: GUID,
  segment_id: 1517942721000,
  sensor_id: 1,
  process_md5: MD5.toLowerCase(),
  process_name: "cmd.exe",
};
const search = { results: [row], total_results: 1 };
const sensor = { id: 1, computer_name: "H1", group_id: 2 };
const routes = {
  "/api/v1/process": search,
  "/api/v1/sensor/1": sensor,
  "/api/v3/group/2": [{ id: 2, name: "Servers", site_id: 1 }],
  "/api/site/1": [{ id: 1, name: "Berlin" }],
  [`/api/v1/binary/${MD5}/summary`]: { md5: MD5, digsig_result: "Signed", host_count: 3 },
  [`/api/v1/process/${GUID}/0`]: { process: { ...row, username: "SYSTEM" }, parent: {}, children: [], siblings: [] },
};
const SEARCH = "/api/v1/process?cb.urlver=1&facet=false&q=process_name:cmd.exe&rows=1&sort=last_update desc&start=0";

describe("a Ref", () => {
  it("requests nothing until it is awaited, however far it is stepped through", async () => {
    const { cb, requests } = await edrServer(routes);
    const first = cb.select(Process).where("process_name:cmd.exe").first();
    void first.sensor.group.site.name;
    void first.binary.file;
    inspect(first);
    JSON.stringify({ first });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toEqual([]);
  });

  it("asks only for what the end of the path needs", async () => {
    const { cb, requests } = await edrServer(routes);
    expect(await cb.select(Process).where("process_name:cmd.exe").first().sensor.group.site.name).toBe("Berlin");
    expect(requests).toEqual([SEARCH, "/api/v1/sensor/1", "/api/v3/group/2", "/api/site/1"]);
  });

  it("takes a field that the row has from the row, and loads the object for one that it lacks", async () => {
    const { cb, requests } = await edrServer(routes);
    const first = cb.select(Process).where("process_name:cmd.exe").first();
    expect(await first.process_name).toBe("cmd.exe");
    expect(requests).toEqual([SEARCH]);
    expect(await first.username).toBe("SYSTEM");
    expect(requests).toEqual([SEARCH, `/api/v1/process/${GUID}/0?children=15`]);
    expect(await first.get("no_such_field", "fallback")).toBe("fallback");
    expect(requests).toHaveLength(2);
  });

  it("needs only the key for a console link", async () => {
    const { cb, requests } = await edrServer(routes);
    expect(await cb.select(Binary, MD5.toLowerCase()).webui_link).toBe(`${cb.url}/#binary/${MD5}`);
    expect(requests).toEqual([]);
  });

  it("gives the same object for two joins to one id, so that a set has no doubles", async () => {
    const { cb, requests } = await edrServer({
      ...routes,
      "/api/v1/process": { results: [row, { ...row, segment_id: 2e12 }], total_results: 2 },
    });
    const sensors = new Set<Sensor>();
    for await (const proc of cb.select(Process)) sensors.add(await proc.sensor);
    expect(sensors.size).toBe(1);
    expect(requests.filter((path) => path.startsWith("/api/v1/sensor"))).toHaveLength(1);
  });

  it("keeps a change made through a join with its owner, and away from others", async () => {
    const { cb } = await edrServer(routes);
    const one = await cb.select(Process).where("process_name:cmd.exe").first();
    const other = await cb.select(Process).where("process_name:cmd.exe").first();
    if (one === undefined || other === undefined) throw new Error("no rows");
    (await one.sensor).notes = "mine";
    expect((await one.sensor).notes).toBe("mine");
    expect((await one.sensor).isDirty()).toBe(true);
    expect((await other.sensor).notes).toBeUndefined();
  });

  it("carries the absence of an object down the path", async () => {
    const { cb, requests } = await edrServer({ ...routes, "/api/v1/process": { results: [], total_results: 0 } });
    const first = cb.select(Process).where("process_name:cmd.exe").first();
    expect(await first).toBeUndefined();
    expect(await first.sensor.group.name).toBeUndefined();
    expect(await first.binary.file.read(2)).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  it("rejects with the stack of whoever awaits it, for each of them", async () => {
    const { cb } = await edrServer(routes);
    const missing = cb.select(Sensor, 99);
    async function firstCaller() {
      return await missing;
    }
    async function secondCaller() {
      return await missing.group.name;
    }
    const errors = await Promise.all(
      [firstCaller(), secondCaller()].map((call) => call.catch((error: unknown) => error as Error)),
    );
    expect(errors[0]).toBeInstanceOf(ObjectNotFoundError);
    expect((errors[0] as Error).stack).toContain("firstCaller");
    expect((errors[1] as Error).stack).toContain("secondCaller");
    expect(errors[0]).not.toBe(errors[1]);
    expect((errors[0] as ObjectNotFoundError).status).toBe(404);
  });

  it("does not remember a failure", async () => {
    let fail = true;
    const { cb } = await edrServer({ "/api/v1/sensor/1": () => (fail ? { status: 500, text: "down" } : sensor) });
    const ref = cb.select(Sensor, 1);
    await expect(ref).rejects.toThrow("down");
    fail = false;
    expect((await ref).hostname).toBe("H1");
  });

  it("runs a method taken through it once, however often the result is awaited", async () => {
    const { cb, requests } = await edrServer({
      ...routes,
      [`/api/v1/process/${GUID}/segment`]: { process: { segments: [] } },
    });
    const segments = cb.select(Process, GUID).getSegments();
    expect(requests).toEqual([]);
    expect(await segments).toEqual([]);
    expect(await segments).toEqual([]);
    expect(requests).toEqual([`/api/v1/process/${GUID}/segment`]);
  });

  it("prints without requesting, and says whether it has been loaded", async () => {
    const { cb, requests } = await edrServer(routes);
    const ref = cb.select(Sensor, 1);
    expect(inspect(ref)).toBe("Ref<Sensor 1> (not loaded)");
    const loaded = await ref;
    expect(inspect(ref)).toBe("Ref<Sensor 1> (loaded)");
    expect(inspect(loaded.group)).toBe("Ref<SensorGroup 2> (not loaded)");
    expect(requests).toHaveLength(1);
  });

  it("shares one exchange between callers that want the same object at the same time", async () => {
    const { cb, requests } = await edrServer(routes);
    const names = await Promise.all([
      cb.select(SensorGroup, 2).name,
      cb.select(SensorGroup, "2").name,
      cb.select(SensorGroup, 2),
    ]);
    expect(names[0]).toBe("Servers");
    expect(requests).toEqual(["/api/v3/group/2"]);
  });

  it("asks again when told to, and not otherwise", async () => {
    const { cb, requests } = await edrServer(routes);
    await cb.select(Sensor, 1);
    await cb.select(Sensor, 1);
    expect(requests).toHaveLength(1);
    await cb.select(Sensor, 1, { refresh: true });
    expect(requests).toHaveLength(2);
  });

  it("puts joins that are asked for in one turn together in one search", async () => {
    const hashes = ["a", "b", "c"].map((digit) => digit.repeat(32));
    const rows = hashes.map((md5, i) => ({ ...row, segment_id: 2e12 + i, process_md5: md5 }));
    const { cb, requests } = await edrServer({
      "/api/v1/process": { results: rows, total_results: 3 },
      "/api/v1/binary": {
        results: hashes.slice(0, 2).map((md5) => ({ md5: md5.toUpperCase(), host_count: 7 })),
        total_results: 2,
      },
      [`/api/v1/binary/${"C".repeat(32)}/summary`]: { md5: "C".repeat(32), host_count: 1 },
    });
    const processes = await cb.select(Process).all();
    const binaries = await Promise.all(processes.map((proc) => proc.binary));
    expect(binaries.map((binary) => binary?.host_count)).toEqual([7, 7, 1]);
    // One search for all; the one that it does not have is asked for by itself.
    expect(requests.slice(1)).toEqual([
      `/api/v1/binary?cb.urlver=1&facet=false&q=${hashes.map((md5) => `md5:${md5.toUpperCase()}`).join(" OR ")}&rows=3&start=0`,
      `/api/v1/binary/${"C".repeat(32)}/summary`,
    ]);
  });

  it("prints and turns into JSON as what it stands for, without a request", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": searchRoute([{ id: GUID, segment_id: 1, sensor_id: 1 }]),
    });
    const first = cb.select(Process).first();
    const sensor = cb.select(Sensor, 1);
    expect(inspect(first)).toMatch(/^Ref<Process first of .*> \(not loaded\)$/);
    expect(inspect(sensor.group)).toBe("Ref<SensorGroup of Sensor 1> (not loaded)");
    expect(JSON.stringify([sensor, sensor.group])).toBe(
      '[{"model":"Sensor","id":"1"},{"model":"SensorGroup","id":"of Sensor 1"}]',
    );
    expect(String(sensor)).toBe("[object Ref]");
    expect(requests).toEqual([]);
    await first;
    expect(inspect(first)).toMatch(/ \(loaded\)$/);
  });

  it("loads for a member that looks at the whole document, unless a search row is known", async () => {
    const row = { id: GUID, segment_id: 1, alliance_score_nvd: 5 };
    const { cb, requests } = await edrServer({
      "/api/v1/process": searchRoute([row]),
      [`/api/v1/binary/${MD5}/summary`]: { md5: MD5, alliance_score_tor: 9 },
    });
    expect(await cb.select(Process).first().tags).toEqual(["nvd"]);
    expect(requests).toEqual([expect.stringMatching(/^\/api\/v1\/process\?/)]);
    expect(await cb.select(Binary, MD5).tags).toEqual(["tor"]);
    expect(requests.slice(1)).toEqual([`/api/v1/binary/${MD5}/summary`]);
  });
});

describe("objects in the middle of a path", () => {
  class Policy extends defineModel(
    { name: "Policy", path: "/policy", key: "id" },
    { id: t.integer(), name: t.string() },
  ) {}
  class Computer extends defineModel(
    { name: "Computer", path: "/computer", key: "id" },
    {
      id: t.integer(),
      policyId: t.integer(),
      get policy() {
        return one(Policy, "policyId");
      },
    },
  ) {
    static async fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
      const rows = (await client.getObject("/computer", { q: `id:${keys.join("|")}` }, options)) as { id: number }[];
      return new Map(rows.map((document) => [document.id, { document, completeness: Completeness.row }]));
    }
  }
  class Instance extends defineModel(
    { name: "Instance", path: "/instance", key: "id" },
    {
      id: t.integer(),
      computerId: t.integer(),
      get computer() {
        return one(Computer, "computerId");
      },
    },
  ) {}

  it("are loaded together where the server can answer for many", async () => {
    const numbers = [1, 2, 3, 4];
    const { cb, requests } = await edrServer({
      "/computer": numbers.map((id) => ({ id, policyId: 7 })),
      "/policy/7": { id: 7, name: "High" },
      ...Object.fromEntries(numbers.map((id) => [`/instance/${id}`, { id, computerId: id }])),
    });
    const instances = await Promise.all(numbers.map((id) => cb.select(Instance, id)));
    requests.length = 0;
    const names = await Promise.all(instances.map((instance) => instance.computer.policy.name));
    expect(names).toEqual(["High", "High", "High", "High"]);
    expect(requests).toEqual(["/computer?q=id:1|2|3|4", "/policy/7"]);
  });
});
