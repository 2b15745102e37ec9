import { createServer } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { CbResponseAPI } from "../../response/client.js";
import { cut, listen, type Step, serve } from "../../test-support/transport-server.js";
import { CbApiError, ClientError, ConnectionError, ServerError, TimeoutError } from "../errors.js";
import { BulkOperation } from "./operation.js";
import { BulkError } from "./report.js";
import type { BulkProgress, BulkSource } from "./types.js";

const OK: Step = [200, { result: "success" }];

function client(url: string): CbResponseAPI {
  const cb = new CbResponseAPI({ url, token: "0123456789abcdef", allowHttp: true, maxRetries: 0, timeout: 2000 });
  onTestFinished(() => cb.close());
  return cb;
}

/** Tags items, two a request. */
function tagging(
  cb: CbResponseAPI,
  items: readonly string[],
  own: Partial<BulkSource<string>> = {},
): BulkOperation<string> {
  return new BulkOperation<string>({
    name: "tag of Thing",
    batchSize: 2,
    repeatable: true,
    find: async () => ({ items, search: undefined }),
    request: (some) => ({ method: "POST", path: "/tag", body: { ids: some } }),
    send: async ({ method, path, body }, options) => {
      const answer = await cb.apiJsonRequest(method, path, { ...options, json: body });
      const { failed = {} } = (await answer.json()) as { failed?: Record<string, string> };
      return new Map(Object.entries(failed).map(([id, why]) => [id, new Error(why)]));
    },
    ...own,
  });
}

/** An operation over these items, and what the server saw of it. */
async function tagged(items: readonly string[], ...steps: Step[]) {
  const { url, seen } = await serve(...steps);
  const sent = () => bodiesOf(seen).map((body) => (body as { ids?: string[] } | null)?.ids?.join());
  const cb = client(url);
  return { cb, op: tagging(cb, items), sent };
}

const bodiesOf = (seen: readonly { body?: string }[]): unknown[] => seen.map(({ body }) => JSON.parse(body ?? "null"));

const statesOf = (report: { items(): readonly { item: string; state: string }[] }) =>
  report.items().map(({ item, state }) => `${item} ${state}`);

describe("a bulk operation", () => {
  it("sends nothing before it is awaited, each item once, and is carried out once", async () => {
    const { op, sent } = await tagged(["a", "b", "a", "c", "b"], OK);
    expect(inspect(op)).toBe("BulkOperation<tag of Thing> (not carried out)");
    expect(JSON.stringify({ op })).toBe('{"op":{"operation":"tag of Thing"}}');
    expect(sent()).toEqual([]);
    const report = await op;
    expect(sent()).toEqual(["a,b", "c"]);
    expect(await op.run()).toBe(report);
    expect(report.complete).toBe(true);
    expect(report.throwIfIncomplete()).toBe(report);
    expect(report.counts).toEqual({ done: 3, pending: 0, refused: 0, unknown: 0, unsent: 0 });
    expect(statesOf(report)).toEqual(["a done", "b done", "c done"]);
    expect(inspect(report)).toBe("BulkReport: tag of Thing: 3 items, 3 done");
    expect((await report.retry()).complete).toBe(true);
    expect(sent()).toHaveLength(2);
    expect(inspect(op)).toContain("(carried out)");
  });

  it("asks for nothing when there are no items", async () => {
    const { op, sent } = await tagged([], OK);
    const report = await op;
    expect([report.complete, report.matched, report.items(), report.failures]).toEqual([true, 0, [], []]);
    expect(sent()).toEqual([]);
  });

  it("shows what it would do, and then does exactly that", async () => {
    let found = ["a", "b", "c"];
    const { url, seen } = await serve(OK);
    const op = tagging(client(url), [], { find: async () => ({ items: found, search: undefined }) });
    const plan = await op.plan();
    expect(plan).toMatchObject({ total: 3, items: ["a", "b", "c"], search: undefined });
    expect(plan.batches).toEqual([
      { method: "POST", path: "/tag", body: { ids: ["a", "b"] }, items: ["a", "b"] },
      { method: "POST", path: "/tag", body: { ids: ["c"] }, items: ["c"] },
    ]);
    expect(() => (plan.items as string[]).push("d")).toThrow(TypeError);
    expect(seen).toHaveLength(0);
    found = ["x"];
    expect(await op.plan()).toBe(plan);
    expect(statesOf(await op.run())).toEqual(["a done", "b done", "c done"]);
    expect(bodiesOf(seen)).toEqual([{ ids: ["a", "b"] }, { ids: ["c"] }]);
  });

  it("rejects when the items cannot be read, and reads them again when it is asked again", async () => {
    const { url, seen } = await serve(OK);
    let reads = 0;
    const op = tagging(client(url), [], {
      find: async () => {
        if (++reads === 1) throw new ServerError("busy", { status: 503 });
        return { items: ["a"], search: undefined };
      },
    });
    await expect(op.run()).rejects.toThrow("busy");
    expect(seen).toHaveLength(0);
    expect((await op).complete).toBe(true);
    await expect(tagging(client(url), ["a"]).run({ timeout: -1 })).rejects.toThrow("timeout cannot be -1");
    expect(seen).toHaveLength(1);
  });

  it("goes on after a batch that was refused, and retries what is not done", async () => {
    const { op, sent } = await tagged(["a", "b", "c", "d", "e"], OK, [400, "no such thing"], OK);
    const report = await op;
    expect(statesOf(report)).toEqual(["a done", "b done", "c refused", "d refused", "e done"]);
    expect(report.reasons).toMatchObject([{ state: "refused", items: ["c", "d"] }]);
    expect(report.failures.map(({ item }) => item)).toEqual(["c", "d"]);
    expect(report.failures[1]?.error).toBeInstanceOf(ClientError);
    expect(inspect(report).split("\n")).toEqual([
      "BulkReport: tag of Thing: 5 items, 3 done, 2 refused",
      expect.stringMatching(/^ {2}refused, 2 items \(c, d\): POST .* was answered 400: no such thing/),
    ]);
    const again = await report.retry();
    expect(again.complete).toBe(true);
    expect(again.counts.done).toBe(5);
    expect(sent()).toEqual(["a,b", "c,d", "e", "c,d"]);
    // The first report is a picture of its moment; what was done since is not done again through it.
    expect(report.complete).toBe(false);
    expect((await report.retry()).complete).toBe(true);
    expect(sent()).toHaveLength(4);
  });

  it("takes the answer's word for single items", async () => {
    const { op } = await tagged(["a", "b"], [200, { failed: { b: "locked" } }]);
    const report = await op;
    expect(report.items()).toMatchObject([{ state: "done" }, { state: "refused", error: { message: "locked" } }]);
  });

  it("says of what may have been carried out that nobody knows", async () => {
    const { op } = await tagged(["a", "b", "c", "d", "e"], cut("{"), [502, "bad gateway"], () => {});
    const report = await op.run({ timeout: 200 });
    expect(statesOf(report)).toEqual(["a unknown", "b unknown", "c unknown", "d unknown", "e unknown"]);
    expect(report.reasons.map(({ error }) => error?.constructor)).toEqual([ConnectionError, ServerError, TimeoutError]);
  });

  it("sends what is in doubt again only where that does no harm, or the caller says so", async () => {
    const { url, seen } = await serve([500, "oops"], [403, "no"], OK);
    const report = await tagging(client(url), ["a"], { repeatable: false });
    expect((await report.retry()).counts).toMatchObject({ unknown: 1 });
    expect(seen).toHaveLength(1);
    // Refused now; whether the first try was carried out is as unknown as before.
    expect((await report.retry({ unknown: true })).counts).toMatchObject({ unknown: 1 });
    expect((await report.retry({ unknown: true })).complete).toBe(true);
    expect(seen).toHaveLength(3);
  });

  it.each([401, 403, 429])("stops at a status of %s, which no batch would fare better with", async (status) => {
    const { op, sent } = await tagged(["a", "b", "c", "d", "e"], OK, [status, "no"], OK);
    const report = await op;
    expect(statesOf(report)).toEqual(["a done", "b done", "c refused", "d refused", "e unsent"]);
    expect(report.reasons.map(({ error }) => (error as CbApiError).status)).toEqual([status, status]);
    expect(sent()).toHaveLength(2);
    expect((await report.retry()).complete).toBe(true);
    expect(sent().slice(2)).toEqual(["c,d", "e"]);
  });

  it("stops when the server cannot be reached", async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/json", connection: "close" }).end("{}");
      server.close();
    });
    const report = await tagging(client(await listen(server)), ["a", "b", "c", "d", "e"]);
    expect(statesOf(report)).toEqual(["a done", "b done", "c unsent", "d unsent", "e unsent"]);
    expect(report.reasons).toHaveLength(1);
    expect(report.reasons[0]).toMatchObject({ state: "unsent", error: { kind: "refused" } });
  });

  it("stops when the caller gives up, and keeps what was done", async () => {
    const controller = new AbortController();
    const { op, sent } = await tagged(["a", "b", "c", "d", "e"], OK, () => controller.abort(new Error("enough")));
    const report = await op.run({ signal: controller.signal });
    expect(statesOf(report)).toEqual(["a done", "b done", "c unknown", "d unknown", "e unsent"]);
    expect(report.reasons.map(({ error }) => error?.message)).toEqual(["enough", "enough"]);
    expect(sent()).toHaveLength(2);
    const early = tagging(client("http://127.0.0.1:1"), ["a"]);
    await expect(early.run({ signal: AbortSignal.abort(new Error("never mind")) })).rejects.toThrow("never mind");
  });

  it("tells of its progress, and ends when the listener throws", async () => {
    const { op, sent } = await tagged(["a", "b", "c", "d", "e"], OK);
    const told: BulkProgress<string>[] = [];
    const report = await op.run({
      onProgress: async (progress) => {
        told.push(progress);
        if (told.length === 2) throw new Error("stop here");
      },
    });
    expect(told.map(({ total, counts, batch }) => [total, counts?.done, batch.items, batch.state])).toEqual([
      [5, 2, ["a", "b"], "done"],
      [5, 4, ["c", "d"], "done"],
    ]);
    expect(report.items().at(-1)).toMatchObject({ item: "e", state: "unsent", error: { message: "stop here" } });
    expect(sent()).toHaveLength(2);
  });

  it("makes an error of an incomplete report for those who want one", async () => {
    const { op } = await tagged(["a", "b", "c"], OK, [400, "no"]);
    const report = await op;
    const error = (() => {
      try {
        return report.throwIfIncomplete();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(BulkError);
    expect(error).toBeInstanceOf(CbApiError);
    expect(error).toMatchObject({ code: "BULK_INCOMPLETE", report, cause: { status: 400 } });
    expect((error as Error).message).toMatch(/^tag of Thing: 3 items, 2 done, 1 refused. Refused, 1 item \(c\): POST/i);
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ matched: 3, complete: false, counts: { done: 2 } });
  });

  it("is not complete when the search for its items was not", async () => {
    const { url } = await serve(OK);
    const search = {
      available: 2,
      wanted: undefined,
      returned: 1,
      duplicates: 0,
      totalOrder: false,
      pages: 1,
      complete: false,
      reasons: ["1 of 2 rows are missing"],
    };
    const report = await tagging(client(url), [], { find: async () => ({ items: ["a"], search }) });
    expect([report.counts.done, report.reasons, report.complete]).toEqual([1, [], false]);
    expect(inspect(report)).toContain("the search for the items was not complete: 1 of 2 rows are missing");
    expect(() => report.throwIfIncomplete()).toThrow("1 of 2 rows are missing");
  });
});

describe("a bulk operation that gives the server a query", () => {
  const source = (cb: CbResponseAPI, own: Partial<BulkSource<string>> = {}) =>
    new BulkOperation<string, undefined>({
      name: "tag of Thing query",
      batchSize: 2,
      repeatable: true,
      find: async () => ({ items: ["a", "b", "c"], search: undefined }),
      request: (items) => ({ method: "POST", path: "/tag", body: { ids: items } }),
      send: async ({ method, path, body }, options) => {
        await cb.apiJsonRequest(method, path, { ...options, json: body });
        return undefined;
      },
      byQuery: {
        matched: () => 7,
        request: async () => ({ method: "POST", path: "/tag", body: { query: "q" } }),
      },
      ...own,
    });

  it("does not pretend to know the items", async () => {
    const { url, seen } = await serve([500, "oops"], OK);
    const changed: unknown[] = [];
    const op = source(client(url), { changed: (items) => changed.push(items) });
    const report = await op;
    expect([report.items(), report.failures, report.counts]).toEqual([undefined, undefined, undefined]);
    expect([report.matched, report.complete]).toEqual([7, false]);
    expect(report.reasons).toMatchObject([{ state: "unknown", items: undefined }]);
    expect(inspect(report)).toContain("sent as a query (it matched 7 when it was last counted), unknown");
    const again = await report.retry();
    expect([again.complete, again.reasons]).toEqual([true, []]);
    await again.retry();
    expect(bodiesOf(seen)).toEqual([{ query: "q" }, { query: "q" }]);
    expect(changed).toEqual([undefined, undefined]);
    await expect(op.plan()).rejects.toThrow("carried out already");
  });

  it("names the items when they were planned", async () => {
    const { url, seen } = await serve(OK);
    const op = source(client(url));
    expect((await op.plan()).total).toBe(3);
    expect((await op).items()).toHaveLength(3);
    expect(bodiesOf(seen)).toEqual([{ ids: ["a", "b"] }, { ids: ["c"] }]);
  });

  it("rejects when its query must not be sent", async () => {
    const { url, seen } = await serve(OK);
    const refused = { matched: () => undefined, request: () => Promise.reject(new CbApiError("an empty query")) };
    const op = source(client(url), { byQuery: refused });
    await expect(op.run()).rejects.toThrow("an empty query");
    expect((await op.plan()).total).toBe(3);
    expect(seen).toHaveLength(0);
  });
});
