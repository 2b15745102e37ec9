import type { CloudRoutes } from "../../routes.js";

const DAY = 86_400_000;

/** For how long the service looks back where no time is named. */
const LOOKS_BACK: Readonly<Record<CloudRoutes, number>> = { current: 14 * DAY, classic: 31 * DAY };

/** A moment behind all others, for spans that have no end. */
export const endOfTime = "2999-12-31T23:59:59.999Z";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["w", 7 * DAY],
  ["d", DAY],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
]);

/** When a span of time begins, as a moment: `-3w` counted from now. */
export function fixedStart(
  time: { readonly start: string } | { readonly range: string } | undefined,
  routes: CloudRoutes,
  now: number,
): string {
  if (time === undefined) return new Date(now - LOOKS_BACK[routes]).toISOString();
  if ("start" in time) return time.start;
  return before(time.range, now).toISOString();
}

/** The moment so long before another: `-3w`. */
function before(range: string, now: number): Date {
  const [, count = "0", unit = "s"] = /^-(\d+)([yMwdhms])$/.exec(range) ?? [];
  const length = UNITS.get(unit);
  const date = new Date(now);
  if (length === undefined) date.setUTCMonth(date.getUTCMonth() - Number(count) * (unit === "y" ? 12 : 1));
  else date.setTime(now - Number(count) * length);
  // There was nothing before 1970, and far enough back there is not even a date.
  return new Date(Math.max(0, date.getTime() || 0));
}
