/** What administrators set up, as the sandbox keeps it. Times are milliseconds since 1970 (UTC). */
declare module "./objects.js" {
  interface ObjectRecords {
    /** Key: the hash in lower case. */
    ban: BanRecord;
    /** Key: the id. */
    user: UserRecord;
    /** Key: the id. */
    team: TeamRecord;
    /** Key: the id, which is text. */
    ingress_filter: IngressFilterRecord;
    /** Key: the id. */
    investigation: InvestigationRecord;
    /** Key: the id. */
    tagged_event: TaggedEventRecord;
  }
}

/** A hash that must not run, or once must not have. */
export interface BanRecord {
  /** Lower case. */
  md5: string;
  text: string | null;
  enabled: boolean;
  block_count: number;
  last_block_time: number | null;
  last_block_sensor_id: number | null;
  last_block_hostname: string | null;
  /** Every change, the newest first: its first entry is the present state and who brought it about. At least one. */
  audit: BanAuditRecord[];
}

/** A change of a ban, with the state that it led to. */
export interface BanAuditRecord {
  username: string;
  user_id: number;
  timestamp: number;
  text: string | null;
  enabled: boolean;
}

/** Somebody who may log on. */
export interface UserRecord {
  id: number;
  username: string;
  first_name: string;
  last_name: string;
  email: string;
  global_admin: boolean;
  /** Ids of teams. */
  teams: number[];
  /** Salt and hash, never the password itself. */
  password?: string;
}

/** What a team may do with the sensors of a group. */
export const ACCESS_CATEGORIES = ["No Access", "Viewer", "Administrator"] as const;

/** Users who share what they may see and do. */
export interface TeamRecord {
  id: number;
  name: string;
  /** A group appears once at most. */
  group_access: { group_id: number; access_category: (typeof ACCESS_CATEGORIES)[number] }[];
}

/** Which processes, or which of their events, the server does not take. */
export interface IngressFilterRecord {
  id: string;
  name: string;
  description: string;
  create_timestamp: number;
  create_user_id: number;
  modify_timestamp: number;
  modify_user_id: number;
  version: number;
  /** Hits per second, averaged over 15 minutes, as it was at `at`. */
  rate: { value: number; at: number };
  /** The one of the highest priority decides. */
  priority: number;
  enabled: boolean;
  filter_on_sensor: boolean;
  filter_on_server: boolean;
  track_metrics: boolean;
  /** 1 Windows, 2 macOS, 4 Linux, added up. */
  os_mask: number;
  /** True: whatever the group and the sensor. */
  global: boolean;
  group_ids: number[];
  sensor_ids: number[];
  path_filters: string[];
  cmdline_filters: string[];
  md5_filters: string[];
  /** How many generations of descendants are kept out too; -1 all. */
  descendant_filtering_level: number;
  /** False: the process is taken, without the events that the lists below name. */
  filter_all_events: boolean;
  regmod_filters: string[];
  modload_filters: string[];
  filemod_filters: string[];
  non_binary_filemod_filters: string[];
  netconn_filters: string[];
  crossproc_filters: string[];
}

/** What administrators decide about an ingress filter; the server keeps the rest. */
export type IngressSettings = Omit<
  IngressFilterRecord,
  "id" | "create_timestamp" | "create_user_id" | "modify_timestamp" | "modify_user_id" | "version" | "rate"
>;

/** A filter of which nothing has been decided yet. */
export const NEW_INGRESS_FILTER: Readonly<IngressSettings> = {
  name: "",
  description: "",
  priority: 0,
  enabled: true,
  filter_on_sensor: false,
  filter_on_server: true,
  track_metrics: true,
  os_mask: 7,
  global: true,
  group_ids: [],
  sensor_ids: [],
  path_filters: [],
  cmdline_filters: [],
  md5_filters: [],
  descendant_filtering_level: 0,
  filter_all_events: true,
  regmod_filters: [],
  modload_filters: [],
  filemod_filters: [],
  non_binary_filemod_filters: [],
  netconn_filters: [],
  crossproc_filters: [],
};

/** A case that analysts collect events for. */
export interface InvestigationRecord {
  id: number;
  name: string;
  notes: string;
  created_by_user_id: number;
  date_started: number;
  last_updated: number;
}

/** An event that somebody marked as part of an investigation, or one that was written down by hand. */
export interface TaggedEventRecord {
  id: number;
  investigation_id: number;
  event_id: number | null;
  /** `procstart`, `filemod`, `regmod`, `netconn` ... */
  event_type: string | null;
  event_data: Record<string, unknown>;
  notes: string;
  /** The process by its GUID and one of its segments by its time; null for an event of no process. */
  process: { id: string; segment_id: number } | null;
  tagged_by_user_id: number;
  date_tagged: number;
  start_date: number;
}
