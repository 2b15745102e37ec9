import { type Change, changeFound } from "../../core/bulk/change.js";
import type { BulkOperation } from "../../core/bulk/operation.js";
import { ApiError } from "../../core/errors.js";
import type { KeyOf } from "../../core/model/declaration.js";
import type { ModelHost } from "../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import { clauseOf, type QueryExpression, type QueryInput, type Terms, type TermValue } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { EdrHost } from "../host.js";
import { connected } from "../host.js";
import type { SearchFields } from "../query-language/declare-search.js";
import { edrDialect, joinClauses } from "../query-language/query-language.js";
import { criteriaOf, directed, fieldOf } from "./order.js";
import { type Parameter, textOf } from "./query-string.js";
import { gathered, type RawSearch, rawSearch, type SearchParameters } from "./raw-search.js";
import { asAnswer, type FacetValue, facetArguments, facetsOf, pageOf } from "./search-answer.js";

export type { FacetValue } from "./search-answer.js";

export interface SearchState extends QueryState {
  /** Clauses as they were given; all must hold. */
  readonly clauses?: readonly string[];
  /** A query string of the console, in place of clauses. */
  readonly raw?: RawSearch;
  /** `"field asc"`; empty text for no order, `undefined` for the default. */
  readonly sort?: string | undefined;
  readonly stable?: boolean;
  /** Whether the order is turned round. */
  readonly backwards?: boolean;
  /** The fields that terms may name. */
  readonly fields?: SearchFields | undefined;
}

/** The limits of EDR's search routes. */
const SEARCH = {
  /** Rows a page, as the server's own clients ask for. */
  pageSize: 100,
  /** Reading was seen to fail from this offset on. */
  maxOffset: 100_000,
} as const;

/** A search that the server runs. `T` is the object of terms that its `where` takes. */
export class SearchQuery<
  M extends AnyModel,
  T extends object = Terms,
  S extends SearchState = SearchState,
> extends Query<M, S> {
  /** Put together once: every page sends it. */
  #text: string | undefined;

  protected readonly pageSize: number = SEARCH.pageSize;
  protected override readonly maxOffset: number = SEARCH.maxOffset;

  /** The order when the caller names none; empty for the server's own. */
  protected readonly defaultSort: string = "";

  /** The order by the field that no two rows share; empty where a row is told by several. */
  protected readonly tieBreak: string = this.model.spec.keyOf === undefined ? `${this.model.spec.key} asc` : "";

  /** The fields that terms may name; `undefined` where they are not known. */
  protected readonly fields: SearchFields | undefined = this.state.fields;

  /**
   * @internal A search at `GET path` that has no methods of its own. Nothing has been sent.
   * @param fields what terms may name; any field when they are not declared
   */
  static of<M extends AnyModel, T extends object = Terms>(
    client: ModelHost,
    model: ModelClass<M>,
    fields?: SearchFields<T>,
  ): SearchQuery<M, T> {
    return new SearchQuery(client, model, { fields });
  }

  /**
   * Narrows the search. Takes the server's own query text, an object of terms, or a template whose values are escaped.
   * Clauses of several calls must all hold.
   * @throws ApiError when a term names a field that this search does not have, or the query is a raw one
   * @example
   * query.where("process_name:net.exe")
   * query.where({ process_name: "net.exe", hostname: ["WIN-1", "WIN-2"] })
   * query.where`cmdline:${"\\\\test\\blah"}`
   */
  where(texts: TemplateStringsArray, ...values: TermValue[]): this;
  where(clause: string | QueryExpression): this;
  where(clause: QueryInput<T>): this;
  where(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    const clause = clauseOf(this.fields?.dialect ?? edrDialect, first, values);
    const { clauses = [], raw } = this.state;
    if (raw !== undefined) {
      throw new ApiError(
        `A raw query cannot be narrowed by ${JSON.stringify(clause)}: put it into the raw text, or begin with select() and where(). The raw query is ${raw.text}`,
      );
    }
    return this.with({ clauses: [...clauses, clause] } as unknown as Partial<S>);
  }

  /** The same as {@link SearchQuery.where}. */
  and(texts: TemplateStringsArray, ...values: TermValue[]): this;
  and(clause: string | QueryExpression): this;
  and(clause: QueryInput<T>): this;
  and(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.where(first as TemplateStringsArray, ...values);
  }

  /**
   * Searches by a query string of the console, such as watchlists keep and addresses of the console hold. It is sent as
   * it is, with a window of our own; its order holds until `sort()` names another.
   * @throws ApiError when the text is no query string, or the query has conditions already
   * @example cb.select(Process).raw("cb.urlver=1&q=process_name%3Acmd.exe&cb.fq.host_type=server&sort=start%20desc")
   */
  raw(queryString: string): this {
    if (this.state.raw !== undefined || this.query !== "") {
      throw new ApiError(
        `raw() stands in place of where(), and this query asks for ${JSON.stringify(this.describe())} already: begin with select()`,
      );
    }
    const { raw, sort } = rawSearch(queryString);
    const { taken, rest } = this.takeUp(raw.parameters);
    const state = { ...taken, raw: { ...raw, parameters: rest }, ...(sort === undefined ? {} : { sort }) };
    return this.with(state as unknown as Partial<S>);
  }

  /**
   * Orders the results: `"start asc"`, `"last_update desc"`. Empty text leaves the order to the server, and so does a
   * field without a direction.
   */
  sort(order: string): this {
    const text = order.trim();
    if (text !== "" && !/^[\w.]+( (asc|desc))?$/i.test(text)) {
      throw new ApiError(`sort wants "field asc" or "field desc", got ${JSON.stringify(order)}`);
    }
    return this.with({ sort: text } as unknown as Partial<S>);
  }

  /**
   * Adds a last criterion to the order that leaves no two rows in doubt, so that paging cannot confuse equal ones. A
   * field without a direction is then sent as ascending.
   * @throws ApiError when no field tells two rows apart
   */
  stable(): this {
    if (this.tieBreak === "") {
      throw new ApiError(
        `No field tells two ${this.model.spec.name} rows apart, so that no order leaves none in doubt`,
      );
    }
    return this.with({ stable: true } as unknown as Partial<S>);
  }

  /** The query text that is sent; of a raw query, what a user would write for it. */
  get query(): string {
    const { clauses = [], raw } = this.state;
    this.#text ??= raw === undefined ? joinClauses(clauses) : textOf(raw.parameters);
    return this.#text;
  }

  /** Has a change made to all objects that this search finds. */
  protected changed<Unlisted extends undefined = never>(change: Change<KeyOf<M>>): BulkOperation<KeyOf<M>, Unlisted> {
    const { client, model } = this;
    const pages = (options: CallOptions) => this.pages(options);
    return changeFound<KeyOf<M>, Unlisted>({ client, model, text: this.describe(), pages }, change);
  }

  /**
   * Counts the results by the values of fields: the most frequent 200 of each. Options of the request come last.
   * @throws ServerError when the answer leaves out a field that was asked for
   * @example (await cb.select(Process).where("username:bit9rad").facets("process_name"))["process_name"]
   */
  facets<F extends string>(field: F, ...more: F[]): Promise<Record<F, FacetValue[]>>;
  facets<F extends string>(field: F, ...more: [...F[], CallOptions | undefined]): Promise<Record<F, FacetValue[]>>;
  async facets(...given: (string | CallOptions | undefined)[]): Promise<Record<string, FacetValue[]>> {
    const { fields, options } = facetArguments(given);
    const cb = await connected(this.client, options);
    const parameters = { ...this.filters(cb), facet: true, "facet.field": fields, start: 0, rows: 0 };
    const { path } = this.model.spec;
    return facetsOf(asAnswer(await cb.getObject(path, parameters, options)), path, fields);
  }

  /** Parameters that select rows, as far as they are known without the server's version. */
  protected conditions(): SearchParameters {
    const { raw } = this.state;
    if (raw !== undefined) return { "cb.urlver": 1, ...gathered(raw.parameters) };
    return { "cb.urlver": 1, ...(this.query === "" ? {} : { q: this.query }) };
  }

  /** Parameters that select rows, without window and order. */
  protected filters(_cb: EdrHost): SearchParameters {
    return this.conditions();
  }

  /** What a search sends beside its window and its order. */
  protected selection(cb: EdrHost): SearchParameters {
    // Servers before 5.1.1 answer 504 when the parameter is there at all.
    return { q: "", ...this.filters(cb), ...(cb.cb_server_version.atLeast(5, 1, 1) ? { facet: false } : {}) };
  }

  /** Of a raw query's parameters, those that this kind of search has methods for, as its own state. */
  protected takeUp(parameters: readonly Parameter[]): {
    readonly taken: Partial<S>;
    readonly rest: readonly Parameter[];
  } {
    return { taken: {}, rest: parameters };
  }

  /** What of this query the server cannot be asked for, and what that means for the rows. */
  protected shortcomings(_cb: EdrHost): readonly string[] {
    return [];
  }

  /** The order that is sent; empty for none. */
  protected order(): string {
    const { sort = this.defaultSort, stable = false, backwards = false } = this.state;
    if (!stable && !backwards) return sort;
    const criteria = criteriaOf(sort);
    if (stable && !this.#isTotal(sort)) criteria.push(this.tieBreak);
    return criteria.map((criterion) => directed(criterion, backwards)).join(",");
  }

  #isTotal(sort: string): boolean {
    const total = fieldOf(this.tieBreak);
    return total !== "" && criteriaOf(sort).some((criterion) => fieldOf(criterion) === total);
  }

  protected override reversed(): this | undefined {
    const backwards = this.state.backwards !== true;
    // The server's own order is not known, so that its opposite cannot be asked for.
    return this.order() === "" ? undefined : this.with({ backwards } as unknown as Partial<S>);
  }

  protected override get totalOrder(): boolean {
    const { sort = this.defaultSort, stable = false } = this.state;
    return stable || this.#isTotal(sort);
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const cb = await connected(this.client, options);
    const order = window.rows === 0 ? "" : this.order();
    const sort = order === "" ? {} : { sort: order };
    const parameters = { ...this.selection(cb), start: window.start, rows: window.rows, ...sort };
    const page = pageOf(asAnswer(await cb.getObject(this.model.spec.path, parameters, options)));
    return { ...page, shortcomings: this.shortcomings(cb) };
  }

  protected describe(): string {
    return this.state.raw?.text ?? this.query;
  }
}
