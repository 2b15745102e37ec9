import { ApiError, ServerError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import { pathOf } from "../paths.js";

/**
 * The rows of an answer.
 * @throws ApiError when it is no list
 */
export function rowsOf(answer: unknown, path: string): readonly Document[] {
  if (answer === null) return [];
  if (Array.isArray(answer)) return answer as Document[];
  throw new ApiError(`The server answered GET ${path} with something that is no list of rows`);
}

const SERVER_PERFORMANCE = pathOf("serverPerformance").toLowerCase();

/** The field that tells the rows of a kind apart: some are numbered anew in each answer, so that their `id` does not. */
export function keyFieldOf(path: string): "id" | "dateCreated" {
  return path.toLowerCase() === SERVER_PERFORMANCE ? "dateCreated" : "id";
}

/** Whether the rows are by the field that tells them apart, as they are where the caller names no order. */
export function isByKey(path: string, sort = keyFieldOf(path) as string): boolean {
  return new RegExp(`^${keyFieldOf(path)}( |$)`, "i").test(sort);
}

/**
 * The number in an answer to `limit=-1`.
 * @throws ServerError when there is none
 */
export function countIn(answer: unknown, path: string): number {
  const count: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "count") : undefined;
  if (typeof count === "number") return count;
  throw new ServerError(`The server was asked for a number of rows, and its answer holds none: GET ${path}`, {
    method: "GET",
    path,
    status: 200,
  });
}
