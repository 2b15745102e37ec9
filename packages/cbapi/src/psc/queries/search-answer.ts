import { ServerError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";

/** What a search is answered with. */
export interface SearchAnswer {
  readonly documents: readonly Document[];
  /** How many rows match; `undefined` where the answer does not say. */
  readonly total: number | undefined;
}

/**
 * @internal The rows of a search, and how many there are.
 * @param what was asked for, for the error
 * @throws ServerError when the answer holds no list of rows
 */
export function searchAnswer(answer: unknown, what: string): SearchAnswer {
  const { results, num_found: found } = (answer ?? {}) as { readonly results?: unknown; readonly num_found?: unknown };
  const total = typeof found === "number" ? found : undefined;
  // A search that finds nothing is answered without the list at times.
  if (results === undefined || results === null) {
    if (total === 0) return { documents: [], total };
    throw new ServerError(`${what}: the answer holds no results`, { code: "UNEXPECTED_ANSWER" });
  }
  if (!Array.isArray(results)) {
    throw new ServerError(`${what}: the answer's results are no list`, { code: "UNEXPECTED_ANSWER" });
  }
  const documents = results.filter((row): row is Document => typeof row === "object" && row !== null);
  return { documents, total };
}
