import type { SqlText } from "../store/database.js";
import { Kind, WORD_STEP } from "../store/schema.js";
import { fold, normalisePath, reversedPath, termWords, WORD_RULES, type WordRule } from "../store/tokens.js";
import type { FieldType } from "./fields.js";
import { combine, globOf, NOTHING, sql } from "./sql.js";
import { hasWildcard, printValue, QuerySyntaxError, type Value } from "./syntax.js";
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
    case "ipaddr":
      return where(addressCondition(value, field));
    case "path":
      return where(sql`v.kind = ${kind} AND ${pathCondition(value, field)}`);
    case "wholePath":
      return where(sql`v.kind = ${kind} AND ${wholePathCondition(value, field)}`);
    case "domain":
      return where(domainCondition(plainText(value, field)));
    case "keyword":
    case "md5":
    case "sign":
      return where(sql`v.kind = ${kind} AND ${keywordCondition("v.key", value)}`);
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
  const words = termWords(rule, value.text, value.quoted).filter((word) => value.quoted || !/^\*+$/.test(word));
  if (words.length === 0) return undefined;
  const [first = NOTHING, ...others] = words.map((word, index) => {
    const pattern = !value.quoted && /[*?]/.test(word);
    const own = pattern ? sql`w.text GLOB ${globOf(word)}` : sql`w.text = ${word}`;
    // Counted back to the place of the first word, the words of a phrase stand in one place.
    const place: SqlText = { sql: `j.value - ${index}`, params: [] };
    return sql`SELECT ${place} AS place FROM word w, json_each(w.places) j WHERE w.rule = ${WORD_RULES[rule]} AND ${own}`;
  });
  const conditions = others.map((places) => sql`f.place IN (${places})`);
  const step: SqlText = { sql: String(WORD_STEP), params: [] };
  return sql`SELECT DISTINCT f.place / ${step} AS id FROM (${first}) f WHERE ${combine("AND", conditions)}`;
}
