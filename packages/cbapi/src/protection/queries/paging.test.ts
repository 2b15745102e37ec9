import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { listRoute, protectionServer } from "../../test-support/protection-server.js";
import { pathOf } from "../paths.js";
import { ProtectionQuery } from "./protection-query.js";

class Row extends defineModel(
  { name: "Row", path: pathOf("row"), key: "id" },
  { id: t.integer(), name: t.string(), size: t.integer() },
) {
  static query(client: ModelHost): ProtectionQuery<Row> {
    return ProtectionQuery.of(client, Row);
  }
}

type Version = "7.2.3.1100" | "8.1.4.134" | undefined;

/** A server with so many rows, which counts them from `base`. */
async function rowServer(count: number, base: 0 | 1 = 0, version: Version = base === 0 ? "8.1.4.134" : "7.2.3.1100") {
  const state = { count, base };
  const ids = (): { id: number }[] => Array.from({ length: state.count }, (_, i) => ({ id: i + 1 }));
  const route = (request: Parameters<ReturnType<typeof listRoute>>[0]) => listRoute(ids, state.base)(request);
  return { ...(await protectionServer({ row: route }, { version })), state };
}

const ids = (rows: readonly Row[]): number[] => rows.map(({ id }) => id);
const upTo = (count: number, from = 0): number[] => Array.from({ length: Math.max(0, count) }, (_, i) => from + i + 1);

const servers = fc.record({
  count: fc.oneof(fc.nat(5000), fc.nat(12), fc.constantFrom(999, 1000, 1001, 2000, 2001, 5000)),
  base: fc.constantFrom<(0 | 1)[]>(0, 1),
  version: fc.constantFrom<Version[]>("7.2.3.1100", undefined),
});
/** Any page size, so that no reading takes more than some fifty requests. */
const pageSize = (count: number) =>
  fc.integer({ min: Math.max(1, Math.ceil(count / 50)), max: Math.max(1100, count + 2) });

describe("reading App Control rows", () => {
  it("gives exactly the rows, of any number, by pages of any size, from servers that count from 0 or from 1", async () => {
    await fc.assert(
      fc.asyncProperty(
        servers.chain((server) => fc.tuple(fc.constant(server), pageSize(server.count))),
        async ([{ count, base, version }, size]) => {
          const { cb, requests } = await rowServer(count, base, version);
          const rows = await cb.select(Row).batchSize(size).all();
          expect(ids(rows)).toEqual(upTo(count));
          expect(rows.report()).toMatchObject({ complete: true, available: count, returned: count, totalOrder: true });
          // Of a full page one row has come before; of a server that counts from 1, another one once. One page more than
          // there are full ones, and one behind a long page that was short.
          const news = size === 1000 ? 999 : size;
          const extra = (size > 1000 ? 1 : 0) + (base === 1 && size < 3 ? 1 : 0);
          expect(requests.length).toBeLessThanOrEqual(Math.floor((count + base) / news) + 2 + extra);
          await cb.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives exactly the rows of a slice, wherever it begins and ends", async () => {
    const ends = fc.tuple(
      fc.integer({ min: -40, max: 60 }),
      fc.option(fc.integer({ min: -40, max: 60 }), { nil: undefined }),
    );
    await fc.assert(
      fc.asyncProperty(
        servers.map((server) => ({ ...server, count: server.count % 45 })),
        fc.integer({ min: 1, max: 50 }),
        fc.array(ends, { minLength: 1, maxLength: 4 }),
        async ({ count, base, version }, size, slices) => {
          const { cb } = await rowServer(count, base, version);
          const query = cb.select(Row).batchSize(size);
          for (const [start, end] of slices) {
            expect(ids(await query.slice(start, end))).toEqual(upTo(count).slice(start, end));
            expect((await query.at(start))?.id).toBe(upTo(count).at(start));
          }
          await cb.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads on behind a page that was cut to the usual size", async () => {
    const limits: number[] = [];
    const all = upTo(2500).map((id) => ({ id }));
    const { cb } = await protectionServer({
      row: ({ query }: { query: URLSearchParams }) => {
        const limit = Math.min(1000, Number(query.get("limit")));
        const offset = Number(query.get("offset"));
        limits.push(Number(query.get("limit")));
        return all.slice(offset, offset + limit);
      },
    });
    expect(ids(await cb.select(Row).batchSize(2000).all())).toEqual(upTo(2500));
    expect(limits).toEqual([2000, 2001, 2001]);
  });

  it("asks a server before 8.0 once what it counts from, and only when a reading begins further behind", async () => {
    const { cb, requests } = await rowServer(30, 1);
    await cb.select(Row).first();
    await cb.select(Row).slice(0, 5);
    expect(requests).toEqual(["row?limit=1&offset=0", "row?limit=5&offset=0"]);
    requests.length = 0;
    const query = cb.select(Row);
    expect(ids((await Promise.all([query.slice(3, 5), query.slice(10, 12)])).flat())).toEqual([4, 5, 11, 12]);
    expect((await query.at(7))?.id).toBe(8);
    // The two slices share the questions, and are then on their way at the same time.
    expect(requests.splice(0, 3)).toEqual([
      "serverConfig?limit=0",
      "row?limit=2&offset=0&sort=id ASC",
      "row?limit=1&offset=1&sort=id ASC",
    ]);
    expect(requests.sort()).toEqual(["row?limit=1&offset=8", "row?limit=2&offset=11", "row?limit=2&offset=4"]);
  });

  it("asks a server from 8.0 on for nothing more, unless a row came twice", async () => {
    const { cb, requests, state } = await rowServer(30);
    await cb.connect();
    requests.length = 0;
    expect(ids(await cb.select(Row).slice(10, 12))).toEqual([11, 12]);
    expect(requests).toEqual(["row?limit=2&offset=10"]);
    state.base = 1;
    expect(ids(await cb.select(Row).batchSize(20).all())).toEqual(upTo(30));
    requests.length = 0;
    expect(ids(await cb.select(Row).slice(10, 12))).toEqual([11, 12]);
    expect(requests).toEqual([
      "row?limit=2&offset=0&sort=id ASC",
      "row?limit=1&offset=1&sort=id ASC",
      "row?limit=2&offset=11",
    ]);
  });

  it("is not led astray by rows that moved while pages were read", async () => {
    let served = 0;
    let rows = upTo(6).map((id) => ({ id: id * 10 }));
    const { cb } = await protectionServer({
      row: (request: { query: URLSearchParams; method: string; body: unknown }) => {
        // A row that sorts before all others comes in between the two pages.
        if (++served === 2) rows = [{ id: 1 }, ...rows];
        return listRoute(() => rows)(request);
      },
    });
    const found = await cb.select(Row).batchSize(3).all();
    expect(ids(found)).toEqual([10, 20, 30, 40, 50, 60]);
    expect(found.report()).toMatchObject({ complete: true, duplicates: 0 });
    expect(ids(await cb.select(Row).slice(2, 4))).toEqual([20, 30]);
  });

  /** A server whose rows leave ahead of the request of this number, counted from 1. */
  async function leavingServer(count: number, at: number, left: (rows: { id: number }[]) => { id: number }[]) {
    let rows = upTo(count).map((id) => ({ id }));
    let asked = 0;
    return protectionServer({
      row: (request: Parameters<ReturnType<typeof listRoute>>[0]) => {
        if (++asked === at) rows = left(rows);
        return listRoute(() => rows)(request);
      },
    });
  }

  it("goes back for rows that have moved up because others left", async () => {
    const { cb, requests } = await leavingServer(2500, 3, (rows) => rows.slice(1500));
    const found = await cb.select(Row).all();
    expect(ids(found)).toEqual(upTo(2500));
    expect(found.report()).toMatchObject({ complete: true, returned: 2500, duplicates: 0 });
    expect(requests.map((request) => request.replace("&sort=id ASC", ""))).toEqual([
      "row?limit=1000&offset=0",
      "row?limit=1000&offset=999",
      "row?limit=1000&offset=1998",
      "row?limit=1000&offset=999",
      "row?limit=1000&offset=0",
      "row?limit=1000&offset=999",
    ]);
    // Where all that had come has left, reading begins anew.
    const { cb: other } = await leavingServer(40, 2, (rows) => rows.slice(20));
    expect(ids(await other.select(Row).batchSize(20).all())).toEqual(upTo(40));
  });

  it("says so when too many have left to tell where to go on", async () => {
    const { cb } = await leavingServer(10_000, 9, (rows) => rows.slice(7900));
    const found = await cb.select(Row).all();
    expect(found.report()).toMatchObject({ complete: false });
    expect(found.report().reasons.join()).toContain("rows left the result while its pages were read");
    // What a slice begins behind is none of it, also when rows have moved up there.
    const { cb: other } = await leavingServer(100, 2, (rows) => rows.slice(25));
    const slice = await other.select(Row).batchSize(10).slice(20, 60);
    expect(ids(slice)).toEqual(upTo(40, 20));
    expect(slice.report()).toMatchObject({ complete: true });
    const { cb: unordered } = await leavingServer(100, 2, (rows) => rows.slice(25));
    const some = await unordered.select(Row).sort("name").batchSize(10).slice(20, 60);
    expect(some.report()).toMatchObject({ complete: false });
  });

  it("asks again when rows went while it asked what the server counts from", async () => {
    const rows = upTo(9).map((id) => ({ id }));
    let asked = 0;
    const { cb, requests } = await protectionServer(
      {
        row: (request: Parameters<ReturnType<typeof listRoute>>[0]) => {
          if (++asked === 2) rows.splice(0, 2);
          return listRoute(() => rows, 1)(request);
        },
      },
      { version: "7.2.3.1100" },
    );
    expect(ids(await cb.select(Row).slice(1, 3))).toEqual([4, 5]);
    expect(requests).toHaveLength(6);
  });

  it("learns nothing from a server that has no rows yet", async () => {
    const { cb, state } = await rowServer(0, 0, "7.2.3.1100");
    expect(await cb.select(Row).slice(1, 3)).toHaveLength(0);
    state.count = 9;
    expect(ids(await cb.select(Row).slice(1, 3))).toEqual([2, 3]);
    state.base = 1;
    expect(ids(await cb.select(Row).slice(1, 3))).toEqual([1, 2]); // What was learnt is not asked for again.
  });

  it("takes the caller's word for what the server counts from", async () => {
    const { cb, requests } = await protectionServer(
      { row: listRoute(() => upTo(9).map((id) => ({ id })), 1) },
      { offsetBase: 1, version: "7.2.3.1100" },
    );
    expect(ids(await cb.select(Row).slice(4, 6))).toEqual([5, 6]);
    expect(requests).toEqual(["row?limit=2&offset=5"]);
  });

  it("sorts by id where rows of two pages meet and the caller named no order", async () => {
    const { cb, requests } = await rowServer(5);
    const query = cb.select(Row);
    await query.all();
    await query.sort("").all();
    await query.sort(" name DESC ").batchSize(3).all();
    await query.all({ limit: 1000 });
    expect(requests).toEqual([
      "row?limit=1000&offset=0&sort=id ASC",
      "row?limit=1000&offset=0",
      "row?limit=3&offset=0&sort=name DESC",
      "row?limit=4&offset=2&sort=name DESC",
      "row?limit=1000&offset=0",
    ]);
    for (const wrong of ["name,id", "name up", "name ASC id"])
      expect(() => query.sort(wrong)).toThrow("sort wants one field");
  });

  it("ends when rows that came before are all that comes", async () => {
    const { cb } = await protectionServer({
      // Whatever is asked for, these come.
      row: ({ query }: { query: URLSearchParams }) =>
        upTo(600)
          .slice(0, Number(query.get("limit")))
          .map((id) => ({ id })),
    });
    const rows = await cb.select(Row).batchSize(2).all();
    expect(ids(rows)).toEqual(upTo(250));
    expect(rows.report()).toMatchObject({ complete: false });
    expect(rows.report().reasons.join()).toContain("only rows that had come before");
  });
});
