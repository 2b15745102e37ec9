import { inspect } from "node:util";
import type { QueryInput, Terms, TermValue } from "../../core/query/terms.js";
import { type Clauses, type Connective, clausesText, NO_CLAUSES, withClause } from "./clauses.js";

/**
 * A query text that is put together step by step, for any search of the cloud: `cb.select(Process).where(builder)`. It is
 * never changed: each method gives a new one. What it is made of is either text, as the server's language has it, or terms
 * and `Q(...)`, whose values are escaped; the two do not mix.
 *
 * @example
 * new QueryBuilder({ device_os: "WINDOWS" }).or({ process_username: "root" }).not({ process_name: "svchost.exe" });
 */
export class QueryBuilder {
  readonly #clauses: Clauses;
  readonly #processGuid: string | undefined;

  /** @param terms fields and what they have to be; all must hold */
  constructor(terms?: Terms) {
    const restored = terms instanceof Parts ? terms : undefined;
    this.#clauses =
      restored?.clauses ??
      (terms === undefined ? NO_CLAUSES : withClause(NO_CLAUSES, "where", terms as QueryInput<object>));
    this.#processGuid = restored?.processGuid;
  }

  /**
   * The first condition; of texts, one more that must hold.
   * @throws ApiError with code `INVALID_ARGUMENT` when there are terms already: say `and` or `or`
   */
  where(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryBuilder;
  where(input: QueryInput): QueryBuilder;
  where(input: TemplateStringsArray | QueryInput, ...values: readonly TermValue[]): QueryBuilder {
    return this.#added("where", input, values);
  }

  /** One condition more, which must hold as well: `a AND b`, of texts `a b`. */
  and(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryBuilder;
  and(input: QueryInput): QueryBuilder;
  and(input: TemplateStringsArray | QueryInput, ...values: readonly TermValue[]): QueryBuilder {
    return this.#added("and", input, values);
  }

  /**
   * What may hold in place of all that was asked for before: `a OR b`.
   * @throws ApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  or(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryBuilder;
  or(input: Exclude<QueryInput, string>): QueryBuilder;
  or(input: TemplateStringsArray | QueryInput, ...values: readonly TermValue[]): QueryBuilder {
    return this.#added("or", input, values);
  }

  /**
   * What must not hold: `a AND (!b)`.
   * @throws ApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  not(texts: TemplateStringsArray, ...values: readonly TermValue[]): QueryBuilder;
  not(input: Exclude<QueryInput, string>): QueryBuilder;
  not(input: TemplateStringsArray | QueryInput, ...values: readonly TermValue[]): QueryBuilder {
    return this.#added("not", input, values);
  }

  /** The query text as it is sent; `undefined` when there are no conditions. */
  get text(): string | undefined {
    return clausesText(this.#clauses);
  }

  /** The query text; the one that matches everything when there are no conditions. */
  toString(): string {
    return this.text ?? EVERYTHING;
  }

  [inspect.custom](): string {
    return `QueryBuilder(${inspect(this.toString())})`;
  }

  /** @internal The conditions, for a query that takes them over. */
  get clauses(): Clauses {
    return this.#clauses;
  }

  /** @internal The process that was named by the first term `process_guid` of where, and, or. */
  get processGuid(): string | undefined {
    return this.#processGuid;
  }

  #added(
    connective: Connective,
    input: TemplateStringsArray | QueryInput<object> | undefined,
    values: readonly TermValue[],
  ): QueryBuilder {
    const guid = this.#processGuid ?? (connective === "not" ? undefined : guidIn(input));
    const clauses = withClause(this.#clauses, connective, input, values);
    return new QueryBuilder(new Parts(clauses, guid) as unknown as Terms);
  }
}

/** The text that matches everything. */
export const EVERYTHING = "*:*";

/** @internal The process that terms name. */
export function guidIn(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, "process_guid")) return undefined;
  const guid = (input as { readonly process_guid?: unknown }).process_guid;
  return typeof guid === "string" ? guid : undefined;
}

/** What a builder is made of by another one. */
class Parts {
  readonly clauses: Clauses;
  readonly processGuid: string | undefined;
  constructor(clauses: Clauses, processGuid: string | undefined) {
    this.clauses = clauses;
    this.processGuid = processGuid;
  }
}
