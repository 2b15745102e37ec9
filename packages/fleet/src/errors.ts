import { CbApiError } from "cbapi";

/** What can be wrong with a fleet, besides what Carbon Black itself reports. */
export type FleetErrorCode =
  | "INVALID_ARGUMENT"
  | "REDIS_UNREACHABLE"
  | "RUN_NOT_FOUND"
  | "RUN_EXISTS"
  | "UNKNOWN_JOB"
  | "WRONG_SERVER"
  | "FILE_NOT_FOUND"
  | "FILE_DAMAGED"
  | "FILE_TOO_LARGE"
  | "CLOSED";

/** A call to the fleet that cannot be carried out; `code` says which kind, the message what to do. */
export class FleetError extends CbApiError {
  /** For printing. */
  override readonly name = "FleetError";

  constructor(code: FleetErrorCode, message: string, cause?: unknown) {
    super(message, { code, cause });
  }
}

/** @internal */
export const invalid = (message: string): FleetError => new FleetError("INVALID_ARGUMENT", message);
