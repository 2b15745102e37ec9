/** What is kept of policies, in the words of the present service; the classic one speaks of the same by other names. */
declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the id. */
    cloud_policy: PolicyRecord;
  }
}

/** How important devices of a policy are, the least first. */
export const PRIORITIES = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"] as const;
/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** What a rule does about what it names. */
export const RULE_ACTIONS = ["IGNORE", "ALLOW", "TERMINATE_PROCESS", "TERMINATE_THREAD", "TERMINATE", "DENY"] as const;

/** What a rule is about. */
export const RULE_OPERATIONS = [
  ...(["BYPASS_ALL", "BYPASS_API", "INVOKE_SCRIPT", "INVOKE_SYSAPP", "POL_INVOKE_NOT_TRUSTED"] as const),
  ...(["INVOKE_CMD_INTERPRETER", "RANSOM", "NETWORK", "PROCESS_ISOLATION", "CODE_INJECTION", "MEMORY_SCRAPE"] as const),
  ...(["RUN_INMEMORY_CODE", "ESCALATE", "RUN", "MODIFY_SYSTEM_EXE"] as const),
] as const;

/** How a rule names programs. */
export const APPLICATION_TYPES = ["NAME_PATH", "SIGNED_BY", "REPUTATION"] as const;

/** What is known of programs; rules name one of them. */
export const RULE_REPUTATIONS = [
  ...(["ADAPTIVE_WHITE_LIST", "ADWARE", "COMMON_WHITE_LIST", "COMPANY_BLACK_LIST", "COMPANY_WHITE_LIST"] as const),
  ...(["HEURISTIC", "IGNORE", "KNOWN_MALWARE", "LOCAL_WHITE", "NOT_LISTED", "PUP", "RESOLVING"] as const),
  ...(["SUSPECT_MALWARE", "TRUSTED_WHITE_LIST"] as const),
] as const;

/** A rule about what programs may do. */
export interface PolicyRule {
  id: number;
  /** One that cannot be removed. */
  required: boolean;
  action: (typeof RULE_ACTIONS)[number];
  operation: (typeof RULE_OPERATIONS)[number];
  application: { type: (typeof APPLICATION_TYPES)[number]; value: string };
}

/** What a policy has changed of a rule configuration; the rest is as the catalogue has it. */
export interface ChangedConfig {
  id: string;
  parameters?: Record<string, unknown>;
  exclusions?: Record<string, unknown>;
}

/** Any JSON object. */
export type Fields = Record<string, unknown>;

/** A policy as it is kept. */
export interface PolicyRecord {
  id: number;
  name: string;
  description: string;
  priority_level: Priority;
  /** The one with the lowest has the highest rank. */
  position: number;
  /** The group of sensors that it was made of; null of one that somebody wrote. */
  of_group: number | null;
  /** Nobody can delete it. */
  is_system: boolean;
  /** Milliseconds since 1970. */
  latest_revision: number;
  auto_deregister_inactive_vdi_interval_ms: number;
  auto_delete_known_bad_hashes_delay: number | null;
  av_settings: Fields;
  sensor_settings: { name: string; value: string }[];
  directory_action_rules: { path: string; file_upload: boolean; protection: boolean }[];
  managed_detection_response_permissions: { policy_modification: boolean; quarantine: boolean };
  rules: PolicyRule[];
  /** Given out with the next rule: numbers are not used again. */
  next_rule: number;
  configs: ChangedConfig[];
}
