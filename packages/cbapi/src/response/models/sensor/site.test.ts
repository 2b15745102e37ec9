import { describe, expect, it } from "vitest";
import { edrServer } from "../../../test-support/edr-server.js";
import { Site } from "./site.js";
import { ThrottleRule } from "./throttle-rule.js";

const rules = [
  { id: 1, site_id: 1, day_of_week: 0, from: 8, to: 18, bytes_per_second: 2048.5 },
  { id: 2, site_id: 2, day_of_week: 6, from: 0, to: 24, bytes_per_second: 10 },
];

async function siteServer() {
  const sites = new Map<number, Record<string, unknown>>([[1, { id: 1, name: "Default Site" }]]);
  const bodies: unknown[] = [];
  const one = (id: number) => (_: URLSearchParams, method: string, body: string) => {
    if (method === "GET") return sites.has(id) ? [sites.get(id)] : [];
    if (method === "DELETE") {
      sites.delete(id);
      return { status: 204, text: "" };
    }
    bodies.push(JSON.parse(body));
    sites.set(id, JSON.parse(body) as Record<string, unknown>);
    return { result: "success" };
  };
  const server = await edrServer({
    "/api/site": (_, method, body) => {
      if (method === "GET") return [...sites.values()];
      bodies.push(JSON.parse(body));
      sites.set(2, { id: 2, ...(JSON.parse(body) as object) });
      return { id: 2 };
    },
    "/api/site/1": one(1),
    "/api/site/2": one(2),
    "/api/v3/group": [
      { id: 1, name: "A", site_id: 1 },
      { id: 5, name: "B", site_id: 2 },
    ],
    "/api/throttle": rules,
  });
  return { ...server, bodies };
}

describe("a site", () => {
  it("is created, renamed and deleted", async () => {
    const { cb, requests, bodies } = await siteServer();
    const site = cb.create(Site, { name: "Berlin" });
    await site.save();
    expect(site.id).toBe(2);
    site.name = "Hamburg";
    await site.save();
    expect(bodies).toEqual([{ name: "Berlin" }, { id: 2, name: "Hamburg" }]);
    await site.delete();
    await expect(cb.select(Site, 2, { refresh: true })).rejects.toThrow("There is no Site with id 2");
    expect(requests).toEqual([
      "POST /api/site",
      "/api/site/2",
      "PUT /api/site/2",
      "/api/site/2",
      "DELETE /api/site/2",
      "/api/site/2",
    ]);
    await expect(cb.create(Site).validate()).rejects.toThrow("Missing fields: [name]");
    expect(() => cb.create(Site).groups).toThrow("has not been saved");
    expect(() => cb.create(Site).throttle_rules).toThrow("has not been saved");
  });

  it("gives its groups and its rules, each from one list", async () => {
    const { cb, requests } = await siteServer();
    const site = await cb.select(Site, 1);
    expect((await site.groups.all()).map((group) => group.name)).toEqual(["A"]);
    expect((await site.groups.where("name:b").all()).map((group) => group.name)).toEqual([]);
    expect(() => Object.assign(site, { groups: [] })).toThrow("Field groups is immutable");
    const found = await site.throttle_rules.all();
    expect(found.map((rule) => rule.id)).toEqual([1]);
    expect(found[0]).toMatchObject({ day_of_week: 0, from: 8, to: 18, bytes_per_second: 2048.5 });
    expect(await found[0]?.site.name).toBe("Default Site");
    expect(requests).toEqual(["/api/site/1", "/api/v3/group", "/api/v3/group", "/api/throttle"]);
  });
});

describe("a throttle rule", () => {
  it("is looked up in the list, and cannot be made, changed or deleted", async () => {
    const { cb, requests } = await siteServer();
    const rule = await cb.select(ThrottleRule, 2);
    expect(rule.to).toBe(24);
    await expect(cb.select(ThrottleRule, 9)).rejects.toThrow("There is no ThrottleRule with id 9");
    expect(requests).toEqual(["/api/throttle", "/api/throttle"]);
    expect(() => cb.create(ThrottleRule)).toThrow("Cannot create object of type ThrottleRule");
    expect(() => Object.assign(rule, { to: 12 })).toThrow("Field to is immutable");
    expect(rule).not.toHaveProperty("delete");
  });
});
