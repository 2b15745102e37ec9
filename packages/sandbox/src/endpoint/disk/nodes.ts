import type { Content } from "./content.js";
import { ShortNames } from "./short-names.js";

/** What stands in the way of opening a file: rights, or somebody who has it open for himself alone. */
export type Lock = "denied" | "busy";

interface NodeBase {
  /** As it was written; comparing is the directory's affair. */
  readonly name: string;
  readonly created: number;
  readonly written: number;
  /** Beyond what follows from the kind of node. */
  readonly attributes?: readonly string[];
  readonly lock?: Lock;
}

/** A file. It never changes, so that the same one may lie on many endpoints: writing puts another in its place. */
export interface FileNode extends NodeBase {
  readonly kind: "file";
  readonly content: Content;
  /** Whether it is a program; what was written there by somebody is looked into instead. */
  readonly program?: boolean;
}

/** A junction or a symbolic link. */
export interface LinkNode extends NodeBase {
  readonly kind: "link";
  /** An absolute path, or on Unix one relative to where the link lies. */
  readonly target: string;
  /** Whether it leads to a directory, as far as its entry says. */
  readonly toDirectory: boolean;
}

/** Anything that a directory holds. */
export type DiskNode = FileNode | LinkNode | DirectoryNode;

/** How names are compared: without case on Windows and macOS. */
export type FoldName = (name: string) => string;

export const foldCase: FoldName = (name) => name.toLowerCase();
export const keepCase: FoldName = (name) => name;

/** A directory with its entries, by their folded names. */
export class DirectoryNode {
  readonly kind = "directory";
  readonly #entries = new Map<string, DiskNode>();
  readonly #fold: FoldName;
  #shortNames: ShortNames | undefined;
  written: number;

  constructor(
    public name: string,
    readonly created: number,
    fold: FoldName,
    readonly attributes: readonly string[] = [],
    readonly lock?: Lock,
    /** Undefined for the top of a volume. */
    public parent?: DirectoryNode,
  ) {
    this.written = created;
    this.#fold = fold;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): DiskNode | undefined {
    const node = this.#entries.get(this.#fold(name));
    if (node !== undefined || !name.includes("~")) return node;
    const long = this.shortNames.longOf(name);
    return long === undefined ? undefined : this.#entries.get(this.#fold(long));
  }

  /** Puts a node in, in the place of one with the same name. */
  put(node: DiskNode): void {
    const key = this.#fold(node.name);
    this.#release(key);
    if (node.kind === "directory") node.parent = this;
    if (node.kind === "file") node.content.retain?.();
    this.#entries.set(key, node);
  }

  delete(node: DiskNode): void {
    this.#release(this.#fold(node.name));
  }

  /** Makes a directory below, or returns the one that is there. */
  directory(name: string, created: number, attributes?: readonly string[], lock?: Lock): DirectoryNode {
    const known = this.get(name);
    if (known?.kind === "directory") return known;
    const made = new DirectoryNode(name, created, this.#fold, attributes, lock, this);
    this.put(made);
    return made;
  }

  /** The entries in the order of their names. */
  list(): DiskNode[] {
    return [...this.#entries.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, node]) => node);
  }

  /** In no order. */
  values(): Iterable<DiskNode> {
    return this.#entries.values();
  }

  /** The names of eight and three letters that the entries have besides their own. */
  get shortNames(): ShortNames {
    this.#shortNames ??= new ShortNames([...this.#entries.values()].map(({ name }) => name));
    return this.#shortNames;
  }

  #release(key: string): void {
    const node = this.#entries.get(key);
    this.#shortNames = undefined;
    if (node?.kind === "file") node.content.release?.();
    this.#entries.delete(key);
  }
}
