import { inspect } from "node:util";
import type { CbApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";

/**
 * The query language of EDR's process, binary, alert and threat report searches: how values are written so that the
 * server reads back what was meant, and how clauses are put together.
 *
 * Outside quotes a backslash escapes only a blank, a parenthesis and a quote, and is itself before anything else; so
 * `cmdline:\\test\blah` needs no escaping. Inside quotes it escapes itself and the quote. A value is therefore left
 * bare where the server cannot misread it, and quoted otherwise; in quotes, `*` and `?` are no wildcards.
 */

import { inQuotes, isList, plainValue } from "../../core/query/term-values.js";
import {
  Comparison,
  type Dialect,
  Present,
  type RangeBound,
  RawText,
  type ScalarValue,
  type SingleValue,
  type TermValue,
  ValueRange,
  Wildcard,
} from "../../core/query/terms.js";
import { ESCAPABLE, isFieldName, shapeOf, tokenize } from "./tokens.js";

/** What must not stand bare anywhere in a literal value: separators, quotes, wildcards, characters without a shape. */
const NEEDS_QUOTES = /[\s\p{Cc}()"*?]/u;
/** What must not stand bare at its beginning, where it is an operator or opens a range. */
const NEEDS_QUOTES_FIRST = /^[-+![{]/;
const WORDS = new Set(["and", "or", "not", "to", "||"]);

/** What no escape can bring into a term outside quotes. */
const NOT_ESCAPABLE = /[^\S ]|\p{Cc}/u;
const BOUND = /^[^\s\p{Cc}[\]{}()"\\]+$/u;

const LANGUAGE = "an EDR query";

const quoted = (text: string): string => `"${inQuotes(text)}"`;
const escaped = (text: string): string => text.replaceAll(/[ ()"]/g, "\\$&");

/** A literal value as a whole term or as the value of one. */
function literal(field: string | undefined, text: string): string {
  const bare =
    text !== "" &&
    !NEEDS_QUOTES.test(text) &&
    !NEEDS_QUOTES_FIRST.test(text) &&
    !WORDS.has(text.toLowerCase()) &&
    // It would escape the blank that follows.
    !text.endsWith("\\") &&
    // By itself, `c:\windows` would be the field c.
    (field !== undefined || !text.includes(":"));
  return bare ? text : quoted(text);
}

function scalarText(value: ScalarValue, roundUp = false): string {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value).toString();
  if (!(value instanceof Date)) return String(value);
  // The language knows whole seconds and no zone; its times are UTC.
  const milliseconds = roundUp ? Math.ceil(value.getTime() / 1000) * 1000 : value.getTime();
  return new Date(milliseconds).toISOString().slice(0, 19);
}

/** A pattern stays outside quotes, where its wildcards work. */
function pattern(field: string | undefined, text: string): string {
  if (!/[*?]/.test(text)) return literal(field, text);
  if (NOT_ESCAPABLE.test(text)) throw unwritable(text, "has a control character or a line break");
  if (text.endsWith("\\")) throw unwritable(text, "ends with a backslash; end it with \\* instead");
  if (text.startsWith("[")) throw unwritable(text, "begins like a range; begin it with ? instead");
  if (field === undefined && (text.startsWith("-") || text.includes(":"))) {
    throw unwritable(text, "has no field, and would be read as a negation or a field; name the field");
  }
  return escaped(text);
}

function unwritable(text: string, why: string): CbApiError {
  return invalidArgument(`an EDR query cannot hold the pattern ${JSON.stringify(text)}: it ${why}`);
}

function bound(value: RangeBound | undefined, upper: boolean): string {
  if (value === undefined) return "*";
  const text = value instanceof RawText ? value.text : scalarText(value, upper);
  if (!BOUND.test(text)) throw invalidArgument(`an EDR range cannot have the bound ${JSON.stringify(text)}`);
  return text;
}

function quoteValue(field: string | undefined, value: SingleValue): string {
  if (value instanceof RawText) return value.text;
  if (value instanceof Wildcard) return pattern(field, value.pattern);
  if (value instanceof ValueRange || value instanceof Present) {
    if (field === undefined) throw invalidArgument("range() and present() need a field in an EDR query");
    return value instanceof Present ? "*" : `[${bound(value.from, false)} TO ${bound(value.to, true)}]`;
  }
  if (value instanceof Comparison) throw invalidArgument(`an EDR query cannot compare by ${inspect(value)}`);
  return literal(field, scalarText(value));
}

/** A term, or a choice of terms without parentheses around it. The field may be left out. */
function anyOf(field: string | undefined, value: TermValue): string {
  const values = isList(value) ? value : [value];
  return or(values.map((one) => `${field === undefined ? "" : `${field}:`}${quoteValue(field, one)}`));
}

function checkedField(name: string): string {
  if (isFieldName(name)) return name;
  throw invalidArgument(`not a field of an EDR query: ${JSON.stringify(name)}; names have letters, digits, _ . and -`);
}

/**
 * Whether an OR stands between the terms of a clause, outside all parentheses. `undefined` when the text is no
 * well-formed query (an open quote, unbalanced parentheses, an operator without a term).
 */
export function hasTopLevelOr(clause: string): boolean | undefined {
  return shapeOf(clause)?.or;
}

/**
 * Puts clauses together so that all must hold. A single clause goes out as it was written. Of several, those with an
 * OR at their top level get parentheses, so that it keeps its extent; the others stay bare. Text that is no query is
 * left as it is, for the server to say what is wrong with it.
 *
 * @example
 * joinClauses(["process_name:cmd.exe", "filemod:*.exe or filemod:*.dll"]);
 * // "process_name:cmd.exe (filemod:*.exe or filemod:*.dll)"
 */
export function joinClauses(clauses: readonly string[]): string {
  const given = clauses.filter((clause) => clause.trim() !== "");
  if (given.length < 2) return given[0] ?? "";
  return given
    .map((clause, index) => {
      if (hasTopLevelOr(clause)) return `(${sealed(clause)})`;
      return index < given.length - 1 ? sealed(clause) : clause;
    })
    .join(" ");
}

/**
 * A clause that something can follow. The backslash that a path may end with would escape the blank or parenthesis
 * that comes next; such a value is put in quotes.
 */
function sealed(clause: string): string {
  const last = tokenize(clause).tokens.at(-1);
  if (last?.kind !== "term" || last.enclosed || last.end < clause.length || !clause.endsWith("\\")) return clause;
  const value = clause.slice(last.valueStart);
  // Quotes would take the wildcards of a pattern away, so that one is left to the caller.
  if (/[*?]/.test(value)) return clause;
  return `${clause.slice(0, last.valueStart)}${quoted(value.replaceAll(/\\([ ()"])/g, "$1"))}`;
}

/** Parentheses around all but a single term or group. */
function operand(clause: string): string {
  const shape = shapeOf(clause);
  // Parentheses around text that is no query could make another query of it.
  if (shape === undefined) return clause;
  return shape.operands > 1 ? `(${sealed(clause)})` : sealed(clause);
}

function or(clauses: readonly string[]): string {
  return clauses.length === 1 ? (clauses[0] ?? "") : clauses.map(operand).join(" OR ");
}

function not(clause: string): string {
  const shape = shapeOf(clause);
  const single = shape !== undefined && shape.operands === 1 && !shape.marked;
  return single ? `-${clause.trimStart()}` : `-(${sealed(clause)})`;
}

/** What a template's text puts around a value. */
interface Surroundings {
  readonly before: string;
  /** The text up to the next value. */
  readonly after: string;
  /** Whether the term goes on behind the value. */
  readonly continues: boolean;
}

function template(texts: readonly string[], values: readonly TermValue[]): string {
  let text = texts[0] ?? "";
  for (const [index, value] of values.entries()) {
    const after = texts[index + 1] ?? "";
    const last = index === values.length - 1;
    const continues = after === "" ? !last : !/^[\s()]/.test(after);
    text = insert({ before: text, after, continues }, value) + after;
  }
  const trimmed = text.trim();
  // Not when that would cut an escaped blank in two.
  return trimmed.endsWith("\\") ? text.trimStart() : trimmed;
}

/** The text before a value, with the value behind it as that place demands. */
function insert(around: Surroundings, value: TermValue): string {
  const { before, continues } = around;
  if (value instanceof RawText) return before + value.text;
  const { ending } = tokenize(before);
  switch (ending.place) {
    case "quoted": {
      // A single backslash before the value would escape the first character of ours.
      const odd = (/\\*$/.exec(before)?.[0].length ?? 0) % 2 === 1;
      return `${before}${odd ? "\\" : ""}${inQuotes(plain(value, "inside quotes"))}`;
    }
    case "range":
      return before + bound(plainValue(value, "as the bound of a range", LANGUAGE), /\bTO\s+$/i.test(before));
    case "value": {
      if (continues) return before + partial(around, ending.field, value);
      const start = before.slice(0, ending.start);
      return start + group(anyOf(ending.field, value));
    }
    case "between":
      if (around.after.startsWith(":")) return before + checkedField(plain(value, "as the name of a field"));
      return before + (continues ? partial(around, undefined, value) : group(anyOf(undefined, value)));
    case "term": {
      const name = ending.field === undefined && /^[\w.-]*:/.test(around.after);
      if (!name) return before + partial(around, ending.field, value);
      const part = plain(value, "in the name of a field");
      checkedField(before.slice(ending.start) + part);
      return before + part;
    }
  }
}

/** A choice stands in parentheses, as the text around it does not know that it is one. */
function group(term: string): string {
  return hasTopLevelOr(term) ? `(${term})` : term;
}

/** A value that is only a part of its term, the rest of which is in the template's text. */
function partial(around: Surroundings, field: string | undefined, value: TermValue): string {
  const { before, after, continues } = around;
  const isPattern = value instanceof Wildcard;
  const text = isPattern ? value.pattern : plain(value, "in the middle of a term");
  const written = escaped(text);
  const atStart = tokenize(before).ending.place !== "term";
  const stops = !continues || ESCAPABLE.includes(after.charAt(0));
  const misread =
    NOT_ESCAPABLE.test(text) ||
    (!isPattern && /[*?]/.test(text)) ||
    (field === undefined && text.includes(":")) ||
    (atStart && text.startsWith("[")) ||
    (atStart && field === undefined && text.startsWith("-")) ||
    (stops && `${before}${written}`.endsWith("\\")) ||
    (!continues && tokenize(before + written).tokens.at(-1)?.kind !== "term");
  if (misread) {
    throw invalidArgument(
      `${JSON.stringify(text)} would be misread in the middle of an EDR term (${JSON.stringify(`${before}\${...}${after}`)}): ` +
        "put the whole value into the template, or quotes around it",
    );
  }
  return written;
}

function plain(value: TermValue, place: string): string {
  return scalarText(plainValue(value, place, LANGUAGE));
}

/**
 * EDR's query language. A field that is given several values matches any of them; a `Date` is written to the second,
 * which the server takes as the 24 hours from then on (give a {@link range} for anything else).
 */
export const edrDialect: Dialect = {
  name: "EDR",
  text: (text) => text,
  term: (field, value) => anyOf(checkedField(field), value),
  and: joinClauses,
  or,
  not,
  template,
};
