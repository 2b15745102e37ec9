// Whatever a caller gives that has no meaning is refused with a clear error before anything is sent.
import { ApiError, CbThreatHunterAPI, Event, Process, QueryBuilder, Tree } from "cbapi/threathunter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI, {}, false);
type Query = ReturnType<typeof Process.query>;

/** Values that are no query. */
const nonsense = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, Number.NaN, Symbol("x"), () => 1, /x/, new Date(Number.NaN), new Map()),
  fc.array(fc.anything(), { maxLength: 2 }),
  fc.integer(),
  fc.boolean(),
);

describe("conditions", () => {
  it.each(["where", "and", "or", "not"] as const)("that are none are refused by %s", (method) => {
    fc.assert(
      fc.property(nonsense, (value) => {
        const query = given.cb.select(Process);
        expect(() => query[method](value as never)).toThrow(ApiError);
        expect(() => new QueryBuilder()[method](value as never)).toThrow(ApiError);
      }),
    );
    expect(asked()).toEqual([]);
  });

  it.each<[string, (query: Query) => unknown, RegExp]>([
    ["text and terms", (query) => query.where("a:b").and({ c: 1 }), /raw query/],
    ["terms and text", (query) => query.where({ c: 1 }).and("a:b"), /structured query/],
    ["terms twice", (query) => query.where({ c: 1 }).where({ d: 1 }), /Use .and\(\) or .or\(\)/],
    ["text as a choice", (query) => query.where("a:b").or("c:d" as never), /only accepts terms/],
    ["a term without a value", (query) => query.where({ a: undefined as never }), /no value/],
    ["a field that is none", (query) => query.where({ "a b": 1 }), /not a field/],
    ["an empty list", (query) => query.where({ a: [] }), /empty list/],
    ["a text that swallows the next", (query) => query.where("a:\\").and("b:1"), /ends with a backslash/],
    ["a timeout", (query) => query.timeout(Number.NaN), /timeout wants/],
    ["a page size", (query) => query.batchSize(0), /batchSize wants/],
    ["an order", (query) => query.sortBy("a", "SIDEWAYS" as "ASC"), /sort direction/],
    ["a span of time", (query) => query.setTimeRange({ start: new Date(0) } as never), /must specify/],
    ["a join", (query) => query.include("nothing" as "parent"), /nothing/],
  ])("such as %s are refused", async (_, act, message) => {
    const failed = await Promise.resolve()
      .then(() => act(given.cb.select(Process)))
      .then(undefined, (error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiError);
    expect((failed as Error).message).toMatch(message);
    expect(asked()).toEqual([]);
  });
});

describe("objects", () => {
  it("that have no key cannot be asked for", () => {
    for (const key of [undefined, null, "", " ", Number.NaN]) {
      expect(() => given.cb.select(Process, key as never)).toThrow(ApiError);
    }
  });

  it("that cannot be made or changed are not", async () => {
    expect(() => given.cb.create(Process as never)).toThrow(/Cannot create/);
    const proc = await given.cb.select(Process).first();
    expect(() => Object.assign(proc as object, { process_name: "x" })).toThrow(ApiError);
    await expect(given.cb.select(Event, "e")).rejects.toThrow(/cannot be read by its id/);
    await expect(given.cb.select(Tree).all()).rejects.toThrow(/process_guid missing/);
  });
});
