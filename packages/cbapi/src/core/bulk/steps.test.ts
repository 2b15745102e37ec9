import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CbApiError, ClientError } from "../errors.js";
import { BulkOperation } from "./operation.js";
import type { BulkReport } from "./report.js";
import type { BulkSource } from "./types.js";

/** An operation whose items take several writes: a cut, a weld, and one more for `c`. `answer` decides about each. */
function welding(own: Partial<BulkSource<string>> = {}, items: readonly string[] = ["a", "b", "c"]) {
  const sent: string[] = [];
  const refusals = new Map<string, Error>();
  const op = new BulkOperation<string>({
    name: "weld of Thing",
    batchSize: 1,
    repeatable: true,
    find: async () => ({ items, search: undefined }),
    request: ([item]) => [
      { method: "POST", path: "/cut", body: { item } },
      { method: "POST", path: "/weld", body: { item } },
      ...(item === "c" ? [{ method: "DELETE", path: "/cut" } as const] : []),
    ],
    send: async ({ path }, _options, some) => {
      const step = `${path.slice(1)} ${some.join()}`;
      const refusal = refusals.get(step);
      if (refusal !== undefined) throw refusal;
      sent.push(step);
      return undefined;
    },
    ...own,
  });
  return { op, sent, refusals };
}

const refusal = () => new ClientError("no", { status: 400 });
const statesOf = (report: BulkReport<string>) => report.items().map(({ item, state }) => `${item} ${state}`);

describe("items that take several writes", () => {
  it("are shown with each of them, and get them one after the other", async () => {
    const { op, sent } = welding();
    const plan = await op.plan();
    expect(plan.total).toBe(3);
    expect(plan.batches.map(({ path, items, follows }) => [path, items[0], follows])).toEqual([
      ["/cut", "a", undefined],
      ["/weld", "a", true],
      ["/cut", "b", undefined],
      ["/weld", "b", true],
      ["/cut", "c", undefined],
      ["/weld", "c", true],
      ["/cut", "c", true],
    ]);
    const told: (string | undefined)[] = [];
    const report = await op.run({ onProgress: ({ counts }) => void told.push(`${counts?.done}/${counts?.unsent}`) });
    expect(report.complete).toBe(true);
    expect(sent).toEqual(["cut a", "weld a", "cut b", "weld b", "cut c", "weld c", "cut c"]);
    // An item is done with its last write.
    expect(told).toEqual(["0/3", "1/2", "1/2", "2/1", "2/1", "2/1", "3/0"]);
  });

  it("get no further when one is refused, and only what is left on retry", async () => {
    const { op, sent, refusals } = welding();
    refusals.set("cut a", refusal()).set("weld b", refusal());
    const report = await op;
    expect(statesOf(report)).toEqual(["a refused", "b refused", "c done"]);
    expect(sent).toEqual(["cut b", "cut c", "weld c", "cut c"]);
    expect(report.failures.map(({ error }) => error?.message)).toEqual([
      "no",
      "no. The write before it for the same item stood, and only the rest is sent again",
    ]);
    expect(report.failures[1]?.error).toBeInstanceOf(ClientError);
    sent.length = 0;
    refusals.delete("cut a");
    expect(statesOf(await report.retry())).toEqual(["a done", "b refused", "c done"]);
    refusals.clear();
    expect((await report.retry()).complete).toBe(true);
    expect(sent).toEqual(["cut a", "weld a", "weld b"]);
  });

  it("are in doubt no longer than the write that was", async () => {
    const { op, refusals } = welding({}, ["a"]);
    refusals.set("cut a", new CbApiError("lost", { status: 502 }));
    const report = await op;
    expect(statesOf(report)).toEqual(["a unknown"]);
    refusals.delete("cut a");
    refusals.set("weld a", refusal());
    expect(statesOf(await report.retry())).toEqual(["a refused"]);
  });

  it("stop between two writes when the caller gives up, and say which stood", async () => {
    const stop = new AbortController();
    const { op, sent } = welding();
    const report = await op.run({ signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    expect(sent).toEqual(["cut a"]);
    expect(statesOf(report)).toEqual(["a unsent", "b unsent", "c unsent"]);
    expect(report.failures.map(({ error }) => error?.message)).toEqual([
      "enough. The write before it for the same item stood, and only the rest is sent again",
      "enough",
      "enough",
    ]);
    expect((await report.retry()).complete).toBe(true);
    expect(sent.slice(1)).toEqual(["weld a", "cut b", "weld b", "cut c", "weld c", "cut c"]);
  });

  it("end when a write fails that no other would fare better with", async () => {
    const { op, sent, refusals } = welding();
    refusals.set("weld a", new ClientError("no", { status: 403 }));
    expect(statesOf(await op)).toEqual(["a refused", "b unsent", "c unsent"]);
    expect(sent).toEqual(["cut a"]);
  });

  it("are not welded when the answer to the first says that the item was not taken", async () => {
    const { op, sent } = welding(
      {
        send: async ({ path }, _options, some) => {
          sent.push(path);
          return new Map(some.map((item) => [item, new Error("locked")]));
        },
      },
      ["a"],
    );
    expect(statesOf(await op)).toEqual(["a refused"]);
    expect(sent).toEqual(["/cut"]);
  });
});

describe("items that need no write, or cannot be changed", () => {
  const why = new CbApiError("locked", { code: "LOCKED" });
  const found = {
    items: ["a", "b", "c", "d", "b"],
    search: undefined,
    unchanged: new Set(["b"]),
    refused: new Map([
      ["c", why],
      ["d", why],
    ]),
    notes: [{ note: "old", items: ["a", "c"] }],
  };

  it("are named by the plan, get no write, and are in the report where they were found", async () => {
    const { op, sent } = welding({ find: async () => found });
    const plan = await op.plan();
    expect(plan).toMatchObject({ total: 1, items: ["a"], unchanged: ["b"], notes: found.notes });
    expect(plan.refused).toEqual([{ state: "refused", items: ["c", "d"], error: why }]);
    const totals: (number | undefined)[] = [];
    const report = await op.run({ onProgress: ({ total }) => void totals.push(total) });
    expect(statesOf(report)).toEqual(["a done", "b done", "c refused", "d refused"]);
    expect(totals).toEqual([4, 4]);
    expect([report.matched, report.complete]).toEqual([4, false]);
    expect(inspect(report)).toBe(
      "BulkReport: weld of Thing: 4 items, 2 done, 2 refused\n  refused, 2 items (c, d): locked",
    );
    expect(sent).toEqual(["cut a", "weld a"]);
    // What the plan refused is not tried.
    expect(statesOf(await report.retry())).toEqual(statesOf(report));
    expect(sent).toHaveLength(2);
  });
});
