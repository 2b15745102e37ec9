import { inspect } from "node:util";
import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { isPassing } from "../../../core/passing.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../host.js";
import { Spool, type Spooled } from "./spool.js";

/** How often a queue is asked for, in milliseconds, unless the caller says otherwise. */
const INTERVAL = 60_000;

/** What is known while something new is waited for. */
export interface ListenerProgress {
  /** The place of the latest that was given out. */
  readonly position: number;
  /** In how many milliseconds the service is asked again. */
  readonly pause: number;
  /** Why it could not be asked this time; absent when it could. */
  readonly error?: Error;
}

/** How a queue of the service is listened to. */
export interface ListenerOptions extends CallOptions {
  /** How often it is asked for, in milliseconds. Default one minute. */
  readonly interval?: number | undefined;
  /**
   * A local file that keeps what was taken from the queue until it was worked on, so that ending the program loses none of
   * it. One program at a time may use it. Without it, what was taken and not given out is lost with the program.
   */
  readonly spool?: string | undefined;
  /**
   * The place of the latest that the caller has done with, as {@link QueueListener.position} has told it; 0 the first time.
   * Only with `spool`. With it, the caller keeps the account: {@link QueueListener.saved} tells what is not needed any more.
   * Without it, one counts as worked on when the next is asked for.
   */
  readonly position?: number | undefined;
  /** Called before each pause and awaited. What it throws ends the listening. */
  readonly onWait?: ((progress: ListenerProgress) => void | Promise<void>) | undefined;
  /** Bounds each request by itself. */
  readonly timeout?: number | undefined;
}

/** A queue of the service, which gives everything once. */
export interface Queue<T> {
  readonly host: CloudHost;
  /** How the caller calls it: `notificationListener()`. */
  readonly name: string;
  take(options: CallOptions): Promise<readonly T[]>;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/**
 * What comes into a queue of the service, without end.
 *
 * The service gives each entry once and forgets it. With `spool`, entries are written to a file before any of them is given
 * out; with `position` besides, whoever keeps {@link QueueListener.position} together with what he has done, in one write,
 * misses none and repeats none, wherever he was stopped. What no client can help: an answer that was on its way, or had
 * arrived and was not on the disk yet when the program ended, is lost.
 */
export class QueueListener<T> implements AsyncIterableIterator<T> {
  readonly #queue: Queue<T>;
  readonly #options: ListenerOptions;
  readonly #interval: number;
  readonly #stop = new AbortController();
  #spool: Spool<T> | undefined;
  #items: Spooled<T>[] = [];
  #position: number;
  #last = 0;
  #opened = false;
  #answered = false;
  #over = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** @internal Made by a client. */
  constructor(queue: Queue<T>, options: ListenerOptions) {
    const { name } = queue;
    checkCall(name, options, ["interval", "spool", "position", "onWait", ...CALL]);
    const { interval = INTERVAL, spool, position, timeout } = options;
    if (!Number.isFinite(interval) || interval <= 0) {
      throw invalidArgument(`${name}: interval is a number of milliseconds above 0, got ${String(interval)}`);
    }
    if (spool !== undefined && (typeof spool !== "string" || spool === "" || spool.includes("\0"))) {
      throw invalidArgument(`${name}: spool is the path of a local file, got ${JSON.stringify(spool)}`);
    }
    if (position !== undefined && !(Number.isSafeInteger(position) && position >= 0)) {
      throw invalidArgument(
        `${name}: position is what another listener gave as its own, got ${JSON.stringify(position)}`,
      );
    }
    if (position !== undefined && spool === undefined) {
      throw invalidArgument(`${name}: position is a place in a spool: name that as well`);
    }
    if (timeout !== undefined) timeLimit(timeout);
    this.#queue = queue;
    this.#options = options;
    this.#interval = interval;
    this.#position = position ?? 0;
  }

  /** The place of the latest that was given out: what another listener with the same spool goes on from. */
  get position(): number {
    return this.#position;
  }

  /** Those that were taken from the queue and not given out: for whoever stops listening and has no spool. */
  get pending(): readonly T[] {
    return this.#items.map(({ item }) => item);
  }

  /** Tells that those up to a place are done with and need not be kept any more. With a spool and a position only. */
  async saved(position: number): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.#position) {
      throw invalidArgument(
        `saved() takes a place that was given out, up to ${this.#position}: got ${JSON.stringify(position)}`,
      );
    }
    const turn = this.#turn.then(() => this.#spool?.take(position));
    this.#turn = turn.catch(() => {});
    await turn;
  }

  /** The next entry, however long it takes to come. */
  next(): Promise<IteratorResult<T, undefined>> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Ends the listening; a request or a pause that is under way is broken off. What was taken stays in {@link QueueListener.pending}. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#over = true;
    this.#stop.abort();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `QueueListener ${this.#over ? "(ended) " : ""}{ position: ${this.#position}, pending: ${this.#items.length} }`;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return DONE;
    const { signal } = this.#options;
    const abort = () => this.#stop.abort(signal?.reason);
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", abort);
      await this.#settleLast();
      while (this.#items.length === 0) await this.#fill();
      const { n, item } = this.#items.shift() as Spooled<T>;
      this.#position = n;
      return { value: item, done: false };
    } catch (error) {
      if (this.#over) return DONE;
      this.#over = true;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Opens the spool, and takes note that the one before is done with. */
  async #settleLast(): Promise<void> {
    const { spool, position } = this.#options;
    if (spool === undefined) return;
    if (!this.#opened) {
      this.#spool = await Spool.open<T>(spool);
      if (position !== undefined) await this.#spool.take(position);
      this.#position = this.#spool.taken;
      this.#items = [...this.#spool.behind(this.#position)];
      this.#opened = true;
    } else if (position === undefined) await this.#spool?.take(this.#position);
  }

  /** Takes what there is, or waits before the next time to ask. */
  async #fill(): Promise<void> {
    let error: Error | undefined;
    try {
      const { timeout } = this.#options;
      const items = await this.#queue.take({ signal: this.#stop.signal, timeout });
      this.#answered = true;
      if (items.length > 0) {
        this.#items = [...(this.#spool === undefined ? this.#numbered(items) : await this.#spool.add(items))];
        return;
      }
    } catch (thrown) {
      if (!this.#answered || this.#stop.signal.aborted || !isPassing(thrown)) throw thrown;
      error = thrown;
    }
    const pause = this.#interval;
    await this.#options.onWait?.({ position: this.#position, pause, ...(error && { error }) });
    await this.#queue.host.clock.sleep(pause, this.#stop.signal);
  }

  #numbered(items: readonly T[]): Spooled<T>[] {
    return items.map((item) => ({ n: ++this.#last, item }));
  }
}
