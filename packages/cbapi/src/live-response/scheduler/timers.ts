import type { Clock } from "../../core/clock.js";
import { Heap } from "./heap.js";

/** Something that is to happen at a time, unless it is cancelled before. */
export interface Timer {
  cancel(): void;
}

interface Pending {
  readonly at: number;
  action: () => void;
  live: boolean;
}

/** The longest pause that a timer of the runtime can hold: 24 days. */
const LONGEST = 2 ** 31 - 1;
/** A timer that is never due. */
export const NEVER: Timer = { cancel() {} };

/**
 * Any number of timers on one pause of the client's clock: the pause lasts until the first of them is due. When there is
 * none, nothing is paused, so that nothing keeps the program alive.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #pending = new Heap<Pending>((a, b) => a.at - b.at);
  #live = 0;
  #pause: { readonly until: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are to happen. */
  get size(): number {
    return this.#live;
  }

  now(): number {
    return this.#clock.now();
  }

  after(milliseconds: number, action: () => void): Timer {
    return this.at(this.now() + milliseconds, action);
  }

  /** @param at milliseconds since 1970; infinite for never */
  at(at: number, action: () => void): Timer {
    if (at === Number.POSITIVE_INFINITY) return NEVER;
    const pending: Pending = { at, action, live: true };
    this.#pending.push(pending);
    this.#live++;
    this.#arm();
    return { cancel: () => this.#cancel(pending) };
  }

  /** Resolves after so many milliseconds, or when `until` does. */
  async wait(milliseconds: number, until: Promise<unknown>): Promise<void> {
    let timer = NEVER;
    const late = new Promise<void>((resolve) => {
      timer = this.after(milliseconds, resolve);
    });
    await Promise.race([late, until]);
    timer.cancel();
  }

  #cancel(pending: Pending): void {
    if (!pending.live) return;
    pending.live = false;
    pending.action = () => {}; // what it would have acted on is not to be held
    this.#live--;
    // Cancelled ones leave when they come up; many of them leave at once.
    if (this.#pending.size > 2 * this.#live + 64) this.#pending.keep(({ live }) => live);
    if (this.#live === 0) this.#stop();
  }

  #stop(): void {
    this.#pause?.stop.abort();
    this.#pause = undefined;
  }

  #next(): Pending | undefined {
    for (let next = this.#pending.peek(); next !== undefined; next = this.#pending.peek()) {
      if (next.live) return next;
      this.#pending.pop();
    }
    return undefined;
  }

  #arm(): void {
    const next = this.#next();
    if (next === undefined) {
      this.#stop();
      return;
    }
    // A pause that ends too early does no harm; it is followed by another one.
    if (this.#pause !== undefined && this.#pause.until <= next.at) return;
    this.#stop();
    const pause = { until: next.at, stop: new AbortController() };
    this.#pause = pause;
    const length = Math.min(LONGEST, Math.max(0, next.at - this.now()));
    this.#clock.sleep(length, pause.stop.signal).then(
      () => {
        if (this.#pause !== pause) return;
        this.#pause = undefined;
        this.#fire();
      },
      () => {}, // stopped
    );
  }

  #fire(): void {
    const now = this.now();
    for (let next = this.#next(); next !== undefined && next.at <= now; next = this.#next()) {
      this.#pending.pop();
      next.live = false;
      this.#live--;
      next.action();
    }
    this.#arm();
  }
}
