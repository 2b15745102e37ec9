import { ObjectNotFoundError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { loadJoin } from "../../../core/model/joins.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { Process } from "./process.js";

/** Called for each process of a walk; `depth` is 0 for the nearest. What it returns is awaited. */
export type ProcessVisitor = (process: Process, depth: number) => unknown;

/** How far a walk goes, and the options of the requests that it costs. */
export interface ProcessWalkOptions extends CallOptions {
  /** The last depth that is visited: 1 visits depth 0 and 1. Without it, all are. */
  readonly maxDepth?: number | undefined;
}

/** What a walk saw, and what it could not see. */
export interface WalkReport {
  /** How many processes were visited. */
  readonly visited: number;
  /** Processes that others name and that the server does not have. */
  readonly missing: readonly string[];
  /** Whether a process turned up again; the walk did not go on there. */
  readonly repeated: boolean;
  /** Whether there may be processes beyond `maxDepth`. */
  readonly truncated: boolean;
}

class Walk {
  readonly seen = new Set<string>();
  readonly missing: string[] = [];
  readonly maxDepth: number;
  visited = 0;
  repeated = false;
  truncated = false;

  constructor(start: Process, { maxDepth = Number.POSITIVE_INFINITY }: ProcessWalkOptions) {
    if (maxDepth !== Number.POSITIVE_INFINITY && (!Number.isInteger(maxDepth) || maxDepth < 0)) {
      throw invalidArgument(`maxDepth wants a whole number from 0 on, got ${String(maxDepth)}`);
    }
    this.maxDepth = maxDepth;
    this.seen.add(start.process_guid);
  }

  /** Whether a process is met for the first time. */
  isNew(guid: string): boolean {
    if (this.seen.has(guid)) this.repeated = true;
    const isNew = !this.seen.has(guid);
    this.seen.add(guid);
    return isNew;
  }

  report(): WalkReport {
    const { visited, missing, repeated, truncated } = this;
    return { visited, missing, repeated, truncated };
  }
}

export async function walkParents(
  start: Process,
  visit: ProcessVisitor,
  options: ProcessWalkOptions,
): Promise<WalkReport> {
  const walk = new Walk(start, options);
  let at: Process | undefined = await known(start, options);
  for (let depth = 0; at !== undefined; depth++) {
    const guid: string | undefined = at.parent_guid;
    if (guid === undefined || guid === "") break;
    if (depth > walk.maxDepth) {
      walk.truncated = true;
      break;
    }
    if (!walk.isNew(guid)) break;
    const parent: Process | undefined = await orMissing(walk, guid, () => parentOf(at as Process, options));
    if (parent === undefined) break;
    walk.visited++;
    await visit(parent, depth);
    at = parent;
  }
  return walk.report();
}

export async function walkChildren(
  start: Process,
  visit: ProcessVisitor,
  options: ProcessWalkOptions,
): Promise<WalkReport> {
  const walk = new Walk(start, options);
  /** Those whose children are still to be asked for, the next one last. */
  const open: { readonly process: Process; readonly depth: number }[] = [];
  const enter = async (process: Process, depth: number) => {
    const children = await orMissing(walk, process.process_guid, () => process.getChildren(options));
    const fresh = (children ?? []).filter((child) => walk.isNew(child.process_guid));
    if (fresh.length > 0 && depth > walk.maxDepth) walk.truncated = true;
    else open.push(...fresh.toReversed().map((child) => ({ process: child, depth })));
  };
  await enter(start, 0);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    walk.visited++;
    await visit(next.process, next.depth);
    // A summary costs a job: it is spared where the process says that it has started nobody.
    if (next.process.childproc_count !== 0 || next.process.has_children === true) {
      await enter(next.process, next.depth + 1);
    }
  }
  return walk.report();
}

/** A process that was given by its key only has to be read before it tells its parent. */
async function known(process: Process, options: CallOptions): Promise<Process> {
  return process.parent_guid === undefined ? process.load(options) : process;
}

async function parentOf(process: Process, options: CallOptions): Promise<Process | undefined> {
  const parent = (await loadJoin(process, "parent", options)) as Process | undefined;
  return parent === undefined ? undefined : known(parent, options);
}

async function orMissing<T>(walk: Walk, guid: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    walk.missing.push(guid);
    return undefined;
  }
}
