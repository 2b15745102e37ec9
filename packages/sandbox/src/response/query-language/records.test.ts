import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SignatureResult } from "../../domain/index.js";
import { type Query, QuerySyntaxError, type Value } from "../../query/syntax.js";
import { sampleBinary } from "../../store/samples.js";
import { Searcher } from "../../store/search.js";
import type { Store } from "../../store/store.js";
import { compileQuery } from "./compile.js";
import type { FieldType } from "./field-spec.js";
import { compareValues, compileRecordQuery } from "./records.js";
import { storeOf } from "./samples.js";

const NOW = Date.UTC(2026, 0, 5, 9);
const HOUR = 3_600_000;

/** A process and its binary as one record, under the names of the fields of a process search. */
interface Small {
  process_name: string;
  path: string;
  path_full: string;
  cmdline: string;
  username: string;
  process_md5: string;
  domain: string[];
  ipaddr: string[];
  process_pid: number;
  start: number;
  tampered: boolean;
  product_name: string | undefined;
  digsig_result: SignatureResult;
  digsig_sign_time: number | undefined;
  is_64bit: boolean;
}

const BARE = ["process_name", "path", "cmdline", "username", "process_md5", "domain"];
const FIELDS = {
  ...{ process_name: "keyword", path: "path", path_full: "wholePath", cmdline: "cmdline", username: "path" },
  ...{ process_md5: "md5", domain: "domain", ipaddr: "ipaddr", process_pid: "number", start: "date" },
  ...{ tampered: "boolean", product_name: "text", digsig_result: "sign", digsig_sign_time: "date" },
  is_64bit: "boolean",
} as const satisfies Record<keyof Small, FieldType>;

const pieces = ["a", "b", "A", ".", "exe", "\\", "/", " ", "*", "?", "[", "]", "é", "😀", "\uff5e", "-", "_", '"', "^"];
const text = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  fc
    .tuple(
      fc.array(fc.constantFrom("a", "A", "b.exe"), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("\\", "/", " "),
    )
    .map(([parts, separator]) => parts.join(separator)),
);
const domain = fc
  .array(fc.constantFrom("a", "b", "com", "WWW", "*"), { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join("."));
const address = fc.constantFrom("10.0.0.1", "10.0.0.255", "10.1.0.0", "fe80::1", "::ffff:10.0.0.1", "none");
const time = fc.integer({ min: -30, max: 1 }).map((hours) => NOW + hours * HOUR);
const hash = (n: number): string => String(n).repeat(32);

const small: fc.Arbitrary<Small> = fc
  .record({
    ...{ process_name: text, path: text, cmdline: text, username: text },
    domain: fc.array(domain, { maxLength: 2 }),
    ipaddr: fc.array(address, { maxLength: 2 }),
    process_pid: fc.integer({ min: 0, max: 4 }),
    ...{ start: time, tampered: fc.boolean(), is_64bit: fc.boolean() },
    product_name: fc.option(text, { nil: undefined }),
    digsig_result: fc.constantFrom<SignatureResult>("Signed", "Unsigned"),
    digsig_sign_time: fc.option(time, { nil: undefined }),
  })
  .map((record) => ({ ...record, path_full: record.path, process_md5: "" }));

const moment = fc.constantFrom("-26h", "-10h", "2026-01-05", "2026-01-04T08:00:00", "2026-01-05T01:00:00Z", "soon");
const number = fc.constantFrom("1", "2", "2.5", "+3", "two");
/** What is looked for: much of it of the right type, some of another. */
const WANTED: Record<FieldType, fc.Arbitrary<string>> = {
  ...{ keyword: text, path: text, wholePath: text, text, cmdline: text, date: moment, number },
  domain: fc.oneof(
    ...[domain, domain.map((labels) => `.${labels}`), domain.map((labels) => `${labels}.`)],
    domain.map((labels) => `.${labels}.`),
    fc.constantFrom("*", "w*", "?om", "."),
  ),
  ipaddr: fc.oneof(address, fc.constantFrom("10.0.0.0/8", "10.0.0.*", "FE80::/10", "*:*", "10.0.0.?", "10.0.0.0/33")),
  md5: fc.constantFrom(...[0, 1, 2].map(hash), "1111*", "*2", "F"),
  boolean: fc.constantFrom("true", "FALSE", "1"),
  sign: fc.constantFrom("signed", "Uns*", "*signed", "?nsigned", "other"),
};

/** What is stored, as it is or with signs in it, so that it is found now and then. */
const patterned = (wanted: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    wanted,
    wanted.map((whole) => `*${whole}*`),
    wanted.map((whole) => whole.replace(/[aA.]/gu, "?")),
    fc.constant("*"),
  );

function valueFor(type: FieldType): fc.Arbitrary<Value> {
  const any = fc.oneof(...Object.values(WANTED), fc.constant(""));
  const wanted = fc.oneof({ arbitrary: WANTED[type], weight: 8 }, { arbitrary: any, weight: 1 });
  const edge = fc.oneof({ arbitrary: wanted, weight: 3 }, fc.constant("*"));
  return fc.oneof(
    fc.record({ type: fc.constant("literal" as const), text: wanted, quoted: fc.boolean(), at: fc.constant(3) }),
    fc.record({
      type: fc.constant("literal" as const),
      text: patterned(wanted),
      quoted: fc.boolean(),
      at: fc.constant(3),
    }),
    fc.record({ type: fc.constant("range" as const), from: edge, to: edge, at: fc.constant(3) }),
  );
}

const isField = (name: string | undefined): name is keyof Small => name !== undefined && Object.hasOwn(FIELDS, name);

/** Queries whose terms are in these fields. */
const queries = (...fields: (string | undefined)[]): fc.Arbitrary<Query> =>
  fc.letrec<{ query: Query }>((tie) => ({
    query: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      fc.constantFrom(...fields).chain((field) =>
        fc.record({
          ...{ type: fc.constant("term" as const), field: fc.constant(field), at: fc.constant(2) },
          value: isField(field) ? valueFor(FIELDS[field]) : fc.oneof(valueFor("keyword"), valueFor("domain")),
        }),
      ),
      fc.record({
        type: fc.constantFrom("and" as const, "or" as const),
        operands: fc.array(tie("query"), { minLength: 1, maxLength: 3 }),
        at: fc.constant(1),
      }),
      fc.record({ type: fc.constant("not" as const), operand: tie("query"), at: fc.constant(0) }),
    ),
  })).query;

function stored(records: readonly Small[]): Store {
  const store = storeOf(
    ...records.map((record) => ({
      ...{ process_name: record.process_name, path: record.path, cmdline: record.cmdline, username: record.username },
      ...{ md5: record.process_md5, pid: record.process_pid, start: record.start, tampered: record.tampered },
      // A sensor that nobody knows: what terms without a field find is not its name, or that of its group.
      ...{ parent_name: "", sensor_id: 9 },
      events: {
        netconn: [
          ...record.domain.map((name) => ({ domain: name, remote_ip: "" })),
          ...record.ipaddr.map((ip) => ({ domain: "", remote_ip: ip })),
        ].map((connection) => ({
          ...{ time: 1, remote_port: 1, local_ip: "", local_port: 1, proto: 6, outbound: true, ...connection },
        })),
      },
    })),
  );
  for (const { process_md5, product_name, digsig_result, digsig_sign_time, is_64bit } of records) {
    const optional = {
      ...(product_name === undefined ? {} : { product_name }),
      ...(digsig_sign_time === undefined ? {} : { digsig_sign_time }),
    };
    store.binary(sampleBinary({ md5: process_md5, digsig_result, is_64bit, ...optional }));
  }
  return store;
}

/** What is found, or the words of the refusal. */
function outcome(work: () => readonly number[]): readonly number[] | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof QuerySyntaxError) return error.message;
    throw error;
  }
}

/** Searches the same records in the database and one by one; says how often something, not everything, was found. */
function compare(query: fc.Arbitrary<Query>, fields: readonly string[]): number {
  const types = new Map(Object.entries(FIELDS).filter(([name]) => fields.includes(name)));
  let telling = 0;
  fc.assert(
    fc.property(
      fc.array(small, { minLength: 2, maxLength: 9, size: "max" }),
      fc.array(query, { minLength: 1, maxLength: 60, size: "max" }),
      (data, asked) => {
        const records = data.map((record, index) => ({ ...record, process_md5: hash(index) }));
        const store = stored(records);
        const searcher = new Searcher(store);
        for (const each of asked) {
          const inDatabase = outcome(() => {
            const where = compileQuery(each, { target: "process", now: NOW, commandRule: "command" });
            return [...searcher.documents({ from: "segment", where, order: "d.doc" })];
          });
          const oneByOne = outcome(() => {
            const test = compileRecordQuery(each, { fields: types, now: NOW, commandRule: "command" });
            return records.flatMap((record, index) => (test({ ...record }) ? [index + 1] : []));
          });
          expect(oneByOne, JSON.stringify(each)).toEqual(inDatabase);
          if (typeof oneByOne !== "string" && oneByOne.length > 0 && oneByOne.length < records.length) telling += 1;
        }
        store.close();
      },
    ),
    { numRuns: 25 },
  );
  return telling;
}

describe("a search that looks at record after record", () => {
  it.each(Object.keys(FIELDS))("finds by %s what the database finds, and refuses what it refuses", (field) => {
    expect(compare(queries(field), [field])).toBeGreaterThan(5);
  });

  it("finds the same by several fields, and refuses those that nobody knows", () => {
    expect(compare(queries(...Object.keys(FIELDS), "nope"), Object.keys(FIELDS))).toBeGreaterThan(5);
  });

  it("finds the same by terms without a field", () => {
    expect(compare(queries(undefined), BARE)).toBeGreaterThan(5);
  });

  it("orders as the database does", () => {
    const values = ["b", 10, "😀", 9, "\uff5e", "a", -1, "B", ""];
    expect(values.sort(compareValues)).toEqual([-1, 9, 10, "", "B", "a", "b", "\uff5e", "😀"]);
  });
});
