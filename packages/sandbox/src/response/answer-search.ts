import type { Query } from "../query/index.js";
import type { SandboxRequest } from "../server/product.js";
import type { ResponseContext } from "./context.js";
import { type SearchAnswer, searchEnvelope } from "./documents/envelope.js";
import { requestedFacets } from "./facets.js";
import { readSort } from "./parameters.js";
import type { Target } from "./query-language/index.js";
import { compileSearch, findPage, readQuery } from "./search.js";

/** What is searched and how its rows are ordered; processes, which are grouped besides, have a search of their own. */
export interface Searched {
  readonly from: Exclude<Target, "process">;
  /** What results can be sorted by, as SQL. */
  readonly sorts: ReadonlyMap<string, string>;
  /** The order when the request names none. */
  readonly usual: string;
  /** What orders rows that are equal otherwise, as SQL. */
  readonly ties: string;
}

/** Runs a search and answers with the page that is asked for, as `show` makes its rows of the documents. */
export function answerSearch(
  context: ResponseContext,
  { query: parameters }: SandboxRequest,
  { from, sorts, usual, ties }: Searched,
  show: (page: readonly number[], query: Query) => Pick<SearchAnswer, "results" | "terms" | "highlights">,
): Record<string, unknown> {
  const began = performance.now();
  const query = readQuery(parameters);
  const where = compileSearch(context, from, query, parameters, false);
  const order = readSort(parameters.get("sort"), sorts, usual, ties);
  const found = findPage(context, { from, where, order }, parameters);
  return searchEnvelope({
    began,
    ...show(found.page, query),
    total: found.total,
    start: found.window.start,
    facets: requestedFacets(context.store, from, parameters, found.documents),
  });
}
