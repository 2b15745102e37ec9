// Answers as they come: each row once, whatever the order in which devices answer and whatever goes wrong on the way.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CloudRequest, cloudServer } from "../../test-support/cloud-server.js";
import { JumpClock } from "../../test-support/jump-clock.js";
import { CbLiveQueryAPI, type CloudRoutes, type Result, type ResultStream, Run, type RunProgress } from "../index.js";

const B = "/livequery/v1/orgs/{org}/runs";

/** A device, when it answers, in seconds, and with how many rows. */
interface Plan {
  readonly at: number;
  readonly rows: number;
}

interface Search {
  readonly start?: number;
  readonly rows?: number;
  readonly criteria?: { readonly "device.id"?: readonly number[] };
}

/** A run whose devices answer as planned, the first with id 1. */
async function running(
  plans: readonly Plan[],
  more: { end?: { at: number; status: string }; fail?: () => boolean; routes?: CloudRoutes } = {},
) {
  const clock = new JumpClock(Date.UTC(2026, 0, 5));
  const start = clock.now();
  const seconds = () => (clock.now() - start) / 1000;
  const answered = () => plans.map(({ at }) => at <= Math.min(seconds(), more.end?.at ?? Number.POSITIVE_INFINITY));
  const page = (all: readonly object[], { start: from = 0, rows = 20 }: Search) => ({
    num_found: all.length,
    results: all.slice(from, from + rows),
  });
  const broken = { status: 503, text: "{}" } as const;
  const server = await cloudServer(
    {
      [`GET ${B}/r1`]: () => {
        if (more.fail?.() === true) return broken;
        const done = answered().filter(Boolean).length;
        const isOver = more.end !== undefined && seconds() >= more.end.at;
        const status = isOver ? more.end?.status : done === plans.length ? "COMPLETE" : "ACTIVE";
        return { id: "r1", status, match_count: done, not_started_count: plans.length - done, in_progress_count: 0 };
      },
      [`POST ${B}/r1/results/device_summaries/_search`]: ({ body }: CloudRequest) => {
        if (more.fail?.() === true) return broken;
        const has = answered();
        const all = plans.map(({ rows }, index) => ({
          device: { id: index + 1, name: `host-${index + 1}` },
          status: has[index] ? "matched" : index % 2 === 0 ? "in_progress" : "not_started",
          total_results: has[index] ? rows : 0,
        }));
        return page(all, body as Search);
      },
      [`POST ${B}/r1/results/_search`]: ({ body }: CloudRequest) => {
        if (more.fail?.() === true) return broken;
        const has = answered();
        const { criteria = {} } = body as Search;
        const wanted = criteria["device.id"];
        const all = plans.flatMap(({ rows }, index) => {
          const isWanted = has[index] && (wanted === undefined || wanted.includes(index + 1));
          // Rows of one device may be alike.
          const device = { id: index + 1, name: `host-${index + 1}` };
          return isWanted ? Array.from({ length: rows }, () => ({ id: "r1", device, fields: { x: "1" } })) : [];
        });
        return page(all, body as Search);
      },
      [`POST ${B}/results/_scroll`]: ({ body }: CloudRequest) => {
        const { rows = 20, search_after: [from] = [0] } = body as Search & { search_after?: [number] };
        const results = plans.slice(from, from + rows).map((_, index) => {
          return { id: "r1", device: { id: from + index + 1 }, fields: { x: "1" } };
        });
        return { num_found: plans.length, search_after: [from + results.length], results };
      },
    },
    { clock, maxRetries: 0, routes: more.routes ?? "current" },
    CbLiveQueryAPI,
  );
  const read = async (stream: ResultStream) => {
    const counts = new Map<number, number>();
    for await (const { device_ } of stream) counts.set(device_.id ?? 0, (counts.get(device_.id ?? 0) ?? 0) + 1);
    return plans.map((_, index) => counts.get(index + 1) ?? 0);
  };
  return { ...server, clock, read, run: new Run({ client: server.cb, key: "r1" }) };
}

describe("a stream of results", () => {
  it("gives each row once, in whatever order devices answer", async () => {
    const plan = fc.record({ at: fc.integer({ min: 0, max: 60 }), rows: fc.integer({ min: 0, max: 30 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 12 }), async (plans) => {
        const { run, read } = await running(plans);
        const stream = run.stream();
        expect(await read(stream)).toEqual(plans.map(({ rows }) => rows));
        const returned = plans.reduce((sum, { rows }) => sum + rows, 0);
        expect(stream.report()).toMatchObject({ returned, complete: true, reasons: [] });
      }),
      { numRuns: 20 },
    );
  });

  it("gives a device's rows as soon as it has answered, and tells how far the run has come", async () => {
    const { run, clock } = await running([
      { at: 0, rows: 1 },
      { at: 3600, rows: 1 },
    ]);
    const seen: RunProgress[] = [];
    const stream = run.stream({ onProgress: (progress) => void seen.push(progress) });
    const first = (await stream.next()).value as Result;
    expect(first.device_.name).toBe("host-1");
    expect(seen.map(({ answered, expected }) => [answered, expected])).toEqual([[1, 2]]);
    const second = (await stream.next()).value as Result;
    expect(second.device_.name).toBe("host-2");
    expect((clock.now() - Date.UTC(2026, 0, 5)) / 1000).toBeGreaterThanOrEqual(3600);
    expect((await stream.next()).done).toBe(true);
  });

  it("looks at the devices again only when the run has moved on", async () => {
    const { run, read, requests } = await running([{ at: 600, rows: 2 }]);
    expect(await read(run.stream())).toEqual([2]);
    const looks = requests.filter((request) => request.startsWith("GET")).length;
    const searches = requests.filter((request) => request.includes("device_summaries")).length;
    expect(looks).toBeGreaterThan(50);
    expect(searches).toBe(2);
  });

  it("goes on where what is out of order is put in order, and gives nothing twice", async () => {
    let requests = 0;
    const fail = () => requests++ % 3 !== 0;
    const plans = [1, 5, 9, 13].map((at) => ({ at, rows: 3 }));
    const { run, read } = await running(plans, { fail });
    expect(await read(run.stream())).toEqual([3, 3, 3, 3]);
  });

  it("ends with the failure where it stays, and the report says so", async () => {
    const { run, read } = await running([{ at: 0, rows: 1 }], { fail: () => true });
    const stream = run.stream();
    await expect(read(stream)).rejects.toMatchObject({ status: 503 });
    expect(stream.report()).toMatchObject({ returned: 0, complete: false });
    expect(stream.report().reasons[0]).toMatch(/reading stopped after 0 rows/);
  });

  it("ends at its deadline, and the report says who is missing", async () => {
    const { run, read } = await running([
      { at: 0, rows: 2 },
      { at: 9999, rows: 2 },
    ]);
    const stream = run.stream({ deadline: 30_000 });
    expect(await read(stream)).toEqual([2, 0]);
    expect(stream.report().complete).toBe(false);
    expect(stream.report().reasons).toEqual([
      "the deadline of 30000 ms has passed, and 1 devices had not answered: the run goes on",
    ]);
  });

  it("ends with a run that was stopped, and the report says so", async () => {
    const plans = [
      { at: 0, rows: 2 },
      { at: 9999, rows: 2 },
    ];
    const { run, read } = await running(plans, { end: { at: 20, status: "CANCELLED" } });
    const stream = run.stream();
    expect(await read(stream)).toEqual([2, 0]);
    expect(stream.report().reasons).toEqual(["run r1 has ended as CANCELLED when 1 of 2 devices had answered"]);
  });

  it("ends with its caller", async () => {
    const { run, read } = await running([
      { at: 0, rows: 5 },
      { at: 9999, rows: 1 },
    ]);
    const stop = new AbortController();
    const aborted = run.stream({
      signal: stop.signal,
      onProgress: ({ answered }) => void (answered === 1 && stop.abort(new Error("enough"))),
    });
    await expect(read(aborted)).rejects.toThrow("enough");
    const left = run.stream();
    await left.next();
    expect(await left.return()).toEqual({ done: true, value: undefined });
    expect(left.report().reasons).toEqual(["the caller stopped reading after 1 rows"]);
    expect(() => run.stream({ deadline: -1 })).toThrow(/timeout cannot be -1/);
    expect(() => run.stream({ timeout: 5 } as never)).toThrow(/unknown option timeout/);
    expect(() => run.stream({ onProgress: 5 as never })).toThrow(/onProgress is a function/);
  });

  it.each(["current", "classic"] as const)("has rows of more devices than their list gives: %s", async (routes) => {
    const plans = Array.from({ length: 10_003 }, () => ({ at: 0, rows: 1 }));
    const { run, read } = await running(plans, { routes });
    const stream = run.stream();
    const counts = await read(stream);
    const isAll = routes === "current";
    expect(counts.filter((count) => count === 1).length).toBe(isAll ? 10_003 : 10_000);
    expect(Math.max(...counts)).toBe(1);
    expect(stream.report().complete).toBe(isAll);
    expect(stream.report().reasons.join()).toMatch(isAll ? /^$/ : /no rows from offset 10000 on.*routes: "current"/);
  });
});
