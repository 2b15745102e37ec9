// Results that are longer than the server serves: read on by time, or said to be short.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Alert, ApiError, Process, type ProcessQuery } from "../../response/index.js";
import { type Answer, edrServer, searchRoute } from "../../test-support/edr-server.js";

interface Row {
  readonly id: string;
  readonly unique_id: string;
  readonly last_update?: string;
}

const NEWEST = Date.UTC(2018, 1, 6);

/** Rows of which each was updated this many milliseconds before the newest; `undefined` for one without a time. */
const rowsOf = (ages: readonly (number | undefined)[]): Row[] =>
  ages.map((age, i) => {
    const id = `00000001-0000-${i.toString(16).padStart(4, "0")}-01d3-8bc595148226`;
    const time = age === undefined ? {} : { last_update: new Date(NEWEST - age).toISOString() };
    return { id, unique_id: `${id}-000000000001`, ...time };
  });

const seconds = (count: number, second: (i: number) => number) =>
  rowsOf(Array.from({ length: count }, (_, i) => second(i) * 1000));

/** Serves rows newest first, none from the cap on; those of one time in another order each time. */
const serverOf =
  (rows: readonly Row[], cap: number) =>
  (query: URLSearchParams): Answer => {
    if (Number(query.get("start")) >= cap) return { status: 500, text: "too deep" };
    const limit = query.get("cb.max_last_update");
    const before = limit === null ? undefined : Date.parse(limit);
    const matching = rows.filter(
      (row) => before === undefined || (row.last_update !== undefined && Date.parse(row.last_update) <= before),
    );
    const backwards = query.get("sort") === "last_update asc";
    const age = (row: Row) => (row.last_update === undefined ? Number.POSITIVE_INFINITY : -Date.parse(row.last_update));
    const tie = before === undefined ? 1 : -1;
    matching.sort((a, b) => {
      const byTime = age(a) === age(b) ? 0 : age(a) < age(b) ? -1 : 1;
      return byTime !== 0 ? (backwards ? -byTime : byTime) : tie * (a.id < b.id ? -1 : 1);
    });
    return searchRoute(matching)(query);
  };

/** The same query against a server with a lower cap. */
function capped<Q extends object>(query: Q, maxOffset: number): Q {
  const Class = query.constructor as new (...args: ConstructorParameters<typeof ProcessQuery>) => ProcessQuery;
  class Capped extends Class {
    protected override readonly maxOffset = maxOffset;
  }
  const { client, model, state } = query as unknown as { client: never; model: never; state: never };
  return new Capped(client, model, state) as unknown as Q;
}

async function queryOf(rows: readonly Row[], cap: number, pageSize = 10) {
  const { cb, requests } = await edrServer({ "/api/v1/process": serverOf(rows, cap) });
  return { query: capped(cb.select(Process).batchSize(pageSize), cap), requests };
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

describe("a result beyond the highest offset", () => {
  it("is read on by time", async () => {
    const rows = seconds(300, (i) => i);
    const { query, requests } = await queryOf(rows, 100, 50);
    const found = await query.all();
    expect(idsOf(found)).toEqual(idsOf(rows));
    expect(found.report()).toMatchObject({ complete: true, available: 300, returned: 300, duplicates: 0 });
    const sent = requests.length;
    expect(await query.count()).toBe(300);
    expect(requests).toHaveLength(sent);
  });

  it("is asked for in no window that goes beyond it", async () => {
    const { query, requests } = await queryOf(
      seconds(120, (i) => i),
      100,
      30,
    );
    await query.all();
    const windows = requests.map((path) => new URL(path, "http://x").searchParams);
    expect(windows.map((window) => `${window.get("start")}+${window.get("rows")}`)).toEqual([
      "0+30",
      "30+30",
      "60+30",
      "90+10",
      "0+30",
    ]);
  });

  it("gives no row twice when the second of the cap is longer than the window of rows that are remembered", async () => {
    // 1,200 rows share a second, 800 of them before the cap; the last 20 pages hold 200.
    const rows = seconds(2400, (i) => (i < 1200 ? i : i < 2400 - 400 ? 1200 : i));
    const { query } = await queryOf(rows, 2000);
    const shifted = await queryOf(
      seconds(3000, (i) => (i < 1200 ? i : i < 2400 ? 1200 : i)),
      2000,
    );
    for (const [q, total] of [
      [query, 2400],
      [shifted.query, 3000],
    ] as const) {
      const found = await q.all();
      expect(new Set(idsOf(found)).size).toBe(found.length);
      expect(found.report()).toMatchObject({ complete: true, available: total, returned: total, duplicates: 0 });
    }
  });

  it("still knows rows that moved from those that stand at the seam", async () => {
    const rows = seconds(150, (i) => i);
    const serve = serverOf(rows, 100);
    const { cb } = await edrServer({
      "/api/v1/process"(query) {
        const answer = serve(query) as { total_results: number; results: Row[] };
        // Behind the seam the rows move once, by three.
        const moved = query.has("cb.max_last_update") && query.get("start") === "10";
        if (moved) query.set("start", "7");
        return moved ? serve(query) : answer;
      },
    });
    const found = await capped(cb.select(Process).batchSize(10), 100).all();
    expect(new Set(idsOf(found)).size).toBe(found.length);
    expect(found.report().duplicates).toBe(3);
  });

  it("says that rows without a time are not found that way", async () => {
    const rows = rowsOf(Array.from({ length: 150 }, (_, i) => (i < 140 ? i * 1000 : undefined)));
    const { query } = await queryOf(rows, 100);
    const found = await query.all();
    expect(found).toHaveLength(140);
    expect(found.report()).toMatchObject({ complete: false, available: 150, returned: 140 });
    expect(found.report().reasons).toHaveLength(1);
    expect(found.report().reasons[0]).toMatch(/^10 rows are missing: from offset 100 on the server was asked by time/);
    // None of those that were wanted is missing.
    const some = await query.all({ limit: 120 });
    expect(some.report()).toMatchObject({ complete: true, returned: 120, reasons: [] });
  });

  it("is said to be short when a second alone is longer", async () => {
    const { query } = await queryOf(
      seconds(300, () => 1),
      100,
    );
    const found = await query.all();
    expect(new Set(idsOf(found)).size).toBe(found.length);
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons.join()).toMatch(/no rows from offset 100 on: too many rows share a second/);
  });

  it("is said to be short when it is grouped, as a limit of time would change the groups", async () => {
    const { query, requests } = await queryOf(
      seconds(300, (i) => i),
      100,
    );
    const found = await query.groupBy("id").all();
    expect(found).toHaveLength(100);
    expect(found.report()).toMatchObject({ complete: false, available: 300, returned: 100 });
    expect(found.report().reasons[0]).toMatch(/which row stands for a group/);
    expect(requests.filter((path) => path.includes("max_last_update"))).toEqual([]);
  });

  it("is said to be short in a search that has no times to go on by", async () => {
    const alerts = Array.from({ length: 30 }, (_, i) => ({ unique_id: `a${i}` }));
    const { cb } = await edrServer({ "/api/v2/alert": searchRoute(alerts) });
    const found = await capped(cb.select(Alert).batchSize(10), 20).all();
    expect(found).toHaveLength(20);
    expect(found.report().reasons[0]).toBe("the server serves no rows from offset 20 on: narrow the query");
  });

  it("is said to be short in another order", async () => {
    const { query } = await queryOf(
      seconds(150, (i) => i),
      100,
    );
    const { reasons } = (await query.sort("start asc").all()).report();
    expect(reasons[0]).toMatch(/leave its order at last_update desc/);
  });

  it("is never read past the caller's own limit of time", async () => {
    const { query, requests } = await queryOf(rowsOf(Array.from({ length: 300 }, () => 500)), 100);
    await query.maxLastUpdate("2018-02-05T23:59:59.700Z").all();
    expect(requests).toHaveLength(10);
    // Rounded up to a whole second, the time of the last row is beyond that limit.
    expect(requests.filter((path) => path.includes("2018-02-06"))).toEqual([]);
  });

  it("gives each row once and in order, or says that some are missing, wherever the cap falls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          // How many rows share each second.
          groups: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }),
          timeless: fc.constantFrom(0, 0, 3),
          cap: fc.integer({ min: 10, max: 40 }),
          pageSize: fc.integer({ min: 1, max: 15 }),
          limit: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
        }),
        async ({ groups, timeless, cap, pageSize, limit }) => {
          const ages = groups.flatMap((size, second) =>
            // Within a second, some rows share the millisecond as well.
            Array.from({ length: size }, (_, i) => second * 1000 + Math.min(i * 200, 800)),
          );
          const rows = rowsOf([...ages, ...Array.from({ length: timeless }, () => undefined)]);
          const { query } = await queryOf(rows, cap, pageSize);
          const found = await query.all(limit === undefined ? {} : { limit });
          const report = found.report();
          expect(new Set(idsOf(found)).size).toBe(found.length);
          const times = found.map((proc) => proc.last_update?.getTime() ?? Number.NEGATIVE_INFINITY);
          expect(times).toEqual([...times].sort((a, b) => b - a));
          expect(report.returned).toBe(found.length);
          const wanted = Math.min(limit ?? rows.length, rows.length);
          if (found.length < wanted) expect(report.complete).toBe(false);
          if (timeless === 0 && groups.every((size) => size < cap)) {
            expect(report).toMatchObject({ complete: true, returned: wanted, duplicates: 0 });
          }
          if (!report.complete) expect(report.reasons).not.toEqual([]);
          if (limit !== 0 && report.complete) expect(await query.count()).toBe(rows.length);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe("a place beyond the highest offset", () => {
  const rows = seconds(150, (i) => i);

  it("is refused when it is counted from the start, and nothing when it is beyond the end", async () => {
    const { query } = await queryOf(rows, 100);
    await expect(Promise.resolve(query.at(120))).rejects.toThrow(ApiError);
    await expect(query.slice(120, 130)).rejects.toThrow(/row 120 of 150 cannot be read.*from offset 100 on/);
    await expect(query.slice(120)).rejects.toThrow(ApiError);
    expect(await query.at(150)).toBeUndefined();
    expect(await query.slice(200, 210)).toEqual([]);
    expect(await query.slice(120, 120)).toEqual([]);
  });

  it("is read in the opposite order when it is counted from the end", async () => {
    const { query, requests } = await queryOf(rows, 100);
    expect(await query.at(-1).id).toBe(rows[149]?.id);
    expect(requests.at(-1)).toContain("rows=1&sort=last_update asc&start=0");
    expect(idsOf(await query.slice(-5, -2))).toEqual(idsOf(rows.slice(-5, -2)));
    expect(requests.at(-1)).toContain("rows=3&sort=last_update asc&start=2");
    // Begins below the cap and ends above it.
    const found = await query.slice(-60);
    expect(idsOf(found)).toEqual(idsOf(rows.slice(-60)));
    expect(found.report()).toMatchObject({ complete: true, returned: 60 });
    expect(query.report()).toMatchObject({ complete: true, returned: 60 });
  });

  it("is read in its own order when the cap is just behind it", async () => {
    const { query, requests } = await queryOf(rows.slice(0, 100), 100);
    expect(idsOf(await query.slice(-10))).toEqual(idsOf(rows.slice(90, 100)));
    expect(requests.at(-1)).toContain("rows=10&sort=last_update desc&start=90");
  });

  it("is given as far as the server goes when a range begins below it and cannot be turned round", async () => {
    const { query } = await queryOf(rows, 100);
    const found = await query.groupBy("id").slice(-60);
    expect(idsOf(found)).toEqual(idsOf(rows.slice(90, 100)));
    expect(found.report()).toMatchObject({ complete: false, returned: 10, wanted: 60 });
  });

  it("is refused from the end as well when the order cannot be turned round, or the place is far from both ends", async () => {
    const { query } = await queryOf(rows, 100);
    await expect(Promise.resolve(query.groupBy("id").at(-1))).rejects.toThrow(ApiError);
    await expect(Promise.resolve(query.sort("").at(-1))).rejects.toThrow(ApiError);
    const far = await queryOf(
      seconds(300, (i) => i),
      100,
    );
    await expect(Promise.resolve(far.query.at(-150))).rejects.toThrow(/row 150 of 300/);
  });

  it("is reached by a range that begins below it", async () => {
    const { query, requests } = await queryOf(rows, 100);
    expect(idsOf(await query.slice(70, 130))).toEqual(idsOf(rows.slice(70, 130)));
    // Without a count before it.
    expect(requests.filter((path) => path.includes("rows=0"))).toEqual([]);
  });

  it("is not reached when the range begins in the second of the cap, and the report says so", async () => {
    const { query } = await queryOf(
      seconds(150, (i) => (i < 80 ? i : i < 120 ? 80 : i)),
      100,
    );
    const found = await query.slice(90, 130);
    expect(found).toHaveLength(10);
    expect(found.report().reasons[0]).toMatch(/begin well before row 90/);
  });
});
