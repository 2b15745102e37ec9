import type { Document } from "../../core/model/document.js";

/** What a search found, as its answers say. */
export interface Found {
  readonly documents: readonly Document[];
  /** How many rows match; `undefined` where the answer does not say. */
  readonly found: number | undefined;
  /** How many of them can be read. */
  readonly available: number | undefined;
}

/** The rows of an answer and its numbers. */
export function foundIn(answer: Document): Found {
  const { results, num_found: found, num_available: available } = answer;
  return {
    documents: Array.isArray(results) ? results.filter(isDocument) : [],
    found: typeof found === "number" ? found : undefined,
    available: typeof available === "number" ? available : undefined,
  };
}

export function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none where there is no list. */
export function documentsOf(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.filter(isDocument) : [];
}
