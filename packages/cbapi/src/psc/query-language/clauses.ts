import { inspect } from "node:util";
import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { clauseOf, QueryExpression, type QueryInput, type Terms, type TermValue } from "../../core/query/terms.js";
import { cloudDialect, joinTexts } from "./dialect.js";

/** How a condition is added to those that are there. */
export type Connective = "where" | "and" | "or" | "not";

/**
 * The conditions of a query: texts of the caller's own, which go out as they are written, or a structure of terms. Never
 * both: what is in a text cannot be combined with what is not.
 */
export interface Clauses {
  readonly texts?: readonly string[];
  readonly structure?: string;
}

/** No conditions: everything matches. */
export const NO_CLAUSES: Clauses = Object.freeze({});

const ACCEPTS: Readonly<Record<Connective, string>> = {
  where: ".where() expects a string, terms ({ field: value }), Q(...) or a QueryBuilder",
  and: ".and() expects a string, terms ({ field: value }) or Q(...)",
  or: ".or() expects terms ({ field: value }) or Q(...)",
  not: ".not() expects terms ({ field: value }) or Q(...)",
};

/**
 * One condition more.
 * @throws ApiError with code `INVALID_ARGUMENT` when it is of no kind that can be added, or does not go with what is there
 */
export function withClause(
  clauses: Clauses,
  connective: Connective,
  input: TemplateStringsArray | QueryInput<object> | undefined,
  values: readonly TermValue[] = [],
): Clauses {
  if (input === undefined || input === null) throw invalidArgument(ACCEPTS[connective]);
  if (typeof input === "string") return withText(clauses, connective, input);
  if (!(input instanceof QueryExpression) && !isTemplate(input) && !isPlain(input)) {
    throw invalidArgument(`${ACCEPTS[connective]}, got ${inspect(input, { depth: 0 })}`);
  }
  if (clauses.texts !== undefined)
    throw invalidArgument(`Cannot modify a raw query with structured parameters: ${FIX}`);
  const text = clauseOf(cloudDialect, input, values);
  if (text.trim() === "") {
    throw invalidArgument(
      `.${connective}() was given no condition (${inspect(input, { depth: 1 })}): leave the call out`,
    );
  }
  return { structure: combined(clauses.structure, connective, text) };
}

const FIX = "give all of it as text, or all of it as terms and Q(...); Q(text) makes a part of a structure of text";

function withText({ texts, structure }: Clauses, connective: Connective, text: string): Clauses {
  if (connective === "or" || connective === "not") {
    throw invalidArgument(`.${connective}() only accepts terms and Q(...): give text as Q(${JSON.stringify(text)})`);
  }
  if (structure !== undefined) throw invalidArgument(`Cannot modify a structured query with a raw parameter: ${FIX}`);
  if (text.trim() === "") throw invalidArgument(`.${connective}() was given an empty text: leave the call out`);
  const all = [...(texts ?? []), text];
  joinTexts(all); // A clause that cannot stand beside others is refused where it was written.
  return { texts: all };
}

function combined(structure: string | undefined, connective: Connective, text: string): string {
  const added = connective === "not" ? cloudDialect.not(text) : text;
  if (structure === undefined) return added;
  if (connective === "where") {
    throw new ApiError("Use .and() or .or() to add to a Q, or to terms, that the query has already", {
      code: "INVALID_ARGUMENT",
    });
  }
  return connective === "or" ? cloudDialect.or([structure, added]) : cloudDialect.and([structure, added]);
}

/** The query text; `undefined` when there are no conditions. */
export function clausesText({ texts, structure }: Clauses): string | undefined {
  if (texts !== undefined) return joinTexts(texts);
  return structure;
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && "raw" in value;
}

function isPlain(value: unknown): value is Terms {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
