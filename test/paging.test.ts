// Whatever the server does to the pages of a result: each row once, or the report says what is missing.
import { type FaultRule, Sandbox } from "@cbapi/sandbox";
import { CbApiError, type Clock } from "cbapi";
import { type CbResponseAPI, Process } from "cbapi/response";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "./support/sandbox.js";

/** Pauses between retries take no time, so that a run with many of them stays short. */
const impatient: Clock = { now: () => Date.now(), sleep: async (_ms, signal) => signal?.throwIfAborted() };

const seeds = [1, 7, "random"];
/** What three endpoints did, some 275 rows: enough for pages of every kind. */
const some = (cb: CbResponseAPI) => cb.select(Process).where("sensor_id:5 or sensor_id:6 or sensor_id:7");
const servers: { sandbox: Sandbox; cb: CbResponseAPI; ids: string[] }[] = [];

beforeAll(async () => {
  for (const seed of seeds) {
    const sandbox = await Sandbox.start({ seed, organisation: { hosts: 12, processes: 300, binaries: 50 } });
    const cb = clientOf(sandbox, { clock: impatient, maxRetries: 15, cache: { ttl: 0 } });
    const ids = (await some(cb).batchSize(1000).all()).map((proc) => proc.unique_id ?? "");
    servers.push({ sandbox, cb, ids });
  }
});
afterAll(async () => {
  for (const { sandbox, cb } of servers) {
    await cb.close();
    await sandbox.stop();
  }
});

/** A fault that a retry gets over. */
const passing: fc.Arbitrary<FaultRule> = fc
  .record({
    after: fc.integer({ min: 0, max: 12 }),
    times: fc.integer({ min: 1, max: 3 }),
    fault: fc.oneof(
      fc.integer({ min: 0, max: 4000 }).map((cut) => ({ cut })),
      fc.integer({ min: 1, max: 4000 }).map((truncate) => ({ truncate })),
      fc.constant({ reset: true as const }),
      fc.constantFrom(502, 503, 504).map((status) => ({ status })),
      fc.record({ status: fc.constant(429), retryAfter: fc.constantFrom(0, 1) }),
    ),
  })
  .map(({ after, times, fault }) => ({ match: { method: "GET", path: "/api/v1/process", after, times }, do: fault }));

describe("reading a result through a misbehaving server", () => {
  it("gives each row once and in the server's order when the faults pass", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(seeds.length - 1),
        fc.integer({ min: 3, max: 150 }),
        fc.array(passing, { maxLength: 4 }),
        async (which, batch, faults) => {
          const server = servers[which];
          if (server === undefined) throw new Error("no such server");
          server.sandbox.faults.clear();
          server.sandbox.faults.add(...faults);
          const rows = await some(server.cb).batchSize(batch).all();
          expect(rows.map((proc) => proc.unique_id)).toEqual(server.ids);
          expect(rows.report()).toMatchObject({ complete: true, duplicates: 0, returned: server.ids.length });
        },
      ),
      { numRuns: 60 },
    );
    for (const { sandbox } of servers) sandbox.faults.clear();
  });

  it("rejects with one clear error when they do not, and reports how far it came", async () => {
    const [server] = servers;
    if (server === undefined) throw new Error("no server");
    for (const fault of [{ status: 503 }, { reset: true as const }, { cut: 100 }, { truncate: 100 }]) {
      server.sandbox.faults.clear();
      server.sandbox.faults.add({ match: { path: "/api/v1/process", after: 2 }, do: fault });
      const query = some(server.cb).batchSize(50);
      const execution = query.iterate();
      const error = await (async () => {
        for await (const _ of execution);
      })().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CbApiError);
      expect(execution.report()).toMatchObject({ complete: false, returned: 100 });
      expect(execution.report().reasons[0]).toMatch(/reading stopped after 100 rows/);
    }
    server.sandbox.faults.clear();
  });

  it("never gives a row twice, and never a shorter list without a word, when rows shift and counts are wrong", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(seeds.length - 1),
        fc.integer({ min: 6, max: 50 }),
        fc.integer({ min: -9, max: 9 }),
        fc.constantFrom(0, 0, 5),
        async (which, batch, shiftRows, totalOverestimate) => {
          const server = servers[which];
          if (server === undefined) throw new Error("no such server");
          Object.assign(server.sandbox.behaviour, { shiftRows, totalOverestimate });
          try {
            const rows = await some(server.cb).batchSize(batch).all();
            const got = new Set(rows.map((proc) => proc.unique_id));
            expect(got.size).toBe(rows.length);
            const missing = server.ids.filter((id) => !got.has(id));
            if (missing.length > 0 || totalOverestimate > 0) {
              expect(rows.report().complete).toBe(false);
              expect(rows.report().reasons).not.toEqual([]);
            }
            if (rows.report().complete === true) expect(missing).toEqual([]);
          } finally {
            Object.assign(server.sandbox.behaviour, { shiftRows: 0, totalOverestimate: 0 });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
