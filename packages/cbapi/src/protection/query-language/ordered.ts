import { invalidArgument } from "../../core/invalid-argument.js";
import type { RangeBound } from "../../core/query/terms.js";
import { RawText } from "../../core/query/terms.js";
import { parseTime } from "../../core/time.js";

/** An offset from now: `-10h`, `2d`. */
const RELATIVE = /^[+-]?\d+[smhdw]$/i;
/** A time as {@link scalarText} writes it. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export function isRelativeDate(text: string): boolean {
  return RELATIVE.test(text);
}

/** A number without an exponent, which the server would not read. */
export function numberText(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  if (text.includes("e")) throw invalidArgument(`an App Control filter cannot hold the number ${text}`);
  return text;
}

/**
 * What to compare with `>` so that a bound is included, or with `<` for an upper one: the language has strict operators
 * only, so that the value next to the bound is named.
 * @param kind the kind of the field, where it is known
 */
export function justBeyond(bound: RangeBound, side: "below" | "above", kind: string | undefined): string {
  const step = side === "below" ? -1 : 1;
  if (bound instanceof RawText) return bound.text;
  const value = kind === "date-time" && typeof bound === "string" ? parseTime(bound) : bound;
  if (value instanceof Date) return new Date(value.getTime() + step).toISOString();
  if (kind !== "date-time") {
    if (typeof value === "bigint") return (value + BigInt(step)).toString();
    if (typeof value === "number") {
      const whole = Number.isInteger(value) && kind !== "number";
      return whole ? (BigInt(value) + BigInt(step)).toString() : numberText(nextNumber(value, step));
    }
  }
  throw invalidArgument(
    `an App Control range goes from a number or a date to another, and ${JSON.stringify(bound)} is none that ` +
      `${kind === undefined ? "a range" : `a field of kind ${kind}`} can begin or end with: name the comparison in text, as in where("field>value")`,
  );
}

/** The value next to one that is written in a condition; `undefined` where it has no next one. */
export function nextText(text: string, side: "below" | "above"): string | undefined {
  const step = side === "below" ? -1 : 1;
  if (/^-?\d+$/.test(text)) return (BigInt(text) + BigInt(step)).toString();
  if (/^-?\d+\.\d+$/.test(text)) return numberText(nextNumber(Number(text), step));
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time + step).toISOString();
  // "Now" has moved on by more than any step when the server reads it.
  return isRelativeDate(text) ? text : undefined;
}

/** The double next to one. */
function nextNumber(value: number, step: -1 | 1): number {
  if (value === 0) return step * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(value > 0 ? step : -step));
  return view.getFloat64(0);
}
