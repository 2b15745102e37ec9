/** Which devices a run is made on, as the server tells it: under the older and the newer names. */
export interface RunDeviceFilter {
  readonly device_id?: readonly number[] | null;
  readonly device_ids?: readonly number[] | null;
  readonly os?: readonly string[] | null;
  readonly device_types?: readonly string[] | null;
  readonly policy_id?: readonly number[] | null;
  readonly policy_ids?: readonly number[] | null;
  readonly deployment_type?: readonly string[] | null;
}

/** When a run is repeated, as the server tells it. */
export interface RunScheduleStatus {
  /** `ACTIVE` or `CANCELLED`. */
  readonly status?: string;
  readonly recurrence?: string;
  readonly timezone?: string;
  readonly rrule?: string;
  readonly previous_run_time?: string | null;
  readonly next_run_time?: string | null;
  readonly cancellation_time?: string | null;
  readonly cancelled_by?: string | null;
}

/** How far a run has come. */
export interface RunProgress {
  /** `ACTIVE`, `COMPLETE`, `CANCELLED` or `TIMED_OUT`. */
  readonly status: string | undefined;
  /** How many devices have answered, or have failed to. */
  readonly answered: number;
  /** How many devices are asked; `undefined` where the server does not say. */
  readonly expected: number | undefined;
  /** How many rows there are so far. */
  readonly results: number;
}

/** One column of a row that is there in one run and not in the other. */
export interface DifferenceField {
  readonly key: string;
  readonly value: unknown;
}

/** What is different on one device. */
export interface DeviceDifference {
  readonly device_id: number;
  readonly change_count: number;
  readonly added_count: number;
  readonly removed_count: number;
  readonly newer_run_row_count: number;
  readonly older_run_row_count: number;
  /** The rows themselves; `null` where only their counts were asked for. */
  readonly changes:
    | readonly { readonly action: "added" | "removed"; readonly fields: readonly DifferenceField[] }[]
    | null;
}

/** What two runs of one query have found differently. */
export interface RunDifferences {
  readonly newer_run_id: string;
  readonly newer_run_create_time?: string;
  readonly older_run_id: string;
  readonly older_run_create_time?: string;
  /** Seconds since 1970. */
  readonly diff_processed_time?: number;
  readonly newer_run_not_responded_devices: readonly number[];
  readonly older_run_not_responded_devices: readonly number[];
  readonly diff_results: readonly DeviceDifference[];
}
