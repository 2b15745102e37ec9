import type { SensorRecord } from "../domain/index.js";

/** Endpoints that are switched on report every other tick. */
const CHECKIN_TICKS = 2;

/**
 * When endpoints speak with their servers: the same for all products. That they did is not written anywhere, but follows
 * from the time of the latest round.
 */
export interface EndpointPresence {
  readonly now: number;
  /** Milliseconds between two check-ins of an endpoint that is switched on. */
  readonly interval: number;
  /** When the server was started: until then, endpoints that are switched on spoke at every interval. */
  readonly start: number;
  /** When all endpoints that are switched on spoke last since the start. */
  round: number | undefined;
}

/** The presence of endpoints by a clock, from its start on. */
export function endpointPresence(
  clock: { now(): number; readonly tickInterval?: number },
  start: number,
): EndpointPresence {
  return {
    round: undefined,
    start,
    get now() {
      return clock.now();
    },
    get interval() {
      return CHECKIN_TICKS * (clock.tickInterval ?? 1_000);
    },
  };
}

/** Whether all endpoints that are switched on report at this tick, upon which they learn what was asked of them. */
export function isCheckinRound(presence: EndpointPresence, tick: number, now: number): boolean {
  if (tick % CHECKIN_TICKS !== 0) return false;
  presence.round = now;
  return true;
}

/** When an endpoint spoke last. Of those that are switched on it is computed, so that nothing is written when they speak. */
export function lastCheckin(record: SensorRecord, { interval, start, round }: EndpointPresence): number {
  const known = record.last_checkin_time;
  if (!record.online) return known;
  if (round !== undefined) return Math.max(known, round);
  return known > start ? known : start - ((start - known) % interval);
}
