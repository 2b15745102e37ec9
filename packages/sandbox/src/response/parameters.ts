import { readDate } from "../query-language/index.js";
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

/** A whole number from 0 on; anything else is refused. */
export function readCount(query: URLSearchParams, name: string, missing: number): number {
  const text = query.get(name);
  if (text === null || text === "") return missing;
  if (!/^\d{1,15}$/.test(text)) throw new HttpProblem(400, `${name} must be a number of at least 0, not ${text}`);
  return Number(text);
}

/** The fields that facets are asked for, each once. */
export function readFacetFields(query: URLSearchParams): string[] {
  const fields = [...new Set(query.getAll("facet.field"))];
  if (fields.length > MOST_FACETS) throw new HttpProblem(400, `Facets are counted of ${MOST_FACETS} fields at most`);
  return fields;
}

/** A flag counts when it is there with any value that does not say no. */
export function readFlag(query: URLSearchParams, ...names: string[]): boolean {
  return names.some((name) => {
    const value = query.get(name)?.toLowerCase();
    return value !== undefined && !["", "0", "false", "no"].includes(value);
  });
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

/** `field asc`, `field desc` or several of them with commas, as SQL. An unknown field is refused. */
export function readSort(
  text: string | null,
  fields: ReadonlyMap<string, string>,
  missing: string,
  ties: string,
): string {
  const wanted = text === null || text.trim() === "" ? missing : text;
  const sorted = new Set<string>();
  const parts = wanted.split(",").flatMap((part) => {
    const [field = "", direction = "asc", ...more] = part.trim().split(/\s+/);
    const expression = fields.get(field);
    if (expression === undefined) throw new HttpProblem(400, `Results cannot be sorted by ${field || "nothing"}`);
    if (more.length > 0 || !/^(asc|desc)$/i.test(direction)) {
      throw new HttpProblem(400, `sort must be "<field> asc" or "<field> desc", not ${part.trim()}`);
    }
    // Sorted by a field once, sorting by it again changes nothing.
    if (sorted.has(field)) return [];
    sorted.add(field);
    return [`${expression} ${direction.toUpperCase()}`];
  });
  return [...parts, ties].join(", ");
}
