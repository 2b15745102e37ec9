import fc from "fast-check";
import { expect, it } from "vitest";
import { Database } from "../../store/database.js";
import { compileText } from "./compile.js";
import { DocumentSearch, documentFields } from "./documents.js";

// The same search twice: by the database, and here by looking at one document after the other. They share no code.

interface Row {
  key: string;
  path: string;
  cmd: string;
  size: number | null;
  at: string;
  on: boolean;
  tags: string[];
  ip: string;
}

const FIELDS = documentFields({
  ...{ key: "!keyword", path: "!path", cmd: "!words", size: "number", at: "isoDate", on: "boolean" },
  ...{ tags: "*keyword", ip: "address" },
});

/** A query as it is meant; its text is made of it. */
type Meant =
  | { is: "and" | "or"; parts: Meant[] }
  | { is: "not"; part: Meant }
  | { is: "text"; field: string; pieces: (string | { wild: "*" | "?" })[]; quoted: boolean }
  | { is: "any"; field: string }
  | { is: "range"; field: "size" | "at"; from: string | null; to: string | null; open: boolean };

const escaped = (text: string): string => text.replace(/[\s&|+\-!(){}[\]*^"~?:\\/]/g, "\\$&");

function written(query: Meant): string {
  switch (query.is) {
    case "and":
    case "or":
      return `(${query.parts.map(written).join(query.is === "and" ? " AND " : " OR ")})`;
    case "not":
      return `NOT ${written(query.part)}`;
    case "any":
      return `${query.field}:*`;
    case "range": {
      const [begin, end] = query.open ? "{}" : "[]";
      const bound = (text: string | null): string => (text === null ? "*" : `"${text}"`);
      return `${query.field}:${begin}${bound(query.from)} TO ${bound(query.to)}${end}`;
    }
    case "text": {
      const plain = query.pieces.map((piece) => (typeof piece === "string" ? piece : "")).join("");
      if (query.quoted) return `${query.field}:"${plain.replace(/["\\]/g, "\\$&")}"`;
      return `${query.field}:${query.pieces.map((piece) => (typeof piece === "string" ? escaped(piece) : piece.wild)).join("")}`;
    }
  }
}

const pattern = (pieces: readonly (string | { wild: string })[]): string =>
  pieces
    .map((piece) => {
      if (typeof piece === "string") return piece.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return piece.wild === "*" ? "[^]*" : "[^]";
    })
    .join("");

const WORD = /[a-z0-9_\u0080-\u{10ffff}]/u;

function matches(query: Meant, row: Row): boolean {
  switch (query.is) {
    case "and":
      return query.parts.every((part) => matches(part, row));
    case "or":
      return query.parts.some((part) => matches(part, row));
    case "not":
      return !matches(query.part, row);
    case "any": {
      const value = row[query.field as keyof Row];
      return Array.isArray(value) ? value.some((each) => each !== "") : value !== null && value !== "";
    }
    case "range": {
      const value = row[query.field];
      if (value === null) return false;
      const bound = (text: string | null): number | string | null =>
        text === null || query.field === "at" ? text : Number(text);
      const [from, to] = [bound(query.from), bound(query.to)];
      if (from !== null && (query.open ? value <= from : value < from)) return false;
      return !(to !== null && (query.open ? value >= to : value > to));
    }
    case "text": {
      const pieces = query.quoted ? query.pieces.filter((piece) => typeof piece === "string") : query.pieces;
      const value = row[query.field as "key" | "path" | "cmd" | "tags"];
      return [value].flat().some((each) => matchesText(query.field, pieces, String(each).toLowerCase()));
    }
  }
}

function matchesText(field: string, pieces: readonly (string | { wild: string })[], value: string): boolean {
  const source = pattern(pieces);
  if (field === "path") return new RegExp(`^(?:${source})$|[\\\\/](?:${source})$`, "u").test(value);
  if (field !== "cmd") return new RegExp(`^(?:${source})$`, "u").test(value);
  const signs = pieces.flatMap((piece) =>
    typeof piece === "string" ? [...piece.toLowerCase()] : [piece.wild === "*" ? "*" : "a"],
  );
  const [first = "", last = ""] = [signs[0], signs.at(-1)];
  const edge = "[^a-z0-9_\\u0080-\\u{10ffff}]";
  const before = first !== "*" && WORD.test(first) ? edge : "";
  const after = last !== "*" && WORD.test(last) ? edge : "";
  return new RegExp(`${before}${source}${after}`, "u").test(` ${value} `);
}

const word = fc.constantFrom(
  "a",
  "ab",
  "B",
  "x.exe",
  "É",
  "é",
  "ß",
  "[",
  "]",
  "*",
  "?",
  "%",
  "_",
  "-c",
  "\\",
  "/",
  "c:",
  '"q"',
  "1",
);
const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(""));
const line = fc.array(text, { minLength: 0, maxLength: 4 }).map((words) => words.join(" "));
const moment = fc.integer({ min: 0, max: 5 }).map((day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString());
const row: fc.Arbitrary<Row> = fc.record({
  ...{ key: text, path: text, cmd: line, at: moment, on: fc.boolean(), tags: fc.array(text, { maxLength: 3 }) },
  size: fc.option(fc.integer({ min: -2, max: 6 }), { nil: null }),
  ip: fc.constantFrom("10.0.0.1", "10.0.1.2", "192.168.0.1", "", "fe80::1"),
});

const piece = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.constantFrom({ wild: "*" as const }, { wild: "?" as const }) },
);
const pieces = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  // A lone asterisk asks for something else.
  .filter((list) => list.some((each) => typeof each === "string"));
const term: fc.Arbitrary<Meant> = fc.oneof(
  fc.record({
    is: fc.constant("text" as const),
    field: fc.constantFrom("key", "path", "cmd", "tags"),
    pieces,
    quoted: fc.boolean(),
  }),
  fc.record({ is: fc.constant("any" as const), field: fc.constantFrom("key", "cmd", "tags", "size", "ip") }),
  fc.record({
    ...{ is: fc.constant("range" as const), field: fc.constant("size" as const), open: fc.boolean() },
    from: fc.option(fc.integer({ min: -2, max: 6 }).map(String), { nil: null }),
    to: fc.option(fc.integer({ min: -2, max: 6 }).map(String), { nil: null }),
  }),
  fc.record({
    ...{ is: fc.constant("range" as const), field: fc.constant("at" as const), open: fc.boolean() },
    from: fc.option(moment, { nil: null }),
    to: fc.option(moment, { nil: null }),
  }),
);
const { query } = fc.letrec<{ query: Meant }>((tie) => ({
  query: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    term,
    fc.record({
      is: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("query"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ is: fc.constant("not" as const), part: tie("query") }),
  ),
}));

it("finds in the database what is found by looking at each document", () => {
  const database = new Database(":memory:");
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), query, (rows, wanted) => {
      const where = compileText(written(wanted), FIELDS, { now: 0, unknown: "refuse" });
      const found = new DocumentSearch(database, rows).find(where);
      expect(found, written(wanted)).toEqual(rows.filter((each) => matches(wanted, each)));
    }),
    { numRuns: 2_000 },
  );
  database.close();
});

const NOW = Date.UTC(2026, 0, 5, 9);
const DOCUMENTS: Partial<Row>[] = [
  { key: "one", ip: "10.0.0.1", at: "2026-01-05T08:00:00.000Z", on: true, path: "c:\\windows\\cmd.exe" },
  { key: "two", ip: "10.0.1.2", at: "2026-01-04T08:00:00.000Z", on: false, path: "/bin/sh" },
  { key: "three", ip: "192.168.0.1", at: "2026-01-02T08:00:00.000Z", cmd: 'powershell.exe -enc "abc  def" /c dir' },
  { key: "four", ip: "fe80::1", size: 4 },
];

it.each([
  ["ip:10.0.0.0/8", "one two"],
  ["ip:10.0.0.0/24", "one"],
  ["ip:[10.0.0.2 TO 192.168.0.1]", "two three"],
  ["ip:10.0.*", "one two"],
  ["ip:fe80\\:\\:1", "four"],
  ["at:[NOW-1DAY TO NOW]", "one"],
  ["at:[NOW-1DAYS-2HOURS+0SECONDS TO *]", "one two"],
  ["at:2026-01-05", "one"],
  ["at:{2026-01-04 TO 2026-01-05]", "one"],
  ["at:[2026-01-04 TO 2026-01-05}", "two"],
  ["at:[-26h TO *]", "one two"],
  ['at:"2026-01-05T08:00:00Z"', "one"],
  ['at:"2026-01-05T10:00:00+02:00"', "one"],
  ["on:true", "one"],
  ["on:false", "two three four"],
  ["size:4", "four"],
  ["size:[4 TO *] OR key:one", "one four"],
  ["path:cmd.exe", "one"],
  ["path:windows\\\\cmd.exe", "one"],
  ["path:md.exe", ""],
  ["path:sh", "two"],
  ["cmd:powershell", "three"],
  ["cmd:power", ""],
  ["cmd:power*", "three"],
  ['cmd:"exe -enc"', "three"],
  ["cmd:\\-enc", "three"],
  ["cmd:\\/c", "three"],
  ['cmd:"def powershell"', ""],
  ['cmd:"def powershell"~5', "three"],
  ["powershell", "three"],
  ["ONE", "one"],
  ["NOT powershell", "one two four"],
])("finds by %s", (text, expected) => {
  const database = new Database(":memory:");
  const where = compileText(text, FIELDS, { now: NOW, unknown: "refuse" });
  const found = new DocumentSearch(database, DOCUMENTS).find(where);
  expect(found.map(({ key }) => key).join(" ")).toBe(expected);
  database.close();
});

it.each([
  "size:x",
  "on:maybe",
  "at:yesterday",
  "at:2026-02-30",
  "at:20*",
  "ip:1.2.3",
  "ip:10.0.0.0/33",
  "nothing:1",
  "valueOf:1",
])("refuses %s", (text) => {
  expect(() => compileText(text, FIELDS, { now: NOW, unknown: "refuse" })).toThrow(
    expect.objectContaining({ status: 400, reason: "query_malformed_syntax" }) as Error,
  );
});

it("survives patterns and lists that are too much", () => {
  const database = new Database(":memory:");
  const search = new DocumentSearch(database, DOCUMENTS);
  const find = (text: string) => search.find(compileText(text, FIELDS, { now: NOW, unknown: "refuse" }));
  expect(() => find(`key:${"a*".repeat(40)}`)).toThrow(/asterisks/);
  expect(() => find(`key:${"a".repeat(20_000)}*`)).toThrow(/too long/);
  const many = Array.from({ length: 3_000 }, (_, at) => `key:v${at}`);
  expect(find([...many, "key:one"].join(" OR "))).toHaveLength(1);
  expect(() => find(Array.from({ length: 9_000 }, (_, at) => `v${at}`).join(" OR "))).toThrow(/too large/);
  // With a negation, an alternative and a conjunction at each level: deeper than anybody writes, then deeper than is taken.
  const nested = (levels: number): string => {
    let text = "key:one";
    for (let at = 0; at < levels; at++) text = `NOT (key:x${at} OR (${text} AND key:*))`;
    return text;
  };
  expect(find(nested(10)).map(({ key }) => key)).toEqual(["one"]);
  expect(() => find(nested(24))).toThrow(/too large/);
  database.close();
});
