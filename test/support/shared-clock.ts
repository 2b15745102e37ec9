import type { Sandbox } from "@cbapi/sandbox";
import type { Clock } from "cbapi";

/**
 * A clock for clients of a sandbox whose time stands still: a client that waits moves the sandbox's time on, and what
 * happens there meanwhile happens before it wakes up.
 */
export function sharedClock({ clock }: Sandbox): Clock {
  return {
    now: () => clock.now(),
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      const ticks = Math.ceil(milliseconds / clock.tickInterval);
      if (ticks > 0) await clock.step(ticks);
      signal?.throwIfAborted();
    },
  };
}
