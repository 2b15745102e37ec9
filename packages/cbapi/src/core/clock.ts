import { setTimeout as delay } from "node:timers/promises";

/** Where the library takes the time from. Replace it to run retries, polls and caches on a clock of your own. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  now(): number;
  /**
   * Resolves after so many milliseconds.
   *
   * @throws the reason of `signal`, as soon as that is aborted.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The computer's clock. A sleeping call keeps the program alive, because somebody awaits it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    signal?.throwIfAborted();
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node rejects with its own AbortError; callers are promised their own reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
