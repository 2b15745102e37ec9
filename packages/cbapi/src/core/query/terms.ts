import { inspect } from "node:util";
import type { CbApiError } from "../errors.js";
import { invalidArgument } from "../invalid-argument.js";

/**
 * Queries as values: terms, and expressions made of them, that know nothing of how a product writes them down. The
 * {@link Dialect} of a product turns them into its query text.
 */

/** A value that a term can be compared with literally. */
export type ScalarValue = string | number | bigint | boolean | Date;

/** One value of a term: a literal, or something that matches more than one. */
export type SingleValue = ScalarValue | Wildcard | ValueRange | Present | Comparison | RawText;

/** One end of a range: a value, or text that the language alone has a meaning for, such as `raw("-10h")`. */
export type RangeBound = ScalarValue | RawText;

/** What a field may be asked for. Any of the values of a list will do. */
export type TermValue = SingleValue | readonly SingleValue[];

/** Fields and what they have to be; all must hold. */
export type Terms = Readonly<Record<string, TermValue>>;

/**
 * What a query is put together from: the server's own query text, terms, or an expression. `T` names the fields where
 * they are known.
 */
export type QueryInput<T extends object = Terms> = string | T | QueryExpression;

/** The rules of a product's query language. `C` is what a clause is written as: query text, or a list of conditions. */
export interface Dialect<C = string> {
  /** The product, as error messages name it. */
  readonly name: string;
  /** The caller's own query text. */
  text(text: string): C;
  /** A whole term. A list of values is a choice. */
  term(field: string, value: TermValue): C;
  /** The clauses, all of which must hold. */
  and(clauses: readonly C[]): C;
  /** The clauses, one of which must hold. */
  or(clauses: readonly C[]): C;
  /** What does not match the clause. */
  not(clause: C): C;
  /** Query text with values put in, each escaped as its place in the text demands. */
  template(texts: readonly string[], values: readonly TermValue[]): C;
}

/** A pattern in which `*` and `?` stand for other characters; see {@link wildcard}. */
export class Wildcard {
  readonly pattern: string;
  constructor(pattern: string) {
    if (typeof pattern !== "string" || pattern === "")
      throw invalidArgument("wildcard() takes a pattern such as win*.exe");
    this.pattern = pattern;
  }
  [inspect.custom](): string {
    return `wildcard(${inspect(this.pattern)})`;
  }
}

/** Everything from one bound to another, both included; see {@link range}. */
export class ValueRange {
  readonly from: RangeBound | undefined;
  readonly to: RangeBound | undefined;
  constructor(from: RangeBound | undefined, to: RangeBound | undefined) {
    for (const bound of [from, to]) if (bound !== undefined && !(bound instanceof RawText)) checkScalar(bound);
    this.from = from;
    this.to = to;
  }
  [inspect.custom](): string {
    return `range(${inspect(this.from)}, ${inspect(this.to)})`;
  }
}

/** That a field has a value at all; see {@link present}. */
export class Present {
  [inspect.custom](): string {
    return "present()";
  }
}

/** A comparison by an operator that only some products have; their own functions make these. */
export class Comparison {
  /** As the product's language writes it. */
  readonly operator: string;
  /** What the field is compared with. */
  readonly operand: ScalarValue;
  constructor(operator: string, operand: ScalarValue) {
    checkScalar(operand);
    this.operator = operator;
    this.operand = operand;
  }
  [inspect.custom](): string {
    return `${this.operator}${inspect(this.operand)}`;
  }
}

/** Text that is not escaped; see {@link raw}. */
export class RawText {
  readonly text: string;
  constructor(text: string) {
    if (typeof text !== "string") throw invalidArgument("raw() takes query text");
    this.text = text;
  }
  [inspect.custom](): string {
    return `raw(${inspect(this.text)})`;
  }
}

/**
 * A value in which `*` and `?` are wildcards. In a plain string they stand for themselves.
 *
 * @example
 * Q({ process_name: wildcard("win*.exe") })
 */
export function wildcard(pattern: string): Wildcard {
  return new Wildcard(pattern);
}

/**
 * Values between two bounds, both included. A bound that is left out is open.
 *
 * @example
 * Q({ netconn_count: range(100, undefined), start: range(new Date("2019-11-19"), new Date("2019-11-20")) })
 */
export function range(from: RangeBound | undefined, to: RangeBound | undefined): ValueRange {
  return new ValueRange(from, to);
}

/** Any value at all: the field is there. */
export function present(): Present {
  return new Present();
}

/**
 * A piece of query text that goes out as it is, for the forms of a language that have no other spelling here. Never
 * make it of text that somebody else supplied.
 *
 * @example
 * Q({ start: raw("-24h") })
 */
export function raw(text: string): RawText {
  return new RawText(text);
}

/**
 * @internal Refuses what cannot be compared with literally, so that a value that is missing is not taken for text.
 * @throws CbApiError with code `INVALID_ARGUMENT`
 */
export function checkScalar(value: unknown): asserts value is ScalarValue {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return;
    case "number":
      if (Number.isFinite(value)) return;
      break;
    case "object":
      if (value instanceof Date && !Number.isNaN(value.getTime())) return;
      break;
    default:
  }
  throw refused(value);
}

function refused(value: unknown): CbApiError {
  if (value === undefined || value === null) {
    // Leaving the term out silently would make the query match more than was meant.
    return invalidArgument(
      `a term has no value (${value}): leave the field out, or use present() to ask that there is one`,
    );
  }
  if (value instanceof RegExp) {
    return invalidArgument(`no query language here has regular expressions (${value}): use wildcard("win*.exe")`);
  }
  return invalidArgument(`not a value of a query: ${inspect(value, { depth: 1 })}`);
}

function checkSingle(value: unknown): void {
  if (![Wildcard, ValueRange, Present, Comparison, RawText].some((kind) => value instanceof kind)) checkScalar(value);
}

function checkValue(value: unknown): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0)
    throw invalidArgument("an empty list of values matches nothing: leave the query out instead");
  for (const item of values) checkSingle(item);
}

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "terms"; readonly terms: Terms }
  | { readonly kind: "template"; readonly texts: readonly string[]; readonly values: readonly TermValue[] }
  | { readonly kind: "and" | "or"; readonly parts: readonly QueryExpression[] }
  | { readonly kind: "not"; readonly part: QueryExpression };

/**
 * An immutable query expression, made by {@link Q}. It belongs to no product: the same expression can be given to the
 * queries of any product that knows its fields.
 */
export class QueryExpression {
  readonly #node: Node;

  /** @internal Use {@link Q}. */
  constructor(node: Node) {
    this.#node = node;
  }

  /** Whether this restricts nothing: it was made of blank text or of no terms. */
  get isEmpty(): boolean {
    const node = this.#node;
    if (node.kind === "text") return node.text.trim() === "";
    if (node.kind === "terms") return Object.keys(node.terms).length === 0;
    if (node.kind === "template") return node.values.length === 0 && node.texts.join("").trim() === "";
    return node.kind === "and" && node.parts.every((part) => part.isEmpty);
  }

  /** What matches this and all of the others. */
  and(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryExpression;
  and(...others: readonly QueryInput[]): QueryExpression;
  and(...args: readonly unknown[]): QueryExpression {
    return new QueryExpression({ kind: "and", parts: [this, ...expressionsOf(args)] });
  }

  /** What matches this or any of the others. */
  or(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryExpression;
  or(...others: readonly QueryInput[]): QueryExpression;
  or(...args: readonly unknown[]): QueryExpression {
    const parts = [this, ...expressionsOf(args)];
    // "Either this or no restriction" is surely not what the caller means, and would match everything.
    if (parts.some((part) => part.isEmpty))
      throw invalidArgument("an empty query cannot be one of the choices of or()");
    return new QueryExpression({ kind: "or", parts });
  }

  /** What does not match this. */
  not(): QueryExpression {
    if (this.isEmpty) throw invalidArgument("the opposite of an empty query matches nothing");
    return new QueryExpression({ kind: "not", part: this });
  }

  /** @internal This expression as a clause of a product. */
  compile<C>(dialect: Dialect<C>): C {
    const node = this.#node;
    switch (node.kind) {
      case "text":
        return dialect.text(node.text);
      case "terms":
        return dialect.and(Object.entries(node.terms).map(([field, value]) => dialect.term(field, value)));
      case "template":
        return dialect.template(node.texts, node.values);
      case "and":
        return dialect.and(node.parts.filter((part) => !part.isEmpty).map((part) => part.compile(dialect)));
      case "or":
        return dialect.or(node.parts.map((part) => part.compile(dialect)));
      case "not":
        return dialect.not(node.part.compile(dialect));
    }
  }

  [inspect.custom](): string {
    const node = this.#node;
    switch (node.kind) {
      case "text":
        return `Q(${inspect(node.text)})`;
      case "terms":
        return `Q(${inspect(node.terms)})`;
      case "template":
        return `Q\`${node.texts.map((text, i) => (i === 0 ? text : `\${${inspect(node.values[i - 1])}}${text}`)).join("")}\``;
      case "and":
      case "or": {
        const [first, ...rest] = node.parts.map((part) => inspect(part));
        return `${first}.${node.kind}(${rest.join(", ")})`;
      }
      case "not":
        return `${inspect(node.part)}.not()`;
    }
  }
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && "raw" in value;
}

function expressionsOf(args: readonly unknown[]): QueryExpression[] {
  const [first, ...rest] = args;
  return isTemplate(first) ? [templateOf(first, rest)] : args.map(expressionOf);
}

function templateOf(texts: TemplateStringsArray, values: readonly unknown[]): QueryExpression {
  for (const value of values) checkValue(value);
  // The raw text is used, as query languages have backslashes of their own: `path:c:\windows` means what it shows.
  const written = texts.raw.map((text) => text.replaceAll("\\`", "`"));
  if (written.some((text) => text.includes("\\${"))) {
    // To JavaScript, a backslash just before a value takes it out of the template: `path:c:\temp\${name}` has no value.
    throw invalidArgument(
      "a backslash right before a value keeps it out of the template: put the backslash into the value",
    );
  }
  return new QueryExpression({ kind: "template", texts: written, values: values as readonly TermValue[] });
}

function expressionOf(input: unknown): QueryExpression {
  if (input instanceof QueryExpression) return input;
  if (typeof input === "string") return new QueryExpression({ kind: "text", text: input });
  const prototype: unknown = typeof input === "object" && input !== null ? Object.getPrototypeOf(input) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalidArgument(
      `a query is made of text, an object of terms, or Q(...), not of ${inspect(input, { depth: 0 })}`,
    );
  }
  const terms = { ...(input as Terms) };
  for (const value of Object.values(terms)) checkValue(value);
  return new QueryExpression({ kind: "terms", terms });
}

/**
 * Makes a query expression: of the server's own query text, of an object of terms, or of a template whose `${values}`
 * are escaped. Expressions are combined with `and`, `or` and `not`.
 *
 * @example
 * const shells = Q({ process_name: ["cmd.exe", "powershell.exe"] });
 * const loud = Q`cmdline:${"-enc"}`.or("netconn_count:[100 TO *]");
 * cb.select(Process).where(shells.and(loud, Q({ hostname: "build-1" }).not()));
 */
export function Q(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryExpression;
export function Q(input: QueryInput): QueryExpression;
export function Q(first: TemplateStringsArray | QueryInput, ...values: readonly TermValue[]): QueryExpression {
  return isTemplate(first) ? templateOf(first, values) : expressionOf(first);
}

/**
 * The clause that was given to a query's `where` or `and`, whichever of its forms was used: text, terms, an expression,
 * or a template with its values.
 */
export function clauseOf<C>(
  dialect: Dialect<C>,
  input: TemplateStringsArray | QueryInput<object>,
  values: readonly TermValue[] = [],
): C {
  return (isTemplate(input) ? templateOf(input, values) : expressionOf(input)).compile(dialect);
}
