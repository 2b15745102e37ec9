import { describe, expect, it } from "vitest";
import { ApiError, MoreThanOneResultError } from "../../core/errors.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { until } from "../../test-support/until.js";
import { Sensor } from "../models/sensor/sensor.js";

const sensors = Array.from({ length: 250 }, (_, i) => ({
  id: i,
  computer_name: `WIN-${i}`,
  group_id: i % 125 === 7 ? 1 : 2,
  network_adapters: `10.0.0.${i},000000000001|`,
}));

const list = searchRoute(
  (query) => sensors.filter((sensor) => sensor.computer_name.includes(query.get("hostname") ?? "")),
  { os_type: [{ name: "windows", value: 250, ratio: "100.0", percent: 100 }], group_id: [] },
);

describe("sensors by several conditions", () => {
  it("are counted as they are found, and the report says what was applied here", async () => {
    const { cb } = await edrServer({ "/api/v2/sensor": list });
    const query = cb.select(Sensor).where("hostname:WIN-").where({ groupid: 1 });
    const found = await query.all();
    expect(found.map((sensor) => sensor.id)).toEqual([7, 132]);
    expect(found.report()).toMatchObject({ available: undefined, returned: 2, complete: true, reasons: [] });
    expect(found.report().notes).toEqual([
      "the server applied hostname:WIN-; groupid:1 was applied here, to the rows it sent",
    ]);
    expect(await query.count()).toBe(2);
    for await (const page of query.pages()) expect(page.total).toBeUndefined();
  });

  it("have their own count in the error of one()", async () => {
    const { cb } = await edrServer({ "/api/v2/sensor": list });
    const query = cb.select(Sensor).where("hostname:WIN-").where("groupid:1");
    const error = await Promise.resolve(query.one()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MoreThanOneResultError);
    expect((error as MoreThanOneResultError).count).toBe(2);
    expect(await query.and("hostname:WIN-132").one().id).toBe(132);
  });

  it("are told to be short when the server gives fewer rows than it counts", async () => {
    const { cb } = await edrServer({
      "/api/v2/sensor": (query) => ({ ...list(query), total_results: 260 }),
    });
    const query = cb.select(Sensor).where("hostname:WIN-").where("groupid:1");
    expect((await query.all()).report()).toMatchObject({ complete: false, returned: 2 });
    expect((await query.all({ limit: 1 })).report()).toMatchObject({ complete: true, returned: 1 });
  });

  it("are not counted by fields, which the server would do by one condition", async () => {
    const { cb, requests } = await edrServer({ "/api/v2/sensor": list });
    const query = cb.select(Sensor).where("hostname:WIN-");
    expect((await query.facets("os_type")).os_type[0]?.value).toBe(250);
    expect(requests.splice(0)).toEqual([
      "/api/v2/sensor?facet=true&facet.field=os_type&hostname=WIN-&rows=100&start=0",
    ]);
    expect(Object.keys(await query.facets("os_type", "group_id", { timeout: 5000 }))).toEqual(["os_type", "group_id"]);
    expect(requests.splice(0)[0]).toContain("facet.field=group_id&facet.field=os_type&");
    expect((await query.facets("os_type", undefined)).os_type).toHaveLength(1);
    await expect(query.facets("os_type", "node_id")).rejects.toThrow("asked to count by node_id, and its answer holds");
    requests.length = 0;
    // @ts-expect-error: options come last
    await expect(query.facets({ timeout: 5 }, "os_type")).rejects.toThrow("the names of fields, and options behind");
    // @ts-expect-error: what is to be counted by
    await expect(query.facets({ timeout: 5 })).rejects.toThrow(ApiError);
    await expect(query.where("groupid:1").facets("os_type")).rejects.toThrow(
      /several conditions \(hostname:WIN- groupid:1\)/,
    );
    expect(requests).toEqual([]);
  });
});

describe("a sensor query", () => {
  it("says nothing of what was applied where when the server applied all", async () => {
    const { cb } = await edrServer({ "/api/v2/sensor": list });
    const report = (await cb.select(Sensor).where({ hostname: "WIN-1" }).all()).report();
    expect(report).toMatchObject({ available: 111, returned: 111, complete: true });
    expect(report).not.toHaveProperty("notes");
  });

  it.each([undefined, null, Number.NaN, {}])("refuses %s for a value", async (value) => {
    const { cb } = await edrServer({});
    expect(() => cb.select(Sensor).where({ hostname: value as never })).toThrow(ApiError);
    expect(() => cb.select(Sensor).where({ hostname: "WIN", groupid: value as never })).toThrow(ApiError);
  });

  it("names an answer that is none", async () => {
    const { cb } = await edrServer({ "/api/v2/sensor": null });
    await expect(cb.select(Sensor).all()).rejects.toThrow(/no object/);
    await expect(cb.select(Sensor).facets("os_type")).rejects.toThrow(/no object/);
  });
});

it("a row that was asked for before a write of this client does not undo it", async () => {
  const stored = {
    ...{ id: 1, computer_name: "WIN-1", group_id: 1, notes: "old", network_isolation_enabled: false },
    ...{ restart_queued: false, uninstall: false, event_log_flush_time: null },
  };
  const held = new HeldAnswers();
  const { cb } = await edrServer({
    "/api/v2/sensor": () => held.route({ total_results: 1, results: [{ ...stored }] })(),
    "/api/v1/sensor/1": (_query, method, body) => {
      if (method !== "PUT") return { ...stored };
      Object.assign(stored, JSON.parse(body));
      return { status: 204, text: "" };
    },
  });
  const rows = cb.select(Sensor).all();
  await held.arrived();
  const mine = await cb.select(Sensor, 1);
  await mine.set({ network_isolation_enabled: true, notes: "written meanwhile" }).save();
  const written = Date.now();
  await until(() => Date.now() > written);
  held.release();
  const [row] = await rows;
  expect(row?.notes).toBe("old");
  await row?.set({ restart_queued: true }).save();
  expect(stored).toMatchObject({ network_isolation_enabled: true, notes: "written meanwhile", restart_queued: true });
});
