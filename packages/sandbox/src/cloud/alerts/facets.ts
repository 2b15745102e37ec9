import { HttpProblem } from "../../server/product.js";
import type { Fields } from "../policies/record.js";
import { countValues, readTerms, requireFacet } from "../search/index.js";

/** What can be counted by in the present service. */
const PRESENT_TERMS =
  `TYPE K8S_POLICY K8S_POLICY_ID K8S_RULE K8S_RULE_ID K8S_CLUSTER K8S_NAMESPACE K8S_KIND K8S_WORKLOAD_NAME
  ATTACK_TACTIC ATTACK_TECHNIQUE DEVICE_ID DEVICE_NAME DEVICE_POLICY APPLICATION_HASH APPLICATION_NAME RUN_STATE
  POLICY_APPLIED SENSOR_ACTION CONNECTION_TYPE RULE_ID RULE_CONFIG_CATEGORY RULE_CONFIG_NAME RULE_CONFIG_ID THREAT_ID
  POLICY_CONFIGURATION_NAME REPORT_NAME WATCHLISTS_NAME THREAT_HUNT_NAME VENDOR_NAME PRODUCT_NAME
  EXTERNAL_DEVICE_FRIENDLY_NAME PROCESS_NAME PROCESS_SHA256 PROCESS_EFFECTIVE_REPUTATION PROCESS_REPUTATION
  PROCESS_USERNAME PARENT_NAME PARENT_SHA256 PARENT_USERNAME PARENT_REPUTATION PARENT_EFFECTIVE_REPUTATION
  CHILDPROC_EFFECTIVE_REPUTATION MDR_ALERT ORG_KEY TAGS SEVERITY WORKFLOW_STATUS WORKFLOW_CHANGED_BY_TYPE
  WORKFLOW_CHANGED_BY_AUTOCLOSE_RULE_ID DETERMINATION_VALUE DETERMINATION_CHANGED_BY_TYPE ORG_FEATURE_ENTITLEMENT
  ACCOUNT_NAME SLO_TIME_RANGE MDR_WORKFLOW_STATUS MDR_WORKFLOW_CHANGED_BY_TYPE MDR_WORKFLOW_CHANGED_BY
  MDR_WORKFLOW_CHANGED_BY_RULE_ID MDR_WORKFLOW_ASSIGNED_TO MDR_DETERMINATION_VALUE
  MDR_CLASSIFICATION_DETERMINATION_CODE MDR_DETERMINATION_SUB_DETERMINATION MDR_DETERMINATION_CHANGED_BY_TYPE
  MDR_ML_CLASSIFICATION_CONFIDENCE MDR_ML_CLASSIFICATION_VERDICT ML_CLASSIFICATION_FINAL_VERDICT CONTAINER_IMAGE_NAME
  CONTAINER_NAME`.split(/\s+/);

/** Names for what stands in documents under another one. */
const PRESENT_ALIASES = new Map([
  ["application_hash", "process_sha256"],
  ["application_name", "process_name"],
]);

/** The same of the classic service, with the fields of its documents. */
const CLASSIC_TERMS = new Map<string, string>([
  ...([["ALERT_TYPE", "type"] as const, ["CATEGORY", "category"], ["REPUTATION", "reputation"]] as const),
  ...([["WORKFLOW", "workflow"] as const, ["TAG", "tag"], ["POLICY_ID", "policy_id"]] as const),
  ...([["POLICY_NAME", "policy_name"] as const, ["DEVICE_ID", "device_id"], ["DEVICE_NAME", "device_name"]] as const),
  ...([["APPLICATION_HASH", "process_sha256"] as const, ["APPLICATION_NAME", "process_name"]] as const),
  ...([["STATUS", "workflow"] as const, ["RUN_STATE", "run_state"], ["SENSOR_ACTION", "sensor_action"]] as const),
  ...([["POLICY_APPLIED_STATE", "policy_applied"] as const, ["POLICY_APPLIED", "policy_applied"]] as const),
]);

/** The values that a document has in a field, as they are counted. */
export function valuesOf(document: Fields, field: string): string[] {
  const value = Object.hasOwn(document, field) ? document[field] : undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((each) =>
    typeof each === "string" && each !== ""
      ? [each]
      : typeof each === "number" || typeof each === "boolean"
        ? [String(each)]
        : [],
  );
}

/** Counts documents by the fields that a body names; the whole of what was found counts. */
export function countFacets(
  body: Record<string, unknown>,
  documents: readonly Fields[],
  dialect: "present" | "classic",
) {
  if (dialect === "present") {
    const stray = ["rows", "start", "sort"].find((name) => Object.hasOwn(body, name));
    if (stray !== undefined) throw new HttpProblem(400, `${stray} is no part of what is counted by: see terms.rows`);
  }
  const { fields, rows } = readTerms(body["terms"]);
  if (fields.length === 0) throw new HttpProblem(400, "terms.fields names at least one field");
  return fields.map((field) => {
    const name = fieldOf(field, dialect);
    const values = documents.flatMap((document) => valuesOf(document, name).map((value) => [value, value] as const));
    return { field, values: countValues(values, rows) };
  });
}

function fieldOf(field: string, dialect: "present" | "classic"): string {
  const term = field.toUpperCase();
  if (dialect === "classic") {
    requireFacet(term, [...CLASSIC_TERMS.keys()]);
    return CLASSIC_TERMS.get(term) ?? "";
  }
  requireFacet(term, PRESENT_TERMS);
  const name = term.toLowerCase();
  return PRESENT_ALIASES.get(name) ?? name;
}
