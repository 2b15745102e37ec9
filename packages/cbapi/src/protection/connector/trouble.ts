import {
  CbApiError,
  ClientError,
  ConnectionError,
  CredentialError,
  ServerError,
  TimeoutError,
  UnauthorizedError,
} from "../../core/errors.js";

/**
 * What a failed request means to a connector.
 *
 * - `fatal`: no other request would do better: the token, the address, the program itself;
 * - `passing`: the server is out of order for now, and may or may not have carried the request out;
 * - `refused`: the server says no to this request, and has done nothing.
 */
export type Trouble = "fatal" | "passing" | "refused";

/** @param reached whether the server has answered before, so that its name is no mistake */
export function troubleOf(error: unknown, reached: boolean): Trouble {
  if (!(error instanceof CbApiError)) return "fatal";
  if (error instanceof UnauthorizedError || error instanceof CredentialError || error.code === "CLOSED") return "fatal";
  if (error.retryable || error instanceof TimeoutError) return "passing";
  if (error instanceof ConnectionError) return error.kind === "dns" && reached ? "passing" : "fatal";
  if (error instanceof ServerError) return error.code === "REFUSED" ? "refused" : "passing";
  if (error instanceof ClientError && error.status === 429) return "passing";
  return error.status === undefined ? "fatal" : "refused";
}

/** The longest that anything is waited for before it is tried again, unless it is usually done less often. */
const LONGEST_PAUSE = 5 * 60_000;

/** The pause after so many failures in a row, in milliseconds: doubling; longer where the server has asked for that. */
export function pauseBeforeRetry(failures: number, first: number, error?: unknown): number {
  const asked = error instanceof CbApiError ? (error.retryAfter ?? 0) : 0;
  const longest = Math.max(first, LONGEST_PAUSE);
  return Math.min(Math.max(first * 2 ** Math.min(failures - 1, 20), asked), longest);
}
