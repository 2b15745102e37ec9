import { ApiError, ServerError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { nearestNames } from "../../../core/query/nearest.js";
import type { CloudRoutes } from "../../routes.js";

/** How often a value of a field occurs among the alerts that match. */
export interface AlertFacetValue {
  readonly id: string;
  readonly name: string;
  readonly total: number;
}

/** The values of one field. */
export interface AlertFacet {
  readonly field: string;
  readonly values: readonly AlertFacetValue[];
}

/** Fields of `cbapi`'s generation, and what the service of today calls them; `undefined` for what it does not count. */
const CLASSIC = {
  ALERT_TYPE: "type",
  CATEGORY: undefined,
  REPUTATION: "process_reputation",
  WORKFLOW: "workflow_status",
  TAG: "tags",
  POLICY_ID: undefined,
  POLICY_NAME: "device_policy",
  DEVICE_ID: "device_id",
  DEVICE_NAME: "device_name",
  APPLICATION_HASH: "process_sha256",
  APPLICATION_NAME: "process_name",
  STATUS: "workflow_status",
  RUN_STATE: "run_state",
  POLICY_APPLIED_STATE: "policy_applied",
  POLICY_APPLIED: "policy_applied",
  SENSOR_ACTION: "sensor_action",
} as const;

const CURRENT = [
  ...["type", "k8s_policy", "k8s_policy_id", "k8s_rule", "k8s_rule_id", "k8s_cluster", "k8s_namespace", "k8s_kind"],
  ...[
    "k8s_workload_name",
    "attack_tactic",
    "attack_technique",
    "device_id",
    "device_name",
    "device_policy",
    "run_state",
  ],
  ...["policy_applied", "sensor_action", "connection_type", "rule_id", "rule_config_category", "rule_config_name"],
  ...["rule_config_id", "threat_id", "policy_configuration_name", "report_name", "watchlists_name", "threat_hunt_name"],
  ...["vendor_name", "product_name", "external_device_friendly_name", "process_name", "process_sha256"],
  ...["process_effective_reputation", "process_reputation", "process_username", "parent_name", "parent_sha256"],
  ...["parent_username", "parent_reputation", "parent_effective_reputation", "childproc_effective_reputation"],
  ...["mdr_alert", "org_key", "tags", "severity", "workflow_status", "workflow_changed_by_type"],
  ...["workflow_changed_by_autoclose_rule_id", "determination_value", "determination_changed_by_type"],
  ...[
    "org_feature_entitlement",
    "account_name",
    "slo_time_range",
    "mdr_workflow_status",
    "mdr_workflow_changed_by_type",
  ],
  ...[
    "mdr_workflow_changed_by",
    "mdr_workflow_changed_by_rule_id",
    "mdr_workflow_assigned_to",
    "mdr_determination_value",
  ],
  ...[
    "mdr_classification_determination_code",
    "mdr_determination_sub_determination",
    "mdr_determination_changed_by_type",
  ],
  ...["mdr_ml_classification_confidence", "mdr_ml_classification_verdict", "ml_classification_final_verdict"],
  ...["container_image_name", "container_name"],
] as const;

/** A field of `cbapi`'s generation by which alerts are counted. */
export type ClassicFacetField = keyof typeof CLASSIC;
/** A field by which the service of today counts alerts. */
export type CurrentFacetField = (typeof CURRENT)[number];
/** A field by which alerts are counted, in the words of either generation. */
export type AlertFacetField = ClassicFacetField | CurrentFacetField;

/**
 * The fields as they are sent.
 * @throws ApiError with code `INVALID_ARGUMENT` when one is none that alerts are counted by, with code `ROUTE_RETIRED` when the
 * service of today does not count by it
 */
export function facetFields(fields: readonly AlertFacetField[], routes: CloudRoutes): string[] {
  const known = routes === "classic" ? Object.keys(CLASSIC) : [...Object.keys(CLASSIC), ...CURRENT];
  if (!Array.isArray(fields)) throw invalidArgument(`facets takes a list of fields, got ${JSON.stringify(fields)}`);
  if (fields.length === 0) throw invalidArgument("facets takes at least one field");
  const sent = (fields as readonly AlertFacetField[]).map((field) => {
    const upper = String(field).toUpperCase();
    if (routes === "classic") return Object.hasOwn(CLASSIC, field) ? field : undefined;
    if (Object.hasOwn(CLASSIC, upper)) return CLASSIC[upper as ClassicFacetField] ?? gone(upper);
    return CURRENT.find((name) => name === String(field).toLowerCase());
  });
  const wrong = fields.filter((_, index) => sent[index] === undefined);
  if (wrong.length === 0) return [...new Set(sent as string[])];
  const near = wrong.flatMap((field) => nearestNames(String(field), known));
  const hint = near[0] === undefined ? `They are ${known.join(", ")}` : `Did you mean ${near[0]}?`;
  throw invalidArgument(
    `One or more invalid term field names: ${wrong.map((name) => JSON.stringify(name)).join(", ")}. ${hint}`,
  );
}

function gone(field: string): never {
  const instead = field === "POLICY_ID" ? "POLICY_NAME counts by the names of policies" : '"severity" comes nearest';
  throw new ApiError(`facets: the service of today does not count alerts by ${field}: ${instead}`, {
    code: "ROUTE_RETIRED",
  });
}

/** The facets of an answer. */
export function facetsIn(answer: unknown, what: string): AlertFacet[] {
  const results: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "results") : undefined;
  if (results === undefined || results === null) return [];
  if (!Array.isArray(results)) {
    throw new ServerError(`${what}: the answer's results are no list`, { code: "UNEXPECTED_ANSWER" });
  }
  return results as AlertFacet[];
}
