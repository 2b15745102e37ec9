import { setMaxListeners } from "node:events";
import type { Document } from "../model/document.js";
import type { CallOptions } from "../transport/types.js";
import { type QueryReport, ReportWriter } from "./report.js";

/** Which rows to ask for: `rows` of them from the zero-based offset `start`. */
export interface Window {
  readonly start: number;
  readonly rows: number;
}

/** What the server answers to a window. */
export interface FetchedPage {
  readonly documents: readonly Document[];
  /** How many rows match in all. */
  readonly total: number;
}

/** One page as it is handed out. */
export interface Page<M> {
  readonly items: readonly M[];
  /** Offset of its first row in the server's result. */
  readonly start: number;
  readonly total: number;
}

/** What the engine needs of a query: how to get a page, and how to tell rows apart. */
export interface RowSource<M> {
  fetchPage(window: Window, options: CallOptions): Promise<FetchedPage>;
  /** Tells a row from all others; `undefined` where rows cannot be told apart. */
  rowKey(document: Document): string | undefined;
  makeModels(documents: readonly Document[], options: CallOptions): M[] | Promise<M[]>;
  /** Whether a row belongs to the result; for filters that the server cannot apply. */
  keep?: ((document: Document) => boolean) | undefined;
  /** The rows after this one, as a source of their own: where the server refuses offsets from `maxOffset` on. */
  continueAfter(document: Document): RowSource<M> | undefined;
  readonly maxOffset: number;
  /** Called with each total that the server names. */
  onTotal(total: number): void;
}

export interface ExecutionPlan extends CallOptions {
  readonly start: number;
  readonly limit: number | undefined;
  readonly pageSize: number;
  readonly totalOrder: boolean;
}

/** How many pages a row is remembered for, to drop it when it comes again. */
const REMEMBERED_PAGES = 20;

/** How many pages in a row may hold nothing new while the end of the result comes no nearer. */
const STALLED_PAGES = 3;

/** One reading of a result: whatever becomes of it, its report is finished and its last request ended. */
abstract class Reading<M> {
  protected readonly progress: ReportWriter;
  readonly #pages: PageReader<M>;
  #over = false;

  constructor(source: RowSource<M>, plan: ExecutionPlan) {
    this.progress = new ReportWriter(plan.totalOrder, plan.limit);
    this.#pages = new PageReader(source, plan, this.progress);
  }

  /** What was read so far, and why anything is missing. */
  report(): QueryReport {
    return this.progress.snapshot();
  }

  protected async nextPage(): Promise<Page<M> | undefined> {
    if (this.#over) return undefined;
    try {
      const page = await this.#pages.next();
      if (page !== undefined) return page;
      this.#pages.finish();
    } catch (error) {
      this.progress.fail(error);
      this.end();
      throw error;
    }
    this.end();
    return undefined;
  }

  protected prefetch(): void {
    this.#pages.prefetch();
  }

  protected end(): void {
    this.#over = true;
    this.progress.stop();
    this.#pages.close();
  }
}

/**
 * One reading of a query's rows, in order. The next page is asked for when half of the current one has been taken, so
 * that a reader who stops early costs one request and one who goes on rarely waits.
 */
export class Execution<M> extends Reading<M> implements AsyncIterableIterator<M> {
  #items: readonly M[] = [];
  #taken = 0;
  /** The reading of a page that several calls of `next` wait for, in the order of the calls. */
  #turn: Promise<unknown> | undefined;

  /** Written out rather than as a generator: a row that is there already costs one promise. */
  next(): Promise<IteratorResult<M, undefined>> {
    if (this.#turn === undefined && this.#taken < this.#items.length) return Promise.resolve(this.#take());
    const turn = (this.#turn ?? Promise.resolve()).then(() => this.#nextOfPages());
    const settled = turn.catch(() => {});
    this.#turn = settled;
    void settled.then(() => {
      if (this.#turn === settled) this.#turn = undefined;
    });
    return turn;
  }

  async return(): Promise<IteratorResult<M, undefined>> {
    this.#items = [];
    this.#taken = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #nextOfPages(): Promise<IteratorResult<M, undefined>> {
    if (this.#taken >= this.#items.length) {
      const page = await this.nextPage();
      if (page === undefined) return { value: undefined, done: true };
      this.#items = page.items;
      this.#taken = 0;
    }
    return this.#take();
  }

  #take(): IteratorResult<M, undefined> {
    if (this.#taken === this.#items.length >> 1) this.prefetch();
    this.progress.returned++;
    return { value: this.#items[this.#taken++] as M, done: false };
  }
}

/** One reading of a query's pages. The next one is asked for when the current one is handed out. */
export class PageExecution<M> extends Reading<M> implements AsyncIterableIterator<Page<M>> {
  async next(): Promise<IteratorResult<Page<M>, undefined>> {
    const page = await this.nextPage();
    if (page === undefined) return { value: undefined, done: true };
    this.prefetch();
    this.progress.returned += page.items.length;
    return { value: page, done: false };
  }

  async return(): Promise<IteratorResult<Page<M>, undefined>> {
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Reads windows one after the other until the rows that are wanted have come or there are no more. */
class PageReader<M> {
  readonly #plan: ExecutionPlan;
  readonly #report: ReportWriter;
  readonly #seen = new RecentKeys(REMEMBERED_PAGES);
  readonly #abort = new AbortController();
  readonly #unlink: () => void;
  #source: RowSource<M>;
  #offset: number;
  /** Rows of earlier sources, when the result is read in several slices. */
  #before = 0;
  /** Rows still to pass over before the first that is wanted; only for filters on this side. */
  #skip: number;
  #wanted: number;
  #handedOut = 0;
  /** What the current source counts. */
  #matches: number | undefined;
  #last: Document | undefined;
  #ended = false;
  #stalled = 0;
  #leastLeft = Number.POSITIVE_INFINITY;
  #next: Promise<Page<M> | undefined> | undefined;

  constructor(source: RowSource<M>, plan: ExecutionPlan, report: ReportWriter) {
    this.#source = source;
    this.#plan = plan;
    this.#report = report;
    this.#wanted = plan.limit ?? Number.POSITIVE_INFINITY;
    const filtered = source.keep !== undefined;
    this.#offset = filtered ? 0 : plan.start;
    this.#skip = filtered ? plan.start : 0;
    // Each request of a page listens to it, and a page with joins sends many.
    setMaxListeners(0, this.#abort.signal);
    const { signal } = plan;
    const abort = () => this.#abort.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    this.#unlink = () => signal?.removeEventListener("abort", abort);
  }

  next(): Promise<Page<M> | undefined> {
    const page = this.#next ?? this.#read();
    this.#next = undefined;
    return page;
  }

  /** Asks for the next page before it is wanted. A failure is kept for whoever takes the page. */
  prefetch(): void {
    if (this.#next !== undefined || this.#done()) return;
    this.#next = this.#read();
    this.#next.catch(() => {});
  }

  get #total(): number | undefined {
    return this.#matches === undefined ? undefined : this.#before + this.#matches;
  }

  finish(): void {
    const total = this.#total;
    if (total === undefined || this.#source.keep !== undefined) {
      this.#report.finish(undefined);
      return;
    }
    this.#report.finish(Math.min(Math.max(0, total - this.#plan.start), this.#wanted));
  }

  close(): void {
    this.#unlink();
    this.#abort.abort();
  }

  #done(): boolean {
    if (this.#ended || this.#handedOut >= this.#wanted) return true;
    return this.#matches !== undefined && this.#offset >= this.#matches;
  }

  async #read(): Promise<Page<M> | undefined> {
    while (!this.#done()) {
      const { pageSize, timeout } = this.#plan;
      if (this.#offset + 1 > this.#source.maxOffset && !this.#turnTheCap()) return undefined;
      const rows = this.#source.keep === undefined ? Math.min(pageSize, this.#wanted - this.#handedOut) : pageSize;
      const window = { start: this.#offset, rows: Math.min(rows, this.#source.maxOffset - this.#offset) };
      const options = { signal: this.#abort.signal, timeout };
      const page = await this.#source.fetchPage(window, options);
      this.#noteTotal(page);
      this.#report.pages++;
      if (page.documents.length === 0) {
        this.#noteAvailable();
        this.#ended = true;
        return undefined;
      }
      this.#offset += page.documents.length;
      this.#last = page.documents.at(-1);
      const fresh = this.#select(page.documents);
      this.#noteAvailable();
      if (this.#treadsWater()) return undefined;
      if (fresh.length === 0) continue;
      this.#handedOut += fresh.length;
      return { items: await this.#source.makeModels(fresh, options), start: window.start, total: page.total };
    }
    return undefined;
  }

  #noteTotal(page: FetchedPage): void {
    const before = this.#matches;
    if (before !== undefined && page.total < before && page.documents.length > 0) {
      const fallen = before - page.total;
      this.#report.because(
        `the server's count fell by ${fallen} while its pages were read: as many rows may have been passed over`,
      );
    }
    // A server may count too many and then have no more rows: the higher count is kept, so that the report shows it.
    if (page.documents.length > 0 || before === undefined) this.#matches = page.total;
  }

  /** Whether rows come in on top as fast as pages are read, so that reading would go on without end. */
  #treadsWater(): boolean {
    const left = (this.#matches ?? 0) - this.#offset;
    if (this.#seen.pageHadNews || left < this.#leastLeft) {
      this.#leastLeft = Math.min(left, this.#leastLeft);
      this.#stalled = 0;
      return false;
    }
    if (++this.#stalled < STALLED_PAGES) return false;
    this.#report.because("rows come in as fast as pages are read: the last pages held only rows that had come before");
    this.#ended = true;
    return true;
  }

  #noteAvailable(): void {
    this.#report.available = this.#total;
    if (this.#total !== undefined) this.#source.onTotal(this.#total);
  }

  /** The rows of a page that belong to the result and have not come before. */
  #select(documents: readonly Document[]): Document[] {
    const { keep } = this.#source;
    const fresh: Document[] = [];
    this.#seen.turnPage();
    for (const document of documents) {
      const key = this.#source.rowKey(document);
      if (key !== undefined && !this.#seen.add(key)) {
        // The rows at the seam of two slices are counted by both, and are no sign of rows that moved.
        if (this.#before > 0) this.#before--;
        else this.#report.duplicates++;
        continue;
      }
      if (keep !== undefined && !keep(document)) continue;
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      if (this.#handedOut + fresh.length < this.#wanted) fresh.push(document);
    }
    return fresh;
  }

  /** Goes on with a narrower query where the server refuses higher offsets. */
  #turnTheCap(): boolean {
    const narrower = this.#last === undefined ? undefined : this.#source.continueAfter(this.#last);
    if (narrower === undefined) {
      this.#report.because(
        `the server serves no rows beyond offset ${this.#source.maxOffset}: narrow the query or leave the default sort`,
      );
      this.#ended = true;
      return false;
    }
    // What the narrower query counts is added to what was read, less the rows at the seam that come again.
    this.#before += this.#offset;
    this.#offset = 0;
    this.#matches = undefined;
    this.#source = narrower;
    return true;
  }
}

/** The keys of the rows of the last few pages. */
class RecentKeys {
  readonly #pages: number;
  readonly #keys = new Set<string>();
  readonly #byPage: string[][] = [];
  #current: string[] = [];

  constructor(pages: number) {
    this.#pages = pages;
  }

  /** Whether the current page had a key that was not known. */
  get pageHadNews(): boolean {
    return this.#current.length > 0;
  }

  /** A page without news is no reason to forget an older one. */
  turnPage(): void {
    if (this.#byPage.length > 0 && !this.pageHadNews) return;
    this.#current = [];
    this.#byPage.push(this.#current);
    if (this.#byPage.length <= this.#pages) return;
    for (const key of this.#byPage.shift() ?? []) this.#keys.delete(key);
  }

  /** Whether the key is new. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    this.#current.push(key);
    return true;
  }
}
