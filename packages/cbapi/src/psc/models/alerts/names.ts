import { addTo } from "../../../core/groups.js";
import type { Document } from "../../../core/model/document.js";

/**
 * What fields of alerts are called by `cbapi` and its generation of the service, and what by the service of today. An
 * alert answers to both names, whichever generation it came from.
 */
const RENAMED: readonly (readonly [classic: string, current: string])[] = [
  ["alert_classification_user_feedback", "determination_value"],
  ["cluster_name", "k8s_cluster"],
  ["create_time", "backend_timestamp"],
  ["created_by_event_id", "primary_event_id"],
  ["first_event_time", "first_event_timestamp"],
  ["last_event_time", "last_event_timestamp"],
  ["last_update_time", "backend_update_timestamp"],
  ["namespace", "k8s_namespace"],
  ["notes_present", "alert_notes_present"],
  ["policy_id", "device_policy_id"],
  ["policy_name", "device_policy"],
  ["port", "netconn_local_port"],
  ["protocol", "netconn_protocol"],
  ["remote_domain", "netconn_remote_domain"],
  ["remote_ip", "netconn_remote_ip"],
  ["remote_namespace", "remote_k8s_namespace"],
  ["remote_replica_id", "remote_k8s_pod_name"],
  ["remote_workload_kind", "remote_k8s_kind"],
  ["remote_workload_name", "remote_k8s_workload_name"],
  ["replica_id", "k8s_pod_name"],
  ["target_value", "device_target_value"],
  ["threat_cause_actor_certificate_authority", "process_issuer"],
  ["threat_cause_actor_name", "process_name"],
  ["threat_cause_actor_process_pid", "process_pid"],
  ["threat_cause_actor_publisher", "process_publisher"],
  ["threat_cause_actor_sha256", "process_sha256"],
  ["threat_cause_cause_event_id", "primary_event_id"],
  ["threat_cause_actor_md5", "process_md5"],
  ["threat_cause_parent_guid", "parent_guid"],
  ["threat_cause_process_guid", "process_guid"],
  ["threat_cause_reputation", "process_reputation"],
  ["workload_kind", "k8s_kind"],
  ["workload_name", "k8s_workload_name"],
];

const CURRENT = new Map(RENAMED);
/** Several old names may stand for one of today: the first that a document has is taken. */
const CLASSIC = new Map<string, string[]>();
for (const [classic, current] of RENAMED) addTo(CLASSIC, current, classic);

/** The names that have a counterpart. */
export const RENAMED_FIELDS: readonly string[] = [...new Set(RENAMED.flat())];

/** What a document of either generation says under a name of either; `undefined` for nothing and null. */
export function valueIn(document: Document, name: string): unknown {
  const own = document[name];
  if (own !== undefined && own !== null) return own;
  const current = CURRENT.get(name);
  if (current !== undefined) return document[current] ?? undefined;
  for (const classic of CLASSIC.get(name) ?? []) {
    const value = document[classic];
    if (value !== undefined && value !== null) return value;
  }
  return OTHERWISE.get(name)?.(document);
}

/** Fields of one generation that follow from others of the other. */
const OTHERWISE: ReadonlyMap<string, (document: Document) => unknown> = new Map<
  string,
  (document: Document) => unknown
>([
  ["legacy_alert_id", ({ id, backend_timestamp }) => (backend_timestamp === undefined ? undefined : id)],
  ["threat_indicators", (document) => (Array.isArray(document["ttps"]) ? [indicatorOf(document)] : undefined)],
  ["ttps", ({ threat_indicators: indicators }) => (Array.isArray(indicators) ? ttpsOf(indicators) : undefined)],
]);

/** The fields that follow from others. */
export const DERIVED_FIELDS: readonly string[] = ["legacy_alert_id", "threat_indicators", "ttps"];

function indicatorOf({ process_name, process_sha256, ttps }: Document): object {
  return { process_name: lastPart(process_name), sha256: process_sha256 ?? null, ttps };
}

function ttpsOf(indicators: readonly unknown[]): string[] {
  const all = indicators.flatMap((one) => {
    const ttps: unknown = typeof one === "object" && one !== null ? Reflect.get(one, "ttps") : undefined;
    return Array.isArray(ttps) ? ttps.map(String) : [];
  });
  return [...new Set(all)];
}

/** The service of today writes the whole path of a program where it wrote its name before. */
function lastPart(path: unknown): unknown {
  return typeof path === "string" ? (path.split(/[\\/]/).at(-1) ?? path) : (path ?? null);
}

/**
 * An alert in the words of `cbapi`'s generation: fields that were renamed have their old names, those that are new keep
 * theirs.
 */
export function classicDocument(document: Document): Record<string, unknown> {
  const classic: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(document)) {
    const names = CLASSIC.get(name);
    if (names === undefined || KEPT.has(name)) classic[name] = value;
    for (const old of names ?? []) classic[old] = value;
  }
  for (const name of ["legacy_alert_id", "threat_indicators"]) {
    const value = valueIn(document, name);
    if (value !== undefined) classic[name] = value;
  }
  delete classic["ttps"];
  if (typeof document["workflow"] === "object" && document["workflow"] !== null) {
    classic["workflow"] = classicWorkflow(document["workflow"] as Document);
  }
  return classic;
}

/** Old names that documents had beside others for the same. */
const KEPT = new Set(["process_name", "process_guid", "process_sha256"]);

/** The state of an alert in the words of `cbapi`'s generation. */
export function classicWorkflow(workflow: Document): Record<string, unknown> {
  const { status, state, closure_reason, change_timestamp, note, ...rest } = workflow;
  if (status === undefined) return { ...workflow };
  return {
    ...rest,
    state: state ?? classicState(status),
    remediation: rest["remediation"] ?? closure_reason ?? "",
    comment: rest["comment"] ?? note ?? "",
    last_update_time: rest["last_update_time"] ?? change_timestamp,
  };
}

/** What is not closed is open to who knows these two only. */
export function classicState(status: unknown): unknown {
  if (status === "CLOSED") return "DISMISSED";
  return status === "IN_PROGRESS" ? "OPEN" : status;
}
