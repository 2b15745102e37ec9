import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BulkOperation } from "./operation.js";
import type { BulkSource } from "./types.js";

/** An operation on four items, two a request, that takes its time and can be told to stop; and what it was asked. */
function slow(own: Partial<BulkSource<string>> = {}) {
  const seen = { finds: 0, sent: [] as string[], sends: 0 };
  const wait = (signal: AbortSignal | undefined) =>
    delay(30, undefined, { signal: signal as AbortSignal }).catch(() => {
      throw signal?.reason;
    });
  const op = new BulkOperation<string>({
    name: "tag of Thing",
    batchSize: 2,
    repeatable: true,
    find: async ({ signal }) => {
      seen.finds++;
      await wait(signal);
      return { items: ["a", "b", "c", "d"], search: undefined };
    },
    request: (items) => ({ method: "POST", path: "/tag", body: items }),
    send: async ({ body }, { signal }) => {
      seen.sends++;
      await wait(signal);
      seen.sent.push((body as string[]).join());
      return undefined;
    },
    ...own,
  });
  return { op, seen };
}

const settled = (promise: Promise<{ counts: { done: number } }>) =>
  promise.then(
    ({ counts }) => `${counts.done} done`,
    (error: Error) => error.message,
  );

describe("callers of one bulk operation", () => {
  it("stop waiting by their own signals, and take nothing from each other", async () => {
    for (const first of [true, false]) {
      const { op, seen } = slow();
      const controller = new AbortController();
      const leaving = { signal: controller.signal };
      const runs = first ? [op.run(leaving), op.run()] : [op.run(), op.run(leaving)];
      await delay(45);
      controller.abort(new Error("gone"));
      const outcomes = await Promise.all(runs.map(settled));
      expect(outcomes).toEqual(first ? ["gone", "4 done"] : ["4 done", "gone"]);
      expect([seen.finds, seen.sent]).toEqual([1, ["a,b", "c,d"]]);
    }
  });

  it("are told how far it came when the last of them goes, and nothing is sent twice", async () => {
    const { op, seen } = slow();
    const [one, two] = [new AbortController(), new AbortController()];
    const runs = [op.run({ signal: one.signal }), op.run({ signal: two.signal })];
    await delay(45);
    one.abort(new Error("first"));
    two.abort(new Error("second"));
    expect(await Promise.all(runs.map(settled))).toEqual(["first", "0 done"]);
    const report = await op.run();
    expect(report.counts).toEqual({ done: 0, pending: 0, refused: 0, unknown: 2, unsent: 2 });
    expect((await report.retry()).complete).toBe(true);
    expect(seen.sent).toEqual(["a,b", "c,d"]);
  });

  it("share the reading of the items, which begins anew after everybody has gone", async () => {
    const { op, seen } = slow();
    const controller = new AbortController();
    const plan = op.plan({ signal: controller.signal });
    const run = op.run({ signal: controller.signal });
    await delay(10);
    controller.abort(new Error("gone"));
    const again = op.run();
    await expect(plan).rejects.toThrow("gone");
    await expect(run).rejects.toThrow("gone");
    expect((await again).complete).toBe(true);
    expect(seen.finds).toBe(2);
    await expect(op.plan({ signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow("late");
  });

  it("share a retry, whose signal is the caller's own", async () => {
    let fail = true;
    const { op, seen } = slow({
      send: async (_request, { signal }) => {
        seen.sends++;
        await delay(30, undefined, { signal: signal as AbortSignal });
        if (fail) throw new Error("broke");
        return undefined;
      },
    });
    const report = await op;
    expect(report.counts.unknown).toBe(4);
    fail = false;
    const controller = new AbortController();
    const retries = [report.retry({ signal: controller.signal }), report.retry(), report.retry()];
    await delay(10);
    controller.abort(new Error("gone"));
    const [first, second, third] = await Promise.allSettled(retries);
    expect(first).toMatchObject({ status: "rejected", reason: { message: "gone" } });
    expect(second).toMatchObject({ status: "fulfilled", value: { complete: true } });
    expect(third).toEqual(second);
    expect(seen.sends).toBe(4);
    // What one wants that another does not, comes after it.
    expect((await report.retry({ unknown: false })).complete).toBe(true);
    expect(seen.sends).toBe(4);
  });

  it("are each told of the progress", async () => {
    const { op } = slow();
    const told: string[] = [];
    const listener = (name: string) => () => void told.push(name);
    await Promise.all([op.run({ onProgress: listener("one") }), op.run({ onProgress: listener("two") })]);
    expect(told).toEqual(["one", "two", "one", "two"]);
  });

  it("carry it out by returning it from an async function", async () => {
    const { op, seen } = slow();
    const made = await (async () => op)();
    expect([made.complete, seen.sends]).toEqual([true, 2]);
  });
});
