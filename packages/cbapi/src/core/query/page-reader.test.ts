import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Alert, Process, Sensor } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { PageExecution } from "./execution.js";
import type { FetchedPage, RowSource } from "./row-source.js";

const row = (i: number) => ({
  id: `00000001-0000-${i.toString(16).padStart(4, "0")}-01d3-8bc595148226`,
  segment_id: 1,
});

const rowsOf = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => row(from + i));

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

const windowOf = (path: string) => {
  const query = new URL(path, "http://x").searchParams;
  return `${query.get("start")}+${query.get("rows")}`;
};

/** Sixty rows, on top of which ten more stand from each of these requests on. */
async function growingServer(grows: (request: number) => boolean) {
  let rows = rowsOf(1000, 1060);
  let top = 1000;
  let count = 0;
  const server = await edrServer({
    "/api/v1/process"(query) {
      if (++count > 20) return { status: 500, text: "would you go on for ever" };
      if (grows(count)) {
        rows = [...rowsOf(top - 10, top), ...rows];
        top -= 10;
      }
      return searchRoute(rows)(query);
    },
  });
  return { ...server, query: server.cb.select(Process).batchSize(10) };
}

describe("rows that come in on top while a result is read", () => {
  it("end the reading after three pages that held nothing new, when there is no end to them", async () => {
    const { query, requests } = await growingServer((request) => request > 1);
    const found = await query.all();
    expect(idsOf(found)).toEqual(idsOf(rowsOf(1000, 1010)));
    expect(requests).toHaveLength(4);
    expect(found.report()).toMatchObject({ complete: false, returned: 10, duplicates: 30 });
    expect(found.report().reasons[0]).toMatch(/^rows come in as fast as pages are read/);
  });

  it("do not end it when they make a pause, however often", async () => {
    const { query } = await growingServer((request) => [2, 3, 5, 6].includes(request));
    const found = await query.all();
    expect(idsOf(found)).toEqual(idsOf(rowsOf(1000, 1060)));
    expect(found.report().reasons).toEqual([
      "40 of 100 rows are missing: rows moved between pages while they were read (40 came twice)",
    ]);
  });
});

describe("the count that a server names", () => {
  it("is kept when an empty page takes it back, as there should have been more rows", async () => {
    const rows = rowsOf(0, 150);
    const { cb } = await edrServer({
      "/api/v1/process": (query) => ({
        ...searchRoute(rows)(query),
        total_results: Number(query.get("start")) < 150 ? 200 : 150,
      }),
    });
    const found = await cb.select(Process).all();
    expect(found.report()).toMatchObject({ complete: false, available: 200, returned: 150, pages: 3 });
    expect(found.report().reasons).toEqual(["50 of 200 rows are missing: the server counts more rows than it gave"]);
  });

  it("is known of a result without rows as well", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchRoute([]) });
    const query = cb.select(Process);
    expect((await query.all()).report()).toMatchObject({ available: 0, complete: true, pages: 1 });
    expect(await query.count()).toBe(0);
    expect(requests).toHaveLength(1);
  });
});

it("the last page asks for as many rows as are still wanted", async () => {
  const { cb, requests } = await edrServer({ "/api/v1/process": searchRoute(rowsOf(0, 250)) });
  expect(await cb.select(Process).all({ limit: 120 })).toHaveLength(120);
  expect(requests.map(windowOf)).toEqual(["0+100", "100+20"]);
});

it("rows that name no object are counted one by one, and are not taken for one another", async () => {
  const rows = [{ hostname: "x" }, { unique_id: "a" }, { hostname: "x" }, {}];
  const { cb } = await edrServer({ "/api/v2/alert": searchRoute(rows) });
  const report = (await cb.select(Alert).all()).report();
  expect(report).toMatchObject({ available: 4, returned: 1, duplicates: 0, totalOrder: false });
  expect(report.reasons).toEqual(["3 rows were left out: the server gave no usable unique_id"]);
});

it("a range of what is narrowed here is that of the rows that are left", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        groups: fc.array(fc.constantFrom(1, 2), { maxLength: 40 }),
        batch: fc.integer({ min: 1, max: 15 }),
        start: fc.nat({ max: 12 }),
        length: fc.option(fc.nat({ max: 15 }), { nil: undefined }),
      }),
      async ({ groups, batch, start, length }) => {
        const sensors = groups.map((group_id, id) => ({ id, group_id, computer_name: `WIN-${id}` }));
        const { cb } = await edrServer({ "/api/v2/sensor": searchRoute(sensors) });
        const query = cb.select(Sensor).where("hostname:WIN").where({ groupid: 2 }).batchSize(batch);
        const end = length === undefined ? undefined : start + length;
        const found = await query.slice(start, end);
        const wanted = sensors.filter(({ group_id }) => group_id === 2).slice(start, end);
        expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
        expect(found.report()).toMatchObject({ complete: true, available: undefined, returned: wanted.length });
        expect(found.report().totalOrder).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

describe("a server that names no total", () => {
  /** Reads pages of three of these rows, each of which says whether it is the last. */
  async function read(pages: readonly (readonly number[])[], { last = false, start = 0, limit = 99 } = {}) {
    const asked: string[] = [];
    const totals: number[] = [];
    const source: RowSource<unknown> = {
      fetchPage: async ({ start, rows }): Promise<FetchedPage> => {
        asked.push(`${start}+${rows}`);
        const ids = pages[asked.length - 1] ?? [];
        return { documents: ids.map((id) => ({ id })), total: undefined, last: last && asked.length === pages.length };
      },
      identify: ({ id }) => ({ row: String(id), key: id as number }),
      nameless: "no id",
      makeModels: (rows) => rows.map(({ key }) => key),
      filter: undefined,
      maxOffset: Number.POSITIVE_INFINITY,
      seamOf: () => undefined,
      continueFrom: () => undefined,
      beyondCap: () => "",
      onTotal: (total) => totals.push(total),
    };
    const reading = new PageExecution(source, { start, limit, pageSize: 3, totalOrder: true });
    const items: unknown[] = [];
    for await (const page of reading) items.push(...page.items);
    return { items, asked, totals, report: reading.report() };
  }

  it("is read until a page says that it is the last, and is known to have as many as came", async () => {
    const { items, asked, totals, report } = await read([[1, 2, 3], [4]], { last: true });
    expect([items, asked, totals]).toEqual([[1, 2, 3, 4], ["0+3", "3+3"], [4]]);
    expect(report).toMatchObject({ available: 4, complete: true, pages: 2 });
  });

  it("is read until an empty page when none says so, by as many rows as came", async () => {
    const { items, asked, report } = await read([[1, 2, 3], [3, 4], [5]], { start: 10 });
    expect([items, asked]).toEqual([
      [1, 2, 3, 4, 5],
      ["10+3", "13+3", "15+3", "16+3"],
    ]);
    expect(report).toMatchObject({ available: 15, complete: true, duplicates: 1 });
  });

  it("has as many as nobody knows when reading ends before, or begins behind them", async () => {
    const some = await read([[1, 2, 3]], { limit: 2 });
    expect([some.items, some.asked, some.totals]).toEqual([[1, 2], ["0+2"], []]);
    expect(some.report).toMatchObject({ available: undefined, complete: true });
    const behind = await read([], { start: 10 });
    expect([behind.items, behind.totals]).toEqual([[], []]);
    expect(behind.report).toMatchObject({ available: undefined, complete: true });
  });

  it("is left when it gives the same rows for ever", async () => {
    const { items, report } = await read(Array.from({ length: 20 }, () => [1, 2, 3]));
    expect(items).toEqual([1, 2, 3]);
    expect(report).toMatchObject({ complete: false, pages: 4 });
  });
});
