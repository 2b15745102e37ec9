import { hash32 } from "../organisation/random.js";

/** When an endpoint is switched on: from the tick on, whether it is. Before the first entry it stays as it is. */
export type HostSchedule = readonly (readonly [tick: number, online: boolean])[];

/** Schedules for all endpoints, made from the seed: each is off for a share of the time, in turns of its own. */
export interface GeneratedSchedule {
  /** From 0 to 1: how much of the time an endpoint is off, which is also how many are off at a time. */
  offline: number;
  /** Ticks from one switching-on to the next: from half of this to one and a half times as many, by endpoint. */
  period: number;
}

/** When endpoints are switched on: for some of them by their ids, for all of them, or as a function says. */
export type OnlineSchedule =
  | Readonly<Record<number, HostSchedule>>
  | GeneratedSchedule
  | ((sensor: number, tick: number) => boolean | undefined);

/** Whether an endpoint is on at a tick; undefined when the schedule says nothing of it. The same for the same seed. */
export function scheduledOnline(
  schedule: OnlineSchedule,
  seed: number | string,
  sensor: number,
  tick: number,
): boolean | undefined {
  if (typeof schedule === "function") return schedule(sensor, tick);
  if (isGenerated(schedule)) return generatedOnline(schedule, seed, sensor, tick);
  return schedule[sensor]?.findLast(([from]) => from <= tick)?.[1];
}

export function isGenerated(
  schedule: Exclude<OnlineSchedule, (...args: never[]) => unknown>,
): schedule is GeneratedSchedule {
  return "period" in schedule;
}

function generatedOnline(
  { offline, period }: GeneratedSchedule,
  seed: number | string,
  sensor: number,
  tick: number,
): boolean {
  const draw = (what: string): number => hash32(`${seed}/schedule/${sensor}/${what}`) / 2 ** 32;
  const turn = Math.max(2, Math.round(period * (0.5 + draw("turn"))));
  const place = (tick + Math.floor(draw("place") * turn)) % turn;
  // The odd tick that rounding would take goes to some endpoints and not to others, so that the share holds over all.
  const away = Math.floor(offline * turn + draw("odd"));
  return place >= away;
}
