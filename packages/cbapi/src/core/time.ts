import { invalidArgument } from "./invalid-argument.js";

/**
 * The servers' time formats, in both directions. Reading is strict: text that is not one of the documented forms, or
 * that names a day or hour which does not exist, gives `undefined` and never a guess. It is written without regular
 * expressions for the common form, because it runs at every read of a timestamp field.
 */

const DAY = 86_400_000;
const MINUTE = 60_000;
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const COLON = 58;
const SPACE = 32;
const LETTER_T = 84;
const LETTER_Z = 90;

/** The most digits after the seconds that a server writes (100 ns); the ones after the third are dropped. */
const MAX_FRACTION = 7;

/** The value of the two digits at `at`, or NaN. Reading past the end gives NaN as well. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days from 1970-01-01 to a day of the Gregorian calendar, or NaN when there is no such day. */
function dayNumber(year: number, month: number, day: number): number {
  const length = (MONTH_LENGTHS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
  if (!(day >= 1 && day <= length)) return Number.NaN;
  // Years are counted from March, so that the leap day is the last one of its year.
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return shifted * 365 + leapDays + dayOfYear - 719_468;
}

/** Milliseconds of a time of day given as `HH:MM:SS` at `at`, or NaN. */
function timeOfDay(text: string, at: number): number {
  const hour = two(text, at);
  const minute = two(text, at + 3);
  const second = two(text, at + 6);
  if (text.charCodeAt(at + 2) !== COLON || text.charCodeAt(at + 5) !== COLON) return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return hour * 3_600_000 + minute * MINUTE + second * 1000;
}

/** Minutes east of UTC of a zone such as `Z`, `-06:00`, `+0530` or `+01` that ends the text; none is UTC. Or NaN. */
function zoneMinutes(text: string, at: number): number {
  const length = text.length - at;
  if (length === 0) return 0;
  const sign = text.charCodeAt(at);
  if (sign === LETTER_Z) return length === 1 ? 0 : Number.NaN;
  if (sign !== PLUS && sign !== MINUS) return Number.NaN;
  const hours = two(text, at + 1);
  let minutes = 0;
  if (length === 6 && text.charCodeAt(at + 3) === COLON) minutes = two(text, at + 4);
  else if (length === 5) minutes = two(text, at + 3);
  else if (length !== 3) return Number.NaN;
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (sign === MINUS ? -1 : 1) * (hours * 60 + minutes);
}

/** Milliseconds since 1970 of the ISO form, or NaN. */
function isoMilliseconds(text: string, keepZone: boolean): number {
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return Number.NaN;
  const midnight = dayNumber(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8)) * DAY;
  if (text.length === 10) return midnight;

  const separator = text.charCodeAt(10);
  if (separator !== LETTER_T && separator !== SPACE) return Number.NaN;
  const time = timeOfDay(text, 11);

  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === DOT) {
    let weight = 100;
    const first = ++at;
    for (; ; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      // From the fourth digit on the weight is below one and the digit is dropped.
      if (weight >= 1) fraction += digit * weight;
      weight /= 10;
    }
    if (at === first || at - first > MAX_FRACTION) return Number.NaN;
  }
  const zone = zoneMinutes(text, at);
  // A zone that is not applied still has to be one.
  if (Number.isNaN(zone)) return Number.NaN;
  return midnight + time + fraction - (keepZone ? zone * MINUTE : 0);
}

/** `Sun, 21 Nov 2027 10:13:33 GMT`, as a sensor's flush time is written. The name of the day has to be right. */
function rfc822Milliseconds(text: string): number {
  const match = /^(?:([A-Z][a-z]{2}), )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (GMT|UTC|[+-]\d{4})$/.exec(
    text,
  );
  if (match === null) return Number.NaN;
  const [, weekday, day = "", month = "", year = "", time = "", zone = ""] = match;
  const days = dayNumber(Number(year), MONTH_NAMES.indexOf(month) + 1, Number(day));
  // 1970-01-01 was a Thursday.
  if (weekday !== undefined && DAY_NAMES[(((days + 4) % 7) + 7) % 7] !== weekday) return Number.NaN;
  const offset = zone === "GMT" || zone === "UTC" ? 0 : zoneMinutes(zone, 0);
  return days * DAY + timeOfDay(time, 0) - offset * MINUTE;
}

/**
 * Reads a time that a server sent, in any of its forms:
 *
 * | form | where |
 * |---|---|
 * | `2019-11-19T12:25:37.19Z`, up to seven digits of fraction or none | process documents, JSON events, alerts |
 * | `2013-09-19 22:07:07.000000` | text events, search times; without a zone it is UTC |
 * | `2018-02-06 12:44:33.883886-06:00` | sensors, watchlists, bans, users |
 * | `2027-11-21` | licences; midnight UTC |
 * | `Sun, 21 Nov 2027 10:13:33 GMT` | a sensor's flush time |
 *
 * Anything else, numbers and the sentinel -1 included, is `undefined`: what a number counts depends on the field.
 * Digits beyond milliseconds are cut off; the text itself stays in the document.
 *
 * @example
 * parseTime("2018-02-06 12:44:33.883886-06:00")?.toISOString(); // "2018-02-06T18:44:33.883Z"
 * parseTime("2019-02-30T00:00:00Z"); // undefined: there is no such day
 */
export function parseTime(value: unknown): Date | undefined {
  return typeof value === "string" ? read(value, true) : undefined;
}

/**
 * Reads the time of an event. Event times are UTC; where one carries a zone all the same, the zone is left out of
 * account and the digits are taken as they stand.
 */
export function parseEventTime(value: unknown): Date | undefined {
  return typeof value === "string" ? read(value, false) : undefined;
}

function read(text: string, keepZone: boolean): Date | undefined {
  let milliseconds = isoMilliseconds(text, keepZone);
  // No other form has a dash in fifth place, so the regular expression never runs for a broken ISO time.
  if (Number.isNaN(milliseconds) && text.charCodeAt(4) !== MINUS) milliseconds = rfc822Milliseconds(text);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds);
}

function iso(date: Date): string {
  // The four-digit forms below would otherwise be cut out of a six-digit year, and an invalid date says no more than
  // "Invalid time value".
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw invalidArgument(`not a date that a server can read: ${String(date)}`);
  return date.toISOString();
}

/**
 * `2019-11-19T12:25:37Z`: a time as the parameters of a search take it. What is below a second is cut off.
 */
export function solrTime(date: Date): string {
  return `${iso(date).slice(0, 19)}Z`;
}

/**
 * `2013-09-19T22:07:07.123456Z`: the ISO form of a time that keeps the digits of its source text beyond milliseconds,
 * where there are any but zeros.
 */
export function isoTime(date: Date, source?: string): string {
  const text = iso(date);
  const point = source === undefined ? -1 : source.indexOf(".");
  if (source === undefined || point < 0) return text;
  let end = point + 4;
  let last = end;
  for (; source.charCodeAt(end) >= ZERO && source.charCodeAt(end) <= ZERO + 9; end++) {
    if (source.charCodeAt(end) !== ZERO) last = end + 1;
  }
  return last === point + 4 ? text : `${text.slice(0, 23)}${source.slice(point + 4, last)}Z`;
}
