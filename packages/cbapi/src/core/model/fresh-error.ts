import { CbApiError } from "../errors.js";

/**
 * The same error with a stack of its own. A failure that several callers wait for is one object with the frames of
 * whoever asked first; each of them gets a copy that was thrown where they waited.
 */
export function freshError(error: unknown): unknown {
  if (!(error instanceof CbApiError)) return error;
  const copy = new Error(error.message, error.cause === undefined ? undefined : { cause: error.cause });
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  const { stack: _stack, cause: _cause, message: _message, ...fields } = Object.getOwnPropertyDescriptors(error);
  Object.defineProperties(copy, fields);
  Error.captureStackTrace(copy, freshError);
  return copy;
}
