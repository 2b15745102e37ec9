import type { Document } from "../../../core/model/document.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import type { ServerVersion } from "../../../core/server-version.js";

/** Everything that the server lets a caller change, and all that a change may hold since 7.1. */
export const WRITABLE = [
  "event_log_flush_time",
  "group_id",
  "network_isolation_enabled",
  "notes",
  "restart_queued",
  "uninstall",
] as const;

/**
 * For how long what was read of a sensor may be sent back, in milliseconds. Servers before 7.1 want all six fields, so that
 * whatever is changed says again whether the endpoint is to be isolated: with a document that is any older, saving a note
 * would let an endpoint back into the network that somebody else has just cut off.
 */
export const FRESH = 1000;

/**
 * The change of a sensor. From 7.1 on it holds what is changed and the group, which the server demands, and leaves the rest,
 * isolation above all, as it is; before, it holds all fields that can be changed, the others as the server has them.
 */
export function sensorUpdate(id: number, document: Document, values: Document, version: ServerVersion): WriteRequest {
  const all: Document = { ...document, ...values };
  const names = version.atLeast(7, 1) ? new Set(["group_id", ...Object.keys(values)]) : WRITABLE;
  const body = Object.fromEntries(Array.from(names, (name) => [name, all[name] ?? null]));
  return { method: "PUT", path: `/api/v1/sensor/${id}`, body };
}

/** A flush time as this server reads it: UTC, and whole seconds. */
export function flushTimeText(time: Date, version: ServerVersion): string {
  // 6.0.0 with a build behind it is later than 6.0.0.
  if (version.atLeast(6, 0, 0, 1)) return time.toUTCString();
  return `${time.toISOString().slice(0, 19).replace("T", " ")}.000000`;
}
