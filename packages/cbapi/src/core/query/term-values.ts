import { invalidArgument } from "../invalid-argument.js";
import {
  Comparison,
  Present,
  RawText,
  type ScalarValue,
  type SingleValue,
  type TermValue,
  ValueRange,
  Wildcard,
} from "./terms.js";

/** Whether there are several values, any of which will do. */
export function isList(value: TermValue): value is readonly SingleValue[] {
  return Array.isArray(value);
}

/** What is no plain value. */
const SPECIAL = [Wildcard, ValueRange, Present, Comparison, RawText];

/**
 * The value where only a single plain one can stand.
 * @param language what is written: `an EDR query`
 * @throws CbApiError with code `INVALID_ARGUMENT` when it is none
 */
export function plainValue(value: TermValue, place: string, language: string): ScalarValue {
  if (isList(value) || SPECIAL.some((kind) => value instanceof kind)) {
    throw invalidArgument(`only a single plain value can stand ${place} of ${language}`);
  }
  return value as ScalarValue;
}

/** Text as it stands inside quotes, where a backslash escapes itself and the quote. */
export const inQuotes = (text: string): string => text.replaceAll(/[\\"]/g, "\\$&");
