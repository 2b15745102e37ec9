import type { Document } from "../../core/model/document.js";

// A policy in the form of Defense (`policyInfo`, names in camelCase) and in that of today's service (names with
// underscores), and the way from each to the other.

const originals = new WeakMap<Document, Document>();

/** The policy of today's service that a document in the form of Defense was made of; `undefined` for others. */
export function originalOf(classic: Document): Document | undefined {
  return originals.get(classic);
}

/** A policy of today's service in the form of Defense. */
export function classicPolicy(policy: Document): Document {
  const classic = inClassicForm(policy);
  originals.set(classic, policy);
  return classic;
}

function inClassicForm(policy: Document): Document {
  const { id, name, description, priority_level, version, is_system } = policy;
  return {
    id,
    name,
    description,
    priorityLevel: priority_level,
    version: version ?? 2,
    systemPolicy: is_system,
    policy: {
      id: -1,
      avSettings: classicAntivirus(part(policy["av_settings"])),
      sensorSettings: list(policy["sensor_settings"]),
      rules: list(policy["rules"]),
      directoryActionRules: list(policy["directory_action_rules"]).map((one) => {
        const { path, file_upload, protection } = part(one);
        return { path, actions: { FILE_UPLOAD: file_upload, PROTECTION: protection } };
      }),
      knownBadHashAutoDeleteDelayMs: policy["auto_delete_known_bad_hashes_delay"] ?? null,
    },
  };
}

/**
 * A policy of Defense in the form of today's service.
 * @param base the policy as the service has it: what Defense has no word for is taken from there
 */
export function currentPolicy(classic: Document, base: Document = {}): Record<string, unknown> {
  const inner = part(classic["policy"]);
  const { name, description, priorityLevel, version } = classic;
  const delay = inner["knownBadHashAutoDeleteDelayMs"];
  return {
    ...base,
    ...given({ name, description, priority_level: priorityLevel, version }),
    ...(inner["avSettings"] === undefined
      ? {}
      : { av_settings: merged(part(base["av_settings"]), currentAntivirus(part(inner["avSettings"]), base)) }),
    ...given({ sensor_settings: inner["sensorSettings"], rules: inner["rules"] }),
    ...(inner["directoryActionRules"] === undefined
      ? {}
      : {
          directory_action_rules: list(inner["directoryActionRules"]).map((one) => {
            const { path, actions } = part(one);
            const { FILE_UPLOAD, PROTECTION } = part(actions);
            return given({ path, file_upload: FILE_UPLOAD, protection: PROTECTION });
          }),
        }),
    ...(delay === undefined || delay === null ? {} : { auto_delete_known_bad_hashes_delay: delay }),
  };
}

function classicAntivirus(settings: Document): Record<string, unknown> {
  const cloud = part(settings["avira_protection_cloud"]);
  const access = part(settings["on_access_scan"]);
  const demand = part(settings["on_demand_scan"]);
  const update = part(settings["signature_update"]);
  const servers = part(settings["update_servers"]);
  const schedule = part(demand["schedule"]);
  const times = part(update["schedule"]);
  const features = [
    { name: "ONACCESS_SCAN", enabled: access["enabled"] },
    { name: "ONDEMAND_SCAN", enabled: demand["enabled"] },
    { name: "SIGNATURE_UPDATE", enabled: update["enabled"] },
  ].filter(({ enabled }) => enabled !== undefined);
  const onsite = list(servers["servers_for_onsite_devices"]).map((one) => part(one)["server"]);
  return given({
    features: features.length === 0 ? undefined : features,
    apc: some({
      enabled: cloud["enabled"],
      maxExeDelay: cloud["max_exe_delay"],
      maxFileSize: cloud["max_file_size"],
      riskLevel: cloud["risk_level"],
    }),
    onAccessScan: some({ profile: access["mode"] }),
    onDemandScan: some({
      profile: demand["profile"],
      scanUsb: demand["scan_usb"],
      scanCdDvd: demand["scan_cd_dvd"],
      schedule: some({
        days: schedule["days"],
        startHour: schedule["start_hour"],
        rangeHours: schedule["range_hours"],
        recoveryScanIfMissed: schedule["recovery_scan_if_missed"],
      }),
    }),
    signatureUpdate: some({
      schedule: some({
        intervalHours: times["interval_hours"],
        fullIntervalHours: times["full_interval_hours"],
        initialRandomDelayHours: times["initial_random_delay_hours"],
      }),
    }),
    updateServers: some({
      servers: onsite.length === 0 ? undefined : [{ server: onsite, flags: 0, regId: null }],
      serversForOffSiteDevices: servers["servers_for_offsite_devices"],
      serversOverride: servers["servers_override"],
    }),
  });
}

function currentAntivirus(settings: Document, base: Document): Record<string, unknown> {
  const apc = part(settings["apc"]);
  const demand = part(settings["onDemandScan"]);
  const schedule = part(demand["schedule"]);
  const times = part(part(settings["signatureUpdate"])["schedule"]);
  const servers = part(settings["updateServers"]);
  const features = new Map(list(settings["features"]).map((one) => [part(one)["name"], part(one)["enabled"]]));
  return given({
    avira_protection_cloud: some({
      enabled: apc["enabled"],
      max_exe_delay: apc["maxExeDelay"],
      max_file_size: apc["maxFileSize"],
      risk_level: apc["riskLevel"],
    }),
    on_access_scan: some({
      enabled: features.get("ONACCESS_SCAN"),
      mode: part(settings["onAccessScan"])["profile"],
    }),
    on_demand_scan: some({
      enabled: features.get("ONDEMAND_SCAN"),
      profile: demand["profile"],
      scan_usb: demand["scanUsb"],
      scan_cd_dvd: demand["scanCdDvd"],
      schedule: some({
        days: schedule["days"],
        start_hour: schedule["startHour"],
        range_hours: schedule["rangeHours"],
        recovery_scan_if_missed: schedule["recoveryScanIfMissed"],
      }),
    }),
    signature_update: some({
      enabled: features.get("SIGNATURE_UPDATE"),
      schedule: some({
        interval_hours: times["intervalHours"],
        full_interval_hours: times["fullIntervalHours"],
        initial_random_delay_hours: times["initialRandomDelayHours"],
      }),
    }),
    update_servers: some({
      servers_override: servers["serversOverride"],
      servers_for_onsite_devices: onsiteServers(servers["servers"], base),
      servers_for_offsite_devices: servers["serversForOffSiteDevices"],
    }),
  });
}

/** Which servers are preferred, Defense has no word for: those that were before stay so. */
function onsiteServers(servers: unknown, base: Document): unknown {
  if (servers === undefined) return undefined;
  const before = list(part(part(base["av_settings"])["update_servers"])["servers_for_onsite_devices"]).map(part);
  const names = list(servers).flatMap((one) => list(part(one)["server"]));
  return names.map((server) => before.find((one) => one["server"] === server) ?? { server, preferred: false });
}

/** What is there, on top of what was there. Lists are taken as a whole. */
function merged(before: Document, after: Document): Record<string, unknown> {
  const both: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const isPart = typeof value === "object" && value !== null && !Array.isArray(value);
    both[name] = isPart ? merged(part(before[name]), value as Document) : value;
  }
  return both;
}

function part(value: unknown): Document {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Without what is not there. */
function given(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

/** The same; nothing where all of it is not there. */
function some(value: Record<string, unknown>): Record<string, unknown> | undefined {
  const there = given(value);
  return Object.keys(there).length === 0 ? undefined : there;
}
