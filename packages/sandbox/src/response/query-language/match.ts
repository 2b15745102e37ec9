import { compared, keywordCondition, within } from "../../query/conditions.js";
import { combine, globOf, NOTHING, raw, sql } from "../../query/sql.js";
import { isPresence, type Value } from "../../query/syntax.js";
import { readAddresses } from "../../query/values.js";
import type { SqlText } from "../../store/database.js";
import { Kind, WORD_STEP } from "../../store/schema.js";
import { reversedPath, WORD_RULES, type WordRule } from "../../store/tokens.js";
import { domainGlob, pathComparison, wholePathComparison, wordComparisons } from "./comparisons.js";
import type { FieldType } from "./field-spec.js";

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
      return matchingWords("prose", value, field);
    case "cmdline":
      return matchingWords(commandRule, value, field);
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
      return domainCondition(value, field);
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

/** The key is the path from its last part to its first, see `reversedPath`. */
function pathCondition(value: Value, field: string): SqlText {
  const wanted = pathComparison(value, field);
  if ("glob" in wanted) return compared("v.folded", wanted);
  const key = reversedPath(wanted.tail);
  if (key === "") return NOTHING;
  // "]" is the character after "\": between the two lie exactly the longer paths that end in these parts.
  // The outer bounds are for the index, which an OR by itself would not be looked up in.
  return sql`v.key >= ${key} AND v.key < ${`${key}]`} AND (v.key = ${key} OR v.key >= ${`${key}\\`})`;
}

function wholePathCondition(value: Value, field: string): SqlText {
  const wanted = wholePathComparison(value, field);
  const condition = compared("v.folded", wanted);
  // By the key, which has an index; the value itself decides between a path and those that end in it.
  return "glob" in wanted ? condition : sql`v.key = ${reversedPath(wanted.low ?? "")} AND ${condition}`;
}

function domainCondition(value: Value, field: string): SqlText | undefined {
  const glob = domainGlob(value, field);
  return glob === undefined ? undefined : sql`v.kind = ${Kind.domain} AND ${compared("v.key", { glob })}`;
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
function matchingWords(rule: WordRule, value: Value, field: string): SqlText | undefined {
  const rows = sql`word w, json_each(w.places) j WHERE w.rule = ${WORD_RULES[rule]}`;
  return besideEachOther(wordComparisons(rule, value, field), "j.value", rows, "id");
}

/** The threat reports that have the words of the term side by side: a SELECT with one column. */
export function reportsWithWords(report: number, value: Value, field: string): SqlText | undefined {
  if (isPresence(value)) return sql`SELECT place / ${raw(String(WORD_STEP))} FROM report_word WHERE field = ${report}`;
  const rows = sql`report_word w WHERE w.field = ${report}`;
  return besideEachOther(wordComparisons("prose", value, field), "w.place", rows, "doc");
}

/** What the words `w.text` at their places belong to, where they stand side by side. */
function besideEachOther(
  words: ReturnType<typeof wordComparisons>,
  at: string,
  rows: SqlText,
  name: string,
): SqlText | undefined {
  if (words.length === 0) return undefined;
  const [first = NOTHING, ...others] = words.map((word, index) => {
    const own = "glob" in word ? compared("w.text", word) : sql`w.text = ${word.word}`;
    // Counted back to the place of the first word, the words of a phrase stand in one place.
    return sql`SELECT ${raw(`${at} - ${index}`)} AS place FROM ${rows} AND ${own}`;
  });
  const conditions = others.map((places) => sql`f.place IN (${places})`);
  const owner = raw(`f.place / ${WORD_STEP} AS ${name}`);
  return sql`SELECT DISTINCT ${owner} FROM (${first}) f WHERE ${combine("AND", conditions)}`;
}
