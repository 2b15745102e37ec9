import { inspect } from "node:util";
import { ApiError, MoreThanOneResultError } from "../errors.js";
import { invalidArgument } from "../invalid-argument.js";
import { Completeness, type Document } from "../model/document.js";
import type { ModelHost } from "../model/host.js";
import type { AnyModel, ModelClass } from "../model/model.js";
import { makeRef } from "../model/ref.js";
import type { Ref } from "../model/ref-type.js";
import { ModelState } from "../model/state.js";
import type { CallOptions } from "../transport/types.js";
import { Execution, PageExecution } from "./execution.js";
import { checkIncluded, type IncludePath, include } from "./include.js";
import type { QueryReport } from "./report.js";
import { usableKey } from "./row-key.js";
import type { ExecutionPlan, FetchedPage, Row, RowFilter, RowIdentity, RowSource, Window } from "./row-source.js";

/** What every query remembers; each product adds its own. Never changed: a changed copy makes a new query. */
export interface QueryState {
  readonly batchSize?: number;
  readonly include?: readonly string[];
}

/** A list of results that knows whether it is complete. */
export type Results<M> = M[] & {
  /** What the server has, what was given out, and why anything is missing. */
  report(): QueryReport;
};

/**
 * A search that has not been sent. Every method that narrows or orders it gives a new query; iterating and taking rows
 * send it. Searches are sent each time afresh; lists that come as a whole are kept for a while, see `ListQuery`.
 */
export abstract class Query<M extends AnyModel, S extends QueryState = QueryState> implements AsyncIterable<M> {
  protected readonly client: ModelHost;
  protected readonly model: ModelClass<M>;
  protected readonly state: S;
  #total: number | undefined;
  #report: (() => QueryReport) | undefined;

  /** @internal `cb.select()` gives queries. */
  constructor(client: ModelHost, model: ModelClass<M>, state: S) {
    this.client = client;
    this.model = model;
    this.state = state;
  }

  /** Rows `start .. start + rows - 1` from the server, and how many there are in all, where its answer tells. */
  protected abstract fetchPage(window: Window, options: CallOptions): Promise<FetchedPage>;

  /** Rows a page when the caller names no other number. */
  protected abstract readonly pageSize: number;

  /** The first offset that the server refuses. */
  protected readonly maxOffset: number = Number.POSITIVE_INFINITY;

  /** The first offset that cannot be read in one reading; further, where the server has another way to go on. */
  protected capOf(_plan: ExecutionPlan): number {
    return this.maxOffset;
  }

  /** Whether the order that is sent leaves no two rows in doubt. */
  protected get totalOrder(): boolean {
    return false;
  }

  /** How many rows the server counts. */
  protected async askTotal(options: CallOptions): Promise<number> {
    return (await this.fetchPage({ start: 0, rows: 0 }, options)).total ?? this.#countRows(options);
  }

  /** The part of this query that the server cannot apply. */
  protected get filter(): RowFilter | undefined {
    return undefined;
  }

  /** What tells a row from all others, and which object it is about. */
  protected identify(document: Document): RowIdentity {
    const key = this.model.keyIn(document);
    return key === undefined
      ? { row: undefined, key: undefined }
      : { row: String(key), key: usableKey(this.model, key) };
  }

  protected makeModel({ document, key, readAt }: Row): M {
    const state = new ModelState(this.client, key, document, this.rowCompleteness, this.settings);
    state.refreshedAt = readAt;
    return new this.model(state);
  }

  /** How well an object is known by its row. */
  protected get rowCompleteness(): Completeness {
    return Completeness.row;
  }

  /** How the caller wants the objects to behave. */
  protected get settings(): object | undefined {
    return undefined;
  }

  /** How one reading of the result gets its pages. */
  protected pageReader(_plan: ExecutionPlan): RowSource<M>["fetchPage"] {
    return (window, options) => this.fetchPage(window, options);
  }

  /** The limit from which a narrower query would go on behind this row; see {@link RowSource.seamOf}. */
  protected seamOf(_document: Document): string | undefined {
    return undefined;
  }

  /** The rows from a seam on as a query of their own, where the server refuses offsets from `maxOffset` on. */
  protected continueFrom(_seam: string): this | undefined {
    return undefined;
  }

  /** Why no such query can go on, and what the caller can do. */
  protected get beyondCap(): string {
    return "narrow the query";
  }

  /** How many rows match, by the latest answer that said so; `undefined` before. */
  protected get knownTotal(): number | undefined {
    return this.#total;
  }

  /** This query with its order turned round, where that only changes the order of the rows. */
  protected reversed(): this | undefined {
    return undefined;
  }

  /** The query text as a user would write it, for printing and for errors. */
  protected abstract describe(): string;

  /** A copy of this query with parts of its state replaced. */
  protected with(patch: Partial<S>): this {
    const Same = this.constructor as new (client: ModelHost, model: ModelClass<M>, state: S) => this;
    return new Same(this.client, this.model, { ...this.state, ...patch });
  }

  /** Rows asked for at a time. */
  batchSize(rows: number): this {
    if (!Number.isInteger(rows) || rows < 1)
      throw invalidArgument(`batchSize wants a whole number from 1 on, got ${rows}`);
    return this.with({ batchSize: rows } as Partial<S>);
  }

  /**
   * Loads joins with each page, every distinct object once, in one request for many where the server can.
   * @example
   * for await (const proc of cb.select(Process).where("process_name:net.exe").include("sensor.group", "binary")) { ... }
   * @throws ApiError with code `INVALID_ARGUMENT` when a path names what is no join
   */
  include(...paths: IncludePath<M>[]): this {
    checkIncluded(this.model, paths);
    return this.with({ include: [...(this.state.include ?? []), ...paths] } as unknown as Partial<S>);
  }

  /** Reads all rows, page by page. `report()` of the iterator tells whether they were all. */
  [Symbol.asyncIterator](): Execution<M> {
    return this.iterate();
  }

  /** As `for await` over the query, with options for the requests that it sends. */
  iterate(options: CallOptions = {}): Execution<M> {
    return this.#execute(0, undefined, options);
  }

  /**
   * How many rows match. Once a total is known to this query, from counting or from reading, nothing is sent.
   * @throws QuerySyntaxError when the server cannot read the query
   */
  async count(options: CallOptions = {}): Promise<number> {
    if (this.#total !== undefined) return this.#total;
    this.#total = this.filter === undefined ? await this.askTotal(options) : await this.#countRows(options);
    return this.#total;
  }

  /**
   * The rows from `start` up to but not including `end`; negative numbers count from the end, which asks for the total
   * first. Asks for exactly these rows; an empty range sends nothing.
   * @throws ApiError when there are such rows, and the server refuses to go so far into its result
   */
  async slice(start = 0, end?: number, options: CallOptions = {}): Promise<Results<M>> {
    for (const bound of [start, end ?? 0]) {
      if (!Number.isInteger(bound)) throw invalidArgument(`slice wants whole numbers, got ${bound}`);
    }
    const total = start < 0 || (end !== undefined && end < 0) ? await this.count(options) : 0;
    const from = start < 0 ? Math.max(0, total + start) : start;
    // Counted from the end, the number of rows is known although no end is named.
    const to = end === undefined ? (start < 0 ? total : undefined) : end < 0 ? total + end : end;
    const limit = to === undefined ? undefined : Math.max(0, to - from);
    return this.#reach(from, limit, start < 0, options);
  }

  /**
   * The row at this place, counted from the end when negative; `undefined` beyond either end.
   * @throws ApiError when there is such a row, and the server refuses to go so far into its result
   */
  at(index: number, options: CallOptions = {}): Ref<M | undefined> {
    if (!Number.isInteger(index)) throw invalidArgument(`at wants a whole number, got ${index}`);
    return this.#ref(`at ${index}`, options, async () => {
      const place = index < 0 ? (await this.count(options)) + index : index;
      return place < 0 ? undefined : (await this.#reach(place, 1, index < 0, options))[0];
    });
  }

  /**
   * The first row, or `undefined` when nothing matches. One row is asked for.
   * @throws QuerySyntaxError when the server cannot read the query
   */
  first(options: CallOptions = {}): Ref<M | undefined> {
    return this.#ref("first", options, async () => (await this.#collect(0, 1, options))[0]);
  }

  /**
   * The only row. Two rows are asked for.
   * @throws MoreThanOneResultError when there is none or more than one; `count` tells how many
   */
  one(options: CallOptions = {}): Ref<M> {
    return this.#ref("one", options, async () => {
      const rows = await this.#collect(0, 2, options);
      const [only] = rows;
      if (rows.length === 1 && only !== undefined) return only;
      const count = rows.length === 0 ? 0 : (rows.report().available ?? (await this.count(options)));
      throw new MoreThanOneResultError(`${count} results found for query ${this.describe()}`, { count });
    }) as Ref<M>;
  }

  /**
   * All rows, or the first `limit` of them, in memory. `report()` on the list tells whether it is complete.
   * @throws QuerySyntaxError when the server cannot read the query
   */
  all(options: CallOptions & { readonly limit?: number | undefined } = {}): Promise<Results<M>> {
    return this.#collect(0, options.limit, options);
  }

  /** The rows a page at a time. */
  pages(options: CallOptions = {}): PageExecution<M> {
    const plan = this.#plan(0, undefined, options);
    const pages = new PageExecution(this.#rows(plan), plan);
    this.#report = () => pages.report();
    return pages;
  }

  /** The report of the latest execution of this query; `undefined` before the first. */
  report(): QueryReport | undefined {
    return this.#report?.();
  }

  /** The query and the server it goes to, as far as that is known without asking for credentials. */
  toString(): string {
    const text = `<${this.model.spec.name} query ${JSON.stringify(this.describe())}>`;
    try {
      return `${text} @ ${this.client.url}`;
    } catch {
      return text; // Whatever is wrong with the credentials is for the first request to say, not for a log line.
    }
  }

  [inspect.custom](): string {
    return this.toString();
  }

  #ref(what: string, options: CallOptions, locate: () => Promise<M | undefined>): Ref<M | undefined> {
    return makeRef<M, undefined>({
      cls: this.model,
      describe: () => `${what} of ${JSON.stringify(this.describe())}`,
      locate,
      options,
      completeness: Completeness.key,
    });
  }

  #plan(start: number, limit: number | undefined, options: CallOptions): ExecutionPlan {
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 0)) {
      throw invalidArgument(`limit wants a whole number from 0 on, got ${limit}`);
    }
    return {
      start,
      limit,
      pageSize: this.state.batchSize ?? this.pageSize,
      totalOrder: this.totalOrder,
      signal: options.signal,
      timeout: options.timeout,
    };
  }

  #execute(start: number, limit: number | undefined, options: CallOptions): Execution<M> {
    const plan = this.#plan(start, limit, options);
    const execution = new Execution(this.#rows(plan), plan);
    this.#report = () => execution.report();
    return execution;
  }

  async #collect(start: number, limit: number | undefined, options: CallOptions): Promise<Results<M>> {
    const execution = this.#execute(start, limit, options);
    const rows: M[] = [];
    for await (const row of execution) rows.push(row);
    Object.defineProperty(rows, "report", { value: () => execution.report() });
    return rows as Results<M>;
  }

  /** As `#collect`, for a range that may begin where the server refuses to go. */
  async #reach(start: number, limit: number | undefined, fromEnd: boolean, options: CallOptions): Promise<Results<M>> {
    const last = fromEnd && limit !== undefined ? start + limit - 1 : start;
    if (limit === 0 || last < this.maxOffset) return this.#collect(start, limit, options);
    const total = await this.count(options);
    if (start >= total) return this.#collect(start, 0, options);
    const rows = Math.min(limit ?? total, total - start);
    const fromLast = total - start - rows;
    const reversed = fromEnd && fromLast + rows <= this.maxOffset ? this.reversed() : undefined;
    if (reversed !== undefined) {
      const found = await reversed.#collect(fromLast, rows, options);
      this.#report = () => found.report();
      found.reverse();
      return found;
    }
    if (start < this.maxOffset) return this.#collect(start, limit, options);
    throw new ApiError(
      `row ${start} of ${total} cannot be read by its place: the server serves none from offset ${this.maxOffset} on. ` +
        "Narrow the query, turn its order round, or iterate over it from the start",
    );
  }

  /** Reads all rows and counts them here; no models are made of them. */
  async #countRows(options: CallOptions): Promise<number> {
    let count = 0;
    const plan = this.#plan(0, undefined, options);
    const documents = this.#source((rows) => rows, plan);
    const pages = new PageExecution(documents, plan);
    for await (const { items } of pages) count += items.length;
    return count;
  }

  #models(rows: readonly Row[], options: CallOptions): readonly M[] | Promise<readonly M[]> {
    const models = rows.map((row) => this.makeModel(row));
    const paths = this.state.include;
    return paths === undefined ? models : include(models, paths, this.client, options).then(() => models);
  }

  #rows(plan: ExecutionPlan): RowSource<M> {
    return this.#source((rows, options) => this.#models(rows, options), plan);
  }

  #source<T>(make: RowSource<T>["makeModels"], plan: ExecutionPlan): RowSource<T> {
    const onTotal = (total: number) => {
      this.#total = total;
    };
    return {
      fetchPage: this.pageReader(plan),
      identify: (document) => this.identify(document),
      nameless: `no usable ${this.model.spec.key}`,
      makeModels: make,
      filter: this.filter,
      maxOffset: this.capOf(plan),
      seamOf: (document) => this.seamOf(document),
      continueFrom: (seam) => {
        const narrower = this.continueFrom(seam);
        return narrower === undefined ? undefined : { ...narrower.#source(make, plan), onTotal };
      },
      beyondCap: () => this.beyondCap,
      onTotal,
    };
  }
}
