import { CbApiError, ConnectionError, LiveResponseError, ServerError, TimeoutError } from "../../core/errors.js";
import type { Entry } from "./entry.js";
import type { JobSession } from "./job.js";
import type { Lane } from "./lane.js";

// Why jobs end without being done.

/** Whether trying again cannot help. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof CbApiError) || error.retryable) return false;
  return ![ConnectionError, ServerError, TimeoutError, LiveResponseError].some((kind) => error instanceof kind);
}

export function isAbsent(noun: string, key: number): CbApiError {
  return new CbApiError(`${noun} ${key} could not be found`, { code: "OBJECT_NOT_FOUND" });
}

export function isLostEarly(noun: string, key: number): LiveResponseError {
  return new LiveResponseError(`The session with ${noun} ${key} was lost before its job began`, {
    code: "SESSION_LOST",
    retryable: true,
  });
}

export function isClosed(): CbApiError {
  return new CbApiError("Live Response of this client was closed, and its jobs with it", { code: "CLOSED" });
}

/** @param lane where the job waited */
export function isExpired<S extends JobSession>(
  noun: string,
  entry: Entry<S>,
  lane: Lane<S> | undefined,
): TimeoutError {
  const waited = lane === undefined ? "its turn was not reached" : waitsFor(lane);
  const begun = entry.attempts === 0 ? "had not begun" : "lost its session, and had not begun again";
  return new TimeoutError(`The job on ${noun} ${entry.target} ${begun} at its deadline: ${waited}`, {
    code: "JOB_EXPIRED",
    cause: lane?.problem ?? entry.lost,
  });
}

export function isExpiredUnknown(job: number): TimeoutError {
  return new TimeoutError(`Job ${job} had not begun at its deadline: its endpoint was not known yet`, {
    code: "JOB_EXPIRED",
  });
}

function waitsFor<S extends JobSession>(lane: Lane<S>): string {
  switch (lane.phase) {
    case "offline":
      return "it is offline";
    case "paused":
      return "no session could be opened with it";
    case "unknown":
      return "it was not known whether it is online";
    case "ready":
    case "parked":
      return "all slots were taken";
    case "busy":
      return lane.worker?.waitsForSlot === true
        ? "all slots of the server were taken"
        : "its session was being opened, or other jobs were before it";
  }
}
