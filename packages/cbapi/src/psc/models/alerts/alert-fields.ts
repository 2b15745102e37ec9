import { t } from "../../../core/model/fields.js";
import {
  ALERT_CATEGORIES,
  ALERT_DEVICE_OS,
  ALERT_TYPES,
  type CLOSURE_REASONS,
  type DETERMINATIONS,
  DEVICE_LOCATIONS,
  POLICY_APPLIED,
  REPUTATIONS,
  RUN_STATES,
  SENSOR_ACTIONS,
  TARGET_VALUES,
  type WORKFLOW_STATUSES,
} from "./values.js";

/** Where an alert stands, as the service writes it: in the words of today or in those of before. */
export interface RawWorkflow {
  readonly state?: string;
  readonly remediation?: string;
  readonly comment?: string;
  readonly last_update_time?: string;
  readonly status?: (typeof WORKFLOW_STATUSES)[number] | (string & {});
  readonly closure_reason?: (typeof CLOSURE_REASONS)[number] | (string & {});
  readonly change_timestamp?: string;
  readonly changed_by?: string;
  readonly changed_by_type?: string;
  readonly note?: string;
}

/** How many alerts stand behind one, where they are grouped. */
export interface GroupDetails {
  readonly count: number;
  readonly total_devices: number;
}

/** What a program did that is typical of an attack. */
export interface ThreatIndicator {
  readonly process_name?: string | null;
  readonly sha256?: string | null;
  readonly ttps?: readonly string[];
}

/** A watchlist that an alert came of. */
export interface AlertWatchlist {
  readonly id: string;
  readonly name?: string;
}

/** What somebody found an alert to be. */
export interface AlertDetermination {
  readonly value?: (typeof DETERMINATIONS)[number] | (string & {});
  readonly change_timestamp?: string;
  readonly changed_by?: string;
  readonly changed_by_type?: string;
}

/** What every alert has in the words of `cbapi`'s generation. */
const common = {
  id: t.string(),
  legacy_alert_id: t.string(),
  threat_id: t.string(),
  org_key: t.string(),
  type: t.choice(ALERT_TYPES),
  category: t.choice(ALERT_CATEGORIES),
  /** From 1 to 10. */
  severity: t.integer(),
  create_time: t.dateTime(),
  first_event_time: t.dateTime(),
  last_event_time: t.dateTime(),
  last_update_time: t.dateTime(),
  device_id: t.integer(),
  device_name: t.string(),
  device_os: t.choice(ALERT_DEVICE_OS),
  device_os_version: t.string(),
  device_username: t.string(),
  /** The policy that the device had when it happened. */
  policy_id: t.integer(),
  /** Its name. */
  policy_name: t.string(),
  /** How much the device is worth. */
  target_value: t.choice(TARGET_VALUES),
  tags: t.array(t.string()),
  notes_present: t.boolean(),
  group_details: t.object<GroupDetails>(),
  /** As the service writes it; `workflow_` reads it in the words of either generation. */
  workflow: t.object<RawWorkflow>(),
} as const;

/** What alerts of an analysis, of watchlists and of VMware have besides. */
const detected = {
  reason: t.string(),
  reason_code: t.string(),
  process_name: t.string(),
  process_guid: t.string(),
  device_location: t.choice(DEVICE_LOCATIONS),
  created_by_event_id: t.string(),
  threat_indicators: t.array(t.object<ThreatIndicator>()),
  threat_activity_dlp: t.string(),
  threat_activity_phish: t.string(),
  threat_activity_c2: t.string(),
  threat_cause_actor_sha256: t.string(),
  threat_cause_actor_md5: t.string(),
  threat_cause_actor_name: t.string(),
  threat_cause_actor_process_pid: t.string(),
  threat_cause_process_guid: t.string(),
  threat_cause_parent_guid: t.string(),
  threat_cause_reputation: t.choice(REPUTATIONS),
  threat_cause_threat_category: t.string(),
  threat_cause_vector: t.string(),
  threat_cause_cause_event_id: t.string(),
  blocked_threat_category: t.string(),
  not_blocked_threat_category: t.string(),
  kill_chain_status: t.array(t.string()),
  sensor_action: t.choice(SENSOR_ACTIONS),
  run_state: t.choice(RUN_STATES),
  policy_applied: t.choice(POLICY_APPLIED),
  alert_classification: t.object<Readonly<Record<string, unknown>>>(),
  count: t.integer(),
  report_name: t.string(),
  report_id: t.string(),
  ioc_id: t.string(),
  ioc_field: t.string(),
  ioc_hit: t.string(),
  watchlists: t.array(t.object<AlertWatchlist>()),
  document_guid: t.string(),
  group_id: t.integer(),
} as const;

/** What the service of today tells besides, or by other names. */
const current = {
  alert_url: t.string(),
  primary_event_id: t.string(),
  alert_origin: t.string(),
  asset_id: t.string(),
  backend_timestamp: t.dateTime(),
  backend_update_timestamp: t.dateTime(),
  user_update_timestamp: t.dateTime(),
  detection_timestamp: t.dateTime(),
  first_event_timestamp: t.dateTime(),
  last_event_timestamp: t.dateTime(),
  determination: t.object<AlertDetermination>(),
  alert_notes_present: t.boolean(),
  threat_notes_present: t.boolean(),
  is_updated: t.boolean(),
  ttps: t.array(t.string()),
  attack_tactic: t.string(),
  attack_technique: t.string(),
  rule_id: t.string(),
  rule_category_id: t.string(),
  ml_classification_final_verdict: t.string(),
  ml_classification_global_prevalence: t.string(),
  ml_classification_org_prevalence: t.string(),
  device_uem_id: t.string(),
  device_target_value: t.choice(TARGET_VALUES),
  device_policy: t.string(),
  device_policy_id: t.integer(),
  device_external_ip: t.string(),
  device_internal_ip: t.string(),
  process_pid: t.integer(),
  process_sha256: t.string(),
  process_md5: t.string(),
  process_effective_reputation: t.choice(REPUTATIONS),
  process_reputation: t.choice(REPUTATIONS),
  process_cmdline: t.string(),
  process_username: t.string(),
  process_issuer: t.array(t.string()),
  process_publisher: t.array(t.string()),
  parent_guid: t.string(),
  parent_pid: t.integer(),
  parent_name: t.string(),
  parent_sha256: t.string(),
  parent_md5: t.string(),
  parent_effective_reputation: t.choice(REPUTATIONS),
  parent_reputation: t.choice(REPUTATIONS),
  parent_cmdline: t.string(),
  parent_username: t.string(),
  childproc_guid: t.string(),
  childproc_name: t.string(),
  childproc_sha256: t.string(),
  childproc_md5: t.string(),
  childproc_effective_reputation: t.choice(REPUTATIONS),
  childproc_username: t.string(),
  childproc_cmdline: t.string(),
  netconn_local_port: t.integer(),
  netconn_remote_port: t.integer(),
  netconn_protocol: t.string(),
  netconn_remote_domain: t.string(),
  netconn_remote_ip: t.string(),
  netconn_local_ip: t.string(),
  netconn_remote_ipv4: t.string(),
  netconn_local_ipv4: t.string(),
  report_description: t.string(),
  report_tags: t.array(t.string()),
  report_link: t.string(),
  k8s_cluster: t.string(),
  k8s_namespace: t.string(),
  k8s_kind: t.string(),
  k8s_workload_name: t.string(),
  k8s_pod_name: t.string(),
  k8s_policy: t.string(),
  k8s_policy_id: t.string(),
  k8s_rule: t.string(),
  k8s_rule_id: t.string(),
  connection_type: t.string(),
  egress_group_id: t.string(),
  egress_group_name: t.string(),
  ip_reputation: t.integer(),
  remote_is_private: t.boolean(),
  external_device_friendly_name: t.string(),
  vendor_id: t.string(),
  vendor_name: t.string(),
  product_id: t.string(),
  product_name: t.string(),
  serial_number: t.string(),
  tms_rule_id: t.string(),
  threat_name: t.string(),
  mdr_alert: t.boolean(),
  mdr_alert_notes_present: t.boolean(),
  mdr_threat_notes_present: t.boolean(),
  mdr_workflow: t.object<Readonly<Record<string, unknown>>>(),
  mdr_determination: t.object<Readonly<Record<string, unknown>>>(),
  threat_hunt_id: t.string(),
  threat_hunt_name: t.string(),
} as const;

/** Every field that is declared of alerts. What else the service sends is read by `get()`. */
export const alertFields = { ...common, ...detected, ...current } as const;
