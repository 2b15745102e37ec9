import { beforeEach, describe, expect, it } from "vitest";
import type { BanRecord } from "../domain/index.js";
import { HttpProblem, type SandboxRequest } from "../server/product.js";
import { Store } from "../store/store.js";
import { answerCollection, type SearchedRecords } from "./answer-collection.js";
import { answerSearch } from "./answer-search.js";
import type { ResponseBehaviour } from "./behaviour.js";
import { createContext, type ResponseContext } from "./context.js";
import { banDocument } from "./documents/ban.js";

const NOW = Date.UTC(2026, 0, 5, 9);
const DAY = 24 * 3_600_000;
const PATH = "/api/v1/bans";
const md5 = (n: number): string => String(n).repeat(32);

const SEARCHED: SearchedRecords<BanRecord> = {
  fields: {
    ...{ md5: "md5", text: "text", enabled: "boolean", block_count: "number", last_block_time: "date" },
    last_block_hostname: "keyword",
  },
  ties: "md5",
  show: banDocument,
};

const ban = (n: number, changes: Partial<BanRecord> = {}): BanRecord => ({
  ...{ md5: md5(n), text: null, enabled: true, block_count: 0, last_block_time: null, last_block_sensor_id: null },
  ...{ last_block_hostname: null, ...changes },
  audit: [{ username: "admin", user_id: 1, timestamp: NOW, text: null, enabled: true }],
});

let context: ResponseContext;
let behaviour: ResponseBehaviour;
beforeEach(() => {
  const store = Store.open();
  behaviour = { totalOverestimate: 0, shiftRows: 0 };
  context = createContext({ store, clock: { now: () => NOW }, behaviour }, new AbortController().signal);
  for (const record of [
    ban(1, { text: "seen in the finance case", block_count: 10, last_block_time: NOW, last_block_hostname: "b-2" }),
    ban(2, { text: "Finance", block_count: 9, last_block_time: NOW - DAY, last_block_hostname: "B-1" }),
    ban(3, { enabled: false, block_count: 9, last_block_time: NOW - 2, last_block_hostname: "b-2" }),
    ban(4, { text: "lab" }),
  ]) {
    store.collection("ban").put(record.md5, record);
  }
});

const request = (parameters: Record<string, string> | [string, string][]): SandboxRequest => ({
  ...{ method: "GET", path: PATH, params: {}, query: new URLSearchParams(parameters), headers: {} },
  ...{ body: Buffer.alloc(0), json: () => undefined, signal: new AbortController().signal },
  user: { token: "t", username: "u", globalAdmin: false },
});

function answer(
  parameters: Record<string, string> | [string, string][] = {},
  searched: Partial<SearchedRecords<BanRecord>> = {},
): Record<string, unknown> {
  return answerCollection(context, request(parameters), context.store.collection("ban"), { ...SEARCHED, ...searched });
}

/** The first digits of the hashes that are found, in their order. */
function found(
  parameters: Record<string, string> | [string, string][],
  searched: Partial<SearchedRecords<BanRecord>> = {},
): string {
  const { results } = answer(parameters, searched) as { results: { md5hash: string }[] };
  return results.map(({ md5hash }) => md5hash[0]).join("");
}

describe("a search in a collection", () => {
  it("finds by every form of a query", () => {
    expect(found({})).toBe("1234");
    expect(found({ q: "finance" })).toBe("12");
    expect(found({ q: "text:finance -block_count:10" })).toBe("2");
    expect(found({ q: `md5:${md5(3)} or block_count:[10 TO *]` })).toBe("13");
    expect(found({ q: "last_block_time:-1h", "cb.q.enabled": "true" })).toBe("1");
    expect(found({ q: "last_block_hostname:*" })).toBe("123");
    expect(found({ "cb.q.last_block_hostname": "(b-1 or nobody)" })).toBe("2");
    expect(found({ "cb.fq.last_block_hostname": "B-2", q: "enabled:false" })).toBe("3");
    // Of a facet's value nothing is meant as a sign.
    expect(found({ "cb.fq.last_block_hostname": "b-*" })).toBe("");
    expect(found({ "cb.fq.last_block_time": "2026-01-04" })).toBe("2");
  });

  it("looks into what holds text when a term names no field", () => {
    expect(found({ q: "b-2" })).toBe("13");
    expect(found({ q: md5(4) })).toBe("4");
    expect(found({ q: "10" })).toBe("");
    expect(found({ q: "true" })).toBe("");
  });

  it("orders by numbers as numbers, by texts without case, and puts first what has none", () => {
    expect(found({ sort: "block_count desc" })).toBe("1234");
    expect(found({ sort: "block_count" })).toBe("4231");
    expect(found({ sort: "last_block_hostname asc,block_count desc" })).toBe("4213");
    expect(found({ sort: "last_block_hostname desc" })).toBe("1324");
    expect(found({ sort: "enabled asc, last_block_time desc" })).toBe("3124");
    expect(found({}, { usual: "last_block_time desc" })).toBe("1324");
    expect(found({}, { ties: "block_count" })).toBe("4231");
  });

  it("answers with the page that is asked for, in the envelope of a search", () => {
    expect(answer({ q: "enabled:true", rows: "1", start: "1", sort: "block_count desc" })).toEqual({
      ...{ terms: ["enabled:true"], total_results: 3, start: 1, facets: {}, elapsed: expect.any(Number) },
      results: [banDocument(ban(2, { ...context.store.collection("ban").get(md5(2)) }))],
    });
    expect(answer({ rows: "0" })).toMatchObject({ results: [], total_results: 4 });
    expect(answer({ start: "4" })).toMatchObject({ results: [], total_results: 4 });
  });

  it("counts the values of fields over all that was found", () => {
    const fields = ["last_block_hostname", "enabled", "block_count", "last_block_time", "nope"];
    const asked: [string, string][] = [
      ["facet", "true"],
      ["rows", "1"],
      ...fields.map((field): [string, string] => ["facet.field", field]),
    ];
    const value = (name: string, count: number, percent: number, ratio: string) => ({
      name,
      value: count,
      percent,
      ratio,
    });
    expect(answer(asked)).toMatchObject({
      facets: {
        last_block_hostname: [value("b-2", 2, 100, "50.0"), value("B-1", 1, 50, "25.0")],
        enabled: [value("true", 3, 100, "75.0"), value("false", 1, 33.3, "25.0")],
        block_count: [value("9", 2, 100, "50.0"), value("0", 1, 50, "25.0"), value("10", 1, 50, "25.0")],
        last_block_time: [value("2026-01-05", 2, 100, "50.0"), value("2026-01-04", 1, 50, "25.0")],
        nope: [],
      },
    });
    expect(answer([["facet.field", "enabled"]])).toMatchObject({ facets: {} });
  });

  it("has the faults that are switched on", () => {
    behaviour.totalOverestimate = 5;
    behaviour.shiftRows = 1;
    expect(answer({ rows: "2" })).toMatchObject({ total_results: 9 });
    expect(found({ rows: "2", start: "2" })).toBe("23");
  });

  it.each<[string, Record<string, string>]>([
    ["a field that nobody knows", { q: "nope:1" }],
    ["a field of every object", { q: "constructor:1" }],
    ["a query that cannot be read", { q: "(a" }],
    ["a date that is none", { "cb.q.create_time": "soon" }],
    ["an order by what nobody knows", { sort: "nope asc" }],
    ["an order by nothing", { sort: "create_time asc," }],
    ["a direction that is none", { sort: "create_time down" }],
    ["a page that is none", { rows: "many" }],
    ["a page too far off", { start: "1000000" }],
    ["too many patterns", { q: Array.from({ length: 101 }, (_, n) => `feed_name:a*${n}`).join(" or ") }],
    ["too many facets", { facet: "1", "facet.field": "x" }],
  ])("refuses %s in the words of a search in the database", (_, parameters) => {
    const pairs = Object.entries(parameters).flatMap(([name, text]): [string, string][] =>
      name === "facet.field" ? Array.from({ length: 51 }, (_, n) => [name, `${text}${n}`]) : [[name, text]],
    );
    const refusal = (search: () => unknown): unknown => {
      try {
        return search();
      } catch (error) {
        if (!(error instanceof HttpProblem)) throw error;
        return [error.status, error.message, error.reason];
      }
    };
    const reports = { from: "threat_report", sorts: new Map([["create_time", "d.create_time"]]) } as const;
    const inDatabase = refusal(() =>
      answerSearch(context, request(pairs), { ...reports, usual: "create_time desc", ties: "d.doc" }, () => ({
        results: [],
      })),
    );
    expect(inDatabase).toContain(400);
    const collection = { all: () => [{ create_time: 1, feed_name: "x" }] };
    const oneByOne = refusal(() =>
      answerCollection(context, request(pairs), collection, {
        ...{ fields: { create_time: "date", feed_name: "keyword" }, ties: "create_time", show: (record) => record },
      }),
    );
    expect(oneByOne).toEqual(inDatabase);
  });

  it("is declared by fields that the records have, as what they hold", () => {
    const fields: SearchedRecords<BanRecord>["fields"] = { block_count: "number" };
    // @ts-expect-error A count is no path.
    const path: SearchedRecords<BanRecord>["fields"] = { block_count: "path" };
    // @ts-expect-error Bans have no such field.
    const unknown: SearchedRecords<BanRecord>["fields"] = { nope: "number" };
    expect([fields, path, unknown]).toHaveLength(3);
  });
});
