import { ObjectNotFoundError } from "../../core/errors.js";
import { loadJoin } from "../../core/model/ref.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Process } from "./process.js";

/** Called for each process of a walk; `depth` is 0 for the nearest. What it returns is awaited. */
export type ProcessVisitor = (process: Process, depth: number) => unknown;

export interface WalkOptions extends CallOptions {
  /** The last depth that is visited: 1 visits depth 0 and 1. Without it, all are. */
  readonly maxDepth?: number;
}

/** What a walk saw, and what it could not see. */
export interface WalkReport {
  readonly visited: number;
  /** Processes that are named by others and that the server does not have; they were visited as far as known. */
  readonly stubs: readonly string[];
  /** Whether a process turned up among its own ancestors or descendants; the walk did not go on there. */
  readonly cycle: boolean;
  /** Whether there are processes below or above `maxDepth`. */
  readonly truncated: boolean;
}

class WalkLog {
  visited = 0;
  readonly stubs: string[] = [];
  cycle = false;
  truncated = false;

  report(): WalkReport {
    return { visited: this.visited, stubs: this.stubs, cycle: this.cycle, truncated: this.truncated };
  }
}

/** The ancestors of a process, the nearest first. Ends where the sensor did not know who started a process. */
export async function* ancestorsOf(
  start: Process,
  options: CallOptions,
  log: { cycle: boolean; stubs: string[] } = new WalkLog(),
): AsyncGenerator<Process, void> {
  const seen = new Set([start.id]);
  for (let at = start; ; ) {
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

export async function walkParents(start: Process, visit: ProcessVisitor, options: WalkOptions): Promise<WalkReport> {
  const log = new WalkLog();
  for await (const parent of ancestorsOf(start, options, log)) {
    if (options.maxDepth !== undefined && log.visited > options.maxDepth) {
      log.truncated = true;
      break;
    }
    await visit(parent, log.visited);
    log.visited++;
  }
  return log.report();
}

/** Depth first, each process before its children, as they started. */
export async function walkChildren(start: Process, visit: ProcessVisitor, options: WalkOptions): Promise<WalkReport> {
  const log = new WalkLog();
  const seen = new Set([start.id]);
  const waiting = (await start.childProcesses(options)).map((process) => ({ process, depth: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { process, depth } = next;
    options.signal?.throwIfAborted();
    if (seen.has(process.id)) {
      log.cycle = true;
      continue;
    }
    seen.add(process.id);
    const known = await exists(process, options);
    if (!known && !process.suppressed_process) log.stubs.push(process.id);
    await visit(process, depth);
    log.visited++;
    if (!known) continue;
    const children = await process.childProcesses(options);
    if (options.maxDepth !== undefined && depth >= options.maxDepth) {
      log.truncated ||= children.length > 0;
      continue;
    }
    for (const child of children.toReversed()) waiting.push({ process: child, depth: depth + 1 });
  }
  return log.report();
}

/** The parent, or a stub of it when the server no longer has it; `undefined` where nobody knows it. */
async function parentOf(process: Process, options: CallOptions): Promise<Process | undefined> {
  options.signal?.throwIfAborted();
  try {
    const parent = (await loadJoin(process, "parent", options)) as Process | undefined;
    return parent === undefined || parent.isUnknown ? undefined : parent;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return process.parentStub();
    throw error;
  }
}

/** Whether the server has more of this process than its parent told. */
async function exists(process: Process, options: CallOptions): Promise<boolean> {
  if (process.suppressed_process) return false;
  try {
    await process.load(options);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}
