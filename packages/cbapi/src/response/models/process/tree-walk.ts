import { setMaxListeners } from "node:events";
import { inspect } from "node:util";
import { CbApiError, CredentialError, ObjectNotFoundError } from "../../../core/errors.js";
import { Model } from "../../../core/model/model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { parseProcessGuid, splitProcessId } from "../../process-guid.js";
import { type Children, readChildren, relativeOf } from "./children.js";
import { type NodeMarks, type NodePlace, ProcessNode, type Truncation } from "./node.js";
import type { Process } from "./process.js";
import type { TreePlan } from "./tree.js";
import { TreeLog, type TreeReport } from "./tree-report.js";

/** How many nodes ahead of the one that is handed out are asked for, as a multiple of the requests at a time. */
const LOOK_AHEAD = 8;

/** What became of the request for a node's children. */
type Outcome = { readonly children: Children } | { readonly error: unknown };

/** A node whose turn has not come. */
interface Waiting extends NodePlace<ProcessNode> {
  /** Its parent's summary tells that it started nobody. */
  readonly leaf: boolean;
  outcome?: Promise<Outcome>;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/** One walk over a tree: hands out its nodes in order, and asks for those ahead meanwhile. */
export class TreeWalk implements AsyncIterableIterator<ProcessNode> {
  readonly #plan: TreePlan;
  readonly #log = new TreeLog();
  readonly #call: CallOptions;
  /** Ends what is under way when nobody wants it any more. */
  readonly #controller = new AbortController();
  readonly #nodes: AsyncGenerator<ProcessNode, void>;
  /** Nodes in the order of the walk; those before `#next` have been handed out. */
  #queue: Waiting[];
  #next = 0;
  /** The first that has not been looked at for whether it must be asked for. */
  #ahead = 0;
  #running = 0;
  /** How many more nodes there may be. */
  #room: number;
  readonly #seen: Set<string>;
  #stopped = false;

  /** @internal Made by a tree. */
  constructor(process: Process, plan: TreePlan) {
    this.#plan = plan;
    // One listener for each request under way; that they are many is no leak.
    setMaxListeners(0, this.#controller.signal);
    this.#call = { signal: this.#controller.signal, timeout: plan.timeout };
    // What a search row counts is one segment's, so that the first process is asked for in any case.
    this.#queue = [{ process, depth: 0, parent: undefined, repeated: false, cycle: false, leaf: false }];
    this.#room = plan.maxNodes - 1;
    this.#seen = new Set([process.id]);
    this.#nodes = this.#walk();
  }

  /** What was found so far, and why anything is missing. */
  report(): TreeReport {
    return this.#log.snapshot();
  }

  /** The next node. */
  next(): Promise<IteratorResult<ProcessNode, undefined>> {
    return this.#nodes.next() as Promise<IteratorResult<ProcessNode, undefined>>;
  }

  /** Ends the walk; requests that are under way are broken off, and whoever waits for a node gets none. */
  async return(): Promise<IteratorResult<ProcessNode, undefined>> {
    this.#stopped = true;
    this.#log.stop();
    this.#controller.abort();
    await this.#nodes.return();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `TreeWalk ${inspect(this.report())}`;
  }

  async *#walk(): AsyncGenerator<ProcessNode, void> {
    const { signal } = this.#plan;
    const giveUp = () => this.#controller.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        this.#askAhead();
        const waiting = this.#queue[this.#next];
        if (waiting === undefined) break;
        const outcome = await waiting.outcome;
        if (this.#stopped) return;
        const node = this.#settle(waiting, outcome);
        this.#advance();
        this.#askAhead();
        this.#log.add(node);
        yield node;
      }
      this.#log.finish();
    } catch (error) {
      this.#log.fail(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      this.#controller.abort();
    }
  }

  /** Keeps as many requests under way as the plan allows, for the nodes whose turn comes next. */
  #askAhead(): void {
    const end = Math.min(this.#queue.length, this.#next + LOOK_AHEAD * this.#plan.concurrency);
    while (this.#running < this.#plan.concurrency && this.#ahead < end && this.#room > 0) {
      const waiting = this.#queue[this.#ahead++];
      if (waiting !== undefined && this.#isAsked(waiting)) waiting.outcome = this.#ask(waiting.process);
    }
  }

  /** Whether the server has to be asked for the children of a process. */
  #isAsked(waiting: Waiting): boolean {
    return !waiting.leaf && !waiting.repeated && waiting.depth < this.#plan.maxDepth && !hasNoDocument(waiting);
  }

  async #ask(process: Process): Promise<Outcome> {
    this.#running++;
    try {
      return { children: await readChildren(process, this.#call, () => this.#log.requests++) };
    } catch (error) {
      return { error };
    } finally {
      this.#running--;
      if (!this.#controller.signal.aborted) this.#askAhead();
    }
  }

  /** Makes the node, now that all is known of it, and puts its children into the queue. */
  #settle(waiting: Waiting, outcome: Outcome | undefined): ProcessNode {
    if (waiting.repeated) return new ProcessNode(waiting, {});
    if (hasNoDocument(waiting)) return new ProcessNode(waiting, { stub: !waiting.process.suppressed_process });
    if (waiting.leaf) return new ProcessNode(waiting, { childCount: 0 });
    if (waiting.depth >= this.#plan.maxDepth) return cut(waiting, "maxDepth");
    // Which nodes were asked for ahead depends on how fast the answers came; what is handed out does not.
    if (outcome === undefined || this.#room === 0) return cut(waiting, "maxNodes");
    return "error" in outcome
      ? new ProcessNode(waiting, this.#marksOf(waiting, outcome.error))
      : this.#expand(waiting, outcome.children);
  }

  #expand(waiting: Waiting, { documents, leaves, missing }: Children): ProcessNode {
    const processes = documents.map((document) => relativeOf(waiting.process, document)).sort(byStart);
    const taken = processes.slice(0, this.#room);
    const truncated: Truncation[] = [];
    if (missing > 0) truncated.push({ by: "server", missing });
    if (taken.length < processes.length) truncated.push({ by: "maxNodes", missing: processes.length - taken.length });
    const node = new ProcessNode(waiting, { childCount: taken.length, truncated });
    this.#room -= taken.length;
    for (const process of taken) this.#queue.push(this.#childOf(node, process, leaves.has(process.id)));
    return node;
  }

  #childOf(parent: ProcessNode, process: Process, leaf: boolean): Waiting {
    const { id } = process;
    const named = isNamed(process);
    const repeated = named && this.#seen.has(id);
    if (named) this.#seen.add(id);
    return { process, depth: parent.depth + 1, parent, repeated, cycle: repeated && isBelow(parent, id), leaf };
  }

  /** A failure that is this node's own. Any other ends the walk. */
  #marksOf({ parent }: Waiting, error: unknown): NodeMarks {
    this.#plan.signal?.throwIfAborted();
    if (parent === undefined || !(error instanceof CbApiError) || isForAll(error)) throw error;
    return error instanceof ObjectNotFoundError ? { stub: true } : { failed: error };
  }

  #advance(): void {
    this.#next++;
    // Lets go of what was handed out, now and then rather than each time.
    if (this.#next < 256 || this.#next * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#next);
    this.#ahead -= this.#next;
    this.#next = 0;
  }
}

function cut(waiting: Waiting, by: "maxDepth" | "maxNodes"): ProcessNode {
  return new ProcessNode(waiting, { truncated: [{ by, missing: undefined }] });
}

/** Whether the server cannot be asked for a process: the sensor left it out, or did not know it. */
function hasNoDocument({ process, parent }: NodePlace<ProcessNode>): boolean {
  if (process.suppressed_process || process.is_stub) return true;
  return parent !== undefined && !isNamed(process);
}

/** Whether a process has an id that is its own: those that the sensor did not know share one, or have none. */
function isNamed(process: Process): boolean {
  const split = splitProcessId(Model.stateOf(process).key ?? "");
  if (split === undefined) return false;
  const guid = parseProcessGuid(split.id);
  return guid === undefined || guid.pid !== undefined;
}

function isBelow(parent: ProcessNode, id: string): boolean {
  for (let at: ProcessNode | undefined = parent; at !== undefined; at = at.parent)
    if (at.process.id === id) return true;
  return false;
}

/** Those without a time come last. */
function byStart(a: Process, b: Process): number {
  const [first, second] = [
    a.start?.getTime() ?? Number.POSITIVE_INFINITY,
    b.start?.getTime() ?? Number.POSITIVE_INFINITY,
  ];
  if (first !== second) return first - second;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Whether every other request would fail in the same way. */
function isForAll(error: CbApiError): boolean {
  return error instanceof CredentialError || error.status === 401 || error.status === 403 || error.code === "CLOSED";
}
