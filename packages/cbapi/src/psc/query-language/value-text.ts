import { inspect } from "node:util";
import { invalidArgument } from "../../core/invalid-argument.js";
import { plainValue } from "../../core/query/term-values.js";
import {
  Comparison,
  Present,
  type RangeBound,
  RawText,
  type ScalarValue,
  type SingleValue,
  type TermValue,
  ValueRange,
  Wildcard,
} from "../../core/query/terms.js";

/**
 * Values as the cloud's query language reads them back: outside quotes a backslash takes any character literally, so
 * that every value has a spelling there.
 */

const SPECIAL = /[\s&|+\\\-!(){}[\]*^"~?:]/g;
/** The same without the two that are wildcards in a pattern. */
const SPECIAL_IN_PATTERN = /[\s&|+\\\-!(){}[\]^"~:]/g;
/** Words that would be operators if they stood bare. */
const WORDS = new Set(["AND", "OR", "NOT", "TO"]);

/** Text in which nothing is an operator; also for a part of a term. */
export const escaped = (text: string): string => text.replaceAll(SPECIAL, "\\$&");

/** A literal value as a whole term. */
export function literal(text: string): string {
  if (text === "") return '""';
  return WORDS.has(text) ? `\\${text}` : escaped(text);
}

/** Whole seconds where there are no more: `2020-01-02T03:04:05Z`. */
export function timeText(time: Date): string {
  return time.toISOString().replace(".000Z", "Z");
}

/** A plain value as unescaped text. */
export function scalarText(value: ScalarValue): string {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value).toString();
  return value instanceof Date ? timeText(value) : String(value);
}

/** A plain value as a whole term. Times stand in quotes, which spares their colons the backslash. */
export function scalarTerm(value: ScalarValue): string {
  return value instanceof Date ? `"${timeText(value)}"` : literal(scalarText(value));
}

/** A bound of a range; open when it is left out. */
export function boundText(value: RangeBound | undefined): string {
  if (value === undefined) return "*";
  if (!(value instanceof RawText)) return scalarTerm(value);
  if (value.text.trim() === "")
    throw invalidArgument("a bound of a range cannot be empty: leave it out for an open one");
  return value.text;
}

/** A pattern, in which `*` and `?` alone keep their meaning. */
export function patternText(text: string): string {
  return text.replaceAll(SPECIAL_IN_PATTERN, "\\$&");
}

/** One value as the term of a field. */
export function valueText(value: SingleValue): string {
  if (value instanceof RawText) return value.text;
  if (value instanceof Wildcard) return patternText(value.pattern);
  if (value instanceof ValueRange) return `[${boundText(value.from)} TO ${boundText(value.to)}]`;
  if (value instanceof Present) return "*";
  if (value instanceof Comparison) {
    throw invalidArgument(`a query of the cloud cannot compare by ${inspect(value)}: use range()`);
  }
  return scalarTerm(value);
}

/** The value where only a single plain one can stand. */
export function scalarIn(value: TermValue, place: string): ScalarValue {
  return plainValue(value, place, "a cloud query");
}
