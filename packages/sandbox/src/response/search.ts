import { allOf, combine, printValue, type Query, QuerySyntaxError, sql, termsOf } from "../query/index.js";
import type { SqlText } from "../store/database.js";
import { type Search, SearchTooLarge, searchKey } from "../store/search.js";
import type { ResponseContext } from "./context.js";
import { readMoment, readWindow, type Window } from "./parameters.js";
import { compileQuery, parseQuery, parseValue, type Target } from "./query-language/index.js";

/** Everything that the parameters of a search ask for, as one query: `q`, and the forms `cb.q.<field>`, `cb.fq.<field>`. */
export function readQuery(parameters: URLSearchParams): Query {
  const parts: Query[] = [];
  for (const [name, text] of parameters) {
    const field = /^cb\.f?q\.(.+)$/.exec(name)?.[1]?.toLowerCase();
    if (name === "q") parts.push(parseQuery(text));
    else if (field === undefined || text === "") continue;
    else if (name.startsWith("cb.fq.")) {
      // A facet's value, taken from an earlier answer: nothing in it is meant as syntax, a date apart.
      parts.push({ type: "term", field, value: { type: "literal", text, quoted: true, at: 0 }, at: 0 });
    } else if (text.startsWith("(")) parts.push(parseQuery(`${field}:${text}`));
    else parts.push({ type: "term", field, value: parseValue(text), at: 0 });
  }
  return allOf(parts);
}

/** The terms of a query as an answer lists them. */
export function printTerms(query: Query): string[] {
  return termsOf(query, "all").map(({ field, value }) => {
    return field === undefined ? printValue(value) : `${field}:${printValue(value)}`;
  });
}

/** The condition for the documents that the query and the time limits of the parameters leave. */
export function compileSearch(
  context: ResponseContext,
  target: Target,
  query: Query,
  parameters: URLSearchParams,
  acrossSegments: boolean,
): SqlText {
  const now = context.now();
  const where = compileQuery(query, { target, now, commandRule: context.traits.commandRule, acrossSegments });
  const limits: SqlText[] = [];
  if (target === "process" && context.traits.immutableSegments) {
    for (const column of ["last_update", "last_server_update"]) {
      const left: SqlText = { sql: `d.${column}`, params: [] };
      const low = readMoment(parameters, `cb.min_${column}`, now);
      const high = readMoment(parameters, `cb.max_${column}`, now);
      if (low !== undefined) limits.push(sql`${left} >= ${low}`);
      if (high !== undefined) limits.push(sql`${left} <= ${high}`);
    }
  }
  return combine("AND", [where, ...limits]);
}

/** All documents that a search finds, in order. */
export function runSearch(context: ResponseContext, search: Search): readonly number[] {
  try {
    return context.searcher.documents(search);
  } catch (error) {
    if (error instanceof SearchTooLarge) throw new QuerySyntaxError("The query is too long or nested too deeply", 0);
    throw error;
  }
}

/** A page of a result, and the result. */
export interface FoundPage<D> {
  window: Window;
  /** All documents found, in order. */
  documents: readonly D[];
  /** Those of the page. */
  page: readonly D[];
  total: number;
}

/** Runs a search and cuts out the page that is asked for. */
export function findPage(context: ResponseContext, search: Search, parameters: URLSearchParams): FoundPage<number> {
  const window = readWindow(parameters);
  return cutPage(context, runSearch(context, search), searchKey(search), window);
}

/** Cuts a page out of a result, with the faults that are switched on. `key` is the same for all pages of one search. */
export function cutPage<D>(
  context: ResponseContext,
  documents: readonly D[],
  key: string,
  window: Window,
): FoundPage<D> {
  const { totalOverestimate, shiftRows } = context.behaviour;
  const above = context.drift.before(key, window.start, window.rows, shiftRows);
  const from = window.start - above;
  const page = documents.slice(Math.max(0, from), Math.max(0, from + window.rows));
  return { window, documents, page, total: Math.max(0, documents.length + above) + totalOverestimate };
}
