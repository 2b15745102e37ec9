import type { OsType } from "../../../domain/index.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";

/** How the values of a column are kept. */
export type ColumnType = "TEXT" | "INTEGER" | "DOUBLE";
type Columns = Readonly<Record<string, ColumnType>>;
/** A row: what is left out is null. */
export type Row<C extends Columns> = { readonly [N in keyof C]?: string | number | null | undefined };

/** What a table is told besides the device. */
export interface Asked {
  /** The words of the query, in lower case: what nobody names need not be computed. */
  readonly words: ReadonlySet<string>;
}

/** A table that can be asked of devices, with osquery's names. */
export interface DeviceTable {
  readonly name: string;
  readonly systems: readonly OsType[];
  readonly columns: Columns;
  rows(host: ProgramHost, asked: Asked): Iterable<Readonly<Record<string, string | number | null | undefined>>>;
}

export const EVERYWHERE: readonly OsType[] = ["windows", "linux", "osx"];
export const WINDOWS: readonly OsType[] = ["windows"];
export const UNIX: readonly OsType[] = ["linux", "osx"];

/** Declares a table. */
export function table<const C extends Columns>(
  name: string,
  systems: readonly OsType[],
  columns: C,
  rows: (host: ProgramHost, asked: Asked) => Iterable<Row<C>>,
): DeviceTable {
  return { name, systems, columns, rows };
}

/** Columns of texts, by their names. */
export const texts = <const N extends string>(...names: readonly N[]): Record<N, "TEXT"> =>
  Object.fromEntries(names.map((name) => [name, "TEXT"])) as Record<N, "TEXT">;
/** Columns of whole numbers. */
export const numbers = <const N extends string>(...names: readonly N[]): Record<N, "INTEGER"> =>
  Object.fromEntries(names.map((name) => [name, "INTEGER"])) as Record<N, "INTEGER">;

/** Seconds since 1970. */
export const seconds = (time: number): number => Math.floor(time / 1000);

const MOST_TEXT = 1024 * 1024;

/** The text of a file of the device; empty when there is none, or none that could be read. */
export function fileText(host: ProgramHost, path: string): string {
  const node = host.files.find(path);
  if (node?.kind !== "file" || node.lock !== undefined) return "";
  return Buffer.from(node.content.slice(0, Math.min(node.content.size, MOST_TEXT))).toString("utf8");
}

/** The lines of a text file that hold something. */
export const fileLines = (host: ProgramHost, path: string): string[] =>
  fileText(host, path)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

/** The same number for the same texts, in the form of a UUID. */
export function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
