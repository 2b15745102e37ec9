import { inspect } from "node:util";
import { PageReader } from "./page-reader.js";
import { type QueryReport, ReportWriter } from "./report.js";
import type { ExecutionPlan, Page, RowSource } from "./row-source.js";

export type { Page } from "./row-source.js";

/** One reading of a result: whatever becomes of it, its report is finished and its last request ended. */
class Reading<M> {
  readonly progress: ReportWriter;
  readonly #pages: PageReader<M>;
  #over = false;
  /** What the latest of several calls waits for. */
  #turn: Promise<unknown> | undefined;

  constructor(source: RowSource<M>, plan: ExecutionPlan) {
    this.progress = new ReportWriter(plan.totalOrder, plan.limit);
    this.#pages = new PageReader(source, plan, this.progress);
  }

  /** Whether no call is waiting for a page. */
  get idle(): boolean {
    return this.#turn === undefined;
  }

  /** Runs calls one after the other, in the order in which they were made. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn === undefined ? work() : this.#turn.then(work);
    // Heard of first, so that whoever waits for it finds nobody in turn and takes the next row without one.
    const over = () => {
      if (this.#turn === settled) this.#turn = undefined;
    };
    const settled: Promise<void> = turn.then(over, over);
    this.#turn = settled;
    return turn;
  }

  async page(): Promise<Page<M> | undefined> {
    if (this.isOver()) return undefined;
    try {
      const page = await this.#pages.next();
      if (this.isOver()) return undefined;
      if (page !== undefined) return page;
      this.#pages.finish();
    } catch (error) {
      // Whoever ended the reading wants no more of it; that its request broke off is no failure.
      if (this.isOver()) return undefined;
      this.progress.fail(error);
      this.end();
      throw error;
    }
    this.end();
    return undefined;
  }

  prefetch(): void {
    this.#pages.prefetch();
  }

  isOver(): boolean {
    return this.#over;
  }

  end(): void {
    this.#over = true;
    this.progress.stop();
    this.#pages.close();
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/**
 * One reading of a query's rows, in order. The next page is asked for when half of the current one has been taken, so
 * that a reader who stops early costs one request and one who goes on rarely waits.
 */
export class Execution<M> implements AsyncIterableIterator<M> {
  readonly #reading: Reading<M>;
  readonly #progress: ReportWriter;
  #items: readonly M[] = [];
  #taken = 0;

  /** @internal Made by a query. */
  constructor(source: RowSource<M>, plan: ExecutionPlan) {
    this.#reading = new Reading(source, plan);
    this.#progress = this.#reading.progress;
  }

  /** What was read so far, and why anything is missing. */
  report(): QueryReport {
    return this.#progress.snapshot();
  }

  /** The next row. Written out rather than as a generator: a row that is there already costs one promise. */
  next(): Promise<IteratorResult<M, undefined>> {
    if (this.#taken < this.#items.length && this.#reading.idle) return Promise.resolve(this.#take());
    return this.#reading.inTurn(() => this.#nextOfPages());
  }

  /** Ends the reading; a request that is under way is broken off, and whoever waits for its rows gets none. */
  async return(): Promise<IteratorResult<M, undefined>> {
    this.#items = [];
    this.#taken = 0;
    this.#reading.end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `Execution ${inspect(this.report())}`;
  }

  async #nextOfPages(): Promise<IteratorResult<M, undefined>> {
    if (this.#taken >= this.#items.length) {
      const page = await this.#reading.page();
      if (page === undefined) return DONE;
      this.#items = page.items;
      this.#taken = 0;
    }
    return this.#take();
  }

  #take(): IteratorResult<M, undefined> {
    if (this.#taken === this.#items.length >> 1) this.#reading.prefetch();
    this.#progress.returned++;
    return { value: this.#items[this.#taken++] as M, done: false };
  }
}

/** One reading of a query's pages. The next one is asked for when the current one is handed out. */
export class PageExecution<M> implements AsyncIterableIterator<Page<M>> {
  readonly #reading: Reading<M>;

  /** @internal Made by a query. */
  constructor(source: RowSource<M>, plan: ExecutionPlan) {
    this.#reading = new Reading(source, plan);
  }

  /** What was read so far, and why anything is missing. */
  report(): QueryReport {
    return this.#reading.progress.snapshot();
  }

  /** The next page. */
  next(): Promise<IteratorResult<Page<M>, undefined>> {
    return this.#reading.inTurn(async () => {
      const page = await this.#reading.page();
      if (page === undefined) return DONE;
      this.#reading.prefetch();
      this.#reading.progress.returned += page.items.length;
      return { value: page, done: false };
    });
  }

  /** Ends the reading; a request that is under way is broken off, and whoever waits for its page gets none. */
  async return(): Promise<IteratorResult<Page<M>, undefined>> {
    this.#reading.end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `PageExecution ${inspect(this.report())}`;
  }
}
