import { HttpProblem } from "../../../server/product.js";
import { readObject, readText } from "../../search/index.js";
import type { Schedule } from "../runs/record.js";

/** A rule of recurrence, as far as the service takes RFC 2445. Hours and minutes are of its zone. */
interface Rule {
  readonly freq: Schedule["recurrence"];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Days of the week, 0 is Sunday; empty: each. */
  readonly days: readonly number[];
  /** Which of those days of the month: 1 to 4, or -1 for the last. */
  readonly places: readonly number[];
  readonly monthDays: readonly number[];
}

const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY"] as const;

const refused = (why: string): HttpProblem => new HttpProblem(400, `schedule.rrule ${why}`);

/** Reads `RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=4;BYMINUTE=0;BYSECOND=0`. */
export function readRule(text: string): Rule {
  const parts = new Map<string, string>();
  for (const part of text.replace(/^RRULE:/i, "").split(";")) {
    const [name = "", value] = part.toUpperCase().split("=");
    if (name === "" && value === undefined) continue;
    if (value === undefined || value === "" || !PARTS.has(name)) throw refused(`has ${part}, which is not taken`);
    parts.set(name, value);
  }
  const freq = FREQUENCIES.find((each) => each === parts.get("FREQ"));
  if (freq === undefined) throw refused(`needs FREQ: ${FREQUENCIES.join(", ")}`);
  const list = (name: string, fits: (number: number) => boolean, usual: readonly number[]): number[] => {
    const value = parts.get(name);
    if (value === undefined) return [...usual];
    return value.split(",").map((each) => {
      const number = /^-?\d{1,2}$/.test(each) ? Number(each) : Number.NaN;
      if (fits(number)) return number;
      throw refused(`has a wrong ${name}: ${each}`);
    });
  };
  const among =
    (...numbers: number[]) =>
    (number: number): boolean =>
      numbers.includes(number);
  const within =
    (low: number, high: number) =>
    (number: number): boolean =>
      number >= low && number <= high;
  list("BYSECOND", among(0), [0]);
  const days = (parts.get("BYDAY")?.split(",") ?? []).map((each) => {
    const day = DAYS.indexOf(each);
    if (day < 0) throw refused(`has a wrong BYDAY: ${each}`);
    return day;
  });
  const rule = {
    ...{ freq, days, hours: list("BYHOUR", within(0, 23), [0]) },
    minutes: list("BYMINUTE", freq === "DAILY" ? among(0, 30) : among(0), [0]),
    places: list("BYSETPOS", among(-1, 1, 2, 3, 4), []),
    monthDays: list("BYMONTHDAY", within(1, 28), []),
  };
  if (freq === "DAILY" && days.length > 0) throw refused("is DAILY and cannot have BYDAY");
  if (freq === "WEEKLY" && days.length === 0) throw refused("is WEEKLY and needs BYDAY");
  if (freq !== "MONTHLY" && (rule.places.length > 0 || rule.monthDays.length > 0)) {
    throw refused("has a day of the month, which only a MONTHLY one can have");
  }
  const byDay = days.length > 0 && rule.places.length > 0;
  if (freq === "MONTHLY" && byDay === rule.monthDays.length > 0) {
    throw refused("is MONTHLY and needs either BYMONTHDAY or BYDAY with BYSETPOS");
  }
  return rule;
}

const PARTS = new Set(["FREQ", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYSETPOS", "BYMONTHDAY"]);

const HALF_HOUR = 1_800_000;
const DAY = 86_400_000;
/** Within so many days each rule has its next turn. */
const FURTHEST = 70;

/** When a rule has its next turn after a moment, in a zone such as `America/New_York`. */
export function nextTime(rule: Rule, timezone: string, after: number): number | null {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: timezone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric" },
  });
  const local = (time: number): Record<string, number> =>
    Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const end = after + FURTHEST * DAY;
  for (let time = (Math.floor(after / HALF_HOUR) + 1) * HALF_HOUR; time < end; time += HALF_HOUR) {
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = local(time);
    if (!rule.minutes.includes(minute) || !rule.hours.includes(hour)) continue;
    if (isDay(rule, year, month, day)) return time;
  }
  return null;
}

function isDay({ freq, days, places, monthDays }: Rule, year: number, month: number, day: number): boolean {
  if (freq === "DAILY") return true;
  const weekDay = (each: number): number => new Date(Date.UTC(year, month - 1, each)).getUTCDay();
  if (freq === "WEEKLY") return days.includes(weekDay(day));
  if (monthDays.length > 0) return monthDays.includes(day);
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const fitting = Array.from({ length }, (_, n) => n + 1).filter((each) => days.includes(weekDay(each)));
  return places.some((place) => fitting.at(place < 0 ? place : place - 1) === day);
}

/** Reads `{ rrule, timezone }` of a body. */
export function readSchedule(given: unknown, now: number): Schedule {
  const body = readObject(given, "`schedule`");
  const rrule = readText(body["rrule"], "schedule.rrule");
  if (rrule === undefined) throw refused("is missing");
  const rule = readRule(rrule);
  const timezone = readText(body["timezone"], "schedule.timezone") ?? "Etc/UTC";
  if (!isZone(timezone))
    throw new HttpProblem(400, `schedule.timezone is a zone such as America/New_York, not ${timezone}`);
  const status = readText(body["status"], "schedule.status") ?? "ACTIVE";
  if (status !== "ACTIVE" && status !== "CANCELLED") {
    throw new HttpProblem(400, "schedule.status is ACTIVE or CANCELLED", "INVALID_ENUM_VALUE");
  }
  return {
    ...{ status, recurrence: rule.freq, timezone, rrule, previous_run_time: null },
    next_run_time: status === "ACTIVE" ? nextTime(rule, timezone, now) : null,
    ...{ cancellation_time: null, cancelled_by: null },
  };
}

function isZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}
