import { inspect } from "node:util";
import type { CbApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { nearestNames } from "../../core/query/nearest.js";

/** Criteria, or exclusions, as they are sent: lists of which any value will do, ranges, and single values. */
export type Criteria = Readonly<Record<string, unknown>>;

/** Tells whether a value can be one of a criterion's. */
export type CriterionCheck = (value: unknown) => boolean;

/** @internal A whole number, as ids are. `true` is none. */
export const isWholeNumber: CriterionCheck = (value) => Number.isSafeInteger(value);

/** @internal Text that is not empty. */
export const isText: CriterionCheck = (value) => typeof value === "string" && value !== "";

/** @internal A value as bodies have it. */
export const isScalar: CriterionCheck = (value) =>
  isText(value) || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

/** @internal One of these words. */
export const isOneOf =
  (words: readonly string[]): CriterionCheck =>
  (value) =>
    typeof value === "string" && words.includes(value);

/** @internal Values of a criterion, and what they have to be: what {@link checkedValues} takes. */
export type GivenValues<T> = readonly [
  values: readonly T[],
  check: CriterionCheck,
  message: string,
  words?: readonly string[],
];

/**
 * @internal The values of a criterion, checked.
 * @param message what the error begins with; it goes on with the values that are none
 * @param words those that there are, for the error to name
 * @throws CbApiError with code `INVALID_ARGUMENT` when the values are no list, or one of them is none
 */
export function checkedValues<T>(...[values, check, message, words]: GivenValues<T>): readonly T[] {
  // A single text would be taken letter by letter.
  if (!Array.isArray(values)) throw invalidArgument(`${message}: a list is expected, got ${inspect(values)}`);
  if (values.length === 0) {
    throw invalidArgument(`${message}: an empty list matches nothing; leave the call out to ask for no restriction`);
  }
  const wrong = values.filter((value) => !check(value));
  if (wrong.length > 0) throw refused(message, wrong, words);
  return [...(values as readonly T[])];
}

function refused(message: string, wrong: readonly unknown[], words: readonly string[] | undefined): CbApiError {
  const shown = wrong.map((value) => inspect(value)).join(", ");
  if (words === undefined) return invalidArgument(`${message}: ${shown}`);
  const near = wrong.map((value) => (typeof value === "string" ? nearestWord(value, words) : undefined));
  const meant = near.find((word) => word !== undefined);
  const hint = meant === undefined ? `They are ${words.join(", ")}` : `Did you mean ${meant}?`;
  return invalidArgument(`${message}: ${shown}. ${hint}`);
}

/** The word that may have been meant; names are compared in small letters. */
function nearestWord(value: string, words: readonly string[]): string | undefined {
  const [near] = nearestNames(
    value.toLowerCase(),
    words.map((word) => word.toLowerCase()),
  );
  return words.find((word) => word.toLowerCase() === near);
}

/** @internal The criteria with values added to a list of them. */
export function withValues(criteria: Criteria | undefined, key: string, values: readonly unknown[]): Criteria {
  const held = criteria !== undefined && Object.hasOwn(criteria, key) ? criteria[key] : undefined;
  const merged = [...(Array.isArray(held) ? (held as unknown[]) : []), ...values];
  return { ...criteria, [key]: [...new Set(merged)] };
}
