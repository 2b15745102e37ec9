// The words that the service uses for what alerts tell, as far as criteria take no others.

/** Kinds of alerts. */
export const ALERT_TYPES = [
  "CB_ANALYTICS",
  "VMWARE",
  "WATCHLIST",
  "DEVICE_CONTROL",
  "CONTAINER_RUNTIME",
  "HOST_BASED_FIREWALL",
  "INTRUSION_DETECTION_SYSTEM",
] as const;
export const ALERT_CATEGORIES = ["THREAT", "MONITORED", "INFO", "MINOR", "SERIOUS", "CRITICAL"] as const;
export const ALERT_DEVICE_OS = ["WINDOWS", "ANDROID", "MAC", "IOS", "LINUX", "OTHER"] as const;
export const TARGET_VALUES = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"] as const;
/** What the service thinks of a file. */
export const REPUTATIONS = [
  "KNOWN_MALWARE",
  "SUSPECT_MALWARE",
  "PUP",
  "NOT_LISTED",
  "ADAPTIVE_WHITE_LIST",
  "COMMON_WHITE_LIST",
  "TRUSTED_WHITE_LIST",
  "COMPANY_BLACK_LIST",
  "COMPANY_WHITE_LIST",
  "LOCAL_WHITE",
  "ADWARE",
  "HEURISTIC",
  "RESOLVING",
  "IGNORE",
] as const;
/** Where an alert stands; `IN_PROGRESS` is known to the service of today only. */
export const WORKFLOW_STATES = ["OPEN", "DISMISSED"] as const;
export const THREAT_CATEGORIES = ["UNKNOWN", "NON_MALWARE", "NEW_MALWARE", "KNOWN_MALWARE", "RISKY_PROGRAM"] as const;
export const DEVICE_LOCATIONS = ["ONSITE", "OFFSITE", "UNKNOWN"] as const;
export const KILL_CHAIN_STATUSES = [
  "RECONNAISSANCE",
  "WEAPONIZE",
  "DELIVER_EXPLOIT",
  "INSTALL_RUN",
  "COMMAND_AND_CONTROL",
  "EXECUTE_GOAL",
  "BREACH",
] as const;
export const POLICY_APPLIED = ["APPLIED", "NOT_APPLIED"] as const;
export const RUN_STATES = ["DID_NOT_RUN", "RAN", "UNKNOWN"] as const;
export const SENSOR_ACTIONS = ["POLICY_NOT_APPLIED", "ALLOW", "ALLOW_AND_LOG", "TERMINATE", "DENY"] as const;
export const THREAT_CAUSE_VECTORS = [
  "EMAIL",
  "WEB",
  "GENERIC_SERVER",
  "GENERIC_CLIENT",
  "REMOTE_DRIVE",
  "REMOVABLE_MEDIA",
  "UNKNOWN",
  "APP_STORE",
  "THIRD_PARTY",
] as const;
/** Where an alert stands in the service of today. */
export const WORKFLOW_STATUSES = ["OPEN", "IN_PROGRESS", "CLOSED"] as const;
/** Why an alert was closed. */
export const CLOSURE_REASONS = [
  "NO_REASON",
  "RESOLVED",
  "RESOLVED_BENIGN_KNOWN_GOOD",
  "DUPLICATE_CLEANUP",
  "OTHER",
] as const;
/** What an alert turned out to be. */
export const DETERMINATIONS = ["TRUE_POSITIVE", "FALSE_POSITIVE", "NONE"] as const;

export type AlertType = (typeof ALERT_TYPES)[number];
export type AlertCategory = (typeof ALERT_CATEGORIES)[number];
export type AlertDeviceOs = (typeof ALERT_DEVICE_OS)[number];
export type TargetValue = (typeof TARGET_VALUES)[number];
export type AlertReputation = (typeof REPUTATIONS)[number];
export type WorkflowState = (typeof WORKFLOW_STATES)[number];
export type ThreatCategory = (typeof THREAT_CATEGORIES)[number];
export type AlertDeviceLocation = (typeof DEVICE_LOCATIONS)[number];
export type KillChainStatus = (typeof KILL_CHAIN_STATUSES)[number];
export type PolicyApplied = (typeof POLICY_APPLIED)[number];
export type AlertRunState = (typeof RUN_STATES)[number];
export type AlertSensorAction = (typeof SENSOR_ACTIONS)[number];
export type ThreatCauseVector = (typeof THREAT_CAUSE_VECTORS)[number];
export type WorkflowStatusWord = (typeof WORKFLOW_STATUSES)[number];
export type ClosureReason = (typeof CLOSURE_REASONS)[number];
export type Determination = (typeof DETERMINATIONS)[number];
