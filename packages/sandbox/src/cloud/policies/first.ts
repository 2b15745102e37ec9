import type { GroupRecord, HostType, SensorRecord } from "../../domain/index.js";
import { policyOfGroup } from "../context.js";
import { type Fields, type PolicyRecord, type PolicyRule, PRIORITIES, type Priority } from "./record.js";

type NewRule = Omit<PolicyRule, "id">;

const HOUR = 3_600_000;

const reputation = (value: string, operation: PolicyRule["operation"], action: PolicyRule["action"]): NewRule => ({
  ...{ required: false, action, operation },
  application: { type: "REPUTATION", value },
});

/** What every policy keeps from running. */
const BASIC: readonly NewRule[] = [
  { ...reputation("KNOWN_MALWARE", "RUN", "TERMINATE"), required: true },
  { ...reputation("COMPANY_BLACK_LIST", "RUN", "TERMINATE"), required: true },
  reputation("SUSPECT_MALWARE", "RUN", "TERMINATE"),
];

/** What policies for servers and controllers refuse besides. */
const STRICT: readonly NewRule[] = [
  reputation("PUP", "RUN", "DENY"),
  reputation("NOT_LISTED", "RANSOM", "TERMINATE"),
  reputation("NOT_LISTED", "CODE_INJECTION", "DENY"),
  reputation("NOT_LISTED", "MEMORY_SCRAPE", "DENY"),
];

/** The policies of an organisation that has not written any: one for each of its groups of sensors, under the group's name. */
export function firstPolicies(
  groups: readonly GroupRecord[],
  sensors: readonly SensorRecord[],
  now: number,
): PolicyRecord[] {
  return groups.map((group, index) => {
    const kind = usualKind(sensors.filter(({ group_id }) => group_id === group.id));
    const rules = [...BASIC, ...(kind === "workstation" ? [] : STRICT)].map((rule, at) => ({ id: at + 1, ...rule }));
    return {
      ...newPolicy(now),
      ...{
        id: policyOfGroup(group.id),
        name: group.name,
        position: index + 1,
        is_system: index === 0,
        of_group: group.id,
      },
      description: `Devices of the group ${group.name}`,
      priority_level: priorityOf(group, kind),
      ...{ rules, next_rule: rules.length + 1 },
    };
  });
}

/** What a policy is like of which only its name is known. */
export function newPolicy(now: number): Omit<PolicyRecord, "id" | "name" | "description" | "position"> {
  return {
    priority_level: "MEDIUM",
    of_group: null,
    is_system: false,
    latest_revision: now,
    auto_deregister_inactive_vdi_interval_ms: 0,
    auto_delete_known_bad_hashes_delay: null,
    av_settings: usualAntivirus(),
    sensor_settings: Object.entries(SENSOR_SETTINGS).map(([name, value]) => ({ name, value })),
    directory_action_rules: [],
    managed_detection_response_permissions: { policy_modification: false, quarantine: false },
    rules: [],
    next_rule: 1,
    configs: [],
  };
}

/** Values are text whatever they stand for. */
const SENSOR_SETTINGS: Readonly<Record<string, string>> = {
  ALLOW_EXPEDITED_SCAN: "true",
  ALLOW_UNINSTALL: "true",
  ALLOW_UPLOADS: "false",
  BACKGROUND_SCAN: "true",
  CB_LIVE_RESPONSE: "true",
  DELAY_EXECUTE: "true",
  ENABLE_THREAT_SHARING: "true",
  HASH_MD5: "true",
  HELP_MESSAGE: "",
  LOGGING_LEVEL: "NORMAL",
  POLICY_ACTION_OVERRIDE: "true",
  QUARANTINE_DEVICE: "false",
  QUARANTINE_DEVICE_MESSAGE: "Your device has been quarantined by your computer administrator.",
  SCAN_EXECUTE_ON_NETWORK_DRIVE: "true",
  SCAN_NETWORK_DRIVE: "false",
  SECURITY_CENTER_OPT: "true",
  SHOW_FULL_UI: "true",
  SHOW_UI: "true",
  UBS_OPT_IN: "true",
};

function usualAntivirus(): Fields {
  return {
    avira_protection_cloud: { enabled: true, max_exe_delay: 45, max_file_size: 4, risk_level: 4 },
    on_access_scan: { enabled: true, mode: "NORMAL" },
    on_demand_scan: {
      ...{ enabled: true, profile: "NORMAL", scan_usb: "AUTOSCAN", scan_cd_dvd: "AUTOSCAN" },
      schedule: { days: [], start_hour: 0, range_hours: 0, recovery_scan_if_missed: true },
    },
    signature_update: {
      enabled: true,
      schedule: { full_interval_hours: 0, initial_random_delay_hours: 4, interval_hours: 4 },
    },
    update_servers: {
      servers_override: [],
      servers_for_onsite_devices: [],
      servers_for_offsite_devices: [],
    },
  };
}

/** What most devices of a policy are; a policy without devices is one for workstations. */
function usualKind(sensors: readonly SensorRecord[]): HostType {
  const counts = new Map<HostType, number>();
  for (const { host_type } of sensors) counts.set(host_type, (counts.get(host_type) ?? 0) + 1);
  let usual: HostType = "workstation";
  for (const [kind, count] of counts) if (count > (counts.get(usual) ?? 0)) usual = kind;
  return usual;
}

/** As the organisation rates the group, or by what its devices are. */
function priorityOf(group: GroupRecord, kind: HostType): Priority {
  const rated = group.settings?.["alert_criticality"];
  if (typeof rated === "number") return PRIORITIES[Math.max(0, Math.min(3, rated - 2))] ?? "MEDIUM";
  return { workstation: "MEDIUM", server: "HIGH", domain_controller: "MISSION_CRITICAL" }[kind] as Priority;
}

/** How long the record of a policy's last change stands before the sandbox began: nobody has touched the first ones lately. */
export const FIRST_REVISION_AGE = 30 * 24 * HOUR;
