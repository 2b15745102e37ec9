import { inspect } from "node:util";
import { CALL, checkCall } from "../call-options.js";
import type { Clock } from "../clock.js";
import { invalidArgument } from "../invalid-argument.js";
import { isPassing } from "../passing.js";
import { timeLimit } from "../transport/limits.js";
import type { CallOptions } from "../transport/types.js";

/** What is known while something new is waited for. */
interface Waiting<P> {
  readonly position: P;
  readonly pause: number;
  readonly error?: Error;
}

/** How a tail asks; products tell the rest, and what it means to their callers. */
interface Asking<P> extends CallOptions {
  readonly interval?: number | undefined;
  readonly onWait?: ((progress: Waiting<P>) => void | Promise<void>) | undefined;
}

/** What a tail is to its callers. */
interface Manner {
  readonly clock: Clock;
  /** How it is called: `tail()`. */
  readonly call: string;
  /** The options that it takes, apart from those of every tail. */
  readonly options: readonly string[];
  /** How often is asked, in milliseconds, unless the caller says otherwise. */
  readonly interval: number;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/**
 * What comes, without end: the server is asked again and again, and what it has brought is given out one by one. `P` is the
 * place to go on from, `R` a row as it is read.
 */
export abstract class Tail<T, P, R = T> implements AsyncIterableIterator<T> {
  readonly #clock: Clock;
  readonly #call: Asking<P>;
  readonly #interval: number;
  readonly #stop = new AbortController();
  /** Rows that were read, and how many of them were given out. */
  #rows: readonly R[] = [];
  #given = 0;
  #over = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Whether the server has answered once: from then on, what passes is waited out. */
  protected hasAnswered = false;

  /** @throws CbApiError with code `INVALID_ARGUMENT` when an option is none, or has a value that it cannot have */
  protected constructor({ clock, call, options, interval: usual }: Manner, given: Asking<P>) {
    checkCall(call, given, [...options, "interval", "onWait", ...CALL]);
    const { interval = usual, timeout } = given;
    if (!Number.isFinite(interval) || interval <= 0) {
      throw invalidArgument(`${call}: interval is a number of milliseconds above 0, got ${String(interval)}`);
    }
    if (timeout !== undefined) timeLimit(timeout);
    this.#clock = clock;
    this.#call = given;
    this.#interval = interval;
  }

  /** Behind what was given out so far; `undefined` as long as nobody knows. */
  abstract get position(): P | undefined;

  /** Asks once, and {@link Tail.hold}s what has come. @returns whether to ask again at once when that is nothing */
  protected abstract read(options: CallOptions): Promise<boolean>;

  /** Takes note of a row that is given out now. */
  protected abstract give(row: R): T;

  /** Done before the next is looked for. */
  protected async settle(): Promise<void> {}

  /** What is shown of it. */
  protected get shown(): unknown {
    return this.position;
  }

  /** Puts rows in the place of those that were read before. */
  protected hold(rows: readonly R[]): void {
    this.#rows = rows;
    this.#given = 0;
  }

  /** The rows that were read and not given out. */
  protected get held(): readonly R[] {
    return this.#rows.slice(this.#given);
  }

  /** The next one, however long it takes to come. */
  next(): Promise<IteratorResult<T, undefined>> {
    return this.inTurn(() => this.#next());
  }

  /** Ends the tail; a request or a pause that is under way is broken off. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#over = true;
    this.#stop.abort();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `${this.constructor.name} ${this.#over ? "(ended) " : ""}${inspect(this.shown)}`;
  }

  /** Does something once all that was begun before is over. */
  protected inTurn<V>(work: () => Promise<V>): Promise<V> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return DONE;
    const { signal } = this.#call;
    const abort = () => this.#stop.abort(signal?.reason);
    try {
      signal?.throwIfAborted();
      // Listened to only while somebody waits: a tail that is left alone holds on to nothing.
      signal?.addEventListener("abort", abort);
      await this.settle();
      while (this.#given >= this.#rows.length) await this.#fill();
      if (this.#over) return DONE;
      return { value: this.give(this.#rows[this.#given++] as R), done: false };
    } catch (error) {
      if (this.#over) return DONE;
      this.#over = true;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Reads the next rows, or waits before the next time to ask for them. */
  async #fill(): Promise<void> {
    let error: Error | undefined;
    try {
      const again = await this.read({ signal: this.#stop.signal, timeout: this.#call.timeout });
      if (again || this.#given < this.#rows.length) return;
    } catch (thrown) {
      if (!this.hasAnswered || this.#stop.signal.aborted || !isPassing(thrown)) throw thrown;
      error = thrown;
    }
    const { position } = this;
    const pause = this.#interval;
    if (position !== undefined) await this.#call.onWait?.({ position, pause, ...(error && { error }) });
    await this.#clock.sleep(pause, this.#stop.signal);
  }
}
