import { combine, folded, QuerySyntaxError, raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { fold, ipv4Number, ipv6Digits } from "../../store/tokens.js";
import type { FieldType, SearchField, ValueTest } from "./fields.js";
import { type LuceneTerm, type LuceneValue, printValue } from "./syntax.js";
import { readMoment } from "./times.js";

/** As long a pattern, and as many asterisks, as the database takes in good time. */
const LONGEST_PATTERN = 10_000;
const MOST_ASTERISKS = 16;

/** What is between words, as a set of GLOB. Letters beyond ASCII are of words. */
const BETWEEN = "[^a-z0-9_\u0080-\u{10ffff}]";
const IN_WORD = /[a-z0-9_\u0080-\u{10ffff}]/u;

/** The rows whose field has the value of a term. */
export function compareField(name: string, field: SearchField, term: LuceneTerm, now: number): SqlText {
  const { value, at } = term;
  if (value.type === "present") return field.having((each) => sql`(${each} IS NOT NULL AND ${each} <> '')`);
  const found = value.type === "text" ? field.exact?.(value.text) : undefined;
  if (found !== undefined) return found;
  return field.having(valueTest(field.type, value, { name, at, now }));
}

interface Place {
  readonly name: string;
  readonly at: number;
  readonly now: number;
}

/** The test that a value asks of the values of a field. */
function valueTest(type: FieldType, value: LuceneValue, place: Place): ValueTest {
  switch (type) {
    case "number":
      return numberTest(value, place);
    case "boolean":
      return booleanTest(value, place);
    case "date":
      return dateTest(value, place, (time) => time);
    case "isoDate":
      return dateTest(value, place, (time) => new Date(time).toISOString());
    case "address":
      return addressTest(value, place);
    case "path":
      return pathTest(value, place);
    case "words":
      return wordsTest(value, place);
    case "keyword":
      return textTest(value, place);
  }
}

const refused = ({ name, at }: Place, value: LuceneValue, takes: string): QuerySyntaxError =>
  new QuerySyntaxError(`${name} takes ${takes}, not ${printValue(value)}`, at);

function textTest(value: LuceneValue, place: Place): ValueTest {
  if (value.type === "range") return textRange(value);
  if (value.type === "pattern") {
    const glob = patternOf(value.glob, place);
    return (each) => sql`${folded(each, glob)} GLOB ${glob}`;
  }
  const wanted = value.type === "text" ? fold(value.text) : "";
  return (each) => sql`${folded(each, wanted)} = ${wanted}`;
}

function textRange({ from, to, includesFrom, includesTo }: Extract<LuceneValue, { type: "range" }>): ValueTest {
  return (each) => {
    const conditions: SqlText[] = [];
    const side = (text: string | null, sign: string): void => {
      if (text === null) return;
      const wanted = fold(text);
      conditions.push(sql`${folded(each, wanted)} ${raw(sign)} ${wanted}`);
    };
    side(from, includesFrom ? ">=" : ">");
    side(to, includesTo ? "<=" : "<");
    return conditions.length === 0 ? sql`${each} IS NOT NULL` : combine("AND", conditions);
  };
}

function pathTest(value: LuceneValue, place: Place): ValueTest {
  if (value.type === "range") return textRange(value);
  const whole = textTest(value, place);
  const glob = value.type === "pattern" ? patternOf(value.glob, place) : literalGlob(printValue(value));
  if (glob.startsWith("*")) return whole;
  const tail = `*[\\/]${glob}`;
  return (each) => sql`(${whole(each)} OR ${folded(each, tail)} GLOB ${tail})`;
}

function wordsTest(value: LuceneValue, place: Place): ValueTest {
  if (value.type === "range") return textRange(value);
  if (value.type === "text" && (value.slop ?? 0) > 0) {
    const words = value.text.split(/\s+/).filter((word) => word !== "");
    const tests = words.map((text) => wordsTest({ type: "text", text, quoted: true }, place));
    return (each) =>
      combine(
        "AND",
        tests.map((test) => test(each)),
      );
  }
  const glob = value.type === "pattern" ? patternOf(value.glob, place) : literalGlob(printValue(value));
  const [first = "", last = ""] = [glob.match(/^./u)?.[0], glob.match(/.$/u)?.[0]];
  // A pattern that begins or ends between words may touch whatever is beside it.
  const before = first === "?" || IN_WORD.test(first) ? BETWEEN : "";
  const after = last === "?" || IN_WORD.test(last) ? BETWEEN : "";
  const pattern = checked(`*${before}${glob}${after}*`.replace(/\*\*+/g, "*"), place);
  return (each) => sql`' ' || ${folded(each, pattern)} || ' ' GLOB ${pattern}`;
}

const literalGlob = (text: string): string => fold(text).replace(/[*?[]/g, "[$&]");

const patternOf = (glob: string, place: Place): string => checked(fold(glob).replace(/\*\*+/g, "*"), place);

/** A pattern that is not too much for the database. */
function checked(glob: string, { name, at }: Place): string {
  const asterisks = glob.replace(/\[[*?[]\]/g, "").split("*").length - 1;
  if (glob.length <= LONGEST_PATTERN && asterisks <= MOST_ASTERISKS) return glob;
  throw new QuerySyntaxError(`The pattern for ${name} is too long, or has more than ${MOST_ASTERISKS} asterisks`, at);
}

function numberTest(value: LuceneValue, place: Place): ValueTest {
  const read = (text: string): number => {
    const number = /^[+-]?\d{1,16}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
    throw refused(place, value, "a number or a range [1 TO 5]");
  };
  if (value.type === "range") return scalarRange(value, (text) => ({ low: read(text), high: read(text) }));
  if (value.type === "pattern") return textTest(value, place);
  const wanted = read(printValue(value));
  return (each) => sql`${each} = ${wanted}`;
}

function booleanTest(value: LuceneValue, place: Place): ValueTest {
  const text = value.type === "text" ? fold(value.text) : "";
  if (text !== "true" && text !== "false") throw refused(place, value, "true or false");
  return (each) => sql`coalesce(${each}, 0) = ${text === "true" ? 1 : 0}`;
}

function dateTest(value: LuceneValue, place: Place, stored: (time: number) => number | string): ValueTest {
  const read = (text: string): { low: number | string; high: number | string } => {
    const moment = readMoment(text, place.now);
    if (moment === undefined)
      throw refused(place, value, "a time (2026-01-31T08:30:00Z, NOW-3DAYS) or a range of them");
    return { low: stored(moment.low), high: stored(moment.high) };
  };
  if (value.type === "range") return scalarRange(value, read);
  if (value.type === "pattern") throw refused(place, value, "a time without wildcards");
  const { low, high } = read(printValue(value));
  return (each) => sql`${each} BETWEEN ${low} AND ${high}`;
}

/** A range over what has an order of its own. A bound may last a while: all of it is in, or out. */
function scalarRange(
  { from, to, includesFrom, includesTo }: Extract<LuceneValue, { type: "range" }>,
  read: (text: string) => { low: number | string; high: number | string },
): ValueTest {
  const low = from === null ? undefined : read(from);
  const high = to === null ? undefined : read(to);
  return (each) => {
    const conditions: SqlText[] = [];
    if (low !== undefined) conditions.push(includesFrom ? sql`${each} >= ${low.low}` : sql`${each} > ${low.high}`);
    if (high !== undefined) conditions.push(includesTo ? sql`${each} <= ${high.high}` : sql`${each} < ${high.low}`);
    return conditions.length === 0 ? sql`${each} IS NOT NULL` : combine("AND", conditions);
  };
}

/** An address of version 4 as a number, worked out by the database. */
const numberOf = (address: SqlText): SqlText =>
  sql`CASE WHEN ${address} GLOB '[0-9]*.*.*.[0-9]*' AND ${address} NOT GLOB '*[^0-9.]*' THEN (SELECT sum(CAST(b.value AS INTEGER) << (24 - 8 * b.key))
    FROM json_each('["' || replace(${address}, '.', '","') || '"]') b) END`;

function addressTest(value: LuceneValue, place: Place): ValueTest {
  const takes = "an address, a network such as 192.168.1.0/24, or a range of addresses";
  if (value.type === "range") {
    const read = (text: string): { low: number; high: number } => {
      const number = ipv4Number(text);
      if (number === undefined) throw refused(place, value, takes);
      return { low: number, high: number };
    };
    const test = scalarRange(value, read);
    return (each) => test(numberOf(each));
  }
  if (value.type === "pattern") return textTest(value, place);
  const [address = "", bits] = printValue(value).split("/");
  if (bits === undefined) {
    if (ipv4Number(address) === undefined && ipv6Digits(address) === undefined) throw refused(place, value, takes);
    return textTest(value, place);
  }
  const number = ipv4Number(address);
  if (number === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw refused(place, value, takes);
  const size = 2 ** (32 - Number(bits));
  const low = Math.floor(number / size) * size;
  return (each) => sql`${numberOf(each)} BETWEEN ${low} AND ${low + size - 1}`;
}
