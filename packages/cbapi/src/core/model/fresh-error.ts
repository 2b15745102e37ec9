import { CbApiError } from "../errors.js";

/**
 * The same error with a stack of its own. A failure that several callers wait for is one object with the frames of
 * whoever asked first; each of them gets a copy that was thrown where they waited.
 */
export function freshError(error: unknown): unknown {
  return error instanceof CbApiError ? copyOf(error, error.message, error.cause) : error;
}

/** An error of the same kind, which says something more. The one that it is made of is its cause. */
export function withMessage(error: unknown, more: string): unknown {
  return error instanceof CbApiError ? copyOf(error, `${error.message.replace(/\.$/, "")}. ${more}`, error) : error;
}

function copyOf(error: CbApiError, text: string, reason: unknown): Error {
  const copy = new Error(text, reason === undefined ? undefined : { cause: reason });
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  const { stack: _stack, cause: _cause, message: _message, ...fields } = Object.getOwnPropertyDescriptors(error);
  Object.defineProperties(copy, fields);
  Error.captureStackTrace(copy, copyOf);
  return copy;
}
