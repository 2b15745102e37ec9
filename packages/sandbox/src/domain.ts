import type { AdministrationRecords } from "./administration-records.js";
import type { DetectionRecords } from "./detection-records.js";
import type { EndpointRecords } from "./endpoint-records.js";

/**
 * What an organisation consists of, as the sandbox keeps it: the words that the generator and the importer speak, the
 * store saves, and the routes turn into each server version's documents. Nothing here is the shape of a wire document.
 *
 * Times are milliseconds since 1970 (UTC). Hashes are lower-case hex. Paths are in the endpoint's own spelling.
 */

/** A sensor group: sensors that share settings. Group 1 always exists. */
export interface GroupRecord {
  id: number;
  name: string;
  site_id: number;
  /** Fields of the group document that differ from the server's defaults. */
  settings?: Record<string, unknown>;
  /** What of its sensors' files is shown to whom outside: `{ what: "BIN", who: "VIRUSTOTAL" }`. */
  sharing?: { what: string; who: string }[];
}

/** A site, the parent of groups. Site 1 always exists. */
export interface SiteRecord {
  id: number;
  name: string;
}

/** What runs on an endpoint. */
export type OsType = "windows" | "linux" | "osx";
/** What an endpoint is in its network. */
export type HostType = "workstation" | "server" | "domain_controller";

/** An endpoint with a sensor on it. */
export interface SensorRecord {
  id: number;
  group_id: number;
  computer_name: string;
  computer_dns_name: string;
  /** `S-1-5-21-...`; empty on Linux and macOS. */
  computer_sid: string;
  os_type: OsType;
  host_type: HostType;
  /** As printed: `Windows 10 Enterprise, 64-bit`. */
  os_environment_display_string: string;
  build_version_string: string;
  interfaces: { ip: string /** Twelve hex digits. */; mac: string }[];
  registration_time: number;
  last_checkin_time: number;
  /** Whether the simulated endpoint is switched on (checks in). */
  online: boolean;
  supports_cblr: boolean;
  supports_isolation: boolean;
  physical_memory_size: number;
  systemvolume_total_size: number;
  systemvolume_free_size: number;
  /** Fields of the sensor document that differ from what the above gives. */
  settings?: Record<string, unknown>;
  /** What was asked of the sensor, and what has come of it. */
  state?: SensorState;
}

/** What somebody asked of a sensor and what it has reported since; what was never asked is left out. */
export interface SensorState {
  /** Isolation as it is asked for, and as the sensor reported it. */
  network_isolation_enabled?: boolean;
  is_isolating?: boolean;
  restart_queued?: boolean;
  uninstall?: boolean;
  uninstalled?: boolean;
  notes?: string | null;
  /** Everything recorded before this moment is to be sent at once. */
  event_log_flush_time?: number | null;
  /** How often the endpoint was restarted from here, and when it was last. */
  restarts?: number;
  restarted?: number;
}

/** The eight values a signature check can have, and what stands for a check that was never made. */
export type SignatureResult =
  | "Signed"
  | "Unsigned"
  | "Expired"
  | "Bad Signature"
  | "Invalid Signature"
  | "Invalid Chain"
  | "Untrusted Root"
  | "Explicit Distrust"
  | "(Unknown)";

/** An executable seen somewhere. `host_count`, `endpoint` and `group` of its document come from who ran or loaded it. */
export interface BinaryRecord {
  md5: string;
  sha256: string;
  observed_filename: string[];
  original_filename?: string;
  /** Real size in bytes. */
  orig_mod_len: number;
  /** Bytes that the server holds; 0 when the file was never collected. */
  copied_mod_len: number;
  is_executable_image: boolean;
  is_64bit: boolean;
  os_type: "Windows" | "OSX" | "Linux";
  server_added_timestamp: number;
  last_seen: number;
  digsig_result: SignatureResult;
  digsig_publisher?: string;
  digsig_issuer?: string;
  digsig_subject?: string;
  digsig_prog_name?: string;
  digsig_sign_time?: number;
  file_desc?: string;
  file_version?: string;
  product_name?: string;
  product_version?: string;
  company_name?: string;
  internal_name?: string;
  legal_copyright?: string;
  legal_trademark?: string;
  product_desc?: string;
  comments?: string;
  private_build?: string;
  special_build?: string;
  /** Feed tags: `alliance_score_<feed>` and the like, as they stand in documents. */
  alliance?: Record<string, number | string | string[]>;
}

/** One segment of a process: what one push of the sensor told. A process without segments given has one. */
export interface SegmentRecord {
  /** Server time in milliseconds; on 5.x servers, its ordinal number counted from 1 is shown instead. */
  segment_id: number;
  last_update: number;
  last_server_update: number;
}

/** A process of an endpoint, with its events. */
export interface ProcessRecord {
  sensor_id: number;
  pid: number;
  /** GUID, 8-4-4-4-12: sensor id, pid, creation time in 100 ns ticks since 1601. */
  id: string;
  /** GUID of the parent, or undefined for the first process of a host. */
  parent_id?: string;
  parent_pid: number;
  parent_name: string;
  start: number;
  /** When it ended; undefined while running. */
  end?: number;
  process_name: string;
  path: string;
  cmdline: string;
  /** With domain, `HOST\user`; may be empty. */
  username: string;
  uid?: string;
  md5: string;
  sha256?: string;
  /** At least one; ordered by segment_id ascending. */
  segments: SegmentRecord[];
  events: ProcessEvents;
  /** A process that is known only because a child names it: answered with `process_pid` -1. */
  placeholder?: boolean;
  /** Suppressed by the sensor: shown in its parent's children, without a document of its own. */
  suppressed?: boolean;
  tampered?: boolean;
  /** Feed tags, as in {@link BinaryRecord.alliance}. */
  alliance?: Record<string, number | string | string[]>;
  /**
   * Of a process that was read from a log: the log's own name for it, and whether the log told of its creation. A process
   * of the same sensor and origin is the same process, whatever its id: the later record takes the place of the earlier.
   */
  origin?: { guid: string; created: boolean };
}

/** Events of a process. `segment` is the index into the process's `segments`; 0 when left out. */
interface EventBase {
  time: number;
  segment?: number;
  tamper?: boolean;
}
/** A module was loaded. */
export interface ModloadRecord extends EventBase {
  md5: string;
  path: string;
}
/** `type`: 1 created, 2 first wrote, 4 deleted, 8 last wrote. */
export interface FilemodRecord extends EventBase {
  type: 1 | 2 | 4 | 8;
  path: string;
  md5?: string;
  filetype?: number;
}
/** `type`: 1 created key, 2 first wrote, 4 deleted key, 8 deleted value. Paths start at `\registry\machine\...`. */
export interface RegmodRecord extends EventBase {
  type: 1 | 2 | 4 | 8;
  path: string;
}
/** A connection was made or accepted. */
export interface NetconnRecord extends EventBase {
  remote_ip: string;
  remote_port: number;
  local_ip: string;
  local_port: number;
  /** IP protocol number: 6 TCP, 17 UDP. */
  proto: number;
  domain: string;
  outbound: boolean;
  proxy_ip?: string;
  proxy_port?: number;
}
/** The children of a process are processes themselves; this is the start or the end of one as its parent saw it. */
export interface ChildprocRecord extends EventBase {
  child_id: string;
  md5: string;
  path: string;
  pid: number;
  started: boolean;
  cmdline?: string;
  username?: string;
  suppressed?: boolean;
}
/** A process opened another, or started a thread in it. */
export interface CrossprocRecord extends EventBase {
  kind: "RemoteThread" | "ProcessOpen";
  /** 1 process handle, 2 thread handle. */
  subtype: 1 | 2;
  /** GUID of the other process. */
  other_id: string;
  md5: string;
  path: string;
  privileges: number;
  /** True when the process that holds this event is the one acted upon. */
  is_target: boolean;
}
/** The sensor kept a banned program from running. */
export interface ProcessblockRecord extends EventBase {
  block_type: string;
  block_event: string;
  block_result: string;
  block_error: number;
  blocked_md5: string;
  blocked_path: string;
  blocked_cmdline: string;
  blocked_uid: string;
  blocked_username: string;
}
/** The events of a process by kind; a kind that it has none of is left out. */
export interface ProcessEvents {
  modload?: ModloadRecord[];
  filemod?: FilemodRecord[];
  regmod?: RegmodRecord[];
  netconn?: NetconnRecord[];
  childproc?: ChildprocRecord[];
  crossproc?: CrossprocRecord[];
  processblock?: ProcessblockRecord[];
}

/** The kinds of events. The order is that of the store's columns: add at the end, never reorder. */
export const EVENT_KINDS = [
  "modload",
  "filemod",
  "regmod",
  "netconn",
  "childproc",
  "crossproc",
  "processblock",
] as const satisfies readonly (keyof ProcessEvents)[];
/** One of {@link EVENT_KINDS}. */
export type EventKind = (typeof EVENT_KINDS)[number];

/** Objects that are kept whole, by kind: what is set up in the console, and what hunters and responders leave behind. */
export interface ObjectRecords extends DetectionRecords, AdministrationRecords, EndpointRecords {}

/** Where generator and importer put what they make, in any order of kinds; the store takes it in batches. */
export interface OrganisationSink {
  site(record: SiteRecord): void;
  group(record: GroupRecord): void;
  sensor(record: SensorRecord): void;
  binary(record: BinaryRecord): void;
  process(record: ProcessRecord): void;
  /** An object of a kind that is kept whole, under its key. */
  object<K extends keyof ObjectRecords>(kind: K, key: number | string, record: ObjectRecords[K]): void;
}

/** What is in an organisation already, for those who add to it. */
export interface KnownOrganisation {
  sensors(): readonly SensorRecord[];
  binary(md5: string): BinaryRecord | undefined;
  /** The processes of a sensor that were read from logs, with all their events: those that have an origin. */
  imported(sensorId: number): ProcessRecord[];
}
