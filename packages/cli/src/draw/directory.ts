import type { DirectoryEntry } from "cbapi/response";
import type { Terminal } from "../terminal.js";
import { plural } from "../text-layout.js";
import { directoryTime } from "./amounts.js";

type Colors = Terminal["colors"];

/** A directory as the shells of Windows list it. Takes safe data. */
export function drawDirectory(
  path: string,
  entries: readonly DirectoryEntry[],
  long: boolean,
  colors: Colors,
): string[] {
  const sizes = entries.map((entry) => (isDirectory(entry) ? "<DIR>" : (entry.size ?? 0).toLocaleString("en-US")));
  const width = Math.max(15, ...sizes.map((size) => size.length));
  const lines = entries.map((entry, index) => {
    const name = isDirectory(entry) ? colors.cyan(entry.filename) : entry.filename;
    const size = (sizes[index] ?? "").padStart(width);
    if (!long) return `${directoryTime(entry.create_time)} ${size} ${name}`;
    const times = [entry.create_time, entry.last_write_time, entry.last_access_time].map(directoryTime).join("  ");
    return `${times} ${size} ${name}${colors.dim(`  ${entry.attributes.join(",")}`)}`;
  });
  const files = entries.filter((entry) => !isDirectory(entry));
  const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const directories = entries.filter((entry) => isDirectory(entry) && !/^\.{1,2}$/.test(entry.filename)).length;
  return [
    `Directory: ${path}`,
    ...lines,
    colors.dim(
      `${plural(files.length, "file")}, ${plural(bytes, "byte")}, ${plural(directories, "directory", "directories")}`,
    ),
  ];
}

/** Whether an entry of a directory is one itself. */
export function isDirectory({ attributes }: Pick<DirectoryEntry, "attributes">): boolean {
  return Array.isArray(attributes) && attributes.includes("DIRECTORY");
}
