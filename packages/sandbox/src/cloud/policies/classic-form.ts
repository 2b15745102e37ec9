import { HttpProblem } from "../../server/product.js";
import { WriteBody } from "../../server/write-body.js";
import type { Fields, PolicyRecord } from "./record.js";

/** A policy as the classic service shows it: names in another style, and the same settings grouped differently. */
export function classicPolicy(record: PolicyRecord): Fields {
  return {
    ...{ id: record.id, name: record.name, description: record.description, priorityLevel: record.priority_level },
    ...{ latestRevision: record.latest_revision, systemPolicy: record.is_system, version: 2 },
    policy: {
      id: -1,
      avSettings: classicAntivirus(record.av_settings),
      sensorSettings: record.sensor_settings,
      rules: record.rules,
      directoryActionRules: record.directory_action_rules.map(({ path, file_upload, protection }) => ({
        path,
        actions: { FILE_UPLOAD: file_upload, PROTECTION: protection },
      })),
      knownBadHashAutoDeleteDelayMs: record.auto_delete_known_bad_hashes_delay,
    },
  };
}

/** The fields of a classic policy in the present form: what it does not tell of is left out. */
export function presentForm(info: WriteBody): Fields {
  const fields: Fields = {};
  const take = (from: WriteBody, name: string, as: string): void => {
    if (from.has(name)) fields[as] = from.value(name) ?? null;
  };
  take(info, "name", "name");
  take(info, "description", "description");
  take(info, "priorityLevel", "priority_level");
  if (!info.has("policy")) return fields;
  const policy = new WriteBody(info.value("policy"), "policy");
  take(policy, "sensorSettings", "sensor_settings");
  take(policy, "rules", "rules");
  take(policy, "knownBadHashAutoDeleteDelayMs", "auto_delete_known_bad_hashes_delay");
  const directories = policy.list("directoryActionRules");
  if (directories !== undefined) {
    fields["directory_action_rules"] = directories.map((each) => {
      const { path, actions } = objectIn(each, "directoryActionRules");
      const { FILE_UPLOAD = false, PROTECTION = false } = objectIn(actions ?? {}, "actions");
      return { path, file_upload: FILE_UPLOAD, protection: PROTECTION };
    });
  }
  if (policy.value("avSettings") !== undefined) {
    fields["av_settings"] = presentAntivirus(objectIn(policy.value("avSettings"), "avSettings"));
  }
  return fields;
}

const objectIn = (value: unknown, name: string): Fields => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new HttpProblem(400, `${name} must hold objects`);
};

/** Two names of the same settings side by side, down through what they hold. */
type Names = { readonly [present: string]: string | readonly [classic: string, within: Names] };

const NAMES: Names = {
  avira_protection_cloud: [
    "apc",
    { enabled: "enabled", max_exe_delay: "maxExeDelay", max_file_size: "maxFileSize", risk_level: "riskLevel" },
  ],
  on_access_scan: ["onAccessScan", { mode: "profile" }],
  on_demand_scan: [
    "onDemandScan",
    {
      ...{ profile: "profile", scan_usb: "scanUsb", scan_cd_dvd: "scanCdDvd" },
      schedule: [
        "schedule",
        {
          ...{ days: "days", start_hour: "startHour", range_hours: "rangeHours" },
          recovery_scan_if_missed: "recoveryScanIfMissed",
        },
      ],
    },
  ],
  signature_update: [
    "signatureUpdate",
    {
      schedule: [
        "schedule",
        {
          ...{ interval_hours: "intervalHours", full_interval_hours: "fullIntervalHours" },
          initial_random_delay_hours: "initialRandomDelayHours",
        },
      ],
    },
  ],
};

/** Whether each of these runs stands in a list of its own. */
const FEATURES = {
  signature_update: "SIGNATURE_UPDATE",
  on_access_scan: "ONACCESS_SCAN",
  on_demand_scan: "ONDEMAND_SCAN",
} as const;

const fieldsIn = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

function renamed(fields: Fields, names: Names, way: "classic" | "present"): Fields {
  const to: Fields = {};
  for (const [present, entry] of Object.entries(names)) {
    const [classic, within] = typeof entry === "string" ? [entry, undefined] : entry;
    const [from, into] = way === "classic" ? [present, classic] : [classic, present];
    if (!Object.hasOwn(fields, from)) continue;
    const value = fields[from];
    to[into] = within === undefined ? value : renamed(fieldsIn(value), within, way);
  }
  return to;
}

function classicAntivirus(settings: Fields): Fields {
  const servers = fieldsIn(settings["update_servers"]);
  const onsite = (servers["servers_for_onsite_devices"] ?? []) as { server: string; preferred: boolean }[];
  return {
    ...renamed(settings, NAMES, "classic"),
    features: Object.entries(FEATURES).flatMap(([present, name]) => {
      const { enabled } = fieldsIn(settings[present]);
      return typeof enabled === "boolean" ? [{ name, enabled }] : [];
    }),
    updateServers: {
      servers: onsite.map(({ server }) => ({ flags: 0, regId: null, server: [server] })),
      serversForOffSiteDevices: servers["servers_for_offsite_devices"] ?? [],
    },
  };
}

function presentAntivirus(settings: Fields): Fields {
  const present = renamed(settings, NAMES, "present");
  const features = Array.isArray(settings["features"]) ? (settings["features"] as unknown[]).map(fieldsIn) : [];
  for (const [name, feature] of Object.entries(FEATURES)) {
    const found = features.find((each) => each["name"] === feature);
    if (found !== undefined) present[name] = { ...fieldsIn(present[name]), enabled: found["enabled"] === true };
  }
  const servers = fieldsIn(settings["updateServers"]);
  if (Object.keys(servers).length > 0) {
    const onsite = Array.isArray(servers["servers"]) ? (servers["servers"] as unknown[]).map(fieldsIn) : [];
    present["update_servers"] = {
      servers_override: [],
      servers_for_onsite_devices: onsite
        .flatMap(({ server }) => (Array.isArray(server) ? (server as unknown[]) : [server]))
        .filter((server) => typeof server === "string")
        .map((server) => ({ server, preferred: false })),
      servers_for_offsite_devices: servers["serversForOffSiteDevices"] ?? [],
    };
  }
  return present;
}
