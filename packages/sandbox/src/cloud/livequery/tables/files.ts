import { createHash } from "node:crypto";
import type { SignatureResult } from "../../../domain/index.js";
import type { DirectoryNode, DiskNode, FileNode } from "../../../endpoint/disk/nodes.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";
import { type Asked, EVERYWHERE, numbers, seconds, table, texts, WINDOWS } from "./table.js";

/** A disk holds some hundreds; what somebody put there by the hundred thousand is not all looked at. */
const MOST_FILES = 50_000;
/** Larger files that the server does not know are not read for their hashes. */
const LARGEST_HASHED = 4 * 1024 * 1024;

interface Place {
  readonly directory: string;
  readonly path: string;
  readonly node: DiskNode;
}

/** Everything on the disk, each directory before what is in it. Links are shown and not followed. */
export function* diskOf(host: ProgramHost): Generator<Place> {
  const separator = host.isWindows ? "\\" : "/";
  let left = MOST_FILES;
  function* below(node: DirectoryNode, directory: string): Generator<Place> {
    const start = directory.endsWith(separator) ? directory : `${directory}${separator}`;
    for (const each of node.list()) {
      if (left-- <= 0) return;
      const path = start + each.name;
      yield { directory, path, node: each };
      if (each.kind === "directory" && each.lock === undefined) yield* below(each, path);
    }
  }
  for (const root of host.files.drives()) yield* below(host.files.directory(root), root);
}

interface KnownBinary {
  readonly sha256: string;
  readonly result: SignatureResult;
  readonly publisher: string | null;
  readonly issuer: string | null;
}

/** What the server has recorded of the programs of a device, by MD5. */
function binariesOf(host: ProgramHost): Map<string, KnownBinary> {
  const list = host.store.database.first<{ list: string }>(
    `SELECT json_group_array(json_array(b.md5, json_extract(b.record, '$.sha256'), json_extract(b.record, '$.digsig_result'),
       json_extract(b.record, '$.digsig_publisher'), json_extract(b.record, '$.digsig_issuer'))) AS list
     FROM binary_host x JOIN binary b ON b.md5_value = x.md5_value WHERE x.sensor_id = ?`,
    [host.sensor.id],
  );
  const rows = JSON.parse(list?.list ?? "[]") as [string, string, SignatureResult, string | null, string | null][];
  return new Map(rows.map(([md5, sha256, result, publisher, issuer]) => [md5, { sha256, result, publisher, issuer }]));
}

/** The hashes of a file: those that were recorded of it, else those of its bytes. */
function hashesOf(host: ProgramHost, node: FileNode, known: ReadonlyMap<string, KnownBinary>, { words }: Asked) {
  const md5 = host.software.md5Of(node);
  const recorded = md5 === undefined ? undefined : known.get(md5);
  const readable = node.lock === undefined && node.content.size <= LARGEST_HASHED;
  const bytes =
    readable && (recorded === undefined || words.has("sha1")) ? node.content.slice(0, node.content.size) : undefined;
  const digest = (name: string): string => (bytes === undefined ? "" : createHash(name).update(bytes).digest("hex"));
  return {
    md5: recorded === undefined ? digest("md5") : md5,
    sha1: digest("sha1"),
    sha256: recorded?.sha256 ?? digest("sha256"),
  };
}

const SIGNATURES: Readonly<Record<SignatureResult, string>> = {
  Signed: "trusted",
  Unsigned: "missing",
  Expired: "valid",
  "Bad Signature": "untrusted",
  "Invalid Signature": "untrusted",
  "Invalid Chain": "untrusted",
  "Untrusted Root": "untrusted",
  "Explicit Distrust": "distrusted",
  "(Unknown)": "unknown",
};

/** What is on the disk of a device. */
export const fileTables = [
  table(
    "file",
    EVERYWHERE,
    {
      ...texts("path", "directory", "filename", "mode", "type", "symlink_target_path", "attributes"),
      ...numbers("uid", "gid", "size", "atime", "mtime", "ctime", "btime", "hard_links", "symlink"),
    },
    function* (host) {
      for (const { directory, path, node } of diskOf(host)) {
        const isDirectory = node.kind === "directory";
        const written = seconds(node.written);
        yield {
          ...{ path, directory, filename: node.name, mode: isDirectory ? "0755" : "0644", uid: 0, gid: 0 },
          type: node.kind === "link" ? "symlink" : isDirectory ? "directory" : "regular",
          ...{ symlink: node.kind === "link" ? 1 : 0, symlink_target_path: node.kind === "link" ? node.target : "" },
          ...{ size: node.kind === "file" ? node.content.size : 0, hard_links: 1 },
          ...{ atime: written, mtime: written, ctime: written, btime: seconds(node.created) },
          attributes: host.isWindows ? letters(node) : "",
        };
      }
    },
  ),
  table("hash", EVERYWHERE, texts("path", "directory", "md5", "sha1", "sha256"), function* (host, asked) {
    const known = binariesOf(host);
    for (const { directory, path, node } of diskOf(host)) {
      if (node.kind === "file") yield { path, directory, ...hashesOf(host, node, known, asked) };
    }
  }),
  table(
    "authenticode",
    WINDOWS,
    texts("path", "original_program_name", "serial_number", "issuer_name", "subject_name", "result"),
    function* (host) {
      const known = binariesOf(host);
      for (const { path, node } of diskOf(host)) {
        if (node.kind !== "file" || !/\.(exe|dll|sys|com|scr|ocx)$/i.test(node.name)) continue;
        const binary = known.get(host.software.md5Of(node) ?? "");
        yield {
          ...{ path, original_program_name: "", serial_number: "", issuer_name: binary?.issuer ?? "" },
          ...{ subject_name: binary?.publisher ?? "", result: SIGNATURES[binary?.result ?? "(Unknown)"] },
        };
      }
    },
  ),
];

/** Attributes as one letter each: `HS`. */
function letters(node: DiskNode): string {
  const all = [node.kind === "file" ? "ARCHIVE" : "DIRECTORY", ...(node.attributes ?? [])];
  return [...new Set(all.map((name) => name.charAt(0)))].join("");
}
