import { combine, EVERYTHING, NOTHING, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import { compareField } from "./compare.js";
import type { SearchField, SearchFields } from "./fields.js";
import { readStretch } from "./times.js";
import { isObject, readInteger, readObject, readText } from "./values.js";

/** No search goes beyond this row. */
export const LAST_ROW = 10_000;

/** The window of a `_search` body. */
export interface Window {
  /** Rows before the window. */
  readonly skipped: number;
  readonly rows: number;
}

/**
 * `start` and `rows` of a body. Beyond {@link LAST_ROW} is refused.
 * @param first the number of the first row: where it is 1, a `start` of 0 means the same
 */
export function readWindow(body: Record<string, unknown>, first: 0 | 1, usualRows: number): Window {
  const start = readInteger(body["start"], "start", 0, Number.MAX_SAFE_INTEGER) ?? first;
  const rows = readInteger(body["rows"], "rows", 0, LAST_ROW) ?? usualRows;
  const skipped = Math.max(0, start - first);
  // A window that begins within reach is cut, one that is asked for beyond it is not there.
  if (skipped >= LAST_ROW && skipped + rows > LAST_ROW) {
    throw new HttpProblem(400, `start and rows reach beyond the ${LAST_ROW} rows that a search can be read to`);
  }
  if (skipped + rows > LAST_ROW && body["rows"] !== undefined && body["rows"] !== null) {
    throw new HttpProblem(400, `start and rows reach beyond the ${LAST_ROW} rows that a search can be read to`);
  }
  return { skipped, rows: Math.min(rows, Math.max(0, LAST_ROW - skipped)) };
}

/** A key of `criteria` that is no field, or is compared otherwise. */
export type Criterion = (value: unknown, name: string, now: number) => SqlText;

/** How `criteria` and `exclusions` are read. */
export interface CriteriaRules {
  readonly fields: SearchFields;
  readonly special?: ReadonlyMap<string, Criterion>;
  readonly now: number;
}

/** `criteria` as a condition: any of the values of a key, for all of the keys. An empty list asks for nothing in particular. */
export function compileCriteria(given: unknown, rules: CriteriaRules): SqlText {
  const conditions = conditionsOf(given, "criteria", rules);
  return combine("AND", conditions);
}

/** `exclusions` as a condition: none of the values of any key. */
export function compileExclusions(given: unknown, rules: CriteriaRules): SqlText {
  const conditions = conditionsOf(given, "exclusions", rules);
  return combine(
    "AND",
    conditions.map((condition) => sql`NOT coalesce(${condition}, 0)`),
  );
}

function conditionsOf(given: unknown, what: string, { fields, special, now }: CriteriaRules): SqlText[] {
  return Object.entries(readObject(given, `\`${what}\``)).flatMap(([name, value]) => {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const own = special?.get(name);
    if (own !== undefined) return [own(value, `${what}.${name}`, now)];
    const field = fields.get(name);
    if (field === undefined) throw new HttpProblem(400, `There is no key ${name} in ${what}`);
    return [fieldCriterion(field, value, `${what}.${name}`, now)];
  });
}

/** One of the values of a field, or a stretch of time. */
function fieldCriterion(field: SearchField, value: unknown, name: string, now: number): SqlText {
  if (isObject(value) && (field.type === "date" || field.type === "isoDate")) return inStretch(field, value, name, now);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const conditions = list.map((each) => {
    if (typeof each !== "string" && typeof each !== "number" && typeof each !== "boolean") {
      throw new HttpProblem(400, `${name} is a list of values, not of ${each === null ? "null" : typeof each}`);
    }
    if (field.type === "number" && !/^-?\d+(?:\.\d+)?$/.test(String(each))) {
      throw new HttpProblem(400, `${name} is a list of numbers: ${JSON.stringify(each)} is none`);
    }
    const term = {
      type: "term",
      field: name,
      value: { type: "text", text: String(each), quoted: true },
      at: 0,
    } as const;
    return compareField(name, field, term, now);
  });
  return conditions.length === 0 ? NOTHING : combine("OR", conditions);
}

/** The rows whose time lies in a stretch as bodies have it. */
export function inStretch(field: SearchField, value: unknown, name: string, now: number): SqlText {
  const { low, high } = readStretch(value, name, now);
  const stored = (time: number | null): number | string | null =>
    time === null || field.type !== "isoDate" ? time : new Date(time).toISOString();
  return field.having((each) => {
    const bounds = { low: stored(low), high: stored(high) };
    const parts = [
      ...(bounds.low === null ? [] : [sql`${each} >= ${bounds.low}`]),
      ...(bounds.high === null ? [] : [sql`${each} <= ${bounds.high}`]),
    ];
    return combine("AND", parts);
  });
}

/** `sort` of a body: `[{ field, order }]`. */
export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

export function readSort(value: unknown): SortKey[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new HttpProblem(400, "sort is a list of { field, order }");
  return value.map((each: unknown) => {
    const { field, order } = readObject(each, "A member of sort");
    const name = readText(field, "sort.field");
    const direction = (readText(order, "sort.order") ?? "ASC").toUpperCase();
    if (name === undefined) throw new HttpProblem(400, "sort needs a field");
    if (direction !== "ASC" && direction !== "DESC")
      throw new HttpProblem(400, `sort.order is ASC or DESC, not ${direction}`);
    return { field: name, descending: direction === "DESC" };
  });
}

/** `ORDER BY` for the keys; rows without a value come last, and `tie` orders those that are alike. */
export function orderBy(keys: readonly SortKey[], fields: SearchFields, tie: string): SqlText {
  const parts = keys.map(({ field: name, descending }) => {
    const field = fields.get(name);
    if (field?.value === undefined) throw new HttpProblem(400, `There is no field ${name} to sort by`);
    const isText = ["keyword", "path", "words", "address"].includes(field.type);
    const by = isText ? sql`lower(${field.value})` : field.value;
    return sql`${by} ${raw(descending ? "DESC" : "ASC")} NULLS LAST`;
  });
  return [...parts, raw(tie)].reduce((list, part) => sql`${list}, ${part}`);
}

/** All conditions of a `_search` body: its text, its criteria, its exclusions. */
export function compileBody(
  body: Record<string, unknown>,
  rules: CriteriaRules,
  text: (query: string) => SqlText,
): SqlText {
  const query = readText(body["query"], "query");
  return combine("AND", [
    query === undefined ? EVERYTHING : text(query),
    compileCriteria(body["criteria"], rules),
    compileExclusions(body["exclusions"], rules),
  ]);
}
