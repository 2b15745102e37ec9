declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the id, which is that of the sensor. Only devices of which something is to be said have a record. */
    cloud_device: DeviceRecord;
  }
}

/** What can become of a device by what somebody asks of it. Times are milliseconds since 1970. */
export interface DeviceState {
  policy_id: number;
  /** Whether the policy was given to the device itself, and is not that of its group. */
  policy_override: boolean;
  quarantined: boolean;
  passive_mode: boolean;
  sensor_version: string;
  status: "REGISTERED" | "DEREGISTERED" | "UNINSTALLED" | "PENDING";
  deregistered_time: number | null;
  /** When the device spoke last, of one that speaks no more. */
  last_contact_time: number | null;
  scan_status: "NEVER_RUN" | "IN_PROGRESS" | "STOPPED" | "COMPLETED";
  scan_last_action_time: number | null;
  scan_last_complete_time: number | null;
  last_policy_updated_time: number | null;
}

/** What is known of a device besides its sensor; what is left out is as it was to begin with. */
export interface DeviceRecord extends Partial<DeviceState> {
  id: number;
  /** Removed for good. */
  deleted?: boolean;
  /** What was asked of it and becomes true when it reports next. */
  pending?: Partial<DeviceState>;
}
