import { CbApiError, ConnectionError } from "./errors.js";

/** Whether the same may succeed later: it is the server, or the way to it, that is out of order. */
export function isPassing(error: unknown): error is CbApiError {
  if (!(error instanceof CbApiError)) return false;
  if (error instanceof ConnectionError) return error.kind !== "tls" && error.kind !== "url";
  return error.retryable || (error.status ?? 0) >= 500;
}
