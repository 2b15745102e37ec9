import { CbApiError } from "./errors.js";

/** The error for an argument that has no meaning. It is thrown where the argument was given, before anything is sent. */
export function invalidArgument(message: string): CbApiError {
  return new CbApiError(message, { code: "INVALID_ARGUMENT" });
}
