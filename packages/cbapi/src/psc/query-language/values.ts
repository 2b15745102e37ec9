import { invalidArgument } from "../../core/invalid-argument.js";
import {
  checkScalar,
  clauseOf,
  Q,
  type QueryExpression,
  type QueryInput,
  type RangeBound,
  RawText,
} from "../../core/query/terms.js";
import { cloudDialect } from "./dialect.js";
import { shapeOf, trimmed } from "./tokens.js";
import { boundText, escaped } from "./value-text.js";

/** Which of its two bounds a range leaves out. */
export type ExcludedBounds = "both" | "from" | "to";

/**
 * Values between two bounds that do not belong to the range themselves. A bound that is left out is open.
 *
 * @example
 * Q({ netconn_count: exclusiveRange(0, 20) }) // netconn_count:{0 TO 20}
 * @throws ApiError with code `INVALID_ARGUMENT` when a bound is no plain value
 */
export function exclusiveRange(
  from: RangeBound | undefined,
  to: RangeBound | undefined,
  excluded: ExcludedBounds = "both",
): RawText {
  for (const bound of [from, to]) if (bound !== undefined && !(bound instanceof RawText)) checkScalar(bound);
  if (!["both", "from", "to"].includes(excluded)) {
    throw invalidArgument(`a range excludes "both", "from" or "to", got ${JSON.stringify(excluded)}`);
  }
  const open = excluded === "to" ? "[" : "{";
  const close = excluded === "from" ? "]" : "}";
  return new RawText(`${open}${boundText(from)} TO ${boundText(to)}${close}`);
}

/**
 * Words that stand no further from each other than so many words.
 *
 * @example
 * Q({ process_cmdline: near("net use", 4) }) // process_cmdline:"net\ use"~4
 * @throws ApiError with code `INVALID_ARGUMENT` when there are no words, or the distance is no whole number from 0 on
 */
export function near(words: string, distance: number): RawText {
  if (typeof words !== "string" || words.trim() === "") throw invalidArgument("near() takes the words to look for");
  if (!Number.isInteger(distance) || distance < 0) {
    throw invalidArgument(`near() takes a distance in words, a whole number from 0 on, got ${String(distance)}`);
  }
  return new RawText(`"${escaped(words)}"~${distance}`);
}

const DAY = 86_400_000;

/**
 * A time so many milliseconds from the moment at which the server reads the query; negative for the past.
 *
 * @example
 * Q({ process_start_time: range(fromNow(-3_600_000), undefined) }) // the last hour
 * @throws ApiError with code `INVALID_ARGUMENT` when it is no finite number
 */
export function fromNow(milliseconds: number): RawText {
  if (!Number.isFinite(milliseconds))
    throw invalidArgument(`fromNow() takes milliseconds, got ${String(milliseconds)}`);
  const whole = Math.round(milliseconds);
  if (whole === 0) return new RawText("NOW");
  const days = Math.floor(whole / DAY);
  const rest = whole - days * DAY;
  const signed = (amount: number, unit: string) => `${amount < 0 ? "-" : "+"}${Math.abs(amount)}${unit}`;
  return new RawText(
    `NOW${signed(days, "DAYS")}${signed(Math.floor(rest / 1000), "SECONDS")}${signed(rest % 1000, "MILLISECONDS")}`,
  );
}

/**
 * A query whose matches count for more where the server orders by relevance.
 *
 * @example
 * boost({ process_name: "cmd.exe" }, 2) // process_name:cmd.exe^2
 * @throws ApiError with code `INVALID_ARGUMENT` when the factor is no positive number, or the query is empty
 */
export function boost(query: QueryInput, factor: number): QueryExpression {
  if (typeof factor !== "number" || !Number.isFinite(factor) || factor <= 0) {
    throw invalidArgument(`boost() takes a positive number, got ${String(factor)}`);
  }
  const text = clauseOf(cloudDialect, query);
  if (text.trim() === "") throw invalidArgument("an empty query cannot be boosted");
  const shape = shapeOf(text);
  const single = shape?.operands === 1 && !shape.marked;
  return Q(`${single ? trimmed(text) : `(${trimmed(text)})`}^${factor}`);
}
