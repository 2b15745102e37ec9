import type { ResponseContext } from "../context.js";

/** Something that goes on by itself on the server or its endpoints, a step at every tick. */
export type Activity = (tick: number, now: number) => void;

/** Everything that goes on by itself, in the order in which it happens within a tick. */
export function createSimulation(_context: ResponseContext): Activity {
  const activities: Activity[] = [];
  return (tick, now) => {
    for (const step of activities) step(tick, now);
  };
}
