import type { OsType } from "../../domain/index.js";
import type { FileEntry } from "../machine.js";
import type { DiskNode } from "./nodes.js";

/** A node as a listing shows it. */
export function entryOf(system: OsType, node: DiskNode, short?: string, name = node.name): FileEntry {
  const written = node.written;
  return {
    filename: name === "" ? (system === "windows" ? "\\" : "/") : name,
    attributes: attributesOf(system, node),
    size: node.kind === "file" ? node.content.size : 0,
    create_time: node.created,
    // Windows has not noted down when a file was read since 2007, unless it is told to.
    last_access_time: Math.max(node.created, written),
    last_write_time: written,
    ...(short === undefined ? {} : { alt_name: short }),
  };
}

export function attributesOf(system: OsType, node: DiskNode): string[] {
  const kind = node.kind === "directory" || (node.kind === "link" && node.toDirectory) ? "DIRECTORY" : "ARCHIVE";
  const attributes = [kind, ...(node.attributes ?? [])];
  if (node.kind === "link") attributes.push("REPARSE_POINT");
  if (system !== "windows" && node.name.startsWith(".")) attributes.push("HIDDEN");
  return attributes;
}
