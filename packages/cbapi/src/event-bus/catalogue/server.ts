import type { EventBase } from "./base.js";

interface BinaryObserved<T extends string> extends EventBase<T> {
  readonly md5: string;
  /** The scores of feeds, by `alliance_score_*`. */
  readonly scores?: Readonly<Record<string, number>>;
  /** When watchlists found it, by `watchlist_*`. */
  readonly watchlists?: Readonly<Record<string, string>>;
}

/** A binary was seen for the first time anywhere. */
export type BinaryInfoObserved = BinaryObserved<"binaryinfo.observed">;

/** A binary was seen for the first time on an endpoint. */
export interface BinaryInfoHostObserved extends BinaryObserved<"binaryinfo.host.observed"> {
  readonly hostname?: string;
  readonly computer_name?: string;
  readonly sensor_id?: number;
}

/** A binary was seen for the first time in a group of sensors. */
export interface BinaryInfoGroupObserved extends BinaryObserved<"binaryinfo.group.observed"> {
  readonly group?: string;
}

/** The server has got a copy of a binary. */
export interface BinaryStored extends EventBase<"binarystore.file.added"> {
  readonly md5: string;
  /** Bytes. */
  readonly size?: number;
  readonly compressed_size?: number;
  readonly node_id?: number;
  /** Where it is on the server. */
  readonly file_path?: string;
}

/** A task of the server's failed. */
export interface TaskError extends EventBase<"task.error.logged"> {
  readonly [field: string]: unknown;
}

/** A line of the server's audit logs, as event forwarders pass them on. */
interface AuditLine<T extends string> extends EventBase<T> {
  readonly message: string;
}

export type LiveResponseAudit = AuditLine<"audit.log.liveresponse">;
export type BanningAudit = AuditLine<"audit.log.banning">;
export type IsolationAudit = AuditLine<"audit.log.isolation">;
export type UserActivityAudit = AuditLine<"audit.log.useractivity">;
