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
