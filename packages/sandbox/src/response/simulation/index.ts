import type { ResponseContext } from "../context.js";
import type { Activity } from "./activity.js";
import { checkinRounds } from "./check-ins.js";
import { searches } from "./searches.js";

/** What goes on by itself. */
export interface Simulation {
  /** A step of everything; resolves when all of it is done. */
  tick(tick: number, now: number): Promise<void>;
  /** Resolves when no step is under way any more: at once when the context's signal has been aborted. */
  settled(): Promise<void>;
}

/** Everything that goes on by itself, in the order in which it happens within a tick. */
export function createSimulation(context: ResponseContext, liveResponse: Activity): Simulation {
  const activities: Activity[] = [checkinRounds(context), liveResponse, searches(context)];
  let latest: Promise<void> = Promise.resolve();
  const run = async (tick: number, now: number): Promise<void> => {
    for (const step of activities) {
      if (context.signal.aborted) return;
      // What is done at once is done within this turn.
      const going = step(tick, now);
      if (going !== undefined) await going;
    }
  };
  return {
    tick: async (tick, now) => {
      latest = run(tick, now).catch((error: unknown) => {
        // What was given up because the server ends did not go wrong.
        if (!context.signal.aborted) throw error;
      });
      await latest;
    },
    settled: () => latest.catch(() => {}),
  };
}
