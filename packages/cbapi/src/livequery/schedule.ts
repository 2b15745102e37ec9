import { invalidArgument } from "../core/invalid-argument.js";

/** When a run is repeated, as a request says it. */
export interface RunSchedule {
  /** The rule, as in calendars: `RRULE:FREQ=DAILY;BYHOUR=3;BYMINUTE=0;BYSECOND=0`. */
  readonly rrule: string;
  /** The time zone it is told in: `Europe/Berlin`. */
  readonly timezone: string;
}

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** What each part of a rule may be. */
const parts: Readonly<Record<string, { readonly is: (text: string) => boolean; readonly words: string }>> = {
  BYSECOND: { is: (text) => text === "0", words: "0" },
  BYMINUTE: { is: (text) => text === "0" || text === "30", words: "0 or 30" },
  BYHOUR: { is: (text) => isWithin(text, 0, 23), words: "an hour from 0 to 23" },
  BYDAY: { is: (text) => DAYS.includes(text), words: DAYS.join(", ") },
  BYSETPOS: { is: (text) => text === "-1" || isWithin(text, 1, 4), words: "-1 or 1 to 4" },
  BYMONTHDAY: { is: (text) => isWithin(text, 1, 28), words: "a day from 1 to 28" },
};

/** Which parts a rule has, by how often it repeats. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  DAILY: ["BYSECOND", "BYMINUTE", "BYHOUR"],
  WEEKLY: ["BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY"],
  MONTHLY: ["BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYSETPOS", "BYMONTHDAY"],
};

/**
 * A schedule that the server knows to follow: daily, weekly or monthly.
 * @throws CbApiError with code `INVALID_ARGUMENT` naming the part that it does not know
 */
export function scheduleOf(rrule: string, timezone: string): RunSchedule {
  if (typeof rrule !== "string" || rrule.trim() === "") throw wrong(rrule, "it is a text such as FREQ=DAILY;BYHOUR=3");
  const rule = new Map<string, string>();
  for (const part of rrule
    .trim()
    .replace(/^RRULE:/i, "")
    .split(";")
    .filter(Boolean)) {
    const [name = "", value] = part.toUpperCase().split("=");
    if (value === undefined || value === "" || rule.has(name)) throw wrong(rrule, `${part} is no NAME=value, once`);
    rule.set(name, value);
  }
  const frequency = rule.get("FREQ") ?? "";
  const allowed = Object.hasOwn(kinds, frequency) ? kinds[frequency] : undefined;
  if (allowed === undefined) throw wrong(rrule, `FREQ is ${Object.keys(kinds).join(", ")}`);
  rule.delete("FREQ");
  for (const [name, value] of rule) {
    const part = allowed.includes(name) ? parts[name] : undefined;
    if (part === undefined) throw wrong(rrule, `a ${frequency} rule has ${allowed.join(", ")}, and no ${name}`);
    if (value.split(",").every(part.is)) continue;
    throw wrong(rrule, `${name} is ${part.words}, got ${value}`);
  }
  const needed = frequency === "WEEKLY" ? ["BYDAY"] : [];
  for (const name of needed) if (!rule.has(name)) throw wrong(rrule, `a ${frequency} rule names ${name}`);
  if (frequency === "MONTHLY" && rule.has("BYMONTHDAY") === (rule.has("BYDAY") || rule.has("BYSETPOS"))) {
    throw wrong(rrule, "a MONTHLY rule has either BYMONTHDAY, or BYDAY with BYSETPOS");
  }
  if (rule.has("BYSETPOS") !== (frequency === "MONTHLY" && rule.has("BYDAY"))) {
    throw wrong(rrule, "BYDAY and BYSETPOS of a MONTHLY rule go together");
  }
  if (rule.get("BYMINUTE") === "30" && frequency === "WEEKLY") throw wrong(rrule, "BYMINUTE of a WEEKLY rule is 0");
  return { rrule: rrule.trim(), timezone: zone(timezone) };
}

function zone(timezone: string): string {
  try {
    if (typeof timezone !== "string" || timezone === "") throw new RangeError();
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return timezone;
  } catch {
    throw invalidArgument(`timezone is the name of one, such as "Europe/Berlin", got ${JSON.stringify(timezone)}`);
  }
}

function isWithin(text: string, least: number, most: number): boolean {
  return /^\d{1,2}$/.test(text) && Number(text) >= least && Number(text) <= most;
}

function wrong(rrule: unknown, why: string) {
  return invalidArgument(`rrule cannot be ${JSON.stringify(rrule)}: ${why}`);
}
