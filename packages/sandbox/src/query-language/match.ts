import type { SqlText } from "../store/database.js";
import { Kind, WORD_STEP } from "../store/schema.js";
import { fold, normalisePath, reversedPath, termWords, WORD_RULES, type WordRule } from "../store/tokens.js";
import type { FieldType } from "./field-spec.js";
import { combine, globOf, NOTHING, raw, sql } from "./sql.js";
import { hasWildcard, isPresence, printValue, QuerySyntaxError, type Value } from "./syntax.js";
import { type Interval, readAddresses } from "./values.js";

/**
 * The values of the dictionary that a term matches: a SELECT with one column `id`. Undefined when no value can match,
 * whatever is stored (a command line of nothing but punctuation).
 */
export function matchingValues(
  type: FieldType,
  kind: Kind,
  value: Value,
  field: string,
  commandRule: WordRule,
): SqlText | undefined {
  switch (type) {
    case "text":
      return matchingWords("prose", plainText(value, field));
    case "cmdline":
      return matchingWords(commandRule, plainText(value, field));
    default:
      return where(valueCondition(type, kind, value, field));
  }
}

/** The condition over `v`, a row of the table of values or one that has its columns, for what is compared as a whole. */
export function valueCondition(type: FieldType, kind: Kind, value: Value, field: string): SqlText | undefined {
  switch (type) {
    case "ipaddr":
      return addressCondition(value, field);
    case "path":
      return sql`v.kind = ${kind} AND ${pathCondition(value, field)}`;
    case "wholePath":
      return sql`v.kind = ${kind} AND ${wholePathCondition(value, field)}`;
    case "domain":
      return domainCondition(plainText(value, field));
    case "keyword":
    case "md5":
    case "sign":
      return sql`v.kind = ${kind} AND ${keywordCondition("v.key", value)}`;
    case "text":
    case "cmdline":
      // These are found word by word.
      return undefined;
    case "number":
    case "boolean":
    case "date":
      // These are columns or posted themselves, never values of the dictionary.
      return undefined;
  }
}

function where(condition: SqlText | undefined): SqlText | undefined {
  return condition === undefined ? undefined : sql`SELECT v.id AS id FROM value v WHERE ${condition}`;
}

function plainText(value: Value, field: string): Value & { type: "literal" } {
  if (value.type === "literal") return value;
  throw new QuerySyntaxError(`${field} takes no range, but ${printValue(value)} is one`, value.at);
}

/** Equality, a pattern or a range over an expression that yields folded text. */
export function keywordCondition(expression: string, value: Value): SqlText {
  const left: SqlText = { sql: expression, params: [] };
  if (value.type === "range") {
    return within(expression, {
      low: value.from === "*" ? null : fold(value.from),
      high: value.to === "*" ? null : fold(value.to),
    });
  }
  const text = fold(value.text);
  return hasWildcard(value) ? sql`${left} GLOB ${globOf(text)}` : sql`${left} = ${text}`;
}

/** The interval test over a column; an interval that is open on both sides asks for presence. */
export function within(expression: string, interval: Interval<number | string>): SqlText {
  const left: SqlText = { sql: expression, params: [] };
  const { low, high } = interval;
  if (low !== null && low === high) return sql`${left} = ${low}`;
  if (low !== null && high !== null) return sql`${left} BETWEEN ${low} AND ${high}`;
  if (low !== null) return sql`${left} >= ${low}`;
  if (high !== null) return sql`${left} <= ${high}`;
  return sql`${left} IS NOT NULL`;
}

/** A path matches by any of its tails. The key is the path from its last part to its first, see `reversedPath`. */
function pathCondition(value: Value, field: string): SqlText {
  const literal = plainText(value, field);
  if (hasWildcard(literal)) return sql`v.folded GLOB ${`*\\${globOf(normalisePath(literal.text))}`}`;
  const key = reversedPath(literal.text);
  if (key === "") return NOTHING;
  // "]" is the character after "\": between the two lie exactly the longer paths that end in these parts.
  // The outer bounds are for the index, which an OR by itself would not be looked up in.
  return sql`v.key >= ${key} AND v.key < ${`${key}]`} AND (v.key = ${key} OR v.key >= ${`${key}\\`})`;
}

function wholePathCondition(value: Value, field: string): SqlText {
  const literal = plainText(value, field);
  const whole = `\\${normalisePath(literal.text)}`;
  if (hasWildcard(literal)) return sql`v.folded GLOB ${globOf(whole)}`;
  // By the key, which has an index; the value itself decides between a path and those that end in it.
  return sql`v.key = ${reversedPath(literal.text)} AND v.folded = ${whole}`;
}

/**
 * Dots at the ends of a term say where its labels must stand: `.com` at the end of the domain, `www.` at its start,
 * `.com.` with labels on both sides, `com` anywhere.
 */
function domainCondition(value: Value & { type: "literal" }): SqlText | undefined {
  const text = fold(value.text);
  const labels = text.replace(/^\.+|\.+$/g, "");
  if (labels === "") return undefined;
  const run = value.quoted ? `.${globOf(labels).replace(/[*?]/g, "[$&]")}.` : `.${globOf(labels)}.`;
  const before = text.startsWith(".");
  const after = text.endsWith(".");
  let pattern = `*${run}*`;
  if (before && after) pattern = `*?${run}?*`;
  else if (before) pattern = `*${run}`;
  else if (after) pattern = `${run}?*`;
  return sql`v.kind = ${Kind.domain} AND v.key GLOB ${pattern}`;
}

function addressCondition(value: Value, field: string): SqlText {
  const wanted = readAddresses(value, field);
  if ("pattern" in wanted) {
    return sql`v.kind IN (${Kind.ipv4}, ${Kind.ipv6}) AND lower(v.text) GLOB ${globOf(wanted.pattern)}`;
  }
  const kind = wanted.version === 4 ? Kind.ipv4 : Kind.ipv6;
  return sql`v.kind = ${kind} AND ${within("v.key", { low: wanted.low, high: wanted.high })}`;
}

/** All words of the term, side by side. */
function matchingWords(rule: WordRule, value: Value & { type: "literal" }): SqlText | undefined {
  const rows = sql`word w, json_each(w.places) j WHERE w.rule = ${WORD_RULES[rule]}`;
  return besideEachOther(rule, value, "j.value", rows, "id");
}

/** The threat reports that have the words of the term side by side: a SELECT with one column. */
export function reportsWithWords(report: number, value: Value, field: string): SqlText | undefined {
  if (isPresence(value)) return sql`SELECT place / ${raw(String(WORD_STEP))} FROM report_word WHERE field = ${report}`;
  return besideEachOther(
    "prose",
    plainText(value, field),
    "w.place",
    sql`report_word w WHERE w.field = ${report}`,
    "doc",
  );
}

/** What the words `w.text` at their places belong to, where they stand side by side. */
function besideEachOther(
  rule: WordRule,
  value: Value & { type: "literal" },
  at: string,
  rows: SqlText,
  name: string,
): SqlText | undefined {
  const words = termWords(rule, value.text, value.quoted).filter((word) => value.quoted || !/^\*+$/.test(word));
  if (words.length === 0) return undefined;
  const [first = NOTHING, ...others] = words.map((word, index) => {
    const pattern = !value.quoted && /[*?]/.test(word);
    const own = pattern ? sql`w.text GLOB ${globOf(word)}` : sql`w.text = ${word}`;
    // Counted back to the place of the first word, the words of a phrase stand in one place.
    return sql`SELECT ${raw(`${at} - ${index}`)} AS place FROM ${rows} AND ${own}`;
  });
  const conditions = others.map((places) => sql`f.place IN (${places})`);
  const owner = raw(`f.place / ${WORD_STEP} AS ${name}`);
  return sql`SELECT DISTINCT ${owner} FROM (${first}) f WHERE ${combine("AND", conditions)}`;
}
