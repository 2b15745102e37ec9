import type { EventBase } from "./base.js";
import type { IocAttributes } from "./hits.js";

/** An alert was raised. Which of the fields are there depends on what raised it. Numbers are numbers, as text came. */
interface AlertEvent<T extends string> extends EventBase<T> {
  /** The alert's own id, which is no process's. */
  readonly unique_id: string;
  readonly alert_type?: string;
  readonly alert_severity?: number;
  readonly status?: string;
  readonly created_time?: string;
  readonly watchlist_id?: number;
  readonly watchlist_name?: string;
  /** -1 for watchlists. */
  readonly feed_id?: number;
  readonly feed_name?: string;
  readonly feed_rating?: number;
  readonly report_id?: string;
  readonly report_score?: number;
  readonly ioc_confidence?: number;
  readonly ioc_type?: string;
  readonly ioc_value?: string;
  readonly ioc_attr?: IocAttributes;
  readonly sensor_criticality?: number;
  readonly md5?: string;
  readonly hostname?: string;
  readonly computer_name?: string;
  readonly os_type?: string;
}

interface ProcessAlert<T extends string> extends AlertEvent<T> {
  readonly sensor_id?: number;
  readonly group?: string;
  readonly username?: string;
  readonly process_guid?: string;
  readonly segment_id?: string;
  readonly process_name?: string;
  readonly process_path?: string;
  readonly modload_count?: number;
  readonly filemod_count?: number;
  readonly regmod_count?: number;
  readonly netconn_count?: number;
  readonly childproc_count?: number;
  readonly crossproc_count?: number;
  readonly comms_ip?: string;
  readonly interface_ip?: string;
}

interface BinaryAlert<T extends string> extends AlertEvent<T> {
  readonly digsig_result?: string;
  readonly host_count?: number;
  readonly observed_filename?: readonly string[];
  readonly observed_filename_total_count?: number;
  readonly other_hostnames?: readonly string[];
}

/** A process that met an indicator raised an alert. */
export type IngressProcessAlert = ProcessAlert<"alert.watchlist.hit.ingress.process">;
/** A binary that met an indicator raised an alert. */
export type IngressBinaryAlert = BinaryAlert<"alert.watchlist.hit.ingress.binary">;
/** An endpoint raised an alert. */
export interface IngressHostAlert extends AlertEvent<"alert.watchlist.hit.ingress.host"> {
  readonly sensor_id?: number;
  readonly group?: string;
}
/** A process that a watchlist or query found raised an alert. */
export type QueryProcessAlert = ProcessAlert<"alert.watchlist.hit.query.process">;
/** A binary that a watchlist or query found raised an alert. */
export type QueryBinaryAlert = BinaryAlert<"alert.watchlist.hit.query.binary">;
