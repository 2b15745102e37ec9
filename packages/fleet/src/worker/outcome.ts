import { CbApiError, ConnectionError, LiveResponseError, ServerError, TimeoutError } from "cbapi";
import type { StoredFile } from "../job.js";
import type { Word } from "../runs/ledger.js";
import type { FleetOutcome, OutcomeError, OutcomeState } from "../runs/types.js";

/** What is known of a target when its job ends. */
export interface End {
  readonly target: number;
  readonly state: OutcomeState;
  readonly attempts: number;
  readonly worker: string;
  readonly started?: number | undefined;
  readonly value?: unknown;
  readonly files?: readonly StoredFile[] | undefined;
  readonly error?: unknown;
}

export function outcomeOf({ error, value, files = [], started, ...rest }: End): FleetOutcome {
  return {
    ...rest,
    ...(value === undefined ? {} : { value }),
    ...(files.length === 0 ? {} : { files }),
    ...(error === undefined ? {} : { error: errorFields(error) }),
    ...(started === undefined ? {} : { started }),
    ended: Date.now(),
  };
}

function errorFields(error: unknown): OutcomeError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error).slice(0, 2000) };
  const { code } = error as { code?: unknown };
  const message = (error.message || error.name).slice(0, 2000);
  return { name: error.name, ...(typeof code === "string" ? { code } : {}), message };
}

/** How a target ends on which nothing is begun any more. */
export function endWithout(
  word: Exclude<Word, "go" | "busy" | "late" | "over">,
  { isAway, attempts }: { readonly isAway: boolean; readonly attempts: number },
): {
  readonly state: OutcomeState;
  readonly error: Error;
} {
  switch (word) {
    case "cancelled":
      return { state: "cancelled", error: new CbApiError("The run was cancelled", { code: "JOB_CANCELLED" }) };
    case "expired":
      return {
        state: "expired",
        error: new TimeoutError(
          `The job had not begun${attempts > 0 ? " again" : ""} at the deadline${isAway ? ": its sensor is offline" : ""}`,
          { code: "JOB_EXPIRED" },
        ),
      };
    case "spent":
      return {
        state: "failed",
        error: new LiveResponseError(
          "The job was begun as often as allowed, and its session or its worker was lost each time",
          {
            code: "ATTEMPTS_SPENT",
          },
        ),
      };
    case "unknown":
      return { state: "unknown", error: unknownFate("its worker has died, or could not be reached any more") };
  }
}

/** Nobody knows what a job that changes the endpoint has done. */
export function unknownFate(why: string, cause?: unknown): CbApiError {
  return new CbApiError(
    `The job was begun, and how far it came is not known: ${why}. It changes the endpoint, so it is not begun again: look at the endpoint, or submit with rerun`,
    { code: "OUTCOME_UNKNOWN", cause },
  );
}

/** Whether it is the server that is in trouble, or what it is spoken to with, so that an endpoint is not to blame. */
export function isOfServer(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof ServerError) return true;
  return error instanceof CbApiError && (error.code === "SLOTS_TAKEN" || error.status === 429 || error.status === 401);
}

/** Whether trying again cannot help. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof CbApiError) || error.retryable) return false;
  return ![ConnectionError, ServerError, TimeoutError, LiveResponseError].some((kind) => error instanceof kind);
}
