import { ApiError, ServerError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import type { FetchedPage } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";

/** One value of a facet. */
export interface FacetValue {
  readonly name: string;
  /** How many results have it. */
  readonly value: number;
  /** Its share of all results in percent, as text with one decimal. */
  readonly ratio: string;
  /** `value` in percent of the most frequent one's. */
  readonly percent: number;
}

/** What the server answers to a search, before any of it has been looked at. */
export interface SearchAnswer {
  readonly results?: unknown;
  readonly total_results?: unknown;
  readonly facets?: unknown;
}

/** @throws ApiError when the answer is no object */
export function asAnswer(value: unknown): SearchAnswer {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError("The server answered a search with something that is no object");
  }
  return value;
}

/** The rows of an answer, and how many there are in all. */
export function pageOf(answer: SearchAnswer): FetchedPage {
  const results = answer.results ?? [];
  if (!Array.isArray(results)) throw new ApiError("The server answered a search with results that are no list");
  return { documents: results as Document[], total: Number(answer.total_results ?? 0) || 0 };
}

/**
 * The fields to count by, and the options behind them.
 * @throws ApiError when something else stands among the fields
 */
export function facetArguments(given: readonly (string | CallOptions | undefined)[]): {
  readonly fields: readonly string[];
  readonly options: CallOptions;
} {
  const last = given.at(-1);
  const fields = typeof last === "string" ? given : given.slice(0, -1);
  const wrong = fields.find((field) => typeof field !== "string");
  if (fields.length === 0 || fields.some((field) => typeof field !== "string")) {
    throw new ApiError(`facets wants the names of fields, and options behind them: got ${JSON.stringify(wrong)}`);
  }
  return { fields: fields as readonly string[], options: typeof last === "string" ? {} : (last ?? {}) };
}

/**
 * The facets of an answer by their fields. A field that nothing has, known or not, has an empty list there.
 * @throws ServerError when the answer leaves a field out: nothing was counted then
 */
export function facetsOf<F extends string>(
  answer: SearchAnswer,
  path: string,
  fields: readonly F[],
): Record<F, FacetValue[]> {
  const facets = (answer.facets ?? {}) as Readonly<Record<string, unknown>>;
  const missing = fields.filter((name) => !Array.isArray(facets[name]));
  if (missing.length > 0) {
    throw new ServerError(
      `The server was asked to count by ${missing.join(", ")}, and its answer holds no such counts: GET ${path}`,
      { method: "GET", path, status: 200 },
    );
  }
  return Object.fromEntries(fields.map((name) => [name, facets[name]])) as Record<F, FacetValue[]>;
}
