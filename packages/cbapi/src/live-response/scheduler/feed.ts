import { waitFor } from "../../core/transport/wait.js";
import type { Identified, Identify, TargetSource } from "./targets.js";

/** What becomes of the targets. */
export interface FeedHost {
  /** Whether there is room for another job. */
  hasRoom(): boolean;
  /** An endpoint, none twice. */
  endpoint(id: number): void;
  /** A target of which nobody knows which endpoint it is. */
  unidentified(target: unknown, error: unknown): void;
  /** The targets could not be read further. */
  broken(error: unknown): void;
}

/** Reads the targets of a run, as long as there is room for jobs on them, and finds out which endpoints they are. */
export class Feed {
  readonly #source: TargetSource<unknown>;
  readonly #identify: Identify<unknown>;
  readonly #host: FeedHost;
  readonly #seen = new Set<number>();
  /** Aborted when nobody waits any more for targets that have to be looked for. */
  readonly #hurry = new AbortController();
  /** How many targets were given on, and how many of a list were the same as others. */
  #given = 0;
  #repeated = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(source: TargetSource<unknown>, identify: Identify<unknown>, host: FeedHost) {
    this.#source = source;
    this.#identify = identify;
    this.#host = host;
  }

  /** Whether no target will follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many endpoints there are, as far as is known. */
  get total(): number {
    const listed = "known" in this.#source ? this.#source.known.length - this.#repeated : 0;
    return Math.max(listed, this.#given);
  }

  get totalKnown(): boolean {
    return "known" in this.#source || this.#isOver;
  }

  /** Reads all targets. Never rejects. */
  async read(): Promise<void> {
    try {
      if ("known" in this.#source) await this.#readList(this.#source.known);
      else if (!this.#isOver) await this.#readQuery(this.#source.read);
    } catch (error) {
      // A reading that was broken off is no failure.
      if (!this.#isOver) this.#host.broken(error);
    }
    this.#isOver = true;
  }

  /** Says that there may be room. */
  nudge(): void {
    this.#wake?.();
  }

  /** Has targets that would have to be looked for given on as unidentified at once. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Ends it when jobs are cancelled: each target of a list is still given on, a query is not read further. */
  cancel(): void {
    this.hurry();
    if ("read" in this.#source) this.#isOver = true;
    this.nudge();
  }

  /** Ends it: nothing is given on any more. */
  end(): void {
    this.#isOver = true;
    this.#seen.clear();
    this.nudge();
  }

  async #readList(targets: readonly { readonly target: unknown; readonly id: Identified }[]): Promise<void> {
    for (const { target, id } of targets) {
      while (!this.#mayGive()) await this.#room();
      if (this.#isOver) return;
      if (typeof id === "number") this.#give(id);
      else await this.#find(target, id);
    }
  }

  async #readQuery(targets: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    for await (const target of targets) {
      while (!this.#mayGive()) await this.#room();
      if (this.#isOver) return;
      const id = this.#identify(target);
      if (typeof id === "number") this.#give(id);
      else await this.#find(target, id);
    }
  }

  async #find(target: unknown, find: () => Promise<number>): Promise<void> {
    const { signal } = this.#hurry;
    let id: number;
    try {
      signal.throwIfAborted();
      id = await waitFor(find(), signal, undefined, () => new Error());
    } catch (error) {
      if (this.#isOver) return;
      this.#given++;
      this.#host.unidentified(target, error);
      return;
    }
    if (!this.#isOver) this.#give(id);
  }

  #give(id: number): void {
    if (this.#seen.has(id)) {
      this.#repeated++;
      return;
    }
    this.#seen.add(id);
    this.#given++;
    this.#host.endpoint(id);
  }

  #mayGive(): boolean {
    return this.#isOver || this.#host.hasRoom();
  }

  /** Resolves when there may be room. */
  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
