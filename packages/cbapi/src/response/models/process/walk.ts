import { ApiError, ObjectNotFoundError } from "../../../core/errors.js";
import type { Key } from "../../../core/model/document.js";
import { Completeness } from "../../../core/model/document.js";
import { loadJoin } from "../../../core/model/joins.js";
import { Model } from "../../../core/model/model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { hasChildren, readChildren, relativeOf } from "./children.js";
import { parentKey, parentStub } from "./parent.js";
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
  /** Processes that are named by others and that the server does not have; they were visited as far as known. */
  readonly stubs: readonly string[];
  /** Whether a process turned up among its own ancestors or descendants; the walk did not go on there. */
  readonly cycle: boolean;
  /** How often a process turned up again that another one had led to; it was visited the first time only. */
  readonly repeated: number;
  /** How many children the server counts of the processes that were visited, and did not give. */
  readonly missingChildren: number;
  /** Whether there are processes below or above `maxDepth`. */
  readonly truncated: boolean;
}

class WalkLog {
  visited = 0;
  readonly stubs: string[] = [];
  cycle = false;
  repeated = 0;
  missingChildren = 0;
  truncated = false;

  report(): WalkReport {
    const { visited, stubs, cycle, repeated, missingChildren, truncated } = this;
    return { visited, stubs, cycle, repeated, missingChildren, truncated };
  }
}

/** The ancestors of a process, the nearest first. Ends where the sensor did not know who started a process. */
export async function* ancestorsOf(
  start: Process,
  options: ProcessWalkOptions,
  log: WalkLog = new WalkLog(),
): AsyncGenerator<Process, void> {
  const { maxDepth = Number.POSITIVE_INFINITY } = options;
  const seen = new Set([start.id]);
  let at = start;
  for (let depth = 0; ; depth++) {
    if (depth > maxDepth) {
      const next = await knownParent(at, options);
      if (next !== undefined && seen.has(String(next))) log.cycle = true;
      else log.truncated = next !== undefined;
      return;
    }
    const parent = await parentOf(at, options);
    if (parent === undefined) return;
    if (seen.has(parent.id)) {
      log.cycle = true;
      return;
    }
    seen.add(parent.id);
    if (parent.is_stub) log.stubs.push(parent.id);
    yield parent;
    if (parent.is_stub) return;
    at = parent;
  }
}

/** How many ancestors the server has. */
export async function depthOf(start: Process, options: CallOptions): Promise<number> {
  const log = new WalkLog();
  let depth = 0;
  for await (const ancestor of ancestorsOf(start, options, log)) if (!ancestor.is_stub) depth++;
  if (log.cycle) throw new ApiError(`Process cycle detected at depth ${depth}`);
  return depth;
}

export async function walkParents(
  start: Process,
  visit: ProcessVisitor,
  options: ProcessWalkOptions,
): Promise<WalkReport> {
  const log = new WalkLog();
  for await (const parent of ancestorsOf(start, options, log)) {
    await visit(parent, log.visited);
    log.visited++;
  }
  return log.report();
}

/** Depth first, each process before its children, as they started. */
export async function walkChildren(
  start: Process,
  visit: ProcessVisitor,
  options: ProcessWalkOptions,
): Promise<WalkReport> {
  const { maxDepth = Number.POSITIVE_INFINITY } = options;
  const log = new WalkLog();
  const seen = new Set([start.id]);
  const path = new Path(start.id);
  const waiting: { readonly process: Process; readonly depth: number }[] = [];
  const descend = async (process: Process, depth: number) => {
    const { documents, missing } = await readChildren(process, options);
    log.missingChildren += missing;
    for (const document of documents.toReversed()) waiting.push({ process: relativeOf(process, document), depth });
  };
  await descend(start, 0);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { process, depth } = next;
    options.signal?.throwIfAborted();
    path.cut(depth);
    if (seen.has(process.id)) {
      if (path.has(process.id)) log.cycle = true;
      else log.repeated++;
      continue;
    }
    seen.add(process.id);
    const known = await exists(process, options);
    if (!known && !process.suppressed_process) log.stubs.push(process.id);
    await visit(process, depth);
    log.visited++;
    if (!known) continue;
    if (depth >= maxDepth) {
      log.truncated ||= hasChildren(process);
      continue;
    }
    path.push(process.id);
    await descend(process, depth + 1);
  }
  return log.report();
}

/** The processes from the start of a walk to where it is. */
class Path {
  readonly #ids: string[];
  readonly #members: Set<string>;

  constructor(start: string) {
    this.#ids = [start];
    this.#members = new Set(this.#ids);
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  push(id: string): void {
    this.#ids.push(id);
    this.#members.add(id);
  }

  /** Leaves only the ancestors of a process at this depth. */
  cut(depth: number): void {
    for (const id of this.#ids.splice(depth + 1)) this.#members.delete(id);
  }
}

/** The parent, or a stub of it when the server no longer has it; `undefined` where nobody knows it. */
async function parentOf(process: Process, options: CallOptions): Promise<Process | undefined> {
  options.signal?.throwIfAborted();
  try {
    const parent = (await loadJoin(process, "parent", options)) as Process | undefined;
    return parent === undefined || parent.isUnknown ? undefined : parent;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return parentStub(process);
    throw error;
  }
}

/** The key of a parent that is there to be visited. It costs a request only when the process itself is known in part. */
async function knownParent(process: Process, options: CallOptions): Promise<Key | undefined> {
  const state = Model.stateOf(process);
  state.missed = false;
  let key = parentKey(process);
  if (key === undefined && state.missed && (await exists(process, options))) key = parentKey(process);
  if (key === undefined) return undefined;
  const known = state.client.identityMap.peek(process.constructor as typeof Process, key, Completeness.row);
  return Number(known?.document["process_pid"] ?? 0) === -1 ? undefined : key;
}

/** Whether the server has more of this process than its parent told. */
async function exists(process: Process, options: CallOptions): Promise<boolean> {
  if (process.suppressed_process || process.is_stub) return false;
  try {
    await process.load(options);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}
