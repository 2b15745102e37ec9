import type { ResponseContext } from "../context.js";
import { checkinRounds } from "./check-ins.js";
import { detection } from "./detection.js";

/** Something that goes on by itself on the server or its endpoints, a step at every tick. */
export type Activity = (tick: number, now: number) => void;

/** Everything that goes on by itself, in the order in which it happens within a tick. */
export function createSimulation(context: ResponseContext, liveResponse: Activity): Activity {
  const activities: Activity[] = [checkinRounds(context), liveResponse, detection(context)];
  return (tick, now) => {
    for (const step of activities) step(tick, now);
  };
}
