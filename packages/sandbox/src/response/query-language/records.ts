import { matches } from "../../endpoint/disk/wildcards.js";
import { type Comparison, keywordComparison } from "../../query/conditions.js";
import { globOf } from "../../query/sql.js";
import { isPresence, type Query, QuerySyntaxError, type Term, type Value } from "../../query/syntax.js";
import { type Interval, readAddresses, readBoolean, readDates, readNumbers } from "../../query/values.js";
import { WORD_STEP } from "../../store/schema.js";
import {
  domainKey,
  fold,
  ipv4Number,
  ipv6Digits,
  normalisePath,
  reversedPath,
  storedWords,
  type WordRule,
} from "../../store/tokens.js";
import { domainGlob, pathComparison, wholePathComparison, wordComparisons } from "./comparisons.js";
import { checkSize, unknownField } from "./compile.js";
import type { FieldType } from "./field-spec.js";

type Scalar = string | number | boolean;

/** How a value can be compared: times are milliseconds since 1970; what can have several values has a list of them. */
type TypeOf<V> = V extends readonly (infer E)[]
  ? TypeOf<E>
  : V extends string
    ? Exclude<FieldType, "number" | "date" | "boolean">
    : V extends number
      ? "number" | "date" | "keyword"
      : V extends boolean
        ? "boolean"
        : never;

/** The fields by which records are searched, with how the values of each are compared. */
export type RecordFields<T> = { readonly [K in keyof T & string]?: TypeOf<NonNullable<T[K]>> };

/** What a query over records is compiled for. */
export interface RecordOptions {
  fields: ReadonlyMap<string, FieldType>;
  /** For relative dates. */
  now: number;
  /** How command lines are cut on this server version. */
  commandRule: WordRule;
}

type Test<T> = (it: T) => boolean;
type RecordTest = Test<Readonly<Record<string, unknown>>>;

/** These hold no text: terms without a field do not look into them. */
const NO_TEXT: ReadonlySet<FieldType> = new Set(["number", "date", "boolean"]);

/**
 * The test for records that are kept whole. It holds of a record what `compileQuery` would hold of a row with its values,
 * and refuses the same; terms without a field look into all that hold text.
 */
export function compileRecordQuery(query: Query, options: RecordOptions): RecordTest {
  checkSize(query);
  return queryTest(query, options);
}

function queryTest(query: Query, options: RecordOptions): RecordTest {
  switch (query.type) {
    case "everything":
      return () => true;
    case "and": {
      const tests = query.operands.map((operand) => queryTest(operand, options));
      return (record) => tests.every((test) => test(record));
    }
    case "or": {
      const tests = query.operands.map((operand) => queryTest(operand, options));
      return (record) => tests.some((test) => test(record));
    }
    case "not": {
      const test = queryTest(query.operand, options);
      return (record) => !test(record);
    }
    case "term":
      return termTest(query, options);
  }
}

function termTest(term: Term, options: RecordOptions): RecordTest {
  const { field, value } = term;
  if (field === undefined) return bareTest(value, options);
  const type = options.fields.get(field);
  if (type === undefined) throw unknownField(field, term.at);
  return fieldTest(field, type, value, options);
}

/** Fields whose type cannot hold such a value do not match. */
function bareTest(value: Value, options: RecordOptions): RecordTest {
  if (isPresence(value)) return () => true;
  const tests: RecordTest[] = [];
  for (const [name, type] of options.fields) {
    if (NO_TEXT.has(type)) continue;
    try {
      tests.push(fieldTest(name, type, value, options));
    } catch (error) {
      if (!(error instanceof QuerySyntaxError)) throw error;
    }
  }
  return (record) => tests.some((test) => test(record));
}

function fieldTest(name: string, type: FieldType, value: Value, options: RecordOptions): RecordTest {
  const test = isPresence(value) ? () => true : valueTest(type, value, name, options);
  return (record) => valuesOf(record[name]).some(test);
}

/** What is there of a field: nothing that is null or empty. */
export function valuesOf(stored: unknown): readonly Scalar[] {
  const values: readonly unknown[] = Array.isArray(stored) ? stored : [stored];
  return values.filter((value): value is Scalar => {
    return (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";
  });
}

function valueTest(
  type: FieldType,
  value: Value,
  field: string,
  { now, commandRule }: Omit<RecordOptions, "fields">,
): Test<Scalar> {
  switch (type) {
    case "number":
      return numberTest(readNumbers(value, field));
    case "date":
      return numberTest(readDates(value, field, now));
    case "boolean": {
      const wanted = readBoolean(value, field);
      return (stored) => stored === wanted;
    }
    case "keyword":
    case "md5":
    case "sign":
      return textTest(fold, keywordComparison(value));
    case "path":
      return pathTest(value, field);
    case "wholePath":
      return textTest(foldedPath, wholePathComparison(value, field));
    case "domain": {
      const glob = domainGlob(value, field);
      return glob === undefined ? () => false : textTest(domainKey, { glob });
    }
    case "ipaddr":
      return addressTest(value, field);
    case "text":
      return wordTest("prose", value, field);
    case "cmdline":
      return wordTest(commandRule, value, field);
  }
}

/** As it stands in the column `folded` of the table of values. */
const foldedPath = (path: string): string => `\\${normalisePath(path)}`;

function pathTest(value: Value, field: string): Test<Scalar> {
  const wanted = pathComparison(value, field);
  if ("glob" in wanted) return textTest(foldedPath, wanted);
  const key = reversedPath(wanted.tail);
  return (stored) => key !== "" && `${reversedPath(String(stored))}\\`.startsWith(`${key}\\`);
}

function addressTest(value: Value, field: string): Test<Scalar> {
  const wanted = readAddresses(value, field);
  if ("pattern" in wanted) return textTest(fold, { glob: globOf(wanted.pattern) });
  if (wanted.version === 6) {
    const test = textTest((text) => text, wanted);
    return (stored) => test(ipv6Digits(String(stored)) ?? "");
  }
  const test = numberTest(wanted);
  return (stored) => test(ipv4Number(String(stored)) ?? Number.NaN);
}

/** Whether the words stand side by side somewhere. */
function wordTest(rule: WordRule, value: Value, field: string): Test<Scalar> {
  const tests = wordComparisons(rule, value, field).map((wanted) =>
    "glob" in wanted ? globTest(wanted.glob) : (word: string) => word === wanted.word,
  );
  const [first, ...others] = tests;
  if (first === undefined) return () => false;
  return (stored) => {
    const words = storedWords(rule, String(stored)).filter(({ position }) => position < WORD_STEP);
    const standsAt = (test: Test<string>, place: number): boolean =>
      words.some(({ text, position }) => position === place && test(text));
    return words.some(
      ({ text, position }) => first(text) && others.every((test, index) => standsAt(test, position + index + 1)),
    );
  };
}

/** `form` gives a stored text the form in which it is compared. */
function textTest(form: (text: string) => string, wanted: Comparison): Test<Scalar> {
  if ("glob" in wanted) {
    const test = globTest(wanted.glob);
    return (stored) => test(form(String(stored)));
  }
  return (stored) => lies(form(String(stored)), wanted);
}

function numberTest(wanted: Interval<number>): Test<Scalar> {
  return (stored) => typeof stored === "number" && lies(stored, wanted);
}

function lies<V extends string | number>(value: V, { low, high }: Interval<V>): boolean {
  return (low === null || compareValues(value, low) >= 0) && (high === null || compareValues(value, high) <= 0);
}

/** Numbers before texts, numbers by size, texts by the code points of their characters: the order of the database. */
export function compareValues(a: string | number, b: string | number): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === "string" || typeof b === "string") return typeof a === "string" ? 1 : -1;
  return a - b;
}

/** A pattern as GLOB reads it: `?` is one character, and what stands in brackets is itself. */
function globTest(glob: string): Test<string> {
  // Signs that stand for themselves keep their brackets, on both sides, and so are no signs.
  const signs = (glob.match(/\[.\]|./gsu) ?? []).map((part) => (/^\[[^*?]\]$/su.test(part) ? part.slice(1, -1) : part));
  return (text) =>
    matches(
      Array.from(text, (character) => (character === "*" || character === "?" ? `[${character}]` : character)),
      signs,
    );
}
