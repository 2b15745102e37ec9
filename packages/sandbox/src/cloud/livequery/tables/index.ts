import type { OsType } from "../../../domain/index.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";
import type { TableData } from "../engine/child.js";
import { accountTables } from "./accounts.js";
import { fileTables } from "./files.js";
import { networkTables } from "./network.js";
import { processTables } from "./processes.js";
import { registryTables } from "./registry.js";
import { systemTables } from "./system.js";
import type { DeviceTable } from "./table.js";

/** All tables that can be asked of devices. */
export const DEVICE_TABLES: readonly DeviceTable[] = [
  ...[...systemTables, ...accountTables, ...processTables],
  ...[...networkTables, ...fileTables, ...registryTables],
];

/** The tables that a query with these words could read on some system. */
export const tablesNamed = (words: ReadonlySet<string>): DeviceTable[] =>
  DEVICE_TABLES.filter(({ name }) => words.has(name));

/** Whether a refusal of the database says only that the system has no such table, as others have. */
export function isUnsupported(refusal: string, system: OsType): boolean {
  const name = /^no such table: (\S+)$/.exec(refusal)?.[1]?.toLowerCase();
  return DEVICE_TABLES.some((each) => each.name === name && !each.systems.includes(system));
}

/** The tables of a device that a query reads, with their rows at this moment. */
export function tablesOf(host: ProgramHost, words: ReadonlySet<string>): TableData[] {
  return tablesNamed(words)
    .filter(({ systems }) => systems.includes(host.sensor.os_type))
    .map((each) => {
      const columns = Object.entries(each.columns);
      const rows = Array.from(each.rows(host, { words }), (row) => columns.map(([name]) => row[name] ?? null));
      return { name: each.name, columns, rows };
    });
}
