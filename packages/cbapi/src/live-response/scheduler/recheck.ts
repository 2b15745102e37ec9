import type { JobSession } from "./job.js";
import type { Lane } from "./lane.js";

/** The pause before the second look at an endpoint that is offline, in milliseconds, and how the pauses grow. */
const FIRST = 5000;
const GROWTH = 1.5;
/** How long after the next check-in is due an endpoint is looked at, in milliseconds. */
const LEEWAY = 1000;
const DAY = 86_400_000;

/** When to look at an endpoint that is offline again: in rising pauses, and right after a check-in that is expected. */
export function nextLook<S extends JobSession>(lane: Lane<S>, now: number): number {
  const longest = lane.waiting.reduce((least, { settings }) => Math.min(least, settings.recheck), DAY);
  const pause = Math.min(longest, FIRST * GROWTH ** lane.rechecks++);
  const checkIn = lane.seen?.nextCheckIn;
  const at = checkIn !== undefined && checkIn > now ? Math.min(checkIn + LEEWAY, now + longest) : now + pause;
  // Those that are due at about the same time are looked at together.
  const grid = pause < 3 * FIRST ? 1000 : 5000;
  return Math.ceil(at / grid) * grid;
}
