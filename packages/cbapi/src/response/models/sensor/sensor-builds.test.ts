import { describe, expect, it } from "vitest";
import { edrServer } from "../../../test-support/edr-server.js";
import { SensorBuilds } from "./sensor-builds.js";

const builds = {
  Windows: [{ version_string: "006.001.003.70823" }, { version_string: "007.001.000.15427" }],
  Linux: [],
};

describe("the sensor's builds", () => {
  it("are a query of exactly one object, however it is carried out", async () => {
    const { cb, requests } = await edrServer({ "/api/v2/builds": builds });
    const query = cb.select(SensorBuilds);
    expect(await query.results.Windows).toEqual(["006.001.003.70823", "007.001.000.15427"]);
    expect(await query.first().Windows).toHaveLength(2);
    const one = await query.one();
    expect([one.Linux, one.OSX]).toEqual([[], []]);
    expect(requests).toHaveLength(3);
    const rows: SensorBuilds[] = [];
    for await (const row of query) rows.push(row);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.get("Windows")).toEqual(builds.Windows);
    expect(await query.count()).toBe(1);
    expect(await cb.select(SensorBuilds).count()).toBe(1);
    expect(await query.at(1)).toBeUndefined();
    expect((await query.all()).report()).toMatchObject({ complete: true, returned: 1 });
    expect(await query.slice(1)).toEqual([]);
    expect(new Set(requests)).toEqual(new Set(["/api/v2/builds"]));
  });

  it("belong to the server", async () => {
    const { cb } = await edrServer({ "/api/v2/builds": builds });
    expect(() => cb.create(SensorBuilds)).toThrow("Cannot create object of type SensorBuilds");
    const one = await cb.select(SensorBuilds, "all");
    expect(String(one)).toBe(`<SensorBuilds: id all> @ ${cb.url}`);
    expect(() => Object.assign(one, { Windows: [] })).toThrow("Field Windows is immutable");
    const broken = await edrServer({ "/api/v2/builds": [] });
    await expect(broken.cb.select(SensorBuilds).one()).rejects.toThrow("no object");
  });
});
