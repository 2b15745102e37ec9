import { inspect } from "node:util";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { ProcessBranch, type ProcessNode } from "./node.js";
import type { Process } from "./process.js";
import type { TreeReport } from "./tree-report.js";
import { TreeWalk } from "./tree-walk.js";

/** How far a tree goes, and how it is read. A `timeout` holds for each of its requests. */
export interface TreeOptions extends CallOptions {
  /** The deepest level: 0 is the process itself, 1 its children. Without it, all are read. */
  readonly maxDepth?: number | undefined;
  /** The most nodes that are handed out; default 10,000. */
  readonly maxNodes?: number | undefined;
  /** How many requests are under way at a time; default 8. */
  readonly concurrency?: number | undefined;
}

/** @internal The same, with what the caller left out. */
export interface TreePlan extends CallOptions {
  readonly maxDepth: number;
  readonly maxNodes: number;
  readonly concurrency: number;
}

/** Nodes in memory, with the report of the walk that gave them. */
export type ProcessNodes = ProcessNode[] & { report(): TreeReport };

/**
 * The tree below a process, which has not been read. Each reading walks it anew, level by level: the children of a
 * process stand together, by their start and then by their ids, in whatever order the server's answers arrive.
 *
 * A walk holds the nodes that are still to be read and what leads to them, the id of every process that it has met, and
 * what its report lists: `maxNodes` bounds all of these, and without it only the report's lists are bounded, at 10,000
 * entries each. Processes that were read in the last minute are not asked for again.
 */
export class ProcessTree implements AsyncIterable<ProcessNode> {
  readonly #process: Process;
  readonly #plan: TreePlan;
  #report: (() => TreeReport) | undefined;

  /** @internal Made by {@link Process.tree}. */
  constructor(process: Process, options: TreeOptions) {
    const { maxDepth = Number.POSITIVE_INFINITY, maxNodes = 10_000, concurrency = 8, signal, timeout } = options;
    this.#process = process;
    this.#plan = {
      maxDepth: limit("maxDepth", maxDepth, 0),
      maxNodes: limit("maxNodes", maxNodes, 1),
      concurrency: limit("concurrency", concurrency, 1),
      signal,
      timeout,
    };
  }

  /**
   * Reads the tree node by node, the process itself first. `report()` of the iterator tells what was found so far. It
   * rejects when the process itself cannot be read, when the server accepts the API token no longer, and with the signal's
   * reason.
   */
  [Symbol.asyncIterator](): TreeWalk {
    const walk = new TreeWalk(this.#process, this.#plan);
    this.#report = () => walk.report();
    return walk;
  }

  /**
   * All nodes in memory, in the order of the walk. `report()` of the list tells whether the tree is whole.
   * @throws what ended the walk: a failure to read the process itself, one that every request would meet (a token that is
   * not accepted, a closed client), or the reason of the signal. Any other is marked on its node.
   */
  async all(): Promise<ProcessNodes> {
    const walk = this[Symbol.asyncIterator]();
    const nodes: ProcessNode[] = [];
    for await (const node of walk) nodes.push(node);
    Object.defineProperty(nodes, "report", { value: () => walk.report() });
    return nodes as ProcessNodes;
  }

  /**
   * The tree in memory: the process with its `children`, these with theirs. `report()` of the tree tells whether it is
   * whole.
   * @throws as {@link ProcessTree.all}
   */
  async toTree(): Promise<ProcessBranch> {
    const branches = new Map<ProcessNode, ProcessBranch>();
    let root: ProcessBranch | undefined;
    for await (const node of this) {
      const branch = new ProcessBranch(node, node.parent === undefined ? undefined : branches.get(node.parent));
      branches.set(node, branch);
      root ??= branch;
    }
    // A walk that does not fail has handed out the process that it began with.
    return root as ProcessBranch;
  }

  /** The report of the latest walk over this tree; `undefined` before the first. */
  report(): TreeReport | undefined {
    return this.#report?.();
  }

  [inspect.custom](): string {
    return `ProcessTree <below ${this.#process.id}>`;
  }
}

function limit(name: string, value: number, least: number): number {
  if (value === Number.POSITIVE_INFINITY && name !== "concurrency") return value;
  if (Number.isInteger(value) && value >= least) return value;
  throw invalidArgument(`${name} wants a whole number from ${least} on, got ${String(value)}`);
}
