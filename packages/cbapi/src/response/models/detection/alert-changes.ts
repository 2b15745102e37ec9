import { ApiError } from "../../../core/errors.js";
import type { Document } from "../../../core/model/document.js";
import { type Field, t } from "../../../core/model/fields.js";
import { requireOptions } from "../../requires.js";

/** What an alert's status can be set to. */
export const ALERT_STATUSES = ["Unresolved", "In Progress", "Resolved", "False Positive"] as const;

/** What an alert's status can be set to; one that is read may be another, on servers newer than this library. */
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** What becomes of alerts whose report is ignored. */
export interface AlertIgnoreOptions {
  /** The status that they get. Default `False Positive`. */
  readonly status?: AlertStatus | undefined;
}

/** A change of alerts, checked: what the route for many is told, and what the alerts then show. */
export interface AlertChange {
  /** Stands beside the ids. */
  readonly body: Document;
  /** Field -> value, as far as the change makes it certain. */
  readonly shown: Document;
}

/** The status as it reads and as it may be assigned. */
export const statusField: Field<AlertStatus | (string & {}), AlertStatus> = {
  ...t.string(),
  encode: checkedStatus,
};

/** @throws ApiError when it is none of the four */
function checkedStatus(status: unknown): AlertStatus {
  const known = ALERT_STATUSES.find((one) => one === status);
  if (known === undefined) {
    throw new ApiError(`${JSON.stringify(status)} is no status of an alert: it is one of ${ALERT_STATUSES.join(", ")}`);
  }
  return known;
}

/** Hides the report behind an alert from now on, or no longer. */
export function ignoring(flag: boolean, options: AlertIgnoreOptions): AlertChange {
  requireOptions("setIgnored", '{ status: "Resolved" }', options);
  const { status = "False Positive" } = options;
  if (typeof flag !== "boolean") throw new ApiError(`setIgnored wants true or false, got ${JSON.stringify(flag)}`);
  const requested = checkedStatus(status);
  return { body: { set_ignored: flag, requested_status: requested }, shown: { status: requested } };
}

/** Gives alerts to somebody, who is then working on them. */
export function assignment(target: string): AlertChange {
  if (typeof target !== "string" || target.trim() === "") {
    throw new ApiError(`assign wants the name of a user, got ${JSON.stringify(target)}`);
  }
  const status = "In Progress" satisfies AlertStatus;
  return {
    body: { assigned_to: target, requested_status: status },
    shown: { assigned_to: target, status },
  };
}

export function statusChange(status: AlertStatus): AlertChange {
  const requested = checkedStatus(status);
  return { body: { requested_status: requested }, shown: { status: requested } };
}
