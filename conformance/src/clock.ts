import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "cbapi";

/** Where the clock of every recording stands: 2023-11-14T22:13:20Z. */
export const RECORDED_NOW = 1_700_000_000_000;

/** A clock that stands still and jumps over the pauses that it is asked for. */
export class RecordedClock implements Clock {
  #now = RECORDED_NOW;

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // Others that wait may have something to do first, as they would in a real pause.
    await turn();
    signal?.throwIfAborted();
    this.#now += Math.max(0, milliseconds);
  }
}
