import { raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import {
  type FacetValue,
  guardSearch,
  readInteger,
  readMoment,
  readObject,
  readTerms,
  readText,
  type SearchField,
} from "../search/index.js";
import { conditionOf, groupedBy, type Scope } from "./search.js";

/** So many values of a field are counted where no number is given. */
export const USUAL_VALUES = 100;
const MOST_BUCKETS = 10_000;
const SECOND = 1_000;
const [HOUR, DAY] = [3_600 * SECOND, 86_400 * SECOND];
const SIZES: ReadonlyMap<string, number> = new Map(
  Object.entries({ SECOND, MINUTE: 60 * SECOND, HOUR, DAY, WEEK: 7 * DAY, MONTH: 30 * DAY, YEAR: 365 * DAY }),
);

/** What is counted: values of fields, and how many rows lie in each stretch of a range. */
export interface Facets {
  readonly num_found: number;
  readonly terms: readonly { readonly field: string; readonly values: readonly FacetValue[] }[];
  readonly ranges: readonly RangeFacet[];
}

interface RangeFacet {
  readonly field: string;
  readonly start: unknown;
  readonly end: unknown;
  readonly bucket_size: unknown;
  readonly values: readonly { readonly total: number; readonly name: string }[];
}

/** Counts what a body asks for. */
export function countFacets(context: CloudContext, scope: Scope, body: Record<string, unknown>): Facets {
  const { database } = context.store;
  const where = conditionOf(context, scope, body);
  const { fields: names, rows = USUAL_VALUES } = readTerms(body["terms"]);
  const ranges = readRanges(body["ranges"], scope, context.now());
  if (names.length === 0 && ranges.length === 0) throw new HttpProblem(400, "terms.fields or ranges say what to count");
  return guardSearch(() => {
    const terms = names.map((field) => {
      const value = groupedBy(scope.fields, field);
      const counts = sql`SELECT CAST(value AS TEXT) AS id, n AS total FROM
        (SELECT ${value} AS value, count(*) AS n FROM ${scope.from} WHERE ${where} GROUP BY 1)
        WHERE value IS NOT NULL AND value <> '' ORDER BY n DESC, id LIMIT ${rows}`;
      const values = database.all<{ id: string; total: number }>(counts.sql, counts.params);
      return { field, values: values.map(({ id, total }) => ({ total, id, name: id })) };
    });
    const all = sql`SELECT count(*) AS n FROM ${scope.from} WHERE ${where}`;
    const buckets = ranges.map(({ field, value, low, size, count, isDate, ...asked }): RangeFacet => {
      const place = sql`CAST((${value} - ${low}) / ${size} AS INTEGER)`;
      const counts = sql`SELECT ${place} AS at, count(*) AS total FROM ${scope.from}
        WHERE ${where} AND ${value} >= ${low} AND ${value} < ${low + size * count} GROUP BY 1`;
      const found = new Map(
        database.all<{ at: number; total: number }>(counts.sql, counts.params).map(({ at, total }) => [at, total]),
      );
      const values = Array.from({ length: count }, (_, at) => {
        const begin = low + at * size;
        return { total: found.get(at) ?? 0, name: isDate ? new Date(begin).toISOString() : String(begin) };
      });
      return { field, ...asked, values };
    });
    return { num_found: database.count(all.sql, all.params), terms, ranges: buckets };
  });
}

function readRanges(given: unknown, scope: Scope, now: number) {
  const list = given === undefined || given === null ? [] : given;
  if (!Array.isArray(list)) throw new HttpProblem(400, "ranges is a list of { field, start, end, bucket_size }");
  return list.map((each: unknown) => {
    const { field, start, end, bucket_size } = readObject(each, "A member of ranges");
    const name = readText(field, "ranges.field");
    const found: SearchField | undefined = scope.fields.get(name ?? "");
    if (name === undefined || found?.value === undefined || (found.type !== "date" && found.type !== "number")) {
      throw new HttpProblem(400, `ranges.field is a field of numbers or times, not ${String(field)}`);
    }
    const isDate = found.type === "date";
    const low = edge(start, "ranges.start", isDate, now);
    const high = edge(end, "ranges.end", isDate, now);
    const size = sizeOf(bucket_size, isDate);
    const count = Math.max(0, Math.ceil((high - low) / size));
    if (count > MOST_BUCKETS) throw new HttpProblem(400, `A range has at most ${MOST_BUCKETS} buckets, not ${count}`);
    const value = raw(`(${found.value.sql})`);
    return {
      field: name,
      start,
      end,
      bucket_size,
      value: { ...value, params: found.value.params },
      low,
      size,
      count,
      isDate,
    };
  });
}

function edge(value: unknown, name: string, isDate: boolean, now: number): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (!isDate) return readInteger(value, name, 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const moment = typeof value === "string" ? readMoment(value, now) : undefined;
  if (moment === undefined) throw new HttpProblem(400, `${name} is a time such as 2026-01-05T09:00:00.000Z`);
  return moment.low;
}

/** `+1HOUR`, or a number; milliseconds where it is of time. */
function sizeOf(value: unknown, isDate: boolean): number {
  const [, amount = "", unit = ""] = typeof value === "string" ? (/^\+?(\d{1,6})([A-Z]+?)S?$/.exec(value) ?? []) : [];
  const length = SIZES.get(unit);
  if (isDate && length !== undefined && Number(amount) > 0) return Number(amount) * length;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number > 0) return number;
  throw new HttpProblem(400, "ranges.bucket_size is a number, or a length of time such as +1HOUR");
}
