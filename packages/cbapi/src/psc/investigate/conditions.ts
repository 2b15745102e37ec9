import { inspect } from "node:util";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyModel } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { QueryInput, Terms, TermValue } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CloudHost, cloud } from "../host.js";
import { type Criteria, checkedValues, isScalar, isText, withValues } from "../queries/criteria.js";
import { type TimeRange, timeRange } from "../queries/time-range.js";
import { type Clauses, type Connective, clausesText, NO_CLAUSES, withClause } from "../query-language/clauses.js";
import { cloudDialect } from "../query-language/dialect.js";
import { EVERYTHING, guidIn, QueryBuilder } from "../query-language/query-builder.js";
import { type ValidationCalls, validateText } from "./validation.js";

/** The direction of an order. */
export type SortOrder = "ASC" | "DESC";

/** One key of an order, as bodies have it. */
export interface SortKey {
  readonly field: string;
  readonly order: SortOrder;
}

/** A limit of time that a part of a long result is cut off at. */
export interface Slice {
  readonly field: string;
  readonly side: "from" | "until";
  readonly bound: string;
}

export interface InvestigateState extends QueryState {
  readonly clauses?: Clauses;
  /** Named by the first term `process_guid`. */
  readonly processGuid?: string | undefined;
  readonly criteria?: Criteria;
  readonly exclusions?: Criteria;
  readonly timeRange?: Readonly<Record<string, string>>;
  readonly fields?: readonly string[];
  readonly sort?: readonly SortKey[];
  readonly timeout?: number;
  readonly partial?: boolean;
  readonly slice?: Slice;
}

/** What a search gives of each row where nothing else is asked for: all fields that it has at hand, and some that it looks up. */
const DEFAULT_FIELDS: readonly string[] = [
  "*",
  "parent_hash",
  "parent_name",
  "process_cmdline",
  "backend_timestamp",
  "device_external_ip",
  "device_group",
  "device_internal_ip",
  "device_os",
  "device_policy",
  "process_effective_reputation",
  "process_reputation",
  "process_start_time",
  "ttp",
];

type Scalar = string | number | boolean;

/** A search of what endpoints have reported: its conditions, which are the same for processes, events and the like. */
export abstract class InvestigateQuery<
  M extends AnyModel,
  T extends object = Terms,
  S extends InvestigateState = InvestigateState,
> extends Query<M, S> {
  /** The calls by which the server says whether it can read a query. */
  protected abstract readonly validationCalls: ValidationCalls;

  /** @internal The client, as the Cloud's models know it. */
  protected get host(): CloudHost {
    return cloud(this.client);
  }

  /**
   * What is searched for: the server's own query text, an object of terms, an expression of `Q`, a template whose values
   * are escaped, or a {@link QueryBuilder}, which takes the place of all conditions before. Texts of several calls must all
   * hold; to terms, more is added by `and`, `or` and `not`.
   * @example
   * query.where({ process_name: wildcard("win*.exe"), device_os: ["WINDOWS", "MAC"] }).not({ process_username: "SYSTEM" })
   * query.where("process_name:cmd.exe -device_name:lab*")
   * query.where`process_cmdline:${"-enc"}`
   * @throws ApiError with code `INVALID_ARGUMENT` when text meets terms, or terms meet terms
   */
  where(texts: TemplateStringsArray, ...values: TermValue[]): this;
  where(builder: QueryBuilder): this;
  where(clause: QueryInput<T>): this;
  where(first: TemplateStringsArray | QueryBuilder | QueryInput<T>, ...values: TermValue[]): this {
    if (first instanceof QueryBuilder) {
      return this.patch({ clauses: first.clauses, processGuid: first.processGuid });
    }
    return this.#added("where", first, values);
  }

  /** One condition more, which must hold as well. */
  and(texts: TemplateStringsArray, ...values: TermValue[]): this;
  and(clause: QueryInput<T>): this;
  and(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#added("and", first, values);
  }

  /**
   * What may hold in place of all that was asked for before.
   * @throws ApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  or(texts: TemplateStringsArray, ...values: TermValue[]): this;
  or(clause: Exclude<QueryInput<T>, string>): this;
  or(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#added("or", first, values);
  }

  /**
   * What must not hold.
   * @throws ApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  not(texts: TemplateStringsArray, ...values: TermValue[]): this;
  not(clause: Exclude<QueryInput<T>, string>): this;
  not(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#added("not", first, values);
  }

  /** Asks for any of these values of a field, beside those that were named before, apart from the query text. */
  addCriteria(field: string, values: readonly Scalar[]): this {
    return this.patch({ criteria: withValues(this.state.criteria, checkedName(field), scalars(field, values)) });
  }

  /** Leaves out what has any of these values of a field. */
  addExclusions(field: string, values: readonly Scalar[]): this {
    return this.patch({ exclusions: withValues(this.state.exclusions, checkedName(field), scalars(field, values)) });
  }

  /**
   * Only what the endpoints reported in a span of time: `{ start, end }`, or `{ range: "-2w" }` until now.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is none
   */
  setTimeRange(range: TimeRange): this {
    const span = timeRange(range);
    return this.patch({ timeRange: "range" in span ? { window: span.range } : span });
  }

  /** Which fields the rows have; `*` stands for all that the server has at hand. */
  setFields(fields: string | readonly string[]): this {
    const names = typeof fields === "string" ? [fields] : fields;
    return this.patch({ fields: checkedValues(names, isText, "setFields takes the names of fields") });
  }

  /**
   * Orders the rows. Several calls give several keys, the first of which counts first; a field that was named before only
   * changes its direction.
   * @throws ApiError with code `INVALID_ARGUMENT` when the direction is none
   */
  sortBy(field: string, direction: SortOrder = "ASC"): this {
    const order: string = typeof direction === "string" ? direction.toUpperCase() : String(direction);
    if (order !== "ASC" && order !== "DESC") {
      throw invalidArgument(`a sort direction is "ASC" or "DESC", got ${inspect(direction)}`);
    }
    const key: SortKey = { field: checkedName(field), order };
    const { sort = [] } = this.state;
    const known = sort.some((other) => other.field === field);
    return this.patch({ sort: known ? sort.map((other) => (other.field === field ? key : other)) : [...sort, key] });
  }

  /** The query text, as it is sent; empty when there are no conditions. */
  get query(): string {
    return clausesText(this.state.clauses ?? NO_CLAUSES) ?? "";
  }

  /**
   * Asks the server whether it can read the query; nothing is searched.
   * @throws QuerySyntaxError when it cannot, with its reason and the place
   */
  async validate(options: CallOptions = {}): Promise<void> {
    const text = this.query;
    if (text === "" && this.host.routes === "current") return;
    await validateText(this.host, this.validationCalls, text || EVERYTHING, this.validationParameters(), options);
  }

  /** What goes along with the text where the classic route validates it. */
  protected abstract validationParameters(): Readonly<Record<string, unknown>>;

  protected get fieldNames(): readonly string[] {
    return this.state.fields ?? DEFAULT_FIELDS;
  }

  /** What selects rows, as bodies have it. */
  protected selection(): Record<string, unknown> {
    const { criteria, exclusions, timeRange: span } = this.state;
    const text = this.#slicedText();
    return {
      ...(text === "" && this.host.routes === "current" ? {} : { query: text || EVERYTHING }),
      ...(criteria === undefined ? {} : { criteria }),
      ...(exclusions === undefined ? {} : { exclusions }),
      ...(span === undefined ? {} : { time_range: span }),
    };
  }

  /** A copy with parts of the state replaced. */
  protected patch(patch: Partial<InvestigateState>): this {
    return this.with(patch as Partial<S>);
  }

  protected describe(): string {
    const { criteria, exclusions, timeRange: span } = this.state;
    const parts = [this.query || EVERYTHING];
    if (criteria !== undefined) parts.push(JSON.stringify(criteria));
    if (exclusions !== undefined) parts.push(`not ${JSON.stringify(exclusions)}`);
    if (span !== undefined) parts.push(JSON.stringify(span));
    return parts.join(" ");
  }

  #slicedText(): string {
    const text = this.query;
    const { slice } = this.state;
    if (slice === undefined) return text;
    const [from, to] = slice.side === "until" ? ["*", `"${slice.bound}"`] : [`"${slice.bound}"`, "*"];
    return cloudDialect.and([text, `${slice.field}:[${from} TO ${to}]`]);
  }

  #added(connective: Connective, first: TemplateStringsArray | QueryInput<T>, values: readonly TermValue[]): this {
    const clauses = withClause(this.state.clauses ?? NO_CLAUSES, connective, first, values);
    const named = connective === "not" ? undefined : guidIn(first);
    return this.patch({ clauses, processGuid: this.state.processGuid ?? named });
  }
}

function scalars(field: string, values: readonly Scalar[]): readonly Scalar[] {
  return checkedValues(values, isScalar, `${field} has one or more invalid values`);
}

function checkedName(field: string): string {
  if (isText(field)) return field;
  throw invalidArgument(`the name of a field is expected, got ${inspect(field)}`);
}
