import { baseName } from "../../paths.js";
import type { Fields } from "../policies/record.js";
import type { AlertRecord, Workflow } from "./record.js";

/** An alert as the present service shows it. */
export function alertDocument({ shown, workflow, determination }: AlertRecord): Fields {
  const { remediation: _, comment, ...rest } = workflow;
  return { ...shown, workflow: comment === "" ? rest : { ...rest, note: comment }, determination };
}

/** What alerts are searched by in the present service: their document, with what lies deeper in it brought up. */
export function searched(record: AlertRecord): Fields {
  const document = alertDocument(record);
  const { watchlists } = record.shown as { watchlists?: { id: string; name: string }[] };
  return {
    ...document,
    workflow_status: record.workflow.status,
    workflow_closure_reason: record.workflow.closure_reason,
    workflow_changed_by: record.workflow.changed_by,
    workflow_changed_by_type: record.workflow.changed_by_type,
    workflow_change_timestamp: record.workflow.change_timestamp,
    determination_value: record.determination?.value ?? "NONE",
    determination_change_timestamp: record.determination?.change_timestamp ?? null,
    determination_changed_by: record.determination?.changed_by ?? null,
    determination_changed_by_type: record.determination?.changed_by_type ?? null,
    watchlists_id: watchlists?.map(({ id }) => id) ?? [],
    watchlists_name: watchlists?.map(({ name }) => name) ?? [],
  };
}

/** How the classic service calls what the present one has other names for. */
const CLASSIC_NAMES: Readonly<Record<string, string>> = {
  ...{ backend_timestamp: "create_time", backend_update_timestamp: "last_update_time" },
  ...{ first_event_timestamp: "first_event_time", last_event_timestamp: "last_event_time" },
  ...{ device_policy_id: "policy_id", device_policy: "policy_name", device_target_value: "target_value" },
  ...{ alert_notes_present: "notes_present" },
};

/** What it shows under the same name, of whatever type. */
const SAME_NAMES = [
  ...["id", "org_key", "type", "threat_id", "severity", "reason", "reason_code", "device_id", "device_name"],
  ...["device_os", "device_os_version", "device_username", "tags", "run_state", "policy_applied", "sensor_action"],
  ...["device_location", "watchlists", "report_id", "report_name", "ioc_id", "ioc_hit", "ioc_field"],
];

/** What it shows of the process that an alert is about. */
const CAUSE_NAMES: Readonly<Record<string, string>> = {
  ...{ process_sha256: "threat_cause_actor_sha256", process_md5: "threat_cause_actor_md5" },
  ...{ process_pid: "threat_cause_actor_process_pid", process_reputation: "threat_cause_reputation" },
  ...{ process_guid: "threat_cause_process_guid", parent_guid: "threat_cause_parent_guid" },
  primary_event_id: "threat_cause_cause_event_id",
};

/** An alert as the classic service shows it. */
export function classicAlert({ shown, classic, workflow }: AlertRecord): Fields {
  const document: Fields = {};
  for (const name of SAME_NAMES) if (Object.hasOwn(shown, name)) document[name] = shown[name];
  for (const [name, other] of Object.entries(CLASSIC_NAMES)) document[other] = shown[name] ?? null;
  const path = shown["process_name"];
  if (typeof path === "string") {
    // This service names programs by the last part of their paths.
    const process_name = baseName(path);
    document["process_name"] = process_name;
    document["threat_cause_actor_name"] = process_name;
    for (const [name, other] of Object.entries(CAUSE_NAMES)) document[other] = shown[name] ?? null;
    document["threat_indicators"] = [
      { process_name, sha256: shown["process_sha256"] ?? "", ttps: shown["ttps"] ?? [] },
    ];
    if (shown.type === "CB_ANALYTICS") document["created_by_event_id"] = shown["primary_event_id"];
    if (shown.type === "WATCHLIST") document["process_guid"] = shown["process_guid"];
  }
  return { ...document, ...classic, group_details: null, workflow: classicWorkflow(workflow) };
}

/** How far somebody has got with an alert, in the two states that the classic service knows. */
export function classicWorkflow({ status, remediation, comment, change_timestamp, changed_by }: Workflow): Fields {
  return {
    state: status === "CLOSED" ? "DISMISSED" : "OPEN",
    ...{ remediation, comment, changed_by, last_update_time: change_timestamp },
  };
}

/** What alerts are searched by in the classic service. */
export function classicSearched(record: AlertRecord): Fields {
  const { shown } = record;
  const { watchlists } = shown as { watchlists?: { id: string; name: string }[] };
  const document = classicAlert(record);
  return {
    ...document,
    process_sha256: shown["process_sha256"] ?? null,
    reputation: shown["process_reputation"] ?? null,
    tag: shown.tags,
    workflow: record.workflow.status === "CLOSED" ? "DISMISSED" : "OPEN",
    watchlist_id: watchlists?.map(({ id }) => id) ?? [],
    watchlist_name: watchlists?.map(({ name }) => name) ?? [],
  };
}
