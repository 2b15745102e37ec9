// The public names of the Python library's Cloud part, by the product that has them here. A member is ours in camelCase
// unless `renamed` says otherwise.

/**
 * @typedef {{
 *   readonly python: string, readonly product: string, readonly ours: string,
 *   readonly kind: "client" | "class" | "model" | "query",
 *   readonly members?: string, readonly fields?: string,
 *   readonly renamed?: Readonly<Record<string, string>>, readonly by?: string,
 * }} PythonClass
 * `ours` of a query is the model that it finds; `by` is what gives objects of a class that nobody asks for by itself.
 */

const platform = `alert_search_suggestions bulk_threat_dismiss bulk_threat_update create device_background_scan device_bypass
  device_delete_sensor device_quarantine device_uninstall_sensor device_update_policy device_update_sensor_version select`;
const ofModels = { primary_key: "spec.key", info_key: "spec.path", urlobject: "spec.path" };

/** @type {readonly PythonClass[]} */
export const CLOUD = [
  {
    python: "CbDefenseAPI",
    product: "defense",
    ours: "CbDefenseAPI",
    kind: "client",
    members: `${platform} api_json_request delete_object get_notifications get_object get_raw_data notification_listener
      post_object put_object raise_unless_json url`,
  },
  { python: "Query", product: "defense", ours: "Device", kind: "query", members: "and_ where" },
  {
    python: "Device",
    product: "defense",
    ours: "Device",
    kind: "model",
    members: "lr_session primary_key info_key urlobject",
    renamed: ofModels,
    fields: `activationCode activationCodeExpiryTime assignedToId assignedToName avEngine avLastScanTime avMaster avStatus
      avUpdateServers createTime deregisteredTime deviceGuid deviceId deviceOwnerId deviceSessionId deviceType email firstName
      firstVirusActivityTime lastContact lastExternalIpAddress lastInternalIpAddress lastLocation lastName lastReportedTime
      lastResetTime lastShutdownTime lastVirusActivityTime linuxKernelVersion messages middleName name organizationId
      organizationName osVersion passiveMode policyId policyName quarantined registeredTime rootedByAnalytics
      rootedByAnalyticsTime rootedBySensor rootedBySensorTime scanLastActionTime scanLastCompleteTime scanStatus sensorStates
      sensorVersion status targetPriorityType testId uninstalledTime vdiBaseDevice windowsPlatform`,
  },
  {
    python: "Event",
    product: "defense",
    ours: "Event",
    kind: "model",
    members: "primary_key info_key urlobject",
    renamed: ofModels,
  },
  {
    python: "Policy",
    product: "defense",
    ours: "Policy",
    kind: "model",
    members: "add_rule delete_rule replace_rule rules info_key urlobject",
    renamed: ofModels,
    fields: "description id latestRevision name policy priorityLevel systemPolicy version",
  },
  {
    python: "CbThreatHunterAPI",
    product: "threathunter",
    ours: "CbThreatHunterAPI",
    kind: "client",
    members: `${platform} convert_query custom_severities limits queries validate_query`,
  },
  {
    python: "QueryBuilder",
    product: "threathunter",
    ours: "QueryBuilder",
    kind: "class",
    members: "and_ not_ or_ where",
  },
  { python: "Query", product: "threathunter", ours: "Event", kind: "query", members: "and_ not_ or_ where" },
  {
    python: "AsyncProcessQuery",
    product: "threathunter",
    ours: "Process",
    kind: "query",
    members: "and_ not_ or_ sort_by timeout where",
  },
  { python: "FeedQuery", product: "threathunter", ours: "Feed", kind: "query", members: "where" },
  { python: "ReportQuery", product: "threathunter", ours: "Report", kind: "query", members: "where" },
  { python: "WatchlistQuery", product: "threathunter", ours: "Watchlist", kind: "query" },
  {
    python: "Process",
    product: "threathunter",
    ours: "Process",
    kind: "model",
    members: "children events parents process_md5 process_pids process_sha256 siblings summary tree",
    renamed: { process_md5: "process_md5", process_pids: "process_pids", process_sha256: "process_sha256" },
  },
  { python: "Process.Summary", product: "threathunter", ours: "ProcessSummary", kind: "model", by: "Process.summary" },
  { python: "Event", product: "threathunter", ours: "Event", kind: "model" },
  { python: "Tree", product: "threathunter", ours: "Tree", kind: "model", members: "children" },
  {
    python: "Feed",
    product: "threathunter",
    ours: "Feed",
    kind: "model",
    members: "append_reports delete replace_reports reports save update validate",
  },
  {
    python: "Report",
    product: "threathunter",
    ours: "Report",
    kind: "model",
    members: "custom_severity delete ignore ignored iocs_ save_watchlist unignore update validate",
    renamed: { custom_severity: "custom_severity", iocs_: "iocs_" },
  },
  { python: "IOC", product: "threathunter", ours: "IOC", kind: "model", members: "validate" },
  {
    python: "IOC_V2",
    product: "threathunter",
    ours: "IOC_V2",
    kind: "model",
    members: "ignore ignored unignore validate",
  },
  {
    python: "Watchlist",
    product: "threathunter",
    ours: "Watchlist",
    kind: "model",
    members: `classifier_ delete disable_alerts disable_tags enable_alerts enable_tags feed reports save update validate`,
    renamed: { classifier_: "classifier_" },
  },
  { python: "ReportSeverity", product: "threathunter", ours: "ReportSeverity", kind: "model" },
  { python: "Binary", product: "threathunter", ours: "Binary", kind: "model", members: "download_url summary" },
  { python: "Binary.Summary", product: "threathunter", ours: "BinarySummary", kind: "model", by: "Binary.summary" },
  { python: "Downloads", product: "threathunter", ours: "Downloads", kind: "model", fields: "found" },
  { python: "Downloads.FoundItem", product: "threathunter", ours: "FoundItem", kind: "class" },
];
