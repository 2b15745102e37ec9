import { addAbortSignal, type Readable } from "node:stream";
import type { OsType } from "../../domain/index.js";
import { type Failure, failureOf } from "../failures.js";
import type { EndpointFiles, FileEntry } from "../machine.js";
import { bytesContent, type Content, ContentStream } from "./content.js";
import { entryOf } from "./entries.js";
import { DirectoryNode, type DiskNode, type FileNode, foldCase, keepCase } from "./nodes.js";
import { type DiskPath, formatPath, parsePath } from "./paths.js";
import { Draft, type SpillFolder } from "./spill.js";
import { hasWildcards, matches, matchesOnWindows } from "./wildcards.js";

/** What a disk is made with. */
export interface DiskOptions {
  system: OsType;
  /** `["C:", "D:"]`; one empty name on Unix. */
  roots: readonly string[];
  /** When the volumes were made. */
  created: number;
  /** Bytes that are free at the start, by root. */
  free: (root: string) => number;
  now: () => number;
  spill: SpillFolder;
  /** Whether a program is running from this file; such files cannot be written, nor removed on Windows. */
  isRunning?: (node: FileNode) => boolean;
  /** Called before every look at the disk: what came to it from outside is put on it then. */
  refresh?: () => void;
  /** Something was written or removed. */
  onChange?: () => void;
}

/** A directory together with the name that something in it has, or is to have. */
interface Place {
  root: string;
  directory: DirectoryNode;
  name: string;
  node: DiskNode | undefined;
}

const MOST_LINKS = 40;

/** The volumes of an endpoint. */
export class Disk implements EndpointFiles {
  readonly system: OsType;
  readonly #roots = new Map<string, DirectoryNode>();
  readonly #options: DiskOptions;
  /** Bytes that were written less those that were removed, by root. */
  readonly #used = new Map<string, number>();

  constructor(options: DiskOptions) {
    this.#options = options;
    this.system = options.system;
    const fold = options.system === "linux" ? keepCase : foldCase;
    for (const root of options.roots) this.#roots.set(root, new DirectoryNode("", options.created, fold));
  }

  drives(): string[] {
    return [...this.#roots.keys()].map((root) => (this.system === "windows" ? `${root}\\` : "/"));
  }

  list(path: string): FileEntry[] {
    return this.entries(path).map(([node, alt, name]) => entryOf(this.system, node, alt, name));
  }

  /** {@link list} as nodes: with the short name, and with another name for `.` and `..`. */
  entries(path: string): [node: DiskNode, short: string | undefined, name: string | undefined][] {
    const parsed = this.#parse(path, true);
    const last = parsed.parts.at(-1);
    const pattern = parsed.trailing || last === undefined || last === ".." ? "*" : last;
    const wild = pattern !== last || (hasWildcards(pattern) && this.system === "windows") || this.#isPattern(parsed);
    if (!wild) {
      const { node, directory } = this.#existing(parsed);
      return [[node, directory.shortNames.shortOf(node.name), undefined]];
    }
    const inside = pattern === last ? { ...parsed, parts: parsed.parts.slice(0, -1) } : parsed;
    const directory = this.#directory(inside);
    const fits = this.system === "windows" ? matchesOnWindows : matches;
    const { shortNames } = directory;
    const found: [DiskNode, string | undefined, string | undefined][] = [];
    // The top of a Windows volume has no entries for itself and what is above.
    if (directory.parent !== undefined || this.system !== "windows") {
      if (fits(".", pattern)) found.push([directory, undefined, "."]);
      if (fits("..", pattern)) found.push([directory.parent ?? directory, undefined, ".."]);
    }
    for (const node of directory.list()) {
      const short = this.system === "windows" ? shortNames.shortOf(node.name) : undefined;
      if (fits(node.name, pattern) || (short !== undefined && fits(short, pattern)))
        found.push([node, short, undefined]);
    }
    if (found.length === 0 && pattern === last) throw this.failure("missing");
    return found;
  }

  size(path: string): number {
    return this.file(path).content.size;
  }

  read(path: string, offset = 0, count = Number.POSITIVE_INFINITY): Readable {
    if (!(offset >= 0) || !(count >= 0)) throw this.failure("invalid");
    return new ContentStream(this.file(path).content, offset, count);
  }

  async write(path: string, content: Readable, signal?: AbortSignal): Promise<void> {
    const draft = new Draft(this.#options.spill);
    try {
      const place = this.#placeForFile(path);
      if (signal !== undefined) {
        signal.throwIfAborted();
        addAbortSignal(signal, content);
      }
      for await (const chunk of content) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
        if (draft.size + bytes.length > this.free(place.root)) throw this.failure("full");
        draft.add(bytes);
      }
      // Whoever wrote meanwhile may have used the space, or removed the directory.
      this.#put(path, draft.finish());
    } catch (error) {
      draft.drop();
      content.destroy();
      throw error;
    }
  }

  /** Writes bytes, or a content that another file has too, as a whole file. */
  put(path: string, content: Content | Uint8Array): void {
    this.#put(path, content instanceof Uint8Array ? bytesContent(content) : content);
  }

  makeDirectory(path: string): void {
    const place = this.#place(path);
    if (place.node !== undefined) throw this.failure("exists");
    const now = this.#options.now();
    place.directory.directory(place.name, now);
    this.#changed(place.directory, now);
  }

  remove(path: string): void {
    const place = this.#place(path);
    const { node, directory } = place;
    if (node === undefined) throw this.failure("missing");
    if (node.lock !== undefined) throw this.failure(node.lock);
    if (node.kind === "directory" && node.size > 0) throw this.failure("notEmpty");
    if (node.kind === "file" && this.system === "windows") {
      if (node.attributes?.includes("READONLY") === true || this.#isRunning(node)) throw this.failure("denied");
    }
    directory.delete(node);
    if (node.kind === "file") this.#use(place.root, -node.content.size);
    this.#changed(directory, this.#options.now());
  }

  /** Gives an entry another name or place on the same volume. */
  rename(from: string, to: string): void {
    const source = this.#place(from);
    const { node } = source;
    if (node === undefined) throw this.failure("missing");
    if (node.lock !== undefined) throw this.failure(node.lock);
    const target = this.#place(to);
    if (target.root !== source.root) throw this.failure("otherDevice");
    if (target.node !== undefined && target.node !== node) {
      if (node.kind === "directory" || target.node.kind !== "file") throw this.failure("exists");
      if (target.node.lock !== undefined) throw this.failure(target.node.lock);
    }
    for (let above: DirectoryNode | undefined = target.directory; above !== undefined; above = above.parent) {
      if (above === node) throw this.failure("invalid");
    }
    if (target.node?.kind === "file" && target.node !== node) this.#use(target.root, -target.node.content.size);
    const now = this.#options.now();
    if (node.kind === "directory") {
      source.directory.delete(node);
      node.name = target.name;
      target.directory.put(node);
    } else {
      target.directory.put({ ...node, name: target.name });
      if (target.directory !== source.directory || target.name !== node.name) source.directory.delete(node);
    }
    this.#changed(source.directory, now);
    this.#changed(target.directory, now);
  }

  /** What lies at a path; the last link is followed unless told otherwise. Undefined when there is nothing. */
  find(path: string, follow = true): DiskNode | undefined {
    try {
      return this.#existing(this.#parse(path), follow).node;
    } catch {
      return undefined;
    }
  }

  /** The file at a path, ready to be read. */
  file(path: string): FileNode {
    const parsed = this.#parse(path);
    const { node } = this.#existing(parsed, true);
    if (node.kind !== "file") throw this.failure("isDirectory");
    if (parsed.trailing) throw this.failure(this.system === "windows" ? "badName" : "notDirectory");
    if (node.lock !== undefined) throw this.failure(node.lock);
    return node;
  }

  /** The directory at a path, in which somebody may look around. */
  directory(path: string): DirectoryNode {
    return this.#directory(this.#parse(path));
  }

  /** How a path is written on this disk, with links followed: `C:\Windows\System32`. */
  spelling(path: string): string {
    const parsed = this.#parse(path);
    const { node } = this.#existing(parsed, true);
    const names: string[] = [];
    const top = node.kind === "directory" ? node : this.#existing({ ...parsed }, true).directory;
    if (node.kind !== "directory") names.unshift(node.name);
    let at: DirectoryNode = top;
    for (; at.parent !== undefined; at = at.parent) names.unshift(at.name);
    const root = [...this.#roots].find(([, directory]) => directory === at)?.[0] ?? "";
    return this.system === "windows" ? `${root}\\${names.join("\\")}` : `/${names.join("/")}`;
  }

  /** Whether a file may come to a path from outside: neither a directory, nor below a file, nor where there is no volume. */
  canHold(path: string): boolean {
    try {
      const { root, parts } = this.#parse(path);
      this.#top(root);
      if (parts.length === 0 || parts.at(-1) === ".." || this.find(path)?.kind === "directory") return false;
      return parts.slice(1).every((_, index) => {
        const above = this.find(formatPath(this.system, { root, parts: parts.slice(0, index + 1) }));
        return above === undefined || above.kind === "directory";
      });
    } catch {
      return false;
    }
  }

  /** Takes up the space of a file that comes to a path from outside, in the place of what is there, whether or not there is any. */
  occupy(path: string, bytes: number): void {
    const old = this.find(path, false);
    this.#use(this.#parse(path).root, bytes - (old?.kind === "file" ? old.content.size : 0));
  }

  /** Bytes that are free on the volume of a root. */
  free(root: string): number {
    return Math.max(0, this.#options.free(root) - (this.#used.get(root) ?? 0));
  }

  failure(failure: Failure): Error {
    return failureOf(this.system, failure);
  }

  /** The top of a volume, for those who lay the disk out. */
  top(root: string): DirectoryNode {
    const top = this.#roots.get(root);
    if (top === undefined) throw this.failure("noParent");
    return top;
  }

  /** Lets go of all contents. */
  dispose(): void {
    for (const top of this.#roots.values()) release(top);
  }

  #put(path: string, content: Content): void {
    content.retain?.();
    try {
      const place = this.#placeForFile(path);
      const old = place.node?.kind === "file" ? place.node : undefined;
      const growth = content.size - (old?.content.size ?? 0);
      if (growth > this.free(place.root)) throw this.failure("full");
      const now = this.#options.now();
      const [name, created] = [old?.name ?? place.name, old?.created ?? now];
      const kept = this.#options.spill.keep(content);
      place.directory.put({ kind: "file", name, content: kept, created, written: now });
      this.#use(place.root, growth);
      this.#changed(place.directory, now);
    } finally {
      content.release?.();
    }
  }

  #placeForFile(path: string): Place {
    const place = this.#place(path, true);
    const { node } = place;
    if (node?.kind === "directory") throw this.failure("isDirectory");
    if (node?.lock !== undefined) throw this.failure(node.lock);
    if (node?.kind === "file" && node.attributes?.includes("READONLY") === true) throw this.failure("denied");
    if (node?.kind === "file" && this.#isRunning(node)) throw this.failure("busy");
    return place;
  }

  #isRunning(node: FileNode): boolean {
    return this.#options.isRunning?.(node) ?? false;
  }

  #use(root: string, bytes: number): void {
    this.#used.set(root, (this.#used.get(root) ?? 0) + bytes);
  }

  #changed(directory: DirectoryNode, now: number): void {
    directory.written = now;
    this.#options.onChange?.();
  }

  #parse(path: string, pattern = false): DiskPath {
    this.#options.refresh?.();
    return parsePath(this.system, path, pattern);
  }

  /** On Unix, a name with a star in it may also be a name. */
  #isPattern(parsed: DiskPath): boolean {
    const last = parsed.parts.at(-1) ?? "";
    if (this.system === "windows" || !hasWildcards(last)) return false;
    const directory = this.#directory({ ...parsed, parts: parsed.parts.slice(0, -1) });
    return directory.get(last) === undefined;
  }

  #top(root: string): DirectoryNode {
    const top = this.#roots.get(root);
    if (top === undefined) throw this.failure("noParent");
    return top;
  }

  /** Where the last part of a path is, or would be. The top of a volume is no place in anything. */
  #place(path: string, follow = false): Place {
    const parsed = this.#parse(path);
    const parts = [...parsed.parts];
    const name = parts.pop();
    if (name === undefined || name === "..") throw this.failure(this.system === "windows" ? "denied" : "notReady");
    const directory = this.#directory({ ...parsed, parts });
    // What a link that ends a path leads to is written, not the link.
    const node = directory.get(name);
    if (follow && node?.kind === "link") {
      const { node: target, directory: parent } = this.#existing(parsed, true);
      return { root: parsed.root, directory: parent, name: target.name, node: target };
    }
    if (parsed.trailing && node?.kind === "file") throw this.failure("notDirectory");
    return { root: parsed.root, directory, name, node };
  }

  #existing(parsed: DiskPath, follow = parsed.trailing): { node: DiskNode; directory: DirectoryNode } {
    const walk = this.#walk(parsed, follow);
    if (walk.node === undefined) throw this.failure("missing");
    return { node: walk.node, directory: walk.directory };
  }

  #directory(parsed: DiskPath): DirectoryNode {
    const { node } = this.#walk(parsed, true);
    if (node === undefined) throw this.failure("noParent");
    if (node.kind !== "directory") throw this.failure("notDirectory");
    if (node.lock !== undefined) throw this.failure(node.lock);
    return node;
  }

  /** Goes down a path, through junctions and links. Everything but the last part must be there. */
  #walk(parsed: DiskPath, follow: boolean): { node: DiskNode | undefined; directory: DirectoryNode } {
    let directory = this.#top(parsed.root);
    let node: DiskNode | undefined = directory;
    let links = 0;
    const ahead = [...parsed.parts].reverse();
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (node === undefined) throw this.failure("noParent");
      if (node.kind !== "directory") throw this.failure(this.system === "windows" ? "noParent" : "notDirectory");
      if (node.lock !== undefined) throw this.failure(node.lock);
      directory = node;
      if (name === "..") {
        node = directory.parent ?? directory;
        directory = node.parent ?? node;
        continue;
      }
      node = directory.get(name);
      if (node?.kind !== "link" || (ahead.length === 0 && !follow)) continue;
      if (++links > MOST_LINKS) throw this.failure("loop");
      const target = this.#linkTarget(node.target);
      if (target.absolute) node = this.#top(target.path.root);
      else node = directory;
      ahead.push(...target.path.parts.reverse());
    }
    return { node, directory: node?.kind === "directory" ? (node.parent ?? node) : directory };
  }

  #linkTarget(target: string): { absolute: boolean; path: DiskPath } {
    if (this.system === "windows" || target.startsWith("/")) {
      return { absolute: true, path: parsePath(this.system, target) };
    }
    return { absolute: false, path: parsePath(this.system, `/${target}`) };
  }
}

/** Lets go of everything below; a list and not a recursion, as directories may be as deep as somebody made them. */
function release(top: DirectoryNode): void {
  const ahead = [top];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    for (const node of at.values()) {
      if (node.kind === "directory") ahead.push(node);
      else if (node.kind === "file") node.content.release?.();
    }
  }
}
