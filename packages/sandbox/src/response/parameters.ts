import { readDate } from "../query/index.js";
import { readCount } from "../server/parameters.js";
import { HttpProblem } from "../server/product.js";

/** The most rows of one answer, and the furthest that a search can be read. */
const MAX_ROWS = 1_000;
const MAX_START = 100_000;
const MOST_FACETS = 50;

/** The part of a result that is asked for. */
export interface Window {
  start: number;
  rows: number;
}

/** `start` and `rows`, within the limits of the server. */
export function readWindow(query: URLSearchParams, defaultRows = 10): Window {
  const start = readCount(query, "start", 0);
  if (start > MAX_START) throw new HttpProblem(400, `start may be ${MAX_START} at most, not ${start}`);
  return { start, rows: Math.min(readCount(query, "rows", defaultRows), MAX_ROWS) };
}

/** The fields that facets are asked for, each once. */
export function readFacetFields(query: URLSearchParams): string[] {
  const fields = [...new Set(query.getAll("facet.field"))];
  if (fields.length > MOST_FACETS) throw new HttpProblem(400, `Facets are counted of ${MOST_FACETS} fields at most`);
  return fields;
}

/** A moment in one of the forms of the query language; undefined when the parameter is missing. */
export function readMoment(query: URLSearchParams, name: string, now: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === "" || text === "*") return undefined;
  const date = readDate(text, now);
  if (date === undefined)
    throw new HttpProblem(400, `${name} must be a date such as 2026-01-31T08:30:00Z, not ${text}`);
  return date.time;
}

/** A field that results are sorted by, as whoever sorts knows it. */
export interface SortCriterion<F> {
  by: F;
  direction: "asc" | "desc";
}

/** `field asc`, `field desc` or several of them with commas, each field once. An unknown one is refused. */
export function readSortCriteria<F>(
  text: string | null,
  fields: ReadonlyMap<string, F>,
  missing: string | undefined,
): SortCriterion<F>[] {
  const wanted = text === null || text.trim() === "" ? missing : text;
  if (wanted === undefined) return [];
  const sorted = new Set<string>();
  return wanted.split(",").flatMap((part) => {
    const [field = "", direction = "asc", ...more] = part.trim().split(/\s+/);
    const by = fields.get(field);
    if (by === undefined) throw new HttpProblem(400, `Results cannot be sorted by ${field || "nothing"}`);
    if (more.length > 0 || !/^(asc|desc)$/i.test(direction)) {
      throw new HttpProblem(400, `sort must be "<field> asc" or "<field> desc", not ${part.trim()}`);
    }
    // Sorted by a field once, sorting by it again changes nothing.
    if (sorted.has(field)) return [];
    sorted.add(field);
    return [{ by, direction: direction.toLowerCase() === "asc" ? "asc" : "desc" }];
  });
}

/** {@link readSortCriteria} as SQL. */
export function readSort(
  text: string | null,
  fields: ReadonlyMap<string, string>,
  missing: string,
  ties: string,
): string {
  const parts = readSortCriteria(text, fields, missing).map(({ by, direction }) => `${by} ${direction.toUpperCase()}`);
  return [...parts, ties].join(", ");
}
