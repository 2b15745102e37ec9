import { csvOf } from "../table.js";
import type { DeviceDocument } from "./document.js";

const COLUMNS = [
  ...["id", "name", "status", "os", "os_version", "policy_id", "policy_name", "target_priority", "ad_group_id"],
  ...["sensor_version", "quarantined", "passive_mode", "last_contact_time", "registered_time", "deregistered_time"],
  ...["last_internal_ip_address", "last_external_ip_address", "mac_address", "email", "login_user_name"],
];

/** Devices as a table. */
export const devicesAsCsv = (documents: readonly DeviceDocument[]): string => csvOf(COLUMNS, documents);
