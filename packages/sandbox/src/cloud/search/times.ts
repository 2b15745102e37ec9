import { HttpProblem } from "../../server/product.js";
import { isObject } from "./values.js";

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const units = (lengths: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(lengths));
const [HOUR, MONTH, YEAR] = [3_600 * SECOND, 30 * DAY, 365 * DAY];
const UNITS = units({ s: SECOND, m: 60 * SECOND, h: HOUR, d: DAY, w: 7 * DAY, M: MONTH, y: YEAR });
const WORDS = units({
  ...{ MILLI: 1, MILLISECOND: 1, SECOND, MINUTE: 60 * SECOND, HOUR, DAY, WEEK: 7 * DAY, MONTH, YEAR },
});

/** A stretch of time, both ends included; null is open. */
export interface Stretch {
  readonly low: number | null;
  readonly high: number | null;
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;
const NOW = /^NOW((?:[+-]\d{1,9}[A-Z]+)*)$/;

/**
 * A moment as clients write one: `2026-01-05`, `2026-01-05T09:00:00.000Z` (without a zone: UTC), `NOW-3DAYS`, `-2w`, or
 * milliseconds since 1970. It lasts as long as its last digit says: a day, a minute, a second or a millisecond. Undefined when it is none.
 */
export function readMoment(text: string, now: number): { low: number; high: number } | undefined {
  const ago = readAgo(text);
  if (ago !== undefined) return { low: now - ago, high: now - ago };
  const math = NOW.exec(text.toUpperCase());
  if (math !== null) return nowWith(math[1] ?? "", now);
  if (/^\d{11,14}$/.test(text)) return { low: Number(text), high: Number(text) };
  return isoMoment(text);
}

function nowWith(steps: string, now: number): { low: number; high: number } | undefined {
  let moment = now;
  for (const [, amount = "", word = ""] of steps.matchAll(/([+-]\d+)([A-Z]+)/g)) {
    const unit = WORDS.get(word.replace(/S$/, ""));
    if (unit === undefined) return undefined;
    moment += Number(amount) * unit;
  }
  return { low: moment, high: moment };
}

function isoMoment(text: string): { low: number; high: number } | undefined {
  const [, day, hour, minute, second, fraction, zone = "Z"] = ISO.exec(text) ?? [];
  if (day === undefined) return undefined;
  const digits = (fraction ?? "").slice(0, 3).padEnd(3, "0");
  const time = Date.parse(`${day}T${hour ?? "00"}:${minute ?? "00"}:${second ?? "00"}.${digits}Z`);
  // The parser rolls 30 February over to March; such a day does not exist.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(day)) return undefined;
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const low = time - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes || "0")) * 60_000;
  const length = hour === undefined ? DAY : second === undefined ? 60_000 : fraction === undefined ? SECOND : 1;
  return { low, high: low + length - 1 };
}

/** How many milliseconds `-2w` is ago; undefined when it is no such text. */
export function readAgo(text: string): number | undefined {
  const [, amount, unit = ""] = /^-(\d{1,9})([smhdwMyY])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNITS.get(unit === "Y" ? "y" : unit) ?? 0);
}

/**
 * A stretch as bodies have it: `{ start, end }`, `{ range: "-2w" }` or `{ window: "-2w" }`, of which the latter two win.
 * @param name of the key, for the refusal
 */
export function readStretch(value: unknown, name: string, now: number): Stretch {
  if (!isObject(value)) throw new HttpProblem(400, `${name} is an object with start and end, or with range or window`);
  const { start, end, range, window } = value;
  const back = window ?? range;
  if (back !== undefined && back !== null) {
    const ago = typeof back === "string" ? readAgo(back) : undefined;
    if (ago === undefined)
      throw new HttpProblem(400, `${name} reaches back by a text such as -2w, not ${String(back)}`);
    return { low: now - ago, high: now };
  }
  const moment = (edge: unknown, which: string): { low: number; high: number } | undefined => {
    if (edge === undefined || edge === null || edge === "" || edge === "*") return undefined;
    const read = typeof edge === "string" || typeof edge === "number" ? readMoment(String(edge), now) : undefined;
    if (read === undefined) throw new HttpProblem(400, `${name}.${which} is a time such as 2026-01-05T09:00:00.000Z`);
    return read;
  };
  const low = moment(start, "start")?.low ?? null;
  const high = moment(end, "end")?.low ?? null;
  if (low === null && high === null) throw new HttpProblem(400, `${name} needs start and end, or range or window`);
  return { low, high };
}
