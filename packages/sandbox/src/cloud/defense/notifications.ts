import { baseName } from "../../paths.js";
import { alertsOf } from "../alerts/alerts.js";
import type { AlertRecord } from "../alerts/record.js";
import { lastTaken, taken } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { connectorOf } from "../jobs/jobs.js";
import type { CloudRoute } from "../part.js";
import type { Fields } from "../policies/record.js";
import { epoch, SUCCESS } from "./envelope.js";

const DAY = 86_400_000;
/** A connector that asks for the first time is told of what was raised so long before the sandbox began. */
const KEPT = 7 * DAY;

/** The queue of notifications: each is handed once to each connector. */
export function notificationRoutes(context: CloudContext): CloudRoute[] {
  return [
    {
      ...{ method: "GET", path: "/integrationServices/v3/notification", kind: "SIEM", findings: true },
      retired: "ask /api/alerts/v7/orgs/{org}/alerts/_search",
      handle: (request) => {
        const oldest = context.presence.start - KEPT;
        const reader = `notification/${connectorOf(request)}`;
        const items = alertsOf(context)
          .raisedSince(lastTaken(context, reader))
          .filter(({ raised }) => raised >= oldest)
          .flatMap((record) => {
            const shown = notification(context, record);
            return shown === undefined ? [] : [{ id: record.number, shown }];
          });
        const notifications = taken(context, reader, items).map(({ shown }) => shown);
        return { status: 200, body: { ...SUCCESS, notifications } };
      },
    },
  ];
}

const PRIORITY_CODES = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"];

/** What a SIEM is told of an alert; undefined of those that it is not told of. */
function notification(context: CloudContext, record: AlertRecord): Fields | undefined {
  const { shown, classic } = record;
  const time = epoch(shown.backend_timestamp);
  const name = baseName(String(shown["process_name"] ?? ""));
  const shared = {
    ...{ eventId: shown["primary_event_id"], eventTime: time, eventDescription: `[${name}] ${shown.reason}` },
    ...{
      ruleName: "Sandbox",
      url: `${context.url()}/investigate?s[searchWindow]=ALL&s[c][DEVICE_ID][0]=${shown.device_id}`,
    },
    deviceInfo: deviceInfo(record),
  };
  const indicators = ((shown["ttps"] ?? []) as string[]).map((indicatorName) => ({
    ...{ applicationName: name, sha256Hash: shown["process_sha256"] ?? "", indicatorName },
  }));
  const incident = {
    incidentId: classic["legacy_alert_id"],
    score: shown.severity,
    summary: shown.reason,
    time,
    indicators,
  };
  const threatCause = {
    ...{ actor: shown["process_sha256"] ?? "", actorName: name, actorProcessPid: shown["process_pid"] ?? null },
    ...{
      causeEventId: shown["primary_event_id"],
      reason: shown["reason_code"],
      reputation: shown["process_reputation"],
    },
    ...{
      threatCategory: classic["threat_cause_threat_category"] ?? null,
      threatVector: classic["threat_cause_vector"] ?? null,
    },
  };
  if (shown.type === "WATCHLIST") {
    const watchlists = (shown["watchlists"] ?? []) as { id: string; name: string }[];
    return {
      ...{ type: "THREAT_HUNTER", ...shared },
      threatHunterInfo: {
        ...{ ...incident, threatCause, watchLists: watchlists.map((each) => ({ ...each, alert: true })) },
        ...{ iocId: shown["ioc_id"], reportId: shown["report_id"], reportName: shown["report_name"], count: 0 },
        ...{ dismissed: record.workflow.status === "CLOSED", documentGuid: classic["document_guid"] ?? null },
        ...{ firstActivityTime: epoch(shown["first_event_timestamp"]), lastUpdatedTime: time },
        ...{ md5: shown["process_md5"], sha256: shown["process_sha256"], policyId: shown["device_policy_id"] },
        ...{ processGuid: shown["process_guid"], processPath: shown["process_name"] },
        ...{ reputation: shown["process_reputation"], responseAlarmId: record.id, responseSeverity: shown.severity },
        ...{ runState: shown["run_state"], status: "UNRESOLVED", tags: shown.tags },
        targetPriority: shown["device_target_value"],
      },
    };
  }
  if (shown.type !== "CB_ANALYTICS") return undefined;
  if (shown["policy_applied"] !== "APPLIED") {
    return { type: "THREAT", ...shared, threatInfo: { ...incident, threatCause } };
  }
  return {
    ...{ type: "POLICY_ACTION", ...shared },
    policyAction: {
      ...{ action: shown["sensor_action"], applicationName: name, sha256Hash: shown["process_sha256"] },
      reputation: shown["process_reputation"],
    },
  };
}

function deviceInfo({ shown }: AlertRecord): Fields {
  const priority = String(shown["device_target_value"]);
  return {
    ...{ deviceId: shown.device_id, deviceName: shown.device_name, deviceHostName: null },
    ...{ deviceType: shown["device_os"], deviceVersion: shown["device_os_version"], email: shown["device_username"] },
    ...{ groupName: shown["device_policy"], internalIpAddress: shown["device_internal_ip"] },
    ...{ externalIpAddress: shown["device_external_ip"], targetPriorityType: priority },
    ...{ targetPriorityCode: Math.max(0, PRIORITY_CODES.indexOf(priority)), uemId: shown["device_uem_id"] },
  };
}
