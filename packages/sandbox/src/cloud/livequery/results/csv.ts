import { isoTime } from "../runs/document.js";
import { columnsOf, type ResultRow } from "./rows.js";

const OWN = [
  "device_name",
  "device_id",
  "device_os",
  "policy_id",
  "policy_name",
  "status",
  "time_received",
  "device_message",
];

/** Quoted where a reader would take it for something else; a spreadsheet is not to take it for a formula either way. */
const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

const line = (values: readonly string[]): string => `${values.map(quoted).join(",")}\r\n`;

/** Results as a table: what is known of the device, then its columns. */
export function csvOf(rows: readonly ResultRow[]): string {
  const columns = columnsOf(rows);
  const lines = rows.map(({ device, fields }) => {
    const { name, id, os, policy_id, policy_name, status, message } = device;
    const own = [
      name,
      String(id),
      os,
      String(policy_id),
      policy_name,
      status,
      isoTime(device.finish_time) ?? "",
      message,
    ];
    return line([...own, ...columns.map((column) => fields[column] ?? "")]);
  });
  return line([...OWN, ...columns]) + lines.join("");
}
