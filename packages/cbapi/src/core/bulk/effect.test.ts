import { describe, expect, it } from "vitest";
import { JumpClock } from "../../test-support/jump-clock.js";
import { CbApiError, ClientError, ServerError } from "../errors.js";
import { BulkOperation } from "./operation.js";
import type { BulkReport } from "./report.js";
import type { BulkEffect, BulkProgress, FoundItems, Unshown } from "./types.js";

const LATE: Unshown = { state: "pending", error: new CbApiError("not yet", { code: "NOT_SHOWN_YET" }) };
const AWAY: Unshown = { ...LATE, error: new CbApiError("offline", { code: "NOT_SHOWN_YET" }), idle: true };
const LOST: Unshown = { state: "refused", error: new CbApiError("overlooked", { code: "WRITE_NOT_APPLIED" }) };

/** What a look gives for some items: those that are not named show. */
type Look = Readonly<Record<string, Unshown>>;

/** Paints items, two a request; each look gives the next of these, the last one again and again. */
function painting(
  looks: (Look | Error)[],
  own: Partial<BulkEffect<string>> = {},
  found: Partial<FoundItems<string>> = {},
) {
  const clock = new JumpClock();
  const asked: string[] = [];
  const sent: string[] = [];
  const changed: string[] = [];
  const failing = new Map<string, Error>();
  const effect: BulkEffect<string> = {
    clock,
    wait: 20_000,
    patient: true,
    look: async (items) => {
      asked.push(items.join());
      const look = looks.length > 1 ? looks.shift() : looks[0];
      if (look instanceof Error) throw look;
      return new Map(items.flatMap((item) => (look?.[item] === undefined ? [] : [[item, look[item]]])));
    },
    ...own,
  };
  const op = new BulkOperation<string>({
    name: "paint of Thing",
    batchSize: 2,
    repeatable: true,
    find: async () => ({ items: ["a", "b", "c"], search: undefined, ...found }),
    request: (items) => ({ method: "POST", path: "/paint", body: items }),
    send: async (_request, _options, items) => {
      const error = failing.get(items.join());
      if (error !== undefined) throw error;
      sent.push(items.join());
      return undefined;
    },
    changed: (items) => changed.push(items?.join() ?? "?"),
    effect,
  });
  return { op, clock, asked, sent, changed, failing };
}

const statesOf = (report: BulkReport<string>) => report.items().map(({ item, state }) => `${item} ${state}`);

describe("a change that shows after a while", () => {
  it("is looked for in all items together, and each is done when it shows", async () => {
    const { op, clock, asked, changed } = painting([{ a: LATE, b: LATE, c: LATE }, { b: LATE }, {}]);
    const told: BulkProgress<string>[] = [];
    const report = await op.run({ onProgress: (progress) => void told.push(progress) });
    expect(statesOf(report)).toEqual(["a done", "b done", "c done"]);
    expect(asked).toEqual(["a,b,c", "a,b,c", "b"]);
    expect(clock.pauses).toEqual([1000, 2000]);
    expect(told.map(({ counts, batch }) => [counts?.pending, counts?.done, batch.items?.join(), batch.state])).toEqual([
      [2, 0, "a,b", "done"],
      [3, 0, "c", "done"],
      [3, 0, "a,b,c", "pending"],
      [1, 2, "b", "pending"],
      [0, 3, "", "done"],
    ]);
    expect(changed).toEqual(["a,b", "c", "a,c", "b"]);
  });

  it("is waited for no longer than it is to be; a retry looks again and sends nothing", async () => {
    const { op, clock, sent } = painting([{ b: LATE }]);
    const report = await op;
    expect(statesOf(report)).toEqual(["a done", "b pending", "c done"]);
    expect(clock.pauses.reduce((sum, pause) => sum + pause, 0)).toBe(20_000);
    expect(report.reasons).toEqual([{ state: "pending", items: ["b"], error: LATE.error }]);
    expect(() => report.throwIfIncomplete()).toThrow("paint of Thing: 3 items, 2 done, 1 pending. pending, 1 item (b)");
    expect(report.counts).toEqual({ done: 2, pending: 1, refused: 0, unknown: 0, unsent: 0 });
    expect(sent).toEqual(["a,b", "c"]);
    const again = await report.retry();
    expect(statesOf(again)).toEqual(statesOf(report));
    expect(sent).toHaveLength(2);
  });

  it("is not waited for where nothing is to be expected, unless somebody is patient", async () => {
    const hasty = painting([{ a: LATE, b: AWAY }, { b: AWAY }], { patient: false });
    expect(statesOf(await hasty.op)).toEqual(["a done", "b pending", "c done"]);
    expect(hasty.clock.pauses).toEqual([1000]);
    const patient = painting([{ b: AWAY }, { b: AWAY }, {}]);
    expect((await patient.op).complete).toBe(true);
    const forever = painting([{ b: AWAY }, ...Array.from({ length: 50 }, () => ({ b: AWAY })), {}], { wait: Infinity });
    expect((await forever.op).complete).toBe(true);
  });

  it("that the server has overlooked is refused, and sent again on retry", async () => {
    const { op, sent, asked } = painting([{ a: LOST, b: LATE }, { b: LATE }, {}]);
    const report = await op;
    expect(statesOf(report)).toEqual(["a refused", "b done", "c done"]);
    expect(report.failures[0]?.error).toBe(LOST.error);
    expect(asked).toEqual(["a,b,c", "b", "b"]);
    expect((await report.retry()).complete).toBe(true);
    expect(sent).toEqual(["a,b", "c", "a"]);
  });

  it("is looked for in what needed no write too, and not in what was not accepted", async () => {
    const why = new CbApiError("locked");
    const { op, asked, failing } = painting(
      [{ a: LATE }, {}],
      {},
      {
        items: ["a", "b", "c", "d", "e"],
        unchanged: new Set(["a"]),
        refused: new Map([["b", why]]),
      },
    );
    failing.set("e", new ClientError("no", { status: 400 }));
    expect(await op.plan()).toMatchObject({ items: ["c", "d", "e"], unchanged: ["a"] });
    expect(statesOf(await op)).toEqual(["a done", "b refused", "c done", "d done", "e refused"]);
    expect(asked).toEqual(["a,c,d", "a"]);
  });

  it("is waited for while the server is out of order, and no longer when it refuses to be asked", async () => {
    const busy = painting([new ServerError("busy", { status: 503 }), {}]);
    expect((await busy.op).complete).toBe(true);
    const refusal = new ClientError("no", { status: 403 });
    const closed = painting([{ a: LATE, b: LATE }, refusal]);
    const report = await closed.op;
    expect(statesOf(report)).toEqual(["a pending", "b pending", "c done"]);
    expect(report.reasons).toEqual([{ state: "pending", items: ["a", "b"], error: refusal }]);
    expect(closed.clock.pauses).toEqual([1000]);
    const down = new ServerError("busy", { status: 503 });
    expect((await painting([down]).op).reasons).toEqual([{ state: "pending", items: ["a", "b", "c"], error: down }]);
  });

  it("is not looked for when the writes were stopped, and no further when the caller gives up or the listener throws", async () => {
    const token = painting([{}]);
    token.failing.set("c", new ClientError("no", { status: 401 }));
    const stopped = await token.op;
    expect(statesOf(stopped)).toEqual(["a pending", "b pending", "c refused"]);
    expect(token.asked).toEqual([]);
    token.failing.clear();
    expect((await stopped.retry()).complete).toBe(true);

    const stop = new AbortController();
    const reason = new Error("enough");
    const given = painting([{ a: LATE }]);
    const onProgress = ({ batch }: BulkProgress<string>) => {
      if (batch.state === "pending") stop.abort(reason);
    };
    const report = await given.op.run({ signal: stop.signal, onProgress });
    expect(statesOf(report)).toEqual(["a pending", "b done", "c done"]);
    expect(report.reasons).toEqual([{ state: "pending", items: ["a"], error: reason }]);
    expect(given.asked).toEqual(["a,b,c"]);

    const thrown = painting([{ a: LATE }]);
    const throwing = ({ batch }: BulkProgress<string>) => {
      if (batch.state === "pending") throw reason;
    };
    const ended = await thrown.op.run({ onProgress: throwing });
    expect(ended.reasons).toEqual([{ state: "pending", items: ["a"], error: reason }]);
    expect(thrown.asked).toHaveLength(1);
  });
});
