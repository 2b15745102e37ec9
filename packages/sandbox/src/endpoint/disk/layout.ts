import type { OsType } from "../../domain/index.js";
import { type Content, textContent } from "./content.js";
import type { Disk } from "./disk.js";
import type { DirectoryNode, FileNode, Lock } from "./nodes.js";
import { type DiskPath, parsePath } from "./paths.js";

/** What else is said of something that is laid out. */
export interface Traits {
  attributes?: readonly string[];
  lock?: Lock;
  created?: number;
  written?: number;
}

const MOST_LINKS = 16;

/** Puts on a disk what it has from the start. Directories on the way are made. */
export class Layout {
  readonly system: OsType;
  readonly #disk: Disk;
  readonly #created: number;

  constructor(disk: Disk, created: number) {
    this.#disk = disk;
    this.system = disk.system;
    this.#created = created;
  }

  directory(path: string, traits: Traits = {}): DirectoryNode {
    return this.#directory(parsePath(this.system, path), traits, 0);
  }

  directories(...paths: string[]): void {
    for (const path of paths) this.directory(path);
  }

  /** A file of a text, of a text that is made when it is first read, or of any content. */
  file(path: string, content: string | (() => string) | Content, traits: Traits = {}): void {
    const created = traits.created ?? this.#created;
    const made =
      typeof content === "string"
        ? textContent(() => content)
        : typeof content === "function"
          ? textContent(content)
          : content;
    this.#put(path, (name) => ({
      ...{ kind: "file", name, content: made, created, written: traits.written ?? created },
      ...(traits.attributes === undefined ? {} : { attributes: traits.attributes }),
      ...(traits.lock === undefined ? {} : { lock: traits.lock }),
    }));
  }

  /** A file that other endpoints have too. Nothing happens where there is one already, or no such volume. */
  share(path: string, node: FileNode): void {
    let parsed: DiskPath;
    try {
      parsed = parsePath(this.system, path);
      this.#disk.top(parsed.root);
    } catch {
      return;
    }
    const directory = this.#parentOf(parsed);
    if (directory?.get(node.name) === undefined) directory?.put(node);
  }

  /** A junction or symbolic link. */
  link(path: string, target: string, traits: Traits & { toDirectory?: boolean } = {}): void {
    const created = traits.created ?? this.#created;
    const { attributes, toDirectory = true } = traits;
    this.#put(path, (name) => ({
      ...{ kind: "link", name, target, toDirectory, created, written: created },
      ...(attributes === undefined ? {} : { attributes }),
    }));
  }

  #put(path: string, make: (name: string) => Parameters<DirectoryNode["put"]>[0]): void {
    const parsed = parsePath(this.system, path);
    this.#parentOf(parsed)?.put(make(parsed.parts.at(-1) ?? ""));
  }

  #parentOf(parsed: DiskPath): DirectoryNode | undefined {
    const parts = parsed.parts.slice(0, -1);
    return parsed.parts.length === 0 ? undefined : this.#directory({ ...parsed, parts }, {}, 0);
  }

  #directory({ root, parts }: DiskPath, traits: Traits, links: number): DirectoryNode {
    let at = this.#disk.top(root);
    for (const [index, part] of parts.entries()) {
      if (part === "..") {
        at = at.parent ?? at;
        continue;
      }
      const known = at.get(part);
      if (known?.kind === "link" && links < MOST_LINKS) {
        const absolute = this.system === "windows" || known.target.startsWith("/");
        const target = parsePath(this.system, absolute ? known.target : `/${known.target}`);
        const before = absolute ? [] : parts.slice(0, index);
        const onward = { ...target, parts: [...before, ...target.parts, ...parts.slice(index + 1)] };
        return this.#directory(onward, traits, links + 1);
      }
      const last = index === parts.length - 1;
      const name = this.system === "windows" ? spelt(part, parts[0]) : part;
      at = last
        ? at.directory(name, traits.created ?? this.#created, traits.attributes, traits.lock)
        : at.directory(name, this.#created);
      if (last && traits.written !== undefined) at.written = traits.written;
    }
    return at;
  }
}

/** Sensors report in lower case; what was installed has its words in capitals on the disk. */
function spelt(name: string, top = ""): string {
  if (!/^program/i.test(top) || name !== name.toLowerCase()) return name;
  return name.replace(/(^|[ (-])[a-z]/g, (start) => start.toUpperCase());
}
