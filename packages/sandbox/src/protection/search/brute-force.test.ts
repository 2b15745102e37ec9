import { describe, expect, it } from "vitest";
import { Random } from "../../organisation/random.js";
import { Store } from "../../store/index.js";
import { date, decimal, flag, integer, kind, POLICY, recordsOf, text } from "../objects/index.js";
import type { Operator } from "./condition.js";
import { Parameters } from "./parameters.js";
import { readerOf } from "./scope.js";
import { search } from "./search.js";

const NOW = Date.UTC(2026, 0, 5, 9);
const TRIAL = kind(
  "trial",
  {
    ...{ id: integer(), title: text(), size: integer(), ratio: decimal(), on: flag(), seen: date() },
    policyId: integer({ of: "policy" }),
  },
  { view: "View files" },
);
type Row = { id: number } & Record<string, string | number | boolean | null>;
type Kind = "text" | "integer" | "number" | "boolean" | "date";
const TYPES: Record<string, Kind> = {
  ...{ title: "text", size: "integer", ratio: "number", on: "boolean", seen: "date", policyId: "integer" },
  ...{ policyId_name: "text" },
} as const;

const LETTERS = [
  "a",
  "A",
  "b",
  "B",
  "*",
  "|",
  "\\",
  "%",
  "_",
  " ",
  "[",
  "?",
  "'",
  '"',
  "ü",
  "Ü",
  "é",
  "É",
  "ß",
  "я",
  "Я",
  ":",
  "!",
];
const word = (random: Random, most: number): string =>
  Array.from({ length: random.between(0, most) }, () => random.pick(LETTERS)).join("");

/** What is looked for: literal pieces with anything between them. */
type Wanted = string[];
interface Asked {
  field: string;
  operator: Operator;
  wanted: Wanted[];
}

/** The condition as a client writes it. */
const written = ({ field, operator, wanted }: Asked, random: Random): string =>
  (random.chance(0.5) ? field.toUpperCase() : field) +
  operator +
  wanted.map((parts) => parts.map((part) => part.replace(/[\\|*]/g, "\\$&")).join("*")).join("|");

const small = (value: unknown): string => String(value ?? "").toLowerCase();
const ascii = (value: unknown): string => String(value ?? "").replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The same by looking at a row. */
function meets(row: Row, { field, operator, wanted }: Asked): boolean {
  const value = row[field] ?? null;
  const type = TYPES[field];
  const is = (parts: Wanted): boolean => {
    const [only = ""] = parts;
    if (type === "text") {
      const pattern = parts.map((part) => small(part).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("[^]*");
      return new RegExp(`^${pattern}$`, "u").test(small(value));
    }
    if (only === "") return value === null;
    if (type === "boolean") return value === (only.toLowerCase() === "true");
    return value === (type === "date" ? moment(only) : Number(only));
  };
  switch (operator) {
    case ":":
      return wanted.some(is);
    case "!":
      return !wanted.some(is);
    case "+":
      return wanted.some(([bits]) => (BigInt((value as number) ?? 0) & BigInt(bits ?? 0)) === BigInt(bits ?? 0));
    case "-":
      return wanted.every(([bits]) => (BigInt((value as number) ?? 0) & BigInt(bits ?? 0)) === 0n);
    default: {
      const sign = operator === "<" ? -1 : 1;
      return wanted.some((parts) => {
        const [left, right] =
          type === "text"
            ? [ascii(value), ascii(parts.join("*"))]
            : [value, type === "date" ? moment(parts[0] ?? "") : Number(parts[0])];
        if (left === null) return false;
        return (left < right ? -1 : left > right ? 1 : 0) === sign;
      });
    }
  }
}

function moment(text: string): number {
  const relative = /^(-?\d+)h$/.exec(text);
  return relative === null ? Date.parse(text) : NOW + Number(relative[1]) * 3_600_000;
}

function ask(random: Random, rows: readonly Row[]): Asked {
  const field = random.pick(Object.keys(TYPES));
  const type = TYPES[field] ?? "text";
  const operators: Record<Kind, Operator[]> = {
    ...{ text: [":", ":", "!", "<", ">"], integer: [":", "!", "<", ">", "+", "-"], number: [":", "!", "<", ">"] },
    ...{ boolean: [":", "!"], date: [":", "!", "<", ">"] },
  };
  const operator = random.pick(operators[type]);
  const wanted = Array.from({ length: random.between(1, 3) }, () =>
    value(type, operator, random, String(random.pick(rows)[field] ?? "")),
  );
  return { field, operator, wanted };
}

/** Something to look for; of texts often a piece of one that is there, or all of it. */
function value(type: Kind, operator: Operator, random: Random, there: string): Wanted {
  if (type === "text") {
    const patterns = operator === ":" || operator === "!";
    const [from, to] = [random.between(0, there.length), random.between(0, there.length)].sort((a, b) => a - b);
    const piece = random.chance(0.5) ? there.toUpperCase() : there;
    if (patterns && random.chance(0.5)) {
      // Capitals of some letters are two.
      if (random.chance(0.3) || piece.length !== there.length) return [there];
      return random.chance(0.5) ? ["", piece.slice(from, to), ""] : [piece.slice(0, from), piece.slice(to)];
    }
    return Array.from({ length: patterns && random.chance(0.6) ? random.between(2, 3) : 1 }, () => word(random, 2));
  }
  if ((operator === ":" || operator === "!") && random.chance(0.2)) return [""];
  if (type === "boolean") return [random.pick(["true", "FALSE", "True", "false"])];
  if (type === "number") return [String(random.between(-2, 2) / 2)];
  if (type === "integer") return [String(random.between(-3, 12))];
  return [random.pick([`${random.between(-9, 3)}h`, new Date(NOW + random.between(-9, 3) * 3_600_000).toISOString()])];
}

const orNull = <T>(random: Random, value: T): T | null => (random.chance(0.2) ? null : value);

function fill(store: Store, random: Random): Row[] {
  const policies = new Map<number, string | null>();
  for (let id = 1; id <= 4; id++) {
    policies.set(id, orNull(random, word(random, 3)));
    recordsOf(store, POLICY).put(id, { id, name: policies.get(id) ?? null });
  }
  return Array.from({ length: 60 }, (_, index) => {
    const record = {
      ...{ id: index + 1, title: orNull(random, word(random, 4)), size: orNull(random, random.between(-3, 12)) },
      ...{ ratio: orNull(random, random.between(-2, 2) / 2), on: orNull(random, random.chance(0.5)) },
      ...{
        seen: orNull(random, NOW + random.between(-9, 3) * 3_600_000),
        policyId: orNull(random, random.between(0, 5)),
      },
    };
    recordsOf(store, TRIAL).put(record.id, record);
    return { ...record, policyId_name: policies.get(record.policyId ?? 0) ?? null };
  });
}

const reader = readerOf(true, { now: NOW, lastRound: NOW }, { token: "", username: "", globalAdmin: true });
const find = (store: Store, query: [string, string][]): unknown =>
  search(store, TRIAL, reader, new Parameters(new URLSearchParams(query)), { oneBasedOffset: false });

describe("a search in SQL, against a look at each row", () => {
  it.each([1, 2, 3, 4, 5, 6])("finds the same rows in the same order (%i)", (seed) => {
    const random = new Random(`brute/${seed}`);
    const store = Store.open();
    const rows = fill(store, random);
    for (let round = 0; round < 250; round++) {
      const asked = Array.from({ length: random.between(1, 3) }, () => ask(random, rows));
      const query = asked.map((each): [string, string] => ["q", written(each, random)]);
      const sort = random.pick(["id", "title", "size", "on", "seen", "policyId_name"]);
      const descending = random.chance(0.5);
      const [offset, limit] = [random.between(0, 20), random.between(1, 30)];
      const met = rows.filter((row) => asked.every((each) => meets(row, each)));
      const sorted = met.toSorted((a, b) => (descending ? -1 : 1) * order(a, b, sort) || a.id - b.id);
      const all: [string, string][] = [...query, ["expand", "policyId"]];
      const list = find(store, [
        ...all,
        ["sort", `${sort} ${descending ? "DESC" : "asc"}`],
        ["offset", `${offset}`],
        ["limit", `${limit}`],
      ]) as { id: number }[];
      const wanted = sorted.slice(offset, offset + limit).map(({ id }) => id);
      expect(
        list.map(({ id }) => id),
        JSON.stringify(all),
      ).toEqual(wanted);
      expect(find(store, [...all, ["limit", "-1"]]), JSON.stringify(all)).toEqual({ count: met.length });
      const groups = find(store, [...all, ["group", "title"], ["limit", "0"]]) as { value: unknown; count: number }[];
      const counts = new Map<unknown, number>();
      for (const { title } of met) {
        const key = title === null ? null : ascii(title);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const found = groups.map(({ value, count }) => [value === null ? null : ascii(value), count]);
      expect(new Map(found as [unknown, number][])).toEqual(counts);
      expect(groups.length).toBe(counts.size);
    }
  });
});

function order(a: Row, b: Row, field: string): number {
  const of = (row: Row): string | number => {
    const value = row[field] ?? null;
    if (TYPES[field] === "text") return ascii(value);
    return value === null ? Number.NEGATIVE_INFINITY : Number(value);
  };
  const [left, right] = [of(a), of(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
