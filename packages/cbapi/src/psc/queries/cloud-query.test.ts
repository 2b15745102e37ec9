import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientError, ServerError } from "../../core/errors.js";
import { Q } from "../../core/query/terms.js";
import { cloudSearchRoute, cloudServer } from "../../test-support/cloud-server.js";
import { failure } from "../../test-support/transport-server.js";
import { Device } from "../models/devices/device.js";
import { QueryBuilder } from "../query-language/query-builder.js";

const SEARCH = "POST /appservices/v6/orgs/{org}/devices/_search";
const SCROLL = "POST /appservices/v6/orgs/{org}/devices/_scroll";

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, name: `WIN-${index + 1}` }));

/** A scroll over these rows, from behind on, so that its order is another than the search's. */
function scrollRoute(all: () => readonly object[]) {
  return ({ body }: { readonly body: unknown }) => {
    const { rows: count = 0, search_after: after = "0" } = body as { rows?: number; search_after?: string };
    const place = Number(after);
    const results = [...all()].reverse().slice(place, place + count);
    return { org_key: "WNEX", num_found: all().length, search_after: String(place + results.length), results };
  };
}

describe("pages of a search", () => {
  it("are read one behind the other, counted from 1, each row once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 25 }), async (count, size) => {
        const { cb, bodies } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => rows(count)) });
        const found = await cb.select(Device).batchSize(size).all();
        expect(found.map(({ id }) => id)).toEqual(rows(count).map(({ id }) => id));
        expect(found.report()).toMatchObject({ complete: true, available: count, duplicates: 0 });
        const starts = bodies.map((body) => (body as { start?: number }).start);
        expect(starts).toEqual(starts.map((_, page) => (page === 0 ? undefined : page * size + 1)));
        expect(bodies.every((body) => (body as { rows: number }).rows <= size)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it("have the size that the server chooses where the classic search names none", async () => {
    const { cb, bodies } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => rows(45)) }, { routes: "classic" });
    expect(await cb.select(Device).all()).toHaveLength(45);
    const selection = { criteria: {}, exclusions: {}, query: null };
    expect(bodies).toEqual([selection, { ...selection, start: 21 }, { ...selection, start: 41 }]);
  });

  it("end where the server has no more, even if it counts more", async () => {
    const { cb, requests } = await cloudServer({
      [SEARCH]: ({ body }) => ({ num_found: 7, results: (body as { start?: number }).start ? [] : rows(5) }),
    });
    const found = await cb.select(Device).all();
    expect(found).toHaveLength(5);
    expect(found.report()).toMatchObject({ complete: false, available: 7 });
    expect(requests).toHaveLength(2);
  });

  it("are asked for no more than is wanted", async () => {
    const { cb, bodies } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => rows(50)) });
    const query = cb.select(Device).sortBy("name", "DESC");
    expect((await query.first())?.id).toBe(1);
    expect(await query.count()).toBe(50);
    expect((await query.at(30))?.id).toBe(31);
    expect((await query.slice(10, 12)).map(({ id }) => id)).toEqual([11, 12]);
    expect(await query.all({ limit: 3 })).toHaveLength(3);
    const selection = { criteria: {}, exclusions: {}, query: null, sort: [{ field: "name", order: "DESC" }] };
    expect(bodies).toEqual([
      { ...selection, rows: 1 },
      { ...selection, rows: 1, start: 31 },
      { ...selection, rows: 2, start: 11 },
      { ...selection, rows: 3 },
    ]);
  });

  it("are counted without an order, by one row", async () => {
    const { cb, bodies } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => rows(5)) });
    expect(await cb.select(Device).sortBy("name").count()).toBe(5);
    expect(bodies).toEqual([{ criteria: {}, exclusions: {}, query: null, rows: 1 }]);
  });

  it("that hold no list of rows are an error, and no empty result", async () => {
    for (const answer of [{ num_found: 3 }, [], { results: {} }]) {
      const { cb } = await cloudServer({ [SEARCH]: answer });
      expect(await failure(cb.select(Device).all(), ServerError)).toMatchObject({ code: "UNEXPECTED_ANSWER" });
    }
    const { cb } = await cloudServer({ [SEARCH]: { num_found: 0 } });
    expect(await cb.select(Device).all()).toEqual([]);
  });

  it("that are refused stop the reading, which says so", async () => {
    const { cb } = await cloudServer({
      [SEARCH]: (request) =>
        (request.body as { start?: number }).start === undefined
          ? cloudSearchRoute(() => rows(5))(request)
          : { status: 400, text: '{"error_code":"INVALID"}' },
    });
    const reading = cb.select(Device).batchSize(2).iterate();
    await expect(
      (async () => {
        for await (const _ of reading);
      })(),
    ).rejects.toBeInstanceOf(ClientError);
    expect(reading.report()).toMatchObject({ returned: 2, complete: false });
  });
});

describe("results of more than 10,000 rows", () => {
  it("are read to their end by a scroll, which the first page calls for", async () => {
    const all = rows(10_005);
    const routes = { [SEARCH]: cloudSearchRoute(() => all), [SCROLL]: scrollRoute(() => all) };
    const { cb, requests, bodies } = await cloudServer(routes);
    const found = await cb.select(Device).batchSize(5000).where("name:WIN*").all();
    expect(new Set(found.map(({ id }) => id)).size).toBe(10_005);
    expect(found.report()).toMatchObject({ complete: true, available: 10_005, duplicates: 0 });
    expect(requests).toEqual([SEARCH, SCROLL, SCROLL, SCROLL]);
    expect(bodies.slice(1)).toEqual([
      { criteria: {}, exclusions: {}, query: "name:WIN*", rows: 5000 },
      { criteria: {}, exclusions: {}, query: "name:WIN*", rows: 5000, search_after: "5000" },
      { criteria: {}, exclusions: {}, query: "name:WIN*", rows: 5000, search_after: "10000" },
    ]);
  });

  it.each(["an order", "classic routes"] as const)("are reported as incomplete with %s", async (why) => {
    const all = rows(10_005);
    const options = why === "classic routes" ? ({ routes: "classic" } as const) : {};
    const { cb, requests } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => all) }, options);
    const query = cb.select(Device).batchSize(5000);
    const found = await (why === "an order" ? query.sortBy("name") : query).all();
    expect(found).toHaveLength(10_000);
    const report = found.report();
    expect(report).toMatchObject({ complete: false, available: 10_005 });
    expect(report.reasons.join()).toContain(why === "an order" ? "leave out sortBy()" : 'routes: "current"');
    expect(requests).toEqual([SEARCH, SEARCH]);
  });

  it("that a scroll does not lead through are an error", async () => {
    const all = rows(10_005);
    const lost = { num_found: all.length, results: all.slice(0, 10) };
    const { cb } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => all), [SCROLL]: lost });
    expect(await failure(cb.select(Device).all(), ServerError)).toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });

  it("that grow beyond that while they are read are reported as incomplete", async () => {
    let all = rows(10_000);
    const search = cloudSearchRoute(() => all);
    const { cb } = await cloudServer({
      [SEARCH]: (request) => {
        const page = search(request);
        all = rows(10_010);
        return page;
      },
    });
    const found = await cb.select(Device).batchSize(5000).all();
    expect(found).toHaveLength(10_000);
    expect(found.report().complete).toBe(false);
  });
});

describe("the text of a search", () => {
  it.each([
    ["text", (query: Device0) => query.where("a:1").where("b:2 OR c:3"), "a:1 (b:2 OR c:3)"],
    [
      "terms",
      (query: Device0) => query.where({ name: "WIN 7" }).and({ os: ["WINDOWS", "MAC"] }),
      "name:WIN\\ 7 AND (os:WINDOWS OR os:MAC)",
    ],
    [
      "a choice",
      (query: Device0) => query.where({ name: "a" }).or({ name: "b" }).not({ os: "MAC" }),
      "(name:a OR name:b) AND (!os:MAC)",
    ],
    ["an expression", (query: Device0) => query.where(Q({ name: "a" }).not()), "!name:a"],
    ["a template", (query: Device0) => query.where`name:${"a b"}`, "name:a\\ b"],
    [
      "a builder",
      (query: Device0) => query.where(new QueryBuilder({ name: "a" }).or({ name: "b" })),
      "name:a OR name:b",
    ],
  ])("is made of %s", async (_, narrowed, text) => {
    const { cb, bodies } = await cloudServer({ [SEARCH]: cloudSearchRoute(() => []) });
    const query = narrowed(cb.select(Device));
    await query.all();
    expect(bodies).toEqual([{ criteria: {}, exclusions: {}, query: text, rows: 1000 }]);
    expect(query.query).toBe(text);
  });

  it("is refused where it says nothing or mixes what does not mix", async () => {
    const { cb } = await cloudServer({});
    const query = cb.select(Device);
    expect(() => query.where("")).toThrow("empty text");
    expect(() => query.where("a:1").and({ b: 2 })).toThrow("Cannot modify a raw query");
    expect(() => query.where({ b: 2 }).and("a:1")).toThrow("Cannot modify a structured query");
    expect(() => query.not({})).toThrow("no condition");
    expect(() => query.where({ name: undefined } as never)).toThrow("has no value");
  });

  it("shows in the query's print, with its criteria", async () => {
    const { cb } = await cloudServer({});
    const query = cb.select(Device).where("a:1").setOs(["MAC"]).setExcludeSensorVersions(["1.0"]);
    expect(String(query)).toContain('a:1 {\\"os\\":[\\"MAC\\"]} not {\\"sensor_version\\":[\\"1.0\\"]}');
  });
});

type Device0 = ReturnType<typeof Device.query>;
