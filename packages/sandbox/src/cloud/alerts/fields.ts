import { combine, EVERYTHING, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { unknownValue } from "../problem.js";
import {
  type Criterion,
  compileBody,
  compileText,
  documentFields,
  inStretch,
  type SearchFields,
} from "../search/index.js";
import { readInteger, readTexts } from "../search/values.js";
import { ALERT_TYPES, CLOSURE_REASONS, DETERMINATIONS, WORKFLOW_STATUSES } from "./record.js";

const typed = (type: string, names: string): Record<string, string> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, type]),
  );

/** What is searched of alerts in the present service. A `!` marks what is searched where no field is named, a `*` a list. */
export const PRESENT_FIELDS: SearchFields = documentFields({
  ...typed("!keyword", "device_name threat_id report_name"),
  ...{ reason: "!words", process_name: "!path" },
  ...typed(
    "keyword",
    `id org_key type alert_url primary_event_id reason_code alert_origin asset_id policy_applied run_state sensor_action
     attack_tactic attack_technique rule_id rule_category_id ml_classification_final_verdict
     ml_classification_global_prevalence ml_classification_org_prevalence device_uem_id device_target_value device_policy
     device_os device_os_version device_username device_location process_guid process_sha256 process_md5
     process_effective_reputation process_reputation process_username parent_guid parent_sha256 parent_md5
     parent_effective_reputation parent_reputation parent_username childproc_guid childproc_name childproc_sha256
     childproc_md5 childproc_effective_reputation childproc_reputation childproc_username netconn_protocol netconn_remote_domain report_id
     report_link ioc_id ioc_hit ioc_field k8s_cluster k8s_namespace k8s_kind k8s_workload_name k8s_pod_name k8s_policy
     k8s_policy_id k8s_rule k8s_rule_id connection_type egress_group_id egress_group_name remote_k8s_namespace
     remote_k8s_pod_name remote_k8s_kind remote_k8s_workload_name external_device_friendly_name vendor_id vendor_name
     product_id product_name serial_number tms_rule_id threat_name workflow_status workflow_closure_reason
     workflow_changed_by workflow_changed_by_type determination_value determination_changed_by
     determination_changed_by_type rule_config_id rule_config_name rule_config_category threat_hunt_id threat_hunt_name
     container_id container_name container_image_name container_image_hash mdr_workflow_status mdr_workflow_changed_by
     mdr_workflow_changed_by_type mdr_workflow_changed_by_rule_id mdr_workflow_assigned_to mdr_determination_value
     mdr_determination_changed_by_type account_name policy_configuration_name org_feature_entitlement`,
  ),
  ...typed("words", "process_cmdline parent_cmdline childproc_cmdline report_description"),
  parent_name: "path",
  ...typed(
    "*keyword",
    "ttps tags watchlists_id watchlists_name report_tags process_issuer process_publisher parent_issuer parent_publisher",
  ),
  ...typed(
    "number",
    `severity device_id device_policy_id process_pid parent_pid netconn_local_port netconn_remote_port ip_reputation`,
  ),
  ...typed(
    "address",
    `device_external_ip device_internal_ip netconn_remote_ip netconn_local_ip netconn_remote_ipv4 netconn_local_ipv4`,
  ),
  ...typed(
    "isoDate",
    `backend_timestamp backend_update_timestamp user_update_timestamp detection_timestamp first_event_timestamp
     last_event_timestamp workflow_change_timestamp determination_change_timestamp mdr_workflow_change_timestamp
     mdr_determination_change_timestamp`,
  ),
  ...typed(
    "boolean",
    "alert_notes_present threat_notes_present is_updated mdr_alert remote_is_private mdr_alert_notes_present mdr_threat_notes_present",
  ),
});

/** The same of the classic service. */
export const CLASSIC_FIELDS: SearchFields = documentFields({
  ...typed("!keyword", "device_name process_name threat_id report_name"),
  reason: "!words",
  ...typed(
    "keyword",
    `id legacy_alert_id org_key type category reason_code device_os device_os_version device_username device_location
     policy_name target_value run_state policy_applied sensor_action process_sha256 process_guid reputation workflow
     threat_cause_actor_name threat_cause_actor_sha256 threat_cause_actor_md5 threat_cause_reputation threat_cause_vector
     threat_cause_threat_category threat_cause_process_guid threat_cause_parent_guid threat_cause_cause_event_id
     created_by_event_id blocked_threat_category not_blocked_threat_category report_id ioc_id ioc_hit ioc_field
     threat_activity_c2 threat_activity_dlp threat_activity_phish`,
  ),
  ...typed("*keyword", "tag tags watchlist_id watchlist_name kill_chain_status"),
  ...typed("number", "severity device_id policy_id group_id count"),
  ...typed("isoDate", "create_time last_update_time first_event_time last_event_time"),
  notes_present: "boolean",
});

const SYSTEMS = ["WINDOWS", "ANDROID", "MAC", "IOS", "LINUX", "OTHER"];
const TARGETS = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"];
const LOCATIONS = ["ONSITE", "OFFSITE", "UNKNOWN"];
const RUN_STATES = ["DID_NOT_RUN", "RAN", "UNKNOWN"];
const ACTIONS = ["POLICY_NOT_APPLIED", "ALLOW", "ALLOW_AND_LOG", "TERMINATE", "DENY"];
const THREATS = ["UNKNOWN", "NON_MALWARE", "NEW_MALWARE", "KNOWN_MALWARE", "RISKY_PROGRAM"];

/** Keys whose values are few words: any other word is refused. */
const BOTH = { device_os: SYSTEMS, device_location: LOCATIONS, run_state: RUN_STATES, sensor_action: ACTIONS };
const PRESENT_WORDS: Readonly<Record<string, readonly string[]>> = {
  ...BOTH,
  type: ALERT_TYPES.filter((type) => type !== "VMWARE"),
  policy_applied: ["APPLIED", "NOT_APPLIED"],
  device_target_value: TARGETS,
  workflow_status: WORKFLOW_STATUSES,
  workflow_closure_reason: CLOSURE_REASONS,
  determination_value: DETERMINATIONS,
};
const CLASSIC_WORDS: Readonly<Record<string, readonly string[]>> = {
  ...BOTH,
  type: ALERT_TYPES,
  category: ["THREAT", "MONITORED", "INFO", "MINOR", "SERIOUS", "CRITICAL"],
  policy_applied: ["APPLIED", "NOT_APPLIED"],
  target_value: TARGETS,
  workflow: ["OPEN", "DISMISSED"],
  blocked_threat_category: THREATS,
  not_blocked_threat_category: THREATS,
  kill_chain_status: [
    ...["RECONNAISSANCE", "WEAPONIZE", "DELIVER_EXPLOIT", "INSTALL_RUN", "COMMAND_AND_CONTROL", "EXECUTE_GOAL"],
    "BREACH",
  ],
  reputation: [
    ...["KNOWN_MALWARE", "SUSPECT_MALWARE", "PUP", "NOT_LISTED", "ADAPTIVE_WHITE_LIST", "COMMON_WHITE_LIST"],
    ...["TRUSTED_WHITE_LIST", "COMPANY_BLACK_LIST", "COMPANY_WHITE_LIST", "LOCAL_WHITE", "RESOLVING", "ADWARE"],
    ...["HEURISTIC", "IGNORE"],
  ],
  threat_cause_vector: [
    ...["EMAIL", "WEB", "GENERIC_SERVER", "GENERIC_CLIENT", "REMOTE_DRIVE", "REMOVABLE_MEDIA", "UNKNOWN", "APP_STORE"],
    "THIRD_PARTY",
  ],
};

/** A key that takes few words only. */
function wordsIn(name: string, words: readonly string[], fields: SearchFields): Criterion {
  return (value, place) => {
    const wanted = readTexts(value, place);
    for (const each of wanted) if (!words.includes(each)) throw unknownValue(name, each, words);
    const field = fields.get(name);
    return combine(
      "OR",
      wanted.map((each) => field?.having((test) => sql`${test} = ${each}`) ?? EVERYTHING),
    );
  };
}

const least: Criterion = (value, name) => {
  const number = readInteger(value, name, 0, 10) ?? 0;
  return sql`json_extract(d.value, '$.severity') >= ${number}`;
};

const special = (
  words: Readonly<Record<string, readonly string[]>>,
  fields: SearchFields,
  more: readonly (readonly [string, Criterion])[] = [],
): ReadonlyMap<string, Criterion> =>
  new Map([
    ...Object.entries(words).map(([name, list]): [string, Criterion] => [name, wordsIn(name, list, fields)]),
    ["minimum_severity", least],
    ...more,
  ]);

/** Names of earlier releases for keys of the present service. */
const alias = (name: string): Criterion => {
  return (value, place) => {
    const field = PRESENT_FIELDS.get(name);
    const wanted = readTexts(value, place);
    return combine(
      "OR",
      wanted.map((each) => field?.having((test) => sql`lower(${test}) = ${each.toLowerCase()}`) ?? EVERYTHING),
    );
  };
};

const PRESENT_KEYS = special(PRESENT_WORDS, PRESENT_FIELDS, [
  ["watchlist_id", alias("watchlists_id")],
  ["watchlist_name", alias("watchlists_name")],
  [
    "workflow",
    (value, place, now) => {
      const states = readTexts(value, place).map((state) => (state === "DISMISSED" ? "CLOSED" : state));
      return wordsIn("workflow_status", WORKFLOW_STATUSES, PRESENT_FIELDS)(states, place, now);
    },
  ],
]);

// How results are shown is none of the conditions.
const CLASSIC_KEYS = special(CLASSIC_WORDS, CLASSIC_FIELDS, [["group_results", () => EVERYTHING]]);

const DAY = 86_400_000;

/** How a service is searched. */
export interface AlertDialect {
  readonly fields: SearchFields;
  readonly keys: ReadonlyMap<string, Criterion>;
  /** The field that is ordered by unless something else is asked for, and that is looked back over. */
  readonly time: string;
  /** So many days are looked back over where nobody says from when. */
  readonly days: number;
  /** The keys that say from when, or what exactly. */
  readonly exact: readonly string[];
}

export const PRESENT: AlertDialect = {
  ...{ fields: PRESENT_FIELDS, keys: PRESENT_KEYS, time: "backend_timestamp", days: 14 },
  exact: ["id", "backend_timestamp"],
};

export const CLASSIC: AlertDialect = {
  ...{ fields: CLASSIC_FIELDS, keys: CLASSIC_KEYS, time: "create_time", days: 30 },
  exact: ["id", "legacy_alert_id", "create_time"],
};

/** What a body asks for, as a condition over documents. */
export function compileSearch(dialect: AlertDialect, body: Record<string, unknown>, now: number): SqlText {
  const { fields, keys, time, days, exact } = dialect;
  const asked = compileBody(body, { fields, special: keys, now }, (query) =>
    compileText(query, fields, { now, unknown: "nothing" }),
  );
  const field = fields.get(time);
  if (field === undefined) return asked;
  const criteria = (body["criteria"] ?? {}) as Record<string, unknown>;
  const given = body["time_range"];
  const isTold = given !== undefined && given !== null && Object.keys(given as object).length > 0;
  if (!isTold && exact.some((name) => Object.hasOwn(criteria, name))) return asked;
  const range = isTold ? given : { start: new Date(now - days * DAY).toISOString() };
  return combine("AND", [asked, inStretch(field, range, "time_range", now)]);
}
