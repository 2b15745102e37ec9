import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "cbapi";

/** A clock for clients that pause often: a pause lasts a tenth of what it is asked for. The time is this computer's. */
export const hurriedClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    try {
      await sleep(milliseconds / 10, undefined, { signal });
    } catch {
      signal?.throwIfAborted();
    }
  },
};
