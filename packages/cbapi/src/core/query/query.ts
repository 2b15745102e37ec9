import { inspect } from "node:util";
import { MoreThanOneResultError } from "../errors.js";
import { Completeness, type Document, type ModelHost } from "../model/document.js";
import { type AnyModel, type ModelClass, ModelState } from "../model/model.js";
import { makeRef, type Ref } from "../model/ref.js";
import type { Key } from "../model/relations.js";
import type { CallOptions } from "../transport/types.js";
import {
  Execution,
  type ExecutionPlan,
  type FetchedPage,
  PageExecution,
  type RowSource,
  type Window,
} from "./execution.js";
import { type IncludePath, include } from "./include.js";
import type { QueryReport } from "./report.js";

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
 * A search that has not been sent. Every method that narrows or orders it gives a new query; iterating, counting and
 * taking rows send it, each time afresh.
 */
export abstract class Query<M extends AnyModel, S extends QueryState = QueryState> implements AsyncIterable<M> {
  protected readonly client: ModelHost;
  protected readonly model: ModelClass<M>;
  protected readonly state: S;
  #total: number | undefined;
  #report: (() => QueryReport) | undefined;

  constructor(client: ModelHost, model: ModelClass<M>, state: S) {
    this.client = client;
    this.model = model;
    this.state = state;
  }

  /** Rows `start .. start + rows - 1` from the server, and how many there are in all. */
  protected abstract fetchPage(window: Window, options: CallOptions): Promise<FetchedPage>;

  /** Rows a page when the caller names no other number. */
  protected abstract readonly pageSize: number;

  /** The first offset that the server refuses. */
  protected readonly maxOffset: number = Number.POSITIVE_INFINITY;

  /** Whether the order that is sent leaves no two rows in doubt. */
  protected get totalOrder(): boolean {
    return false;
  }

  /** A filter that the server cannot apply. */
  protected get keep(): ((document: Document) => boolean) | undefined {
    return undefined;
  }

  /** What tells a row from all others. */
  protected rowKey(document: Document): string | undefined {
    const key = document[this.model.spec.key];
    return key === undefined || key === null ? undefined : String(key);
  }

  protected makeModel(document: Document): M {
    const key = this.model.normaliseKey(document[this.model.spec.key] as Key);
    return new this.model(new ModelState(this.client, key, document, Completeness.row));
  }

  /** The rows after this one as a query of their own, where the server refuses offsets from `maxOffset` on. */
  protected continueAfter(_document: Document): this | undefined {
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
      throw new RangeError(`batchSize wants a whole number from 1 on, got ${rows}`);
    return this.with({ batchSize: rows } as Partial<S>);
  }

  /**
   * Loads joins with each page, every distinct object once, in one request for many where the server can.
   * @example
   * for await (const proc of cb.select(Process).where("process_name:net.exe").include("sensor.group", "binary")) { ... }
   */
  include(...paths: IncludePath<M>[]): this {
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
   */
  async count(options: CallOptions = {}): Promise<number> {
    if (this.#total !== undefined) return this.#total;
    if (this.keep !== undefined) {
      // The server cannot apply every filter of this query: its rows are read and counted here.
      let count = 0;
      for await (const _ of this.#execute(0, undefined, options)) count++;
      this.#total = count;
      return count;
    }
    const { total } = await this.fetchPage({ start: 0, rows: 0 }, options);
    this.#total = total;
    return total;
  }

  /**
   * The rows from `start` up to but not including `end`; negative numbers count from the end, which asks for the total
   * first. Asks for exactly these rows; an empty range sends nothing.
   */
  async slice(start = 0, end?: number, options: CallOptions = {}): Promise<Results<M>> {
    for (const bound of [start, end ?? 0]) {
      if (!Number.isInteger(bound)) throw new TypeError(`slice wants whole numbers, got ${bound}`);
    }
    const total = start < 0 || (end !== undefined && end < 0) ? await this.count(options) : 0;
    const from = start < 0 ? Math.max(0, total + start) : start;
    // Counted from the end, the number of rows is known although no end is named.
    const to = end === undefined ? (start < 0 ? total : undefined) : end < 0 ? total + end : end;
    const limit = to === undefined ? undefined : Math.max(0, to - from);
    return this.#collect(from, limit, options);
  }

  /** The row at this place, counted from the end when negative; `undefined` beyond either end. */
  at(index: number, options: CallOptions = {}): Ref<M | undefined> {
    if (!Number.isInteger(index)) throw new TypeError(`at wants a whole number, got ${index}`);
    return this.#ref(`at ${index}`, options, async () => {
      const place = index < 0 ? (await this.count(options)) + index : index;
      return place < 0 ? undefined : (await this.#collect(place, 1, options))[0];
    });
  }

  /** The first row, or `undefined` when nothing matches. One row is asked for. */
  first(options: CallOptions = {}): Ref<M | undefined> {
    return this.#ref("first", options, async () => (await this.#collect(0, 1, options))[0]);
  }

  /** The only row. Rejects with `MoreThanOneResultError` when there is none or more than one. */
  one(options: CallOptions = {}): Ref<M> {
    return this.#ref("one", options, async () => {
      const rows = await this.#collect(0, 2, options);
      const [only] = rows;
      if (rows.length === 1 && only !== undefined) return only;
      const count = rows.length === 0 ? 0 : (rows.report().available ?? rows.length);
      throw new MoreThanOneResultError(`${count} results found for query ${this.describe()}`, { count });
    }) as Ref<M>;
  }

  /** All rows, or the first `limit` of them, in memory. `report()` on the list tells whether it is complete. */
  all(options: CallOptions & { limit?: number } = {}): Promise<Results<M>> {
    return this.#collect(0, options.limit, options);
  }

  /** The rows a page at a time. */
  pages(options: CallOptions = {}): PageExecution<M> {
    const pages = new PageExecution(this.#source(), this.#plan(0, undefined, options));
    this.#report = () => pages.report();
    return pages;
  }

  /** The report of the latest execution of this query; `undefined` before the first. */
  report(): QueryReport | undefined {
    return this.#report?.();
  }

  toString(): string {
    return `<${this.model.spec.name} query ${JSON.stringify(this.describe())}> @ ${this.client.url}`;
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
      throw new RangeError(`limit wants a whole number from 0 on, got ${limit}`);
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
    const execution = new Execution(this.#source(), this.#plan(start, limit, options));
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

  #source(): RowSource<M> {
    const query = this;
    return {
      fetchPage: (window, options) => query.fetchPage(window, options),
      rowKey: (document) => query.rowKey(document),
      makeModels(documents, options) {
        const models = documents.map((document) => query.makeModel(document));
        const paths = query.state.include;
        if (paths === undefined) return models;
        return include(models, paths, query.client, options).then(() => models);
      },
      keep: query.keep,
      continueAfter(document) {
        const narrower = query.continueAfter(document);
        return narrower === undefined ? undefined : narrower.#source();
      },
      maxOffset: query.maxOffset,
      onTotal: (total) => {
        if (query.keep === undefined) query.#total = total;
      },
    };
  }
}
