import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../core/clock.js";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * A clock whose time passes only when nobody has anything to do: then it goes on to the next moment that somebody waits
 * for. Hours of work that is all waiting take milliseconds, and always go the same way.
 */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #now: number;

  constructor(now = Date.UTC(2026, 0, 5, 9)) {
    this.#now = now;
  }

  /** How many pauses are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, milliseconds),
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener("abort", stop, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /**
   * Lets time pass until work is done.
   * @throws Error when it never will be: nobody waits for any time
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finish = () => {
      done = true;
    };
    work.then(finish, finish);
    for (;;) {
      // Behind all that is to be done now.
      await turn();
      if (done) return work;
      if (!this.#advance()) throw new Error("Nothing will happen any more, and the work is not done");
    }
  }

  /** Lets this much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.run(this.sleep(milliseconds));
    await turn();
  }

  #advance(): boolean {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#sleepers) next = Math.min(next, at);
    if (next === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, next);
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.at > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    return true;
  }
}
