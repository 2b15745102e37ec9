import { ApiError } from "../../core/errors.js";
import type { AnyModel } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import { clauseText, type QueryInput, type TermValue } from "../../core/query/terms.js";
import { encodeQuery } from "../../core/transport/query.js";
import type { CallOptions, QueryValue } from "../../core/transport/types.js";
import { type CbResponseAPI, connected } from "../client.js";
import { edrDialect, joinClauses } from "../query-language.js";
import { asAnswer, type FacetValue, facetsOf, pageOf } from "./search-answer.js";

export type { FacetValue } from "./search-answer.js";

export interface SearchState extends QueryState {
  /** Clauses as they were given; all must hold. */
  readonly clauses?: readonly string[];
  /** `"field asc"`; empty text for no order, `undefined` for the default. */
  readonly sort?: string | undefined;
  readonly stable?: boolean;
  /** Whether the order is turned round. */
  readonly backwards?: boolean;
}

/** The limits of EDR's search routes. */
const SEARCH = {
  /** Rows a page, as the server's own clients ask for. */
  pageSize: 100,
  /** Reading was seen to fail from this offset on. */
  maxOffset: 100_000,
} as const;

/** A search that the server runs: processes and binaries. */
export abstract class SearchQuery<M extends AnyModel, S extends SearchState = SearchState> extends Query<M, S> {
  /** Put together once: every page sends it. */
  #text: string | undefined;

  protected readonly pageSize: number = SEARCH.pageSize;
  protected override readonly maxOffset: number = SEARCH.maxOffset;

  /** The order when the caller names none; empty for the server's own. */
  protected abstract readonly defaultSort: string;

  /** Where this kind of object is searched in the console. */
  protected abstract readonly consolePage: string;

  /**
   * Narrows the search. Takes the server's own query text, an object of terms, or a template whose values are escaped.
   * Clauses of several calls must all hold.
   * @example
   * query.where("process_name:net.exe")
   * query.where({ process_name: "net.exe", hostname: ["WIN-1", "WIN-2"] })
   * query.where`cmdline:${"\\\\test\\blah"}`
   */
  where(texts: TemplateStringsArray, ...values: TermValue[]): this;
  where(clause: QueryInput): this;
  where(first: TemplateStringsArray | QueryInput, ...values: TermValue[]): this {
    const clause = clauseText(edrDialect, first, values);
    return this.with({ clauses: [...(this.state.clauses ?? []), clause] } as unknown as Partial<S>);
  }

  /** The same as {@link SearchQuery.where}. */
  and(texts: TemplateStringsArray, ...values: TermValue[]): this;
  and(clause: QueryInput): this;
  and(first: TemplateStringsArray | QueryInput, ...values: TermValue[]): this {
    return this.where(first as TemplateStringsArray, ...values);
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
   */
  stable(): this {
    return this.with({ stable: true } as unknown as Partial<S>);
  }

  /** The query text that is sent. */
  get query(): string {
    this.#text ??= joinClauses(this.state.clauses ?? []);
    return this.#text;
  }

  /** This search in the console. */
  get webui_link(): string {
    const parameters = { "cb.urlver": 1, q: this.query, sort: this.order() };
    return `${this.client.url}/#/${this.consolePage}?${encodeQuery(Object.entries(parameters))}`;
  }

  /**
   * Counts the results by the values of fields: the most frequent 200 of each.
   * @example (await cb.select(Process).where("username:bit9rad").facets("process_name"))["process_name"]
   */
  async facets<F extends string>(field: F, ...more: (F | CallOptions)[]): Promise<Record<F, FacetValue[]>> {
    const last = more.at(-1);
    const options = typeof last === "object" ? last : {};
    const fields = [field, ...more.filter((item) => typeof item === "string")];
    const cb = await connected(this.client, options);
    const parameters = { ...this.filters(cb), facet: true, "facet.field": fields, start: 0, rows: 0 };
    return facetsOf(asAnswer(await cb.getObject(this.model.spec.path, parameters, options)), fields);
  }

  /** Parameters that select rows, without window and order. */
  protected filters(_cb: CbResponseAPI): Record<string, QueryValue> {
    const text = this.query;
    return { "cb.urlver": 1, ...(text === "" ? {} : { q: text }) };
  }

  /** What of this query the server cannot be asked for, and what that means for the rows. */
  protected shortcomings(_cb: CbResponseAPI): readonly string[] {
    return [];
  }

  /** The order that is sent; empty for none. */
  protected order(): string {
    const { sort = this.defaultSort, stable = false, backwards = false } = this.state;
    if (!stable && !backwards) return sort;
    return [sort, stable ? this.tieBreak : ""]
      .filter((criterion) => criterion !== "")
      .map((criterion) => directed(criterion, backwards))
      .join(",");
  }

  /** The field that no two rows share. */
  protected abstract readonly tieBreak: string;

  protected override reversed(): this | undefined {
    const backwards = this.state.backwards !== true;
    // The server's own order is not known, so that its opposite cannot be asked for.
    return this.order() === "" ? undefined : this.with({ backwards } as unknown as Partial<S>);
  }

  protected override get totalOrder(): boolean {
    return this.state.stable === true;
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const cb = await connected(this.client, options);
    const order = window.rows === 0 ? "" : this.order();
    const parameters = {
      ...this.filters(cb),
      q: this.query,
      // Servers before 5.1.1 answer 504 when the parameter is there at all.
      ...(cb.cb_server_version.atLeast(5, 1, 1) ? { facet: false } : {}),
      start: window.start,
      rows: window.rows,
      ...(order === "" ? {} : { sort: order }),
    };
    const page = pageOf(asAnswer(await cb.getObject(this.model.spec.path, parameters, options)));
    return { ...page, shortcomings: this.shortcomings(cb) };
  }

  protected describe(): string {
    return this.query;
  }
}

/** A criterion of an order, `field asc` or `field desc`; without a direction it is ascending. */
function directed(criterion: string, backwards: boolean): string {
  const [field = "", direction = "asc"] = criterion.split(" ");
  return `${field} ${(direction.toLowerCase() === "desc") === backwards ? "asc" : "desc"}`;
}
