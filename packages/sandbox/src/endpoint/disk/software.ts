import type { BinaryRecord, OsType } from "../../domain/index.js";
import { imageBytes } from "../../organisation/files/pe.js";
import { hash32 } from "../../organisation/random.js";
import { baseName } from "../../paths.js";
import { findBinary } from "../../store/binaries.js";
import type { Store } from "../../store/store.js";
import { computedContent, noiseContent } from "./content.js";
import type { FileNode } from "./nodes.js";

/** A binary, as far as a disk is concerned. */
interface Known {
  md5: string;
  files: { path: string; node: FileNode }[];
}

interface Row {
  doc: number;
  md5: string;
  names: string;
  size: number;
  added: number;
  program: number;
  os: string;
}

const SYSTEMS: Record<OsType, BinaryRecord["os_type"]> = { windows: "Windows", linux: "Linux", osx: "OSX" };
/** Beyond that, nobody wants to have the whole file in memory for reading a part of it. */
const LARGEST_IMAGE = 64 * 1024 * 1024;

/**
 * The programs and libraries of the organisation as files. A file is one object, however many endpoints have it: what an
 * endpoint keeps of its six hundred files is their names.
 */
export class Software {
  readonly #store: Store;
  readonly #byMd5 = new Map<string, Known>();
  readonly #byPath = new Map<string, FileNode>();
  readonly #md5s = new WeakMap<FileNode, string>();
  readonly #parts = new Map<string, FileNode>();
  #latest = 0;
  #revision = -1;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The files that an endpoint is known to have run or loaded, by where they lie. */
  of(sensor: number): { path: string; node: FileNode }[] {
    this.#load();
    const list = this.#store.database.first<{ list: string }>(
      `SELECT json_group_array(b.md5) AS list FROM binary_host x JOIN binary b ON b.md5_value = x.md5_value
       WHERE x.sensor_id = ?`,
      [sensor],
    );
    const files: { path: string; node: FileNode }[] = [];
    let own: Map<string, Set<string>> | undefined;
    for (const md5 of JSON.parse(list?.list ?? "[]") as string[]) {
      const known = this.#byMd5.get(md5);
      if (known === undefined) continue;
      if (known.files.length === 1) files.push(...known.files);
      else {
        // Of a file that has several names, the ones under which it ran here.
        own ??= this.#pathsRun(sensor);
        const ran = own.get(md5);
        const here = known.files.filter(({ path }) => ran?.has(path.toLowerCase()) === true);
        files.push(...(here.length === 0 ? known.files : here));
      }
    }
    return files;
  }

  /** The hash of a file that the server knows. */
  md5Of(node: FileNode): string | undefined {
    return this.#md5s.get(node);
  }

  /** A program that belongs to a system: the one that is known by this path, or one that nobody has run yet. */
  part(system: OsType, path: string, installed: number): FileNode {
    this.#load();
    const key = `${SYSTEMS[system]} ${path.toLowerCase()}`;
    const known = this.#byPath.get(key) ?? this.#parts.get(key);
    if (known !== undefined) return known;
    const size = 8192 + (hash32(path.toLowerCase()) % 90_000);
    const identity = {
      ...{ observed_filename: [path], orig_mod_len: size, copied_mod_len: size },
      ...{ is_executable_image: true, is_64bit: true, os_type: SYSTEMS[system] },
      ...(system === "windows" ? { company_name: "Microsoft Corporation", original_filename: baseName(path) } : {}),
    };
    const node: FileNode = {
      ...{ kind: "file", name: baseName(path), program: true, created: installed, written: installed },
      content: computedContent(size, () => imageBytes(identity)),
    };
    this.#parts.set(key, node);
    return node;
  }

  #load(): void {
    if (this.#store.revision === this.#revision) return;
    this.#revision = this.#store.revision;
    const rows = this.#store.database.all<Row>(
      `SELECT doc, md5, json_extract(record, '$.observed_filename') AS names, orig_mod_len AS size,
         server_added_timestamp AS added, is_executable_image AS program, json_extract(record, '$.os_type') AS os
       FROM binary WHERE doc > ? ORDER BY doc`,
      [this.#latest],
    );
    for (const row of rows) {
      const before = this.#byMd5.get(row.md5);
      const known: Known = { md5: row.md5, files: [] };
      for (const path of new Set(JSON.parse(row.names) as string[])) {
        const file = before?.files.find((each) => each.path === path) ?? { path, node: this.#node(path, row) };
        known.files.push(file);
        this.#byPath.set(`${row.os} ${path.toLowerCase()}`, file.node);
      }
      this.#byMd5.set(row.md5, known);
      this.#latest = row.doc;
    }
  }

  #node(path: string, { md5, size, added, program }: Row): FileNode {
    const content =
      size > LARGEST_IMAGE
        ? noiseContent(md5, size)
        : computedContent(size, () => {
            const record = findBinary(this.#store, md5)?.record;
            return record === undefined ? new Uint8Array(size) : imageBytes(record);
          });
    const node: FileNode = {
      ...{ kind: "file", name: baseName(path), content, program: program === 1, created: added, written: added },
    };
    this.#md5s.set(node, md5);
    return node;
  }

  #pathsRun(sensor: number): Map<string, Set<string>> {
    const rows = this.#store.database.all<{ md5: string; path: string }>(
      "SELECT DISTINCT md5, path FROM process WHERE sensor_id = ?",
      [sensor],
    );
    const paths = new Map<string, Set<string>>();
    for (const { md5, path } of rows) {
      const known = paths.get(md5);
      if (known === undefined) paths.set(md5, new Set([path.toLowerCase()]));
      else known.add(path.toLowerCase());
    }
    return paths;
  }
}
