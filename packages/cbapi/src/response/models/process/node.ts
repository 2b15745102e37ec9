import { inspect } from "node:util";
import type { CbApiError } from "../../../core/errors.js";
import type { Process } from "./process.js";

/**
 * Why children of a process are not in its tree: the `server` counts more of them than it gives, or the walk ended at its
 * `maxDepth` or its `maxNodes`.
 */
export type TruncationCause = "server" | "maxDepth" | "maxNodes";

/** Children that are not in a tree. */
export interface Truncation {
  readonly by: TruncationCause;
  /** How many are missing; `undefined` where they were not asked for, so that there may be none. */
  readonly missing: number | undefined;
}

/** What a walk found out about one process. */
export interface NodeMarks {
  /** How many children it has in the tree; `undefined` where they are not known, or told elsewhere (`repeated`). */
  readonly childCount?: number | undefined;
  /** The server no longer has it: all that is known is what its parent tells. */
  readonly stub?: boolean;
  /** Why its children could not be read. */
  readonly failed?: CbApiError | undefined;
  /** Which of its children are not in the tree, by cause. */
  readonly truncated?: readonly Truncation[];
}

/** Where a node stands, which is known before its process is asked for. */
export interface NodePlace<Node> {
  readonly process: Process;
  readonly depth: number;
  readonly parent: Node | undefined;
  /** It turned up before, and its children stand there. */
  readonly repeated: boolean;
  /** It is one of its own ancestors. */
  readonly cycle: boolean;
}

/** A process in a tree. */
export class ProcessNode {
  /** Known as well as the walk needed: one whose children were not asked for, as far as its parent tells. */
  readonly process: Process;
  /** 0 for the process that the tree begins with, 1 for its children. */
  readonly depth: number;
  /** The node of the process that started it; `undefined` for the first. */
  readonly parent: ProcessNode | undefined;
  /** It turned up before in this tree; its children stand there, and it was not asked for again. */
  readonly repeated: boolean;
  /** It is one of its own ancestors, so that the data go in a circle. */
  readonly cycle: boolean;
  /** How many children it has in the tree; `undefined` where they are not known, or told elsewhere (`repeated`). */
  readonly childCount: number | undefined;
  /** The server no longer has it: all that is known is what its parent tells, and its children are not known. */
  readonly stub: boolean;
  /** Why its children could not be read; `undefined` where nothing failed. */
  readonly failed: CbApiError | undefined;
  /** Which of its children are not in the tree, by cause; empty where all are. */
  readonly truncated: readonly Truncation[];

  /** @internal Made by a walk. */
  constructor(place: NodePlace<ProcessNode>, marks: NodeMarks) {
    this.process = place.process;
    this.depth = place.depth;
    this.parent = place.parent;
    this.repeated = place.repeated;
    this.cycle = place.cycle;
    this.childCount = marks.childCount;
    this.stub = marks.stub ?? false;
    this.failed = marks.failed;
    this.truncated = marks.truncated ?? [];
  }

  /** The sensor left it out, so that the server has no document of it. Nothing is asked for. */
  get suppressed(): boolean {
    return this.process.suppressed_process;
  }

  /** Whether all of its children that the server may have are in the tree. */
  get complete(): boolean {
    return !this.stub && this.failed === undefined && this.truncated.length === 0;
  }

  /** The node as plain data, with the document of its process and the id of its parent. */
  toJSON(): Record<string, unknown> {
    return {
      process: this.process.toJSON(),
      depth: this.depth,
      parent: this.parent?.process.id,
      childCount: this.childCount,
      stub: this.stub,
      suppressed: this.suppressed,
      repeated: this.repeated,
      cycle: this.cycle,
      failed: this.failed?.message,
      truncated: this.truncated,
    };
  }

  /** `cmd.exe 00000003-0000-036c-01d2-2efd3af51186 at depth 1 (truncated by maxDepth)` */
  toString(): string {
    const marks = [
      ...(["stub", "suppressed", "repeated", "cycle"] as const).filter((mark) => this[mark]),
      ...(this.failed === undefined ? [] : [`failed: ${this.failed.message}`]),
      ...this.truncated.map(({ by }) => `truncated by ${by}`),
    ];
    const text = `${this.process.process_name ?? "?"} ${this.process.id} at depth ${this.depth}`;
    return marks.length === 0 ? text : `${text} (${marks.join(", ")})`;
  }

  [inspect.custom](): string {
    return `${this.constructor.name} <${this.toString()}>`;
  }
}

/** A process in a tree that is in memory as a whole, with the processes that it started. */
export class ProcessBranch extends ProcessNode {
  declare readonly parent: ProcessBranch | undefined;
  readonly #children: ProcessBranch[] = [];

  /** @internal Made by a walk; hangs itself on its parent. */
  constructor(node: ProcessNode, parent: ProcessBranch | undefined) {
    super({ ...node, parent }, node);
    if (parent !== undefined) parent.#children.push(this);
  }

  /** By their start, then by their ids. */
  get children(): readonly ProcessBranch[] {
    return this.#children;
  }

  /** This process and all below it, each before its children. */
  *[Symbol.iterator](): Generator<ProcessBranch, void> {
    const waiting: ProcessBranch[] = [this];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      yield next;
      for (let i = next.#children.length - 1; i >= 0; i--) waiting.push(next.#children[i] as ProcessBranch);
    }
  }

  /** The branch as plain data, with its children. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), children: this.#children.map((child) => child.toJSON()) };
  }
}
