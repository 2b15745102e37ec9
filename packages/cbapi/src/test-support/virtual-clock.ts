import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../core/clock.js";
import { Sleepers } from "./sleepers.js";

/**
 * A clock whose time passes only when nobody has anything to do: then it goes on to the next moment that somebody waits
 * for. Hours of work that is all waiting take milliseconds, and always go the same way.
 */
export class VirtualClock implements Clock {
  readonly #sleepers: Sleepers;

  constructor(now?: number) {
    this.#sleepers = new Sleepers(now);
  }

  /** How many pauses are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#sleepers.now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#sleepers.sleep(milliseconds, signal);
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
      if (!this.#sleepers.advance()) throw new Error("Nothing will happen any more, and the work is not done");
    }
  }

  /** Lets this much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.run(this.sleep(milliseconds));
    await turn();
  }
}
