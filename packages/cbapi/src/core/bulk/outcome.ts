import { asError } from "../as-error.js";
import { CbApiError, ConnectionError, CredentialError, TimeoutError, UnauthorizedError } from "../errors.js";
import type { BulkState } from "./types.js";

/** What became of one write. */
export interface Outcome {
  readonly state: BulkState;
  readonly error?: Error;
}

/** A write that was not accepted. */
export interface FailedWrite extends Outcome {
  readonly state: Exclude<BulkState, "done">;
  readonly error: Error;
  /** Whether every other write would fail in the same way. */
  readonly stops: boolean;
}

/** The token does not allow it, or there are too many requests: no other batch fares better. */
const STOPPING_STATUSES: ReadonlySet<number | undefined> = new Set([401, 403, 429]);

/** Refused on this side, before anything left. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "INVALID_HEADER",
  "INVALID_OPTION",
  "INVALID_PATH",
  "INVALID_REQUEST",
  "UNKNOWN_OPTION",
]);

/** What the failure of a write tells of the items in it. Where that is in doubt, they may have been changed. */
export function failedWrite(thrown: unknown, signal: AbortSignal | undefined): FailedWrite {
  const error = asError(thrown, "STOPPED");
  // The request was on its way when the caller gave up.
  if (signal?.aborted === true && thrown === signal.reason) return { state: "unknown", error, stops: true };
  if (!(error instanceof CbApiError)) return { state: "unknown", error, stops: false };
  if (error instanceof CredentialError) return { state: "unsent", error, stops: true };
  if (error instanceof UnauthorizedError) return { state: "refused", error, stops: true };
  if (error instanceof TimeoutError) {
    const unreachable = error.phase === "connect";
    return { state: unreachable ? "unsent" : "unknown", error, stops: unreachable };
  }
  if (error instanceof ConnectionError) {
    const unreachable = error.kind !== "reset" && error.kind !== "closed";
    return { state: unreachable ? "unsent" : "unknown", error, stops: unreachable };
  }
  if (error.code === "CLOSED") return { state: error.cause === undefined ? "unsent" : "unknown", error, stops: true };
  if (NEVER_SENT.has(error.code)) return { state: "unsent", error, stops: false };
  // Something on the way answered in place of the server, whatever became of the request.
  if (error.code === "NOT_JSON") return { state: "unknown", error, stops: true };
  const refused = error.status !== undefined && error.status < 500;
  return { state: refused ? "refused" : "unknown", error, stops: STOPPING_STATUSES.has(error.status) };
}
