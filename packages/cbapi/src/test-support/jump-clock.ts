import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../core/clock.js";

/** A clock that jumps over the pauses that it is asked for, and remembers them. */
export class JumpClock implements Clock {
  readonly pauses: number[] = [];
  #now: number;

  constructor(now = Date.UTC(2026, 0, 5, 9)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Time that passes by itself. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pauses.push(milliseconds);
    // Others that wait have something to do first, as in a real pause.
    await turn();
    signal?.throwIfAborted();
    this.#now += milliseconds;
  }
}
