import { ApiError } from "../../../core/errors.js";
import type { Criteria } from "../../queries/criteria.js";
import type { CloudRoutes } from "../../routes.js";

/** What criteria of `cbapi`'s generation are called by the service of today, where that is something else. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["legacy_alert_id", "id"],
  ["policy_id", "device_policy_id"],
  ["policy_name", "device_policy"],
  ["reputation", "process_reputation"],
  ["tag", "tags"],
  ["target_value", "device_target_value"],
  ["workflow", "workflow_status"],
  ["watchlist_id", "watchlists_id"],
  ["watchlist_name", "watchlists_name"],
]);

/** Criteria that the service of today does not have, and what there is in their place. */
const GONE: ReadonlyMap<string, string> = new Map([
  ["category", "its alerts have a severity, setMinimumSeverity()"],
  ["group_results", "groupBy() gives alerts by groups"],
  ["blocked_threat_category", "its alerts tell the sensor's action, setSensorActions()"],
  ["not_blocked_threat_category", "its alerts tell the sensor's action, setSensorActions()"],
  ["kill_chain_status", 'its alerts tell a tactic, addCriteria("attack_tactic", ...)'],
  ["threat_cause_vector", 'its alerts tell a technique, addCriteria("attack_technique", ...)'],
  ["group_id", "the product that raised such alerts has ended"],
]);

/**
 * Refuses what cannot be asked for by this generation of addresses, where it was asked.
 * @throws ApiError with code `ROUTE_RETIRED`
 */
export function refuseGone(key: string, routes: CloudRoutes, method: string): void {
  const instead = GONE.get(key);
  if (routes === "classic" || instead === undefined) return;
  throw new ApiError(
    `${method}: the service of today has no criterion ${key}: ${instead}. A client made with routes: "classic" sends it, ` +
      "and the service has switched those routes off",
    { code: "ROUTE_RETIRED" },
  );
}

/** Criteria as they are sent by this generation of addresses. */
export function sentCriteria(criteria: Criteria | undefined, routes: CloudRoutes): Record<string, unknown> {
  const entries = Object.entries(criteria ?? {});
  if (routes === "classic") return Object.fromEntries(entries);
  const sent = new Map<string, unknown>();
  for (const [name, value] of entries) {
    const key = RENAMED.get(name) ?? name;
    const values = key === "workflow_status" && Array.isArray(value) ? value.map(currentState) : value;
    const before = sent.get(key);
    const isMore = Array.isArray(before) && Array.isArray(values);
    sent.set(key, isMore ? [...new Set([...(before as unknown[]), ...(values as unknown[])])] : values);
  }
  return Object.fromEntries(sent);
}

function currentState(state: unknown): unknown {
  return state === "DISMISSED" ? "CLOSED" : state;
}

/** What fields that rows are ordered by are called by this generation. */
const SORT_FIELDS: ReadonlyMap<string, string> = new Map([
  ["create_time", "backend_timestamp"],
  ["last_update_time", "backend_update_timestamp"],
  ["first_event_time", "first_event_timestamp"],
  ["last_event_time", "last_event_timestamp"],
  ["policy_id", "device_policy_id"],
  ["policy_name", "device_policy"],
  ["target_value", "device_target_value"],
]);

/** The field that rows are ordered by, as it is sent. */
export function sentSortField(field: string, routes: CloudRoutes): string {
  return routes === "classic" ? field : (SORT_FIELDS.get(field) ?? field);
}

/** The field by which alerts come in. */
export function timeField(routes: CloudRoutes): "backend_timestamp" | "create_time" {
  return routes === "classic" ? "create_time" : "backend_timestamp";
}
