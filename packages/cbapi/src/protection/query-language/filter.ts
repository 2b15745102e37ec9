import { inspect } from "node:util";
import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { isList } from "../../core/query/term-values.js";
import {
  Comparison,
  type Dialect,
  Present,
  RawText,
  type ScalarValue,
  type SingleValue,
  type TermValue,
  ValueRange,
  Wildcard,
} from "../../core/query/terms.js";
import { type Condition, conditionIn, conditionText, literalText, type Operator, patternText } from "./conditions.js";
import type { FilterFields } from "./filter-fields.js";
import { isRelativeDate, justBeyond, nextText, numberText } from "./ordered.js";

/**
 * App Control's filter language. A filter is a list of conditions, `field` `operator` `value|value`, each of which is sent
 * as one `q`; all must hold. There are no parentheses: alternatives are values of one field, and only a single condition
 * has an opposite.
 */
export type Conditions = readonly string[];

/** The opposite of an operator, where it has one with the same values. */
const OPPOSITE: Readonly<Record<Operator, Operator | undefined>> = {
  ":": "!",
  "!": ":",
  "<": undefined,
  ">": undefined,
  "+": "-",
  "-": "+",
};

function scalarText(value: ScalarValue): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" || typeof value === "boolean" ? String(value) : numberText(value);
}

/** One value behind an operator; only what can be one of several. */
function valueText(field: string, value: SingleValue): string {
  if (value instanceof RawText) return value.text;
  if (value instanceof Wildcard) return wildcardText(value);
  if (value instanceof ValueRange || value instanceof Present || value instanceof Comparison) {
    throw invalidArgument(
      `${inspect(value)} cannot be one of several values of ${field}, or a part of one, in an App Control filter`,
    );
  }
  return literalText(scalarText(value));
}

function wildcardText({ pattern }: Wildcard): string {
  if (!pattern.includes("?")) return patternText(pattern);
  throw invalidArgument(
    `App Control has no wildcard for a single character (${JSON.stringify(pattern)}): * stands for any run of them`,
  );
}

/** What a field has to be. `kind` is that of the field, where it is known. */
function termOf(field: string, value: TermValue, kind: string | undefined): string[] {
  if (isList(value) && value.length > 1) return [`${field}:${value.map((one) => valueText(field, one)).join("|")}`];
  const one = isList(value) ? (value[0] as SingleValue) : value;
  if (one instanceof Present) return [`${field}!`];
  if (one instanceof Comparison) return [`${field}${one.operator}${scalarText(one.operand)}`];
  if (one instanceof ValueRange) return rangeOf(field, one, kind);
  const since = one instanceof RawText && (kind === undefined || kind === "date-time") && isRelativeDate(one.text);
  // Nothing happens at the very moment "ten hours ago": what is meant is since then, or until then.
  if (since) return [`${field}${one.text.startsWith("-") ? ">" : "<"}${one.text}`];
  return [`${field}:${valueText(field, one)}`];
}

function rangeOf(field: string, { from, to }: ValueRange, kind: string | undefined): string[] {
  const conditions: string[] = [];
  if (from !== undefined) conditions.push(`${field}>${justBeyond(from, "below", kind)}`);
  if (to !== undefined) conditions.push(`${field}<${justBeyond(to, "above", kind)}`);
  return conditions.length === 0 ? [`${field}!`] : conditions;
}

/** Values of one field are alternatives of each other; nothing else is. */
function either(clauses: readonly Conditions[]): Conditions {
  const [first, ...rest] = clauses.map(single);
  const alike = (other: Condition | undefined): other is Condition =>
    other?.operator === first?.operator && other?.field.toLowerCase() === first?.field.toLowerCase();
  // "Not one of them, or not another" would leave out nothing.
  if (first === undefined || "!-".includes(first.operator) || !rest.every(alike)) {
    const choices = clauses.map(textOf).join(" or ");
    throw unsayable(
      `${choices}: only values of one field can be alternatives`,
      "run a query for each and put the rows together",
    );
  }
  return [conditionText({ ...first, values: [first, ...rest].flatMap(({ values }) => values) })];
}

function opposite(clause: Conditions): Conditions {
  const given = single(clause);
  const turned = given === undefined ? undefined : turnedRound(given);
  if (turned !== undefined) return [conditionText(turned)];
  const how = clause.length > 1 ? "run a query for the opposite of each condition" : "name what is wanted in its place";
  throw unsayable(`the opposite of ${textOf(clause)}`, how);
}

function turnedRound(given: Condition): Condition | undefined {
  const { field, operator, values } = given;
  const [value = ""] = values;
  const other = OPPOSITE[operator];
  switch (operator) {
    case ":":
    case "!":
      return other === undefined ? undefined : { field, operator: other, values };
    case "+":
    case "-":
      // "Not all of them" is "none of them" for a single bit only.
      return other !== undefined && values.length === 1 && isOneBit(value)
        ? { field, operator: other, values }
        : undefined;
    case "<":
    case ">": {
      const next = values.length === 1 ? nextText(value, operator === "<" ? "below" : "above") : undefined;
      return next === undefined ? undefined : { field, operator: operator === "<" ? ">" : "<", values: [next] };
    }
  }
}

function isOneBit(text: string): boolean {
  if (!/^\d+$/.test(text)) return false;
  const bits = BigInt(text);
  return bits > 0n && (bits & (bits - 1n)) === 0n;
}

/** The condition that a clause is, when it is a single one. */
function single(clause: Conditions): Condition | undefined {
  return clause.length === 1 ? conditionIn(clause[0] ?? "") : undefined;
}

function textOf(clause: Conditions): string {
  return clause.length === 1 ? `${clause[0]}` : `(${clause.join(" and ")})`;
}

function unsayable(what: string, instead: string): ApiError {
  return new ApiError(`App Control's filters cannot say ${what}. Instead, ${instead}`, { code: "INVALID_ARGUMENT" });
}

/** A condition with values put in. Its own text is left as it is, so that it may name a field that is not declared. */
function template(texts: readonly string[], values: readonly TermValue[], fields: FilterFields): Conditions {
  const last = texts.length - 1;
  const own = texts.map((text, index) => {
    const begun = index === 0 ? text.trimStart() : text;
    return index === last ? begun.trimEnd() : begun;
  });
  let text = own[0] ?? "";
  for (const [index, value] of values.entries()) {
    const after = own[index + 1] ?? "";
    const begun = conditionIn(text);
    if (begun === undefined) text += nameText(text, value);
    else if (
      begun.operator === ":" &&
      isEmpty(begun) &&
      index === values.length - 1 &&
      after === "" &&
      !(value instanceof RawText)
    ) {
      return termOf(begun.field, value, fields.kindOf(begun.field));
    } else text += partText(begun, text, value, after);
    text += after;
  }
  return text === "" ? [] : [text];
}

const isEmpty = ({ values }: Condition): boolean => values.length === 1 && values[0] === "";

/** A value that stands where the name of a field does. */
function nameText(before: string, value: TermValue): string {
  if (typeof value === "string" && /^\w*$/.test(before) && /^\w+$/.test(value)) return value;
  throw invalidArgument(`${inspect(value)} stands where an App Control filter has the name of a field`);
}

/** A value that is one of several, or a part of one, the rest of which is the template's own. */
function partText({ field }: Condition, before: string, value: TermValue, after: string): string {
  if (!isList(value) || value.length === 1) return valueText(field, isList(value) ? (value[0] as SingleValue) : value);
  const whole = /[:!<>+|-]$/.test(before) && (after === "" || after.startsWith("|"));
  if (whole) return value.map((one) => valueText(field, one)).join("|");
  throw invalidArgument(`a list of values cannot be a part of one value of ${field} in an App Control filter`);
}

/** The language, with terms over these fields only. Of values that are dates the server compares milliseconds. */
export function filterDialect(fields: FilterFields): Dialect<Conditions> {
  return {
    name: "App Control",
    text: (text) => (text.trim() === "" ? [] : [text]),
    term: (field, value) => termOf(fields.checked(field), value, fields.kindOf(field)),
    and: (clauses) => clauses.flat(),
    or: either,
    not: opposite,
    template: (texts, values) => template(texts, values, fields),
  };
}
