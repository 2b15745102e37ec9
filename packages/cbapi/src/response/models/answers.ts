import { ApiError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import { isDocument } from "../events/joins.js";

/** The objects of a list within an answer; what is no list, or no object in it, counts as absent. */
export function documentsOf(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.filter(isDocument) : [];
}

/**
 * The objects of an answer that is a list. An answer without content is an empty one.
 * @throws ApiError when the answer is something else
 */
export function asDocuments(value: unknown, what: string): readonly Document[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    throw new ApiError(`The server answered the request for ${what} with something that is no list`);
  }
  return documentsOf(value);
}
