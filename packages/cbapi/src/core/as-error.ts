import { inspect } from "node:util";
import { CbApiError } from "./errors.js";

/**
 * A signal may be aborted with any value, and a caller's function may throw any: the error itself, or one around it.
 * @param code the code of the one around it
 */
export function asError(thrown: unknown, code: string): Error {
  if (thrown instanceof Error) return thrown;
  return new CbApiError(typeof thrown === "string" ? thrown : inspect(thrown), { cause: thrown, code });
}
