import type { Fields } from "../policies/record.js";

/** What is kept of alerts, in the words of the present service; the classic one shows the same by other names. */
declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the id. */
    cloud_alert: AlertRecord;
    /** Key: the id of the threat. */
    cloud_threat: ThreatRecord;
  }
}

/** What raises alerts. Those of VMWARE are known to the classic service only. */
export const ALERT_TYPES = [
  ...(["CB_ANALYTICS", "WATCHLIST", "VMWARE", "DEVICE_CONTROL", "CONTAINER_RUNTIME", "HOST_BASED_FIREWALL"] as const),
  "INTRUSION_DETECTION_SYSTEM",
] as const;
/** One of {@link ALERT_TYPES}. */
export type AlertType = (typeof ALERT_TYPES)[number];

export const WORKFLOW_STATUSES = ["OPEN", "IN_PROGRESS", "CLOSED"] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

export const CLOSURE_REASONS = [
  ...(["NO_REASON", "RESOLVED", "RESOLVED_BENIGN_KNOWN_GOOD", "DUPLICATE_CLEANUP", "OTHER"] as const),
] as const;

export const DETERMINATIONS = ["TRUE_POSITIVE", "FALSE_POSITIVE", "NONE"] as const;

/** How far somebody has got with an alert. */
export interface Workflow {
  status: WorkflowStatus;
  closure_reason: string;
  /** ISO 8601. */
  change_timestamp: string;
  changed_by: string;
  changed_by_type: string;
  /** Of the classic service: what was said about it, in words of one's own. */
  remediation: string;
  comment: string;
}

/** What somebody holds of an alert. */
export interface Determination {
  value: (typeof DETERMINATIONS)[number];
  change_timestamp: string;
  changed_by: string;
  changed_by_type: string;
}

/** What somebody wrote about an alert, or about a threat. */
export interface Note {
  id: string;
  author: string;
  note: string;
  source: "CUSTOMER";
  create_timestamp: string;
  last_update_timestamp: string;
  parent_id: null;
  read_history: null;
  thread: null;
}

/** An alert. */
export interface AlertRecord {
  id: string;
  /** Counts up in the order in which alerts are raised. */
  number: number;
  /** Milliseconds since 1970 at which it was raised. */
  raised: number;
  /** Its document in the present form, except for the parts below. */
  shown: AlertDocument;
  /** What only the classic form has. */
  classic: Fields;
  workflow: Workflow;
  determination: Determination | null;
  notes: Note[];
  history: Fields[];
}

/** What every alert tells; there is more of it by type. Times are ISO 8601 in UTC with milliseconds. */
export interface AlertDocument extends Fields {
  id: string;
  type: AlertType;
  threat_id: string;
  severity: number;
  reason: string;
  backend_timestamp: string;
  backend_update_timestamp: string;
  user_update_timestamp: string | null;
  device_id: number;
  device_name: string;
  tags: string[];
  alert_notes_present: boolean;
  threat_notes_present: boolean;
  is_updated: boolean;
}

/** What is kept of alerts that belong together. */
export interface ThreatRecord {
  id: string;
  tags: string[];
  notes: Note[];
  history: Fields[];
  /** How later alerts of it begin, where somebody has said so. */
  workflow: Workflow | null;
}
