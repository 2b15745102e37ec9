import { raw } from "../../../query/index.js";
import { documentField, type SearchField, type SearchFields } from "../../search/index.js";
import { deviceDocument, isoTime, metricsOf } from "../runs/document.js";
import type { RunDevice, RunRecord } from "../runs/record.js";
import { isPending } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";

/** A result: a row that a device has sent, or that it has none. */
export interface ResultRow {
  readonly run: RunRecord;
  readonly device: RunDevice;
  /** Of the device's rows, counted from 0. */
  readonly row: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** The results of a run in the order in which they came. A device that has answered without rows has one result without fields. */
export function resultsOf(runs: Runs, run: RunRecord): ResultRow[] {
  const answered = run.devices.filter(({ status }) => !isPending(status));
  answered.sort((a, b) => (a.order ?? Number.POSITIVE_INFINITY) - (b.order ?? Number.POSITIVE_INFINITY) || a.id - b.id);
  return answered.flatMap((device): ResultRow[] => {
    const answer = device.status === "matched" ? runs.answerOf(run, device.id) : undefined;
    if (answer === undefined) return [{ run, device, row: 0, fields: {} }];
    return answer.rows.map((values, row) => {
      const fields = Object.fromEntries(answer.columns.map((column, at) => [column, values[at] ?? ""]));
      return { run, device, row, fields };
    });
  });
}

/** A result as it is shown. */
export function resultDocument({ run, device, fields }: ResultRow): Record<string, unknown> {
  const metrics = metricsOf(device);
  return {
    ...{
      id: run.id,
      device: deviceDocument(device),
      status: device.status,
      time_received: isoTime(device.finish_time),
    },
    ...{ device_message: device.message, fields, ...(metrics === undefined ? {} : { metrics }) },
  };
}

/** What is searched of a device, under the names of servers of all ages. */
export const DEVICE_FIELDS: Readonly<Record<string, string>> = {
  ...{ "device.id": "number", "device.name": "!keyword", "device.os": "!keyword", "device.policy_id": "number" },
  ...{ "device.policy_name": "!keyword", device_id: "number", device_name: "keyword", device_type: "keyword" },
  ...{ os: "keyword", device_os: "keyword", policy_id: "number", policy_name: "keyword", status: "!keyword" },
  ...{ time_received: "date", device_message: "!words" },
};

/** The same of a device, as {@link DEVICE_FIELDS} finds it. */
export function deviceValues(device: RunDevice): Record<string, string | number | null> {
  const { id, name, os, policy_id, policy_name, status, message } = device;
  return {
    ...{ "device.id": id, "device.name": name, "device.os": os, "device.policy_id": policy_id },
    ...{ "device.policy_name": policy_name, device_id: id, device_name: name, device_type: os, os, device_os: os },
    ...{ policy_id, policy_name, status, time_received: device.finish_time ?? null, device_message: message },
  };
}

/** A result as it is searched: its columns are fields as well. */
export const searchedRow = ({ device, fields, run }: ResultRow): Record<string, string | number | null> => ({
  ...deviceValues(device),
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`fields.${name}`, value])),
  ...{ run_id: run.id, values: Object.values(fields).join("\n") },
});

/** A search by columns as well, whatever those of the run are. */
export function withColumns(fields: SearchFields, names: Iterable<string>): SearchFields {
  const all = new Map<string, SearchField>(fields);
  for (const name of names) all.set(`fields.${name}`, documentField(`fields.${name}`, "words"));
  all.set("values", documentField("values", "words", { isDefault: true }));
  all.set("run_id", documentField("run_id", "keyword"));
  return all;
}

/** The same for sorting: columns come as texts, and those that are numbers are sorted as such, ahead of all others. */
export function sortedColumns(fields: SearchFields): SearchFields {
  return new Map(
    [...fields].map(([name, field]) => {
      if (!name.startsWith("fields.") || field.value === undefined) return [name, field];
      const { sql } = field.value;
      const isNumber = `${sql} GLOB '*[0-9]*' AND ltrim(${sql}, '-') NOT GLOB '*[^0-9.]*'`;
      const value = raw(`CASE WHEN ${isNumber} THEN CAST(${sql} AS REAL) ELSE lower(${sql}) END`);
      return [name, { ...field, type: "number", value }];
    }),
  );
}

export const columnsOf = (rows: readonly ResultRow[]): string[] => [
  ...new Set(rows.flatMap(({ fields }) => Object.keys(fields))),
];
