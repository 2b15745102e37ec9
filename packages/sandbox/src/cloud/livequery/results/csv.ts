import { csvLine } from "../../table.js";
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

const line = (values: readonly unknown[]): string => `${csvLine(values)}\r\n`;

/** Results as a table: what is known of the device, then its columns. */
export function csvOf(rows: readonly ResultRow[]): string {
  const columns = columnsOf(rows);
  const lines = rows.map(({ device, fields }) => {
    const { name, id, os, policy_id, policy_name, status, message } = device;
    const own = [name, id, os, policy_id, policy_name, status, isoTime(device.finish_time), message];
    return line([...own, ...columns.map((column) => fields[column])]);
  });
  return line([...OWN, ...columns]) + lines.join("");
}
