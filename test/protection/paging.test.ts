// Reading results page by page: exactly the rows, or the report says why not. Whatever the number of rows, the size of the
// pages, the number that the server gives to the first row, and whoever adds and removes rows meanwhile.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CbProtectionAPI, FileRule, Updater } from "cbapi/protection";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { protectionClient, sandbox, useProtection } from "../support/given-protection.js";

/** Rows of the server's that are there at most. */
const MOST = 5000;
const FIRST = 1001;
/** Behind the fields that the server has by itself. */
const upTo = (count: number) => Array.from({ length: count }, (_, n) => FIRST + n);

/** A client whose requests do not leave the process; `before` is called ahead of each search for rows. */
function inProcess(before: (path: string) => Promise<void> = async () => {}): CbProtectionAPI {
  return protectionClient({
    fetch: async (url: string, init: RequestInit) => {
      // Else nothing but promises would ever get their turn.
      await nextTurn();
      await before(url);
      return sandbox.handle(new Request(url, init));
    },
  } as never);
}

type Base = 0 | 1;

/** Lets the server count from 0 or from 1, for a client that knows nothing of it. */
async function reading<T>(base: Base, work: (cb: CbProtectionAPI) => Promise<T>): Promise<T> {
  sandbox.behaviour.oneBasedOffset = base === 1;
  const cb = inProcess();
  try {
    return await work(cb);
  } finally {
    await cb.close();
    sandbox.behaviour.oneBasedOffset = false;
  }
}

const numbers = (rows: readonly { readonly id?: number | undefined }[]) => rows.map(({ id }) => id);

/** Servers before 8.0 may count from either. */
const OLD = { versions: { protection: "7.2.3.1100" } };

describe("rows that stay as they are", () => {
  useProtection(OLD, false);
  beforeAll(async () => {
    const version = (n: number) => ({ id: FIRST + n, name: `u${n % 7}`, clVersion: 1000 + n, enabled: n % 2 === 0 });
    await protectionClientOnce();
    await Promise.all(Array.from({ length: MOST }, (_, n) => sandbox.put("protection_updater", version(n))));
  });

  /** The first so many of them. */
  const first = (cb: CbProtectionAPI, count: number) =>
    cb
      .select(Updater)
      .where(`clVersion<${1000 + count}`)
      .and("clVersion>999");
  const count = fc.oneof(fc.nat(MOST), fc.nat(12), fc.constantFrom(0, 1, 999, 1000, 1001, 1999, 2000, MOST));
  const base = fc.constantFrom<Base[]>(0, 1);
  /** No more than some forty pages. */
  const sized = count.chain((rows) =>
    fc.tuple(fc.constant(rows), fc.integer({ min: Math.max(1, Math.ceil(rows / 40)), max: Math.max(1100, rows + 2) })),
  );

  it("come whole and in order, as a list and one by one", async () => {
    await fc.assert(
      fc.asyncProperty(sized, base, async ([rows, size], from) =>
        reading(from, async (cb) => {
          const query = first(cb, rows).batchSize(size);
          const all = await query.all();
          expect(numbers(all)).toEqual(upTo(rows));
          expect(all.report()).toMatchObject({ complete: true, available: rows, returned: rows, totalOrder: true });
          expect(await first(cb, rows).count()).toBe(rows);
          const limited = await query.sort("id DESC").all({ limit: 7 });
          expect(numbers(limited)).toEqual(upTo(rows).reverse().slice(0, 7));
          expect((await query.sort("id DESC").first())?.id).toBe(upTo(rows).at(-1));
        }),
      ),
      { numRuns: 40, seed: 5 },
    );
  });

  it("come in slices and one by one, wherever these begin and end", async () => {
    const place = fc.oneof(fc.integer({ min: -40, max: 60 }), fc.integer({ min: -MOST, max: MOST }));
    const ends = fc.tuple(place, fc.option(place, { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat(45), fc.nat(MOST)),
        fc.integer({ min: 1, max: 60 }),
        base,
        fc.array(ends, { minLength: 1, maxLength: 3 }),
        async (rows, size, from, slices) =>
          reading(from, async (cb) => {
            const all = upTo(rows);
            for (const [start, end] of slices) {
              const wanted = all.slice(start, end);
              const query = first(cb, rows).batchSize(Math.max(size, Math.ceil(wanted.length / 40)));
              const slice = await query.slice(start, end);
              expect(numbers(slice)).toEqual(wanted);
              expect(slice.report().complete).toBe(true);
              expect((await query.at(start))?.id).toBe(all.at(start));
            }
          }),
      ),
      { numRuns: 40, seed: 6 },
    );
  });

  it("can be left in the middle: the report says that they were", async () => {
    await reading(1, async (cb) => {
      const query = first(cb, 300).batchSize(50);
      for (const rows of [query, query.iterate()]) {
        const seen: (number | undefined)[] = [];
        for await (const { id } of rows) {
          seen.push(id);
          if (seen.length === 120) break;
        }
        expect(seen).toEqual(upTo(120));
        expect(rows.report()).toMatchObject({ complete: false, returned: 120 });
        expect(rows.report()?.reasons).toEqual(["the caller stopped reading after 120 rows"]);
      }
      let pages = 0;
      for await (const page of first(cb, 300).batchSize(50).pages()) pages += page.items.length;
      expect(pages).toBe(300);
    });
  });
});

describe("rows that come and go while they are read", () => {
  useProtection(OLD, false);

  /** What happens ahead of a page: so many rows leave from a place on, and rows come in with these numbers. */
  const change = fc.record({
    leave: fc.array(fc.nat(400), { maxLength: 6 }),
    arrive: fc.array(fc.nat(4000), { maxLength: 4 }),
  });
  const scenario = fc.record({
    rows: fc.integer({ min: 1, max: 120 }),
    size: fc.integer({ min: 1, max: 40 }),
    base: fc.constantFrom<Base[]>(0, 1),
    order: fc.constantFrom(undefined, "id DESC", "name", "name DESC"),
    changes: fc.array(change, { maxLength: 12 }),
  });
  let runs = 0;

  /** A result that changes ahead of each of its pages but the first. */
  class Result {
    readonly #group = `run-${++runs}`;
    readonly present = new Set<number>();
    readonly ever = new Set<number>();
    #asked = 0;

    constructor(
      readonly changes: readonly { readonly leave: readonly number[]; readonly arrive: readonly number[] }[],
    ) {}

    async add(number: number): Promise<void> {
      const id = runs * 10_000 + number;
      if (this.ever.has(id)) return;
      this.ever.add(id);
      this.present.add(id);
      const name = String((number * 7919) % 97).padStart(3, "0");
      await sandbox.put("protection_fileRule", { id, name, description: this.#group, fileState: 1, policyIds: "0" });
    }

    async remove(place: number): Promise<void> {
      const ids = [...this.present].sort((a, b) => a - b);
      const id = ids[place % Math.max(1, ids.length)];
      if (id === undefined) return;
      this.present.delete(id);
      const url = `${sandbox.url}/api/bit9platform/v1/fileRule/${id}`;
      const headers = { "x-auth-token": sandbox.token };
      const { status } = await sandbox.handle(new Request(url, { method: "DELETE", headers }));
      expect(status).toBe(200);
    }

    readonly changed = async (url: string): Promise<void> => {
      if (!url.includes("/fileRule?")) return;
      const { leave = [], arrive = [] } = this.changes[this.#asked++ - 1] ?? {};
      for (const place of leave) await this.remove(place);
      for (const number of arrive) await this.add(number);
    };

    query(cb: CbProtectionAPI) {
      return cb.select(FileRule).where({ description: this.#group });
    }
  }

  it("come once each, all of those that were there all the time; or the report says that some may be missing", async () => {
    let complete = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ rows, size, base, order, changes }) => {
        const result = new Result(changes);
        for (let n = 0; n < rows; n++) await result.add(n * 31);
        const before = new Set(result.present);
        sandbox.behaviour.oneBasedOffset = base === 1;
        const cb = inProcess(result.changed);
        try {
          const query = result.query(cb).batchSize(size);
          const found = await (order === undefined ? query : query.sort(order)).all();
          const ids = numbers(found);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every((id) => result.ever.has(id ?? 0))).toBe(true);
          const stayed = [...before].filter((id) => result.present.has(id));
          const missing = stayed.filter((id) => !ids.includes(id));
          if (found.report().complete === true) {
            complete += 1;
            expect(missing).toEqual([]);
          } else expect(found.report().reasons.join()).toMatch(/passed over|come in as fast/);
          // In the order of the numbers, nothing is ever missing.
          if (order === undefined || order.startsWith("id"))
            expect([missing, found.report().complete]).toEqual([[], true]);
        } finally {
          await cb.close();
          sandbox.behaviour.oneBasedOffset = false;
        }
      }),
      { numRuns: 60, seed: 11 },
    );
    expect(complete).toBeGreaterThan(40);
  });

  it("are not passed over when many leave at once, from the front", async () => {
    const result = new Result([{ leave: Array.from({ length: 60 }, () => 0), arrive: [] }]);
    for (let n = 0; n < 100; n++) await result.add(n);
    const cb = inProcess(result.changed);
    try {
      const found = await result.query(cb).batchSize(50).all();
      expect(found.report()).toMatchObject({ complete: true });
      // The first page, and what is left behind it.
      expect(numbers(found).length).toBe(90);
      expect([...result.present].every((id) => numbers(found).includes(id))).toBe(true);
    } finally {
      await cb.close();
    }
  });
});

/** The server makes its own objects before others are put beside them. */
async function protectionClientOnce(): Promise<void> {
  const cb = protectionClient();
  await cb.select(Updater).count();
  await cb.close();
}
