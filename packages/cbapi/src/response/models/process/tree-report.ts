import type { CbApiError } from "../../../core/errors.js";
import type { ProcessNode, Truncation, TruncationCause } from "./node.js";

/** How many entries each list of a report holds. */
const LISTED = 10_000;

/** What the walk over a tree saw, and what it could not see. Its lists hold the first 10,000 entries of each kind. */
export interface TreeReport {
  /** How many processes were visited, each counted once. */
  readonly visited: number;
  /** How often a process turned up that had been visited before. */
  readonly repeated: number;
  /** Whether a process turned up among its own descendants. */
  readonly cycle: boolean;
  /** Processes that their sensors left out; they were visited as far as their parents tell. */
  readonly suppressed: number;
  /** Processes that the server no longer has; they were visited as far as their parents tell. */
  readonly stubs: readonly string[];
  /** Processes whose children could not be read, and why. */
  readonly failed: readonly { readonly id: string; readonly error: CbApiError }[];
  /** Processes with children that are not in the tree. */
  readonly truncated: readonly (Truncation & { readonly id: string })[];
  /** How many children the server counts, and did not give. */
  readonly missingChildren: number;
  /** How many summaries were asked for; those that were here already cost nothing. */
  readonly requests: number;
  /** Whether the tree is whole; `undefined` while the walk goes on. */
  readonly complete: boolean | undefined;
  /** Why processes are missing, or may be; empty when the tree is whole. */
  readonly reasons: readonly string[];
}

/** The report while the walk goes on. */
export class TreeLog {
  requests = 0;
  #visited = 0;
  #repeated = 0;
  #cycle = false;
  #suppressed = 0;
  readonly #stubs: string[] = [];
  readonly #failed: { readonly id: string; readonly error: CbApiError }[] = [];
  readonly #truncated: (Truncation & { readonly id: string })[] = [];
  readonly #listed: number;
  /** How many there are of each kind, listed or not. */
  readonly #counts = { stubs: 0, failed: 0, server: 0, maxDepth: 0, maxNodes: 0 };
  #missingChildren = 0;
  /** Why the walk ended early; empty when it came to its end, `undefined` before. */
  #end: string | undefined;

  /** @param listed how many entries each list holds */
  constructor(listed = LISTED) {
    this.#listed = listed;
  }

  add(node: ProcessNode): void {
    this.#cycle ||= node.cycle;
    if (node.repeated) {
      this.#repeated++;
      return;
    }
    const { id } = node.process;
    this.#visited++;
    if (node.suppressed) this.#suppressed++;
    if (node.stub) this.#list("stubs", this.#stubs, id);
    if (node.failed !== undefined) this.#list("failed", this.#failed, { id, error: node.failed });
    for (const { by, missing } of node.truncated) {
      this.#list(by, this.#truncated, { id, by, missing });
      if (by === "server") this.#missingChildren += missing ?? 0;
    }
  }

  #list<T>(kind: "stubs" | "failed" | TruncationCause, list: T[], entry: T): void {
    this.#counts[kind]++;
    if (list.length < this.#listed) list.push(entry);
  }

  finish(): void {
    this.#end ??= "";
  }

  stop(): void {
    this.#end ??= `the caller stopped after ${this.#visited} processes`;
  }

  fail(error: unknown): void {
    this.#end ??= `the walk ended after ${this.#visited} processes: ${error instanceof Error ? error.message : String(error)}`;
  }

  snapshot(): TreeReport {
    const reasons = this.#reasons();
    return Object.freeze({
      visited: this.#visited,
      repeated: this.#repeated,
      cycle: this.#cycle,
      suppressed: this.#suppressed,
      stubs: Object.freeze([...this.#stubs]),
      failed: Object.freeze([...this.#failed]),
      truncated: Object.freeze([...this.#truncated]),
      missingChildren: this.#missingChildren,
      requests: this.requests,
      complete: this.#end === undefined ? undefined : reasons.length === 0,
      reasons: Object.freeze(reasons),
    });
  }

  #reasons(): string[] {
    const reasons: string[] = [];
    const [failure] = this.#failed;
    const { stubs, failed, server } = this.#counts;
    if (stubs > 0) reasons.push(`the server no longer has ${processes(stubs)}: what they started is not known`);
    if (failure !== undefined)
      reasons.push(`the children of ${processes(failed)} could not be read, first: ${failure.error.message}`);
    if (this.#missingChildren > 0) {
      const of = processes(server);
      reasons.push(`${this.#missingChildren} children of ${of} are missing: the server gives no more of them`);
    }
    for (const limit of ["maxDepth", "maxNodes"] as const) {
      const cut = this.#counts[limit];
      if (cut > 0) reasons.push(`the walk ended at its ${limit}: ${processes(cut)} may have more children`);
    }
    if (this.#end !== undefined && this.#end !== "") reasons.push(this.#end);
    return reasons;
  }
}

function processes(count: number): string {
  return count === 1 ? "1 process" : `${count} processes`;
}
