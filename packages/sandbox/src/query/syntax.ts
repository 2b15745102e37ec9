import { HttpProblem } from "../server/product.js";

/** A query as a tree. `at` is where in the text the part begins, counted from 0. */
export type Query =
  | { type: "everything"; at: number }
  | { type: "and"; operands: Query[]; at: number }
  | { type: "or"; operands: Query[]; at: number }
  | { type: "not"; operand: Query; at: number }
  | Term;

/** What is looked for, in a field or in the default ones. */
export interface Term {
  type: "term";
  /** Undefined: the default fields. */
  field: string | undefined;
  value: Value;
  at: number;
}

/** The value of a term, not yet read as a number, a date or a path. */
export type Value =
  | {
      type: "literal";
      text: string /** Between quotes, where `*` and `?` stand for themselves. */;
      quoted: boolean;
      at: number;
    }
  | { type: "range"; from: string; to: string; at: number };

/** A query that cannot be read, with the place in it. */
export class QuerySyntaxError extends HttpProblem {
  readonly position: number;

  constructor(message: string, position: number) {
    super(400, `${message} (at character ${position + 1} of the query)`, "query_malformed_syntax");
    this.name = "QuerySyntaxError";
    this.position = position;
  }
}

/** Whether the value is a pattern. */
export function hasWildcard(value: Value): boolean {
  return value.type === "literal" && !value.quoted && /[*?]/.test(value.text);
}

/** `field:*`: whatever the value, there is one. */
export function isPresence(value: Value): boolean {
  return value.type === "literal" && !value.quoted && /^\*+$/.test(value.text);
}

/** A value as it was written, near enough for messages and for the list of terms in answers. */
export function printValue(value: Value): string {
  if (value.type === "range") return `[${value.from} TO ${value.to}]`;
  return value.quoted ? `"${value.text}"` : value.text;
}

/** The terms of a query in the order of writing; `positive` leaves out those behind a negation. */
export function termsOf(query: Query, which: "all" | "positive"): Term[] {
  switch (query.type) {
    case "everything":
      return [];
    case "term":
      return [query];
    case "not":
      return which === "all" ? termsOf(query.operand, which) : [];
    case "and":
    case "or":
      return query.operands.flatMap((operand) => termsOf(operand, which));
  }
}

/** Queries that must all hold; those that ask for everything fall away. */
export function allOf(queries: readonly Query[]): Query {
  const operands = queries.filter((query) => query.type !== "everything");
  const [first] = operands;
  if (first === undefined) return { type: "everything", at: 0 };
  return operands.length === 1 ? first : { type: "and", operands, at: first.at };
}
