import type { Clock } from "../../core/clock.js";
import type { Availability, SessionSource } from "./availability.js";

/** What a scheduler is made of. */
export interface SchedulerParts<S> {
  readonly clock: Clock;
  readonly source: SessionSource<S>;
  readonly availability: Availability;
  /** What endpoints are called in messages: `Sensor`. */
  readonly noun: string;
  /** The most sessions at once. Default 10. */
  readonly slots?: number;
  /** For how long a session without jobs is kept for the next one that is submitted, in milliseconds. Default 5000. */
  readonly warmth?: number;
  readonly log?: (line: string) => void;
}

export const SLOTS = 10;
export const WARMTH = 5000;
/** For how long it is believed that an endpoint is online, in milliseconds. */
export const FRESH = 30_000;
/** How many endpoints that were seen too long ago are looked at again ahead of their turn. */
export const AHEAD = 50;
/** How often those who wait for a slot are looked at, in milliseconds: who has been offline meanwhile is served first. */
export const SWEEP = 60_000;
/** The pauses after sessions that could not be opened, in milliseconds; then the jobs fail. */
export const OPEN_PAUSES = [2000, 10_000, 60_000];
/** For how long jobs that run may end by themselves when their client is closed, in milliseconds. */
export const DEFAULT_GRACE = 5000;
