import { CbApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyModel } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../core/query/row-source.js";
import type { QueryExpression, QueryInput, Terms, TermValue } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CloudHost, cloud } from "../host.js";
import { type Clauses, type Connective, clausesText, NO_CLAUSES, withClause } from "../query-language/clauses.js";
import { QueryBuilder } from "../query-language/query-builder.js";
import type { CloudCall } from "../routes.js";
import { ask } from "../send.js";
import { type Criteria, checkedValues, type GivenValues, isScalar, isText, withValues } from "./criteria.js";
import { scrollPages } from "./scroll.js";
import { searchAnswer } from "./search-answer.js";

/** The direction of an order. */
export type SortDirection = "ASC" | "DESC";

export interface CloudState extends QueryState {
  readonly criteria?: Criteria;
  readonly exclusions?: Criteria;
  readonly clauses?: Clauses | undefined;
  readonly sort?: { readonly field: string; readonly order: SortDirection } | undefined;
}

/** Rows that one search of the Cloud reaches, whatever its pages are. */
export const SEARCH_WINDOW = 10_000;

/**
 * A search that the Cloud runs: `POST .../_search` with criteria, exclusions and query text. `T` is the object of terms
 * that its `where` takes.
 */
export abstract class CloudQuery<
  M extends AnyModel,
  T extends object = Terms,
  S extends CloudState = CloudState,
> extends Query<M, S> {
  /** The call that carries the search. */
  protected abstract readonly searchCall: CloudCall;
  /** The call that reads on behind the window of a search, where there is one. It takes no order. */
  protected readonly scrollCall: CloudCall | undefined = undefined;
  /** The number of the first row in `start`. */
  protected readonly startBase: 0 | 1 = 1;
  /** Whether searches name what they leave out, even where that is nothing. */
  protected readonly hasExclusions: boolean = true;

  protected readonly pageSize: number = 1000;
  protected override readonly maxOffset: number = SEARCH_WINDOW;

  /** @internal The client, as the Cloud's models know it. */
  protected get host(): CloudHost {
    return cloud(this.client);
  }

  /**
   * Narrows the search. Takes the server's own query text, an object of terms, an expression of `Q`, a template whose
   * values are escaped, or a `QueryBuilder`, which takes the place of what was asked for before. Texts of the caller's
   * are joined by a blank, which is an AND to the server; text and terms do not mix.
   * @throws CbApiError with code `INVALID_ARGUMENT` when it does not go with what is there, or is empty
   * @example
   * query.where("name:win7*")
   * query.where({ os: ["WINDOWS", "LINUX"] }).not({ name: "WIN7-TEST" })
   * query.where`name:${"WIN 7"}`
   */
  where(texts: TemplateStringsArray, ...values: TermValue[]): this;
  where(clause: string | QueryExpression | QueryBuilder): this;
  where(clause: QueryInput<T>): this;
  where(first: TemplateStringsArray | QueryInput<T> | QueryBuilder, ...values: TermValue[]): this {
    if (first instanceof QueryBuilder) return this.with({ clauses: first.clauses } as unknown as Partial<S>);
    return this.#withClause("where", first, values);
  }

  /** One condition more, which must hold as well; see {@link CloudQuery.where}. */
  and(texts: TemplateStringsArray, ...values: TermValue[]): this;
  and(clause: string | QueryExpression): this;
  and(clause: QueryInput<T>): this;
  and(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#withClause("and", first, values);
  }

  /**
   * What may hold in place of all that was asked for before.
   * @throws CbApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  or(texts: TemplateStringsArray, ...values: TermValue[]): this;
  or(clause: QueryExpression): this;
  or(clause: Exclude<QueryInput<T>, string>): this;
  or(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#withClause("or", first, values);
  }

  /**
   * What must not hold.
   * @throws CbApiError with code `INVALID_ARGUMENT` for text: give it as `Q(text)`
   */
  not(texts: TemplateStringsArray, ...values: TermValue[]): this;
  not(clause: QueryExpression): this;
  not(clause: Exclude<QueryInput<T>, string>): this;
  not(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.#withClause("not", first, values);
  }

  /**
   * Asks for any of these values of a criterion, beside those that were named before: for what the server knows and this
   * library has no method for. Values of different criteria must all hold.
   * @param key the criterion, by the server's name
   */
  addCriteria(key: string, values: readonly (string | number | boolean)[]): this {
    return this.withCriteria(checkedKey(key), values, isScalar, `${key} has one or more invalid values`);
  }

  /** Leaves out what has any of these values; otherwise as {@link CloudQuery.addCriteria}. */
  addExclusions(key: string, values: readonly (string | number | boolean)[]): this {
    return this.withExclusions(checkedKey(key), values, isScalar, `${key} has one or more invalid values`);
  }

  /**
   * Orders the rows by one field, in place of the order before.
   * @throws CbApiError with code `INVALID_ARGUMENT` when the direction is none
   */
  sortBy(field: string, direction: SortDirection = "ASC"): this {
    if (!isText(field)) throw invalidArgument(`sortBy takes the name of a field, got ${JSON.stringify(field)}`);
    const order = typeof direction === "string" ? direction.toUpperCase() : direction;
    if (order !== "ASC" && order !== "DESC") {
      throw invalidArgument(
        `invalid sort direction specified: "ASC" or "DESC" is expected, got ${JSON.stringify(direction)}`,
      );
    }
    return this.with({ sort: { field, order } } as unknown as Partial<S>);
  }

  /** The query text that is sent; empty for none. */
  get query(): string {
    return this.queryText ?? "";
  }

  /** The query text that is sent; `undefined` for none. */
  protected get queryText(): string | undefined {
    return clausesText(this.state.clauses ?? NO_CLAUSES);
  }

  /** Whether nothing narrows the search, so that all there is matches. */
  protected get isUnfiltered(): boolean {
    const { criteria = {}, exclusions } = this.state;
    // Any status is no restriction, and neither is any text.
    const narrows = Object.values(criteria).some((values) => !(Array.isArray(values) && values.includes("ALL")));
    return !narrows && isEmpty(exclusions) && /^(|\*|\*:\*)$/.test(this.query.trim());
  }

  /**
   * Sees to it that what is done to all that a search finds is not done to all there is by mistake.
   * @throws CbApiError with code `UNFILTERED` when nothing narrows the search
   */
  protected refuseUnfiltered(verb: string): void {
    if (!this.isUnfiltered) return;
    throw new CbApiError(
      `${verb}() of a search that nothing narrows would change every ${this.model.spec.name} of the organization: narrow it, ` +
        "or say { all: true }",
      { code: "UNFILTERED" },
    );
  }

  /** With values added to those of a criterion, all of which were checked. */
  protected withCriteria<V>(key: string, ...given: GivenValues<V>): this {
    const criteria = withValues(this.state.criteria, key, checkedValues(...given));
    return this.with({ criteria } as unknown as Partial<S>);
  }

  /** The same of what is left out. */
  protected withExclusions<V>(key: string, ...given: GivenValues<V>): this {
    const exclusions = withValues(this.state.exclusions, key, checkedValues(...given));
    return this.with({ exclusions } as unknown as Partial<S>);
  }

  /** With a criterion that is no list: a range, a number, a flag. It takes the place of the one before. */
  protected withCriterion(key: string, value: unknown): this {
    return this.with({ criteria: { ...this.state.criteria, [key]: value } } as unknown as Partial<S>);
  }

  /** What selects rows, as bodies have it. */
  protected selection(): Record<string, unknown> {
    const { criteria = {}, exclusions = {} } = this.state;
    return { criteria, ...(this.hasExclusions ? { exclusions } : {}), query: this.queryText ?? null };
  }

  /** What selects rows, as bodies of a scroll have it. */
  protected scrollSelection(): Record<string, unknown> {
    return this.selection();
  }

  /** The order, as bodies have it. */
  protected order(): Record<string, unknown> {
    const { sort } = this.state;
    return sort === undefined ? {} : { sort: [sort] };
  }

  /** The window, as bodies have it. Classic searches leave the size of a page to the server, unless it was named. */
  protected paging({ start, rows }: Window): Record<string, unknown> {
    const leftToServer = this.host.routes === "classic" && this.state.batchSize === undefined;
    return {
      ...(start > 0 ? { start: start + this.startBase } : {}),
      ...(leftToServer ? {} : { rows: Math.max(1, rows) }),
    };
  }

  /** The body of a search for these rows. */
  protected body(window: Window): Record<string, unknown> {
    return { ...this.selection(), ...this.order(), ...this.paging(window) };
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const { call } = this.searchCall;
    return searchAnswer(await ask(this.host, this.searchCall, { json: this.body(window) }, options), call);
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const { sort: _, ...unsorted } = this.body({ start: 0, rows: 1 });
    const answer = searchAnswer(
      await ask(this.host, this.searchCall, { json: unsorted }, options),
      this.searchCall.call,
    );
    return answer.total ?? super.askTotal(options);
  }

  /** A scroll reads from the beginning, in the server's own order. */
  #canScroll({ start, limit = Number.POSITIVE_INFINITY }: ExecutionPlan): boolean {
    const { routes } = this.host;
    if (this.scrollCall === undefined || routes !== "current") return false;
    return start === 0 && limit > SEARCH_WINDOW && this.state.sort === undefined;
  }

  protected override capOf(plan: ExecutionPlan): number {
    return this.#canScroll(plan) ? Number.POSITIVE_INFINITY : this.maxOffset;
  }

  protected override pageReader(plan: ExecutionPlan): RowSource<M>["fetchPage"] {
    const { scrollCall, host } = this;
    if (scrollCall === undefined || !this.#canScroll(plan)) return super.pageReader(plan);
    return scrollPages({
      search: (window, options) => this.fetchPage(window, options),
      scroll: (window, options) => ask(host, scrollCall, { json: { ...this.scrollSelection(), ...window } }, options),
      call: scrollCall,
      reach: SEARCH_WINDOW,
    });
  }

  protected override get beyondCap(): string {
    if (this.scrollCall === undefined) return "narrow the query, by criteria or by time";
    if (this.host.routes === "classic")
      return 'narrow the query, or make the client with routes: "current", which reads on';
    return "narrow the query, or leave out sortBy(), as the server reads further only in its own order";
  }

  protected override get totalOrder(): boolean {
    return this.state.sort?.field === this.model.spec.key;
  }

  protected describe(): string {
    const { criteria, exclusions } = this.state;
    const parts = [this.query];
    if (!isEmpty(criteria)) parts.push(JSON.stringify(criteria));
    if (!isEmpty(exclusions)) parts.push(`not ${JSON.stringify(exclusions)}`);
    return parts.filter((part) => part !== "").join(" ");
  }

  #withClause(connective: Connective, first: TemplateStringsArray | QueryInput<T>, values: readonly TermValue[]): this {
    const clauses = withClause(this.state.clauses ?? NO_CLAUSES, connective, first, values);
    return this.with({ clauses } as unknown as Partial<S>);
  }
}

function isEmpty(criteria: Criteria | undefined): boolean {
  return criteria === undefined || Object.keys(criteria).length === 0;
}

function checkedKey(key: string): string {
  if (isText(key)) return key;
  throw invalidArgument(`a criterion has a name, got ${JSON.stringify(key)}`);
}
