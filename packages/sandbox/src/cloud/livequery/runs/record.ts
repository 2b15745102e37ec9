/** Live Query as it is kept. Times are milliseconds since 1970. */
declare module "../../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: its number. */
    cloud_run: RunRecord;
    /** Key: the number of the run, a slash, and the id of the device. */
    cloud_run_answer: AnswerRecord;
    /** Key: its number. */
    cloud_run_template: TemplateRecord;
  }
}

/** What a run can be at. */
export type RunStatus = "ACTIVE" | "COMPLETE" | "CANCELLED" | "TIMED_OUT";

/** What a device can be at. */
export const DEVICE_STATUSES = [
  ...(["matched", "not_matched", "in_progress", "not_started", "error", "not_supported", "cancelled"] as const),
] as const;
/** One of {@link DEVICE_STATUSES}. */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** Those that wait, or are at it. */
export const isPending = (status: DeviceStatus): boolean => status === "not_started" || status === "in_progress";

/** Which devices are asked: all of those that meet every list that is there. */
export interface DeviceFilter {
  device_id?: number[];
  os?: string[];
  policy_id?: number[];
  deployment_type?: string[];
}

/** A device of a run, as it was when it was asked. */
export interface RunDevice {
  id: number;
  name: string;
  os: string;
  policy_id: number;
  policy_name: string;
  status: DeviceStatus;
  /** The tick at which it answers, once it is at it. */
  due?: number;
  start_time?: number;
  finish_time?: number;
  /** Which of the run's devices it was to answer, counted from 1. */
  order?: number;
  /** How many rows it has sent. */
  rows: number;
  message: string;
}

/** How often a run is repeated. */
export interface Schedule {
  status: "ACTIVE" | "CANCELLED";
  recurrence: "DAILY" | "WEEKLY" | "MONTHLY";
  timezone: string;
  rrule: string;
  previous_run_time: number | null;
  next_run_time: number | null;
  cancellation_time: number | null;
  cancelled_by: string | null;
}

/** A query as somebody asked for it. */
export interface AskedQuery {
  number: number;
  id: string;
  name: string;
  sql: string;
  created_by: string;
  create_time: number;
  notify_on_finish: boolean;
  filter: DeviceFilter;
}

/** A query that was sent to devices. */
export interface RunRecord extends AskedQuery {
  status_update_time: number;
  timeout_time: number;
  cancellation_time: number | null;
  cancelled_by: string | null;
  active_org_devices: number;
  status: RunStatus;
  template_id: string | null;
  devices: RunDevice[];
  /** How many devices have answered so far. */
  answered: number;
  /** Milliseconds of real time that its query may still use altogether, beyond what each device is granted. */
  budget: number;
}

/** What a device has answered. */
export interface AnswerRecord {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A query that is sent again and again. */
export interface TemplateRecord extends AskedQuery {
  update_time: number;
  schedule: Schedule;
  last_run_create_time: number | null;
}

/** A week. */
export const TIMEOUT = 7 * 86_400_000;
