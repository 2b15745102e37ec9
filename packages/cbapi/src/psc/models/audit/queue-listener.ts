import { invalidArgument } from "../../../core/invalid-argument.js";
import { Tail } from "../../../core/query/tail.js";
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

/**
 * What comes into a queue of the service, without end.
 *
 * The service gives each entry once and forgets it. With `spool`, entries are written to a file before any of them is given
 * out; with `position` besides, whoever keeps {@link QueueListener.position} together with what he has done, in one write,
 * misses none and repeats none, wherever he was stopped. What no client can help: an answer that was on its way, or had
 * arrived and was not on the disk yet when the program ended, is lost.
 */
export class QueueListener<T> extends Tail<T, number, Spooled<T>> {
  readonly #queue: Queue<T>;
  readonly #options: ListenerOptions;
  #spool: Spool<T> | undefined;
  #position: number;
  #last = 0;
  #opened = false;

  /** @internal Made by a client. */
  constructor(queue: Queue<T>, options: ListenerOptions) {
    const { name, host } = queue;
    super({ clock: host.clock, call: name, options: ["spool", "position"], interval: INTERVAL }, options);
    const { spool, position } = options;
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
    this.#queue = queue;
    this.#options = options;
    this.#position = position ?? 0;
  }

  /** The place of the latest that was given out: what another listener with the same spool goes on from. */
  override get position(): number {
    return this.#position;
  }

  /** Those that were taken from the queue and not given out: for whoever stops listening and has no spool. */
  get pending(): readonly T[] {
    return this.held.map(({ item }) => item);
  }

  /** Tells that those up to a place are done with and need not be kept any more. With a spool and a position only. */
  async saved(position: number): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.#position) {
      throw invalidArgument(
        `saved() takes a place that was given out, up to ${this.#position}: got ${JSON.stringify(position)}`,
      );
    }
    await this.inTurn(async () => this.#spool?.take(position));
  }

  protected override get shown() {
    return { position: this.#position, pending: this.held.length };
  }

  protected override give({ n, item }: Spooled<T>): T {
    this.#position = n;
    return item;
  }

  /** Opens the spool, and takes note that the one before is done with. */
  protected override async settle(): Promise<void> {
    const { spool, position } = this.#options;
    if (spool === undefined) return;
    if (!this.#opened) {
      this.#spool = await Spool.open<T>(spool);
      if (position !== undefined) await this.#spool.take(position);
      this.#position = this.#spool.taken;
      this.hold(this.#spool.behind(this.#position));
      this.#opened = true;
    } else if (position === undefined) await this.#spool?.take(this.#position);
  }

  protected override async read(options: CallOptions): Promise<boolean> {
    const items = await this.#queue.take(options);
    this.hasAnswered = true;
    if (items.length > 0) this.hold(this.#spool === undefined ? this.#numbered(items) : await this.#spool.add(items));
    return false;
  }

  #numbered(items: readonly T[]): Spooled<T>[] {
    return items.map((item) => ({ n: ++this.#last, item }));
  }
}
