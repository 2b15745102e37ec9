// Queries that are put together, and what they find.
import {
  boost,
  CbThreatHunterAPI,
  exclusiveRange,
  fromNow,
  near,
  Process,
  present,
  Q,
  QueryBuilder,
  range,
} from "cbapi/threathunter";
import { beforeEach, describe, expect, it } from "vitest";
import { useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI, {}, false);
let all: readonly Process[];

beforeEach(async () => {
  all = await given.cb.select(Process).all();
});

const count = (query: ConstructorParameters<typeof QueryBuilder>[0] | QueryBuilder | ReturnType<typeof Q> | string) =>
  given.cb
    .select(Process)
    .where(query as QueryBuilder)
    .count();

describe("what is built", () => {
  it("finds what its parts say", async () => {
    const [first, second] = [...new Set(all.map(({ device_id = 0 }) => device_id))];
    const by = (test: (row: Process) => boolean) => all.filter(test).length;
    const is = (row: Process) => row.device_id === first;
    const other = (row: Process) => row.device_id === second;
    const loads = (row: Process) => (row.modload_count ?? 0) >= 4;
    const one = { device_id: first ?? 0 };
    const two = { device_id: second ?? 0 };
    const many = { modload_count: range(4, undefined) };
    expect(await count(new QueryBuilder(one).and(many))).toBe(by((row) => is(row) && loads(row)));
    expect(await count(new QueryBuilder(one).or(two).and(many))).toBe(
      by((row) => (is(row) || other(row)) && loads(row)),
    );
    expect(await count(new QueryBuilder(one).or(Q(two).and(many)))).toBe(
      by((row) => is(row) || (other(row) && loads(row))),
    );
    expect(await count(new QueryBuilder(many).not({ ...one }))).toBe(by((row) => loads(row) && !is(row)));
    expect(await count(new QueryBuilder().not({ ...one, ...many }))).toBe(by((row) => !(is(row) && loads(row))));
    expect(await count(Q(one).or(two).not())).toBe(by((row) => !is(row) && !other(row)));
    expect(await count(boost(Q(one).or(two), 2).and(many))).toBe(by((row) => (is(row) || other(row)) && loads(row)));
    // Texts of several calls keep the extent of an OR.
    const texts = given.cb
      .select(Process)
      .where(`device_id:${first} OR device_id:${second}`)
      .where("modload_count:[4 TO *]");
    expect(await texts.count()).toBe(by((row) => (is(row) || other(row)) && loads(row)));
  });

  it("has ranges that leave out their ends, and fields that are there", async () => {
    const counts = all.map(({ modload_count = 0 }) => modload_count);
    const most = Math.max(...counts);
    const within = counts.filter((value) => value > 0 && value < most).length;
    expect(await count({ modload_count: exclusiveRange(0, most) })).toBe(within);
    expect(await count({ modload_count: exclusiveRange(0, most, "from") })).toBe(
      counts.filter((value) => value > 0).length,
    );
    expect(await count({ parent_guid: present() })).toBe(
      all.filter((row) => row.get("parent_guid") !== undefined).length,
    );
    expect(await count({ process_start_time: range(undefined, fromNow(0)) })).toBe(all.length);
    expect(await count({ process_start_time: range(fromNow(60_000), undefined) })).toBe(0);
  });

  it("finds words near each other", async () => {
    const lines = all.map(({ process_cmdline: [text = ""] = [] }) => text);
    const line = lines.find((text) => (text.match(/\w{3,}/g)?.length ?? 0) > 2) ?? "";
    const [first = "", second = ""] = line.match(/\w{3,}/g) ?? [];
    const found = await given.cb
      .select(Process)
      .where({ process_cmdline: near(`${first} ${second}`, 20) })
      .all();
    expect(found.map(({ process_cmdline: [text = ""] = [] }) => text)).toContain(line);
  });

  it("without conditions finds everything", async () => {
    expect(await count(new QueryBuilder())).toBe(all.length);
    expect(await count(String(new QueryBuilder()))).toBe(all.length);
  });
});
