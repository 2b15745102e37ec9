import type { DeviceDocument } from "./document.js";

const COLUMNS = [
  ...["id", "name", "status", "os", "os_version", "policy_id", "policy_name", "target_priority", "ad_group_id"],
  ...["sensor_version", "quarantined", "passive_mode", "last_contact_time", "registered_time", "deregistered_time"],
  ...["last_internal_ip_address", "last_external_ip_address", "mac_address", "email", "login_user_name"],
];

/** Devices as a table; the first line names the columns. */
export function csvOf(documents: readonly DeviceDocument[]): string {
  const lines = documents.map((document) => COLUMNS.map((name) => cell(document[name])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
