import { invalidArgument } from "../../core/invalid-argument.js";
import { isList } from "../../core/query/term-values.js";
import type { Dialect, TermValue } from "../../core/query/terms.js";
import { checkedField, templateText } from "./template.js";
import { shapeOf, tokenize, trimmed } from "./tokens.js";
import { valueText } from "./value-text.js";

/** A term, or a choice of terms without parentheses around it. */
function term(field: string, value: TermValue): string {
  const name = checkedField(field);
  const values = isList(value) ? value : [value];
  return joined(
    values.map((one) => `${name}:${valueText(one)}`),
    "OR",
  );
}

/** Parentheses around all but a single plain term or group. */
function operand(clause: string): string {
  const shape = shapeOf(clause);
  if (shape === undefined) return unreadable(clause);
  return shape.operands > 1 || shape.marked ? `(${trimmed(clause)})` : trimmed(clause);
}

/**
 * Text that is no query goes out as it is, for the server to say what is wrong with it: parentheses around it could make
 * another query of it. An end that would swallow what follows is refused.
 */
function unreadable(clause: string): string {
  if (!tokenize(clause).escapes) return clause;
  throw invalidArgument(
    `the clause ${JSON.stringify(clause)} ends with a backslash, which would take the next character of the query for ` +
      "a part of its value: write it twice, or give the value as a term, { field: value }",
  );
}

function joined(clauses: readonly string[], operator: "AND" | "OR"): string {
  const given = clauses.filter((clause) => clause.trim() !== "");
  return given.length < 2 ? (given[0] ?? "") : given.map(operand).join(` ${operator} `);
}

function not(clause: string): string {
  const shape = shapeOf(clause);
  if (shape === undefined) return `!(${unreadable(clause)})`;
  return shape.operands === 1 && !shape.marked ? `!${trimmed(clause)}` : `!(${trimmed(clause)})`;
}

/**
 * Query texts of the caller's put together so that all must hold: a blank is an AND to the server. Those with an OR at
 * their top level get parentheses, so that it keeps its extent.
 *
 * @example
 * joinTexts(["process_name:cmd.exe", "device_os:LINUX OR device_os:MAC"]);
 * // "process_name:cmd.exe (device_os:LINUX OR device_os:MAC)"
 */
export function joinTexts(texts: readonly string[]): string {
  const given = texts.filter((text) => text.trim() !== "");
  if (given.length < 2) return given[0] ?? "";
  return given
    .map((text) => {
      const shape = shapeOf(text);
      if (shape === undefined) return unreadable(text);
      return shape.or ? `(${trimmed(text)})` : text;
    })
    .join(" ");
}

/**
 * The query language of Carbon Black Cloud, which is Lucene's. Plain values stand for themselves, whatever characters
 * they have; a `Date` is written in UTC, in quotes.
 */
export const cloudDialect: Dialect = {
  name: "Carbon Black Cloud",
  text: (text) => text,
  term,
  and: (clauses) => joined(clauses, "AND"),
  or: (clauses) => joined(clauses, "OR"),
  not,
  template: templateText,
};
