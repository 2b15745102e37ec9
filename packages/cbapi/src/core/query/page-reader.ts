import { setMaxListeners } from "node:events";
import type { Document } from "../model/document.js";
import { RecentKeys } from "./recent-keys.js";
import type { ReportWriter } from "./report.js";
import type { ExecutionPlan, FetchedPage, Page, Row, RowSource } from "./row-source.js";

/** How many pages a row is remembered for, to drop it when it comes again. */
const REMEMBERED_PAGES = 20;

/** How many pages in a row may hold nothing new while the end of the result comes no nearer. */
const STALLED_PAGES = 3;

/** Where a result was cut in two because the server refuses higher offsets. */
interface Cut {
  readonly seam: string;
  /** What the server counted before. */
  readonly total: number;
  /** Keys of rows before the cut that may come again behind it; `undefined` once the rows of the seam are over. */
  repeats: Set<string> | undefined;
}

/** Reads windows one after the other until the rows that are wanted have come or there are no more. */
export class PageReader<M> {
  readonly #plan: ExecutionPlan;
  readonly #report: ReportWriter;
  readonly #seen = new RecentKeys(REMEMBERED_PAGES);
  readonly #abort = new AbortController();
  #source: RowSource<M>;
  #offset: number;
  /** Rows before the latest cut, less those that came again behind it. */
  #before = 0;
  #cut: Cut | undefined;
  /** Rows that the server counted before a cut, and not behind it. */
  #lost = 0;
  /** Rows that name no object. */
  #nameless = 0;
  /** Rows still to pass over before the first that is wanted; only for filters on this side. */
  #skip: number;
  #wanted: number;
  #handedOut = 0;
  /** Different rows that came, wanted or not. */
  #looked = 0;
  /** What the current source counts. */
  #matches: number | undefined;
  /** The server said that there is nothing behind the rows that came. */
  #ended = false;
  #first: Document | undefined;
  #last: Document | undefined;
  #stalled = 0;
  #leastLeft = Number.POSITIVE_INFINITY;
  #next: Promise<Page<M> | undefined> | undefined;

  constructor(source: RowSource<M>, plan: ExecutionPlan, report: ReportWriter) {
    this.#source = source;
    this.#plan = plan;
    this.#report = report;
    this.#wanted = plan.limit ?? Number.POSITIVE_INFINITY;
    const { filter } = source;
    this.#offset = filter === undefined ? plan.start : 0;
    this.#skip = filter === undefined ? 0 : plan.start;
    if (filter !== undefined) report.note(filter.note);
    // Each request of a page listens to it, and a page with joins sends many.
    setMaxListeners(0, this.#abort.signal);
  }

  /** The next page; `undefined` when there is none, and then nothing more may be asked for. */
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

  /** Ends the request that is under way. */
  close(): void {
    this.#abort.abort();
  }

  /** Tells the report how many rows there should have been, after the last page. */
  finish(): void {
    const readToTheEnd = this.#handedOut < this.#wanted;
    if (readToTheEnd) {
      this.#passSeam();
      this.#countRead();
      this.#noteAvailable();
      if (this.#lost > 0) {
        this.#report.because(
          `${this.#lost} rows are missing: from offset ${this.#source.maxOffset} on the server was asked by time, and it ` +
            "counts fewer rows that way: they have no time, or are gone meanwhile",
        );
      }
    }
    if (this.#nameless > 0) {
      const rows = this.#nameless === 1 ? "1 row was" : `${this.#nameless} rows were`;
      this.#report.because(`${rows} left out: the server gave ${this.#source.nameless}`);
    }
    const total = this.#total;
    if (total === undefined) this.#report.finish(undefined);
    else if (this.#source.filter === undefined) {
      const given = total - this.#lost - this.#nameless - this.#plan.start;
      this.#report.finish(Math.min(Math.max(0, given), this.#wanted));
    } else {
      // The server knows how many rows there were to look at, not how many of them belong to the result.
      this.#report.finish(readToTheEnd ? total : undefined, this.#looked);
    }
  }

  /** How many rows there are, before and behind a cut. */
  get #total(): number | undefined {
    // As long as rows of the seam come again, the count behind the cut has an unknown number of them twice.
    if (this.#cut?.repeats !== undefined) return this.#cut.total;
    return this.#matches === undefined ? undefined : this.#before + this.#matches + this.#lost;
  }

  #done(): boolean {
    if (this.#handedOut >= this.#wanted || this.#ended) return true;
    return this.#matches !== undefined && this.#offset >= this.#matches;
  }

  /** Listens to the caller's signal only while a page is read: an execution that is left alone holds on to nothing. */
  async #read(): Promise<Page<M> | undefined> {
    const { signal } = this.#plan;
    if (signal === undefined) return this.#readOn();
    signal.throwIfAborted();
    const abort = () => this.#abort.abort(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      return await this.#readOn();
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #readOn(): Promise<Page<M> | undefined> {
    while (!this.#done()) {
      const { pageSize, timeout } = this.#plan;
      if (this.#offset + 1 > this.#source.maxOffset && !this.#turnTheCap()) return undefined;
      const rows = this.#source.filter === undefined ? Math.min(pageSize, this.#wanted - this.#handedOut) : pageSize;
      const window = { start: this.#offset, rows: Math.min(rows, this.#source.maxOffset - this.#offset) };
      const options = { signal: this.#abort.signal, timeout };
      const page = await this.#source.fetchPage(window, options);
      this.#noteTotal(page);
      this.#report.pages++;
      for (const reason of page.shortcomings ?? []) this.#report.because(reason);
      for (const note of page.notes ?? []) this.#report.note(note);
      this.#ended = page.last === true || page.documents.length === 0;
      if (page.documents.length === 0) {
        this.#noteAvailable();
        return undefined;
      }
      this.#offset += page.documents.length;
      this.#first ??= page.documents[0];
      this.#last = page.documents.at(-1);
      const { fresh, first } = this.#select(page);
      this.#noteAvailable();
      if (this.#treadsWater()) return undefined;
      if (fresh.length === 0) continue;
      this.#handedOut += fresh.length;
      return {
        items: await this.#source.makeModels(fresh, options),
        start: this.#before + window.start + first,
        total: this.#source.filter === undefined ? this.#total : undefined,
      };
    }
    return undefined;
  }

  #noteTotal(page: FetchedPage): void {
    const before = this.#matches;
    if (page.total === undefined) return;
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
    const left = (this.#matches ?? Number.POSITIVE_INFINITY) - this.#offset;
    if (this.#seen.pageHadNews || left < this.#leastLeft) {
      this.#leastLeft = Math.min(left, this.#leastLeft);
      this.#stalled = 0;
      return false;
    }
    if (++this.#stalled < STALLED_PAGES) return false;
    this.#report.because("rows come in as fast as pages are read: the last pages held only rows that had come before");
    return true;
  }

  /** Where the server names no total, reading to the end tells it, unless reading began behind the end. */
  #countRead(): void {
    if (this.#matches !== undefined || !this.#ended || this.#source.filter !== undefined) return;
    if (this.#looked > 0 || this.#plan.start === 0) this.#matches = this.#plan.start + this.#looked;
  }

  #noteAvailable(): void {
    if (this.#source.filter !== undefined || this.#total === undefined) return;
    this.#report.available = this.#total;
    this.#source.onTotal(this.#total);
  }

  /** The rows of a page that belong to the result and have not come before, and the place of the first of them. */
  #select({ documents, readAt }: FetchedPage): { fresh: Row[]; first: number } {
    const { filter } = this.#source;
    const fresh: Row[] = [];
    let first = 0;
    let index = -1;
    const seam = this.#seamBehind(documents);
    this.#seen.turnPage(seam);
    for (const document of documents) {
      index++;
      const { row, key } = this.#source.identify(document);
      if (row !== undefined && !this.#seen.add(row)) {
        // The rows of a seam are counted on both of its sides, and are no sign of rows that moved.
        if (this.#cut?.repeats?.delete(row)) this.#before--;
        else this.#report.duplicates++;
        continue;
      }
      this.#looked++;
      if (key === undefined) {
        this.#nameless++;
        continue;
      }
      if (filter !== undefined && !filter.keep(document)) continue;
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      if (fresh.length === 0) first = index;
      if (this.#handedOut + fresh.length < this.#wanted) fresh.push({ document, key, readAt });
    }
    if (seam !== this.#cut?.seam) this.#passSeam();
    return { fresh, first };
  }

  /** Where reading would go on behind a page; asked for only where a cut may come, as it reads a time. */
  #seamBehind(documents: readonly Document[]): string | undefined {
    const last = documents.at(-1);
    // From half of the highest offset on, because a result may grow while it is read.
    const near = (this.#matches ?? 0) > this.#source.maxOffset / 2 || this.#cut?.repeats !== undefined;
    return near && last !== undefined ? this.#source.seamOf(last) : undefined;
  }

  /** From here on each row is counted once: before the cut, or behind it. */
  #passSeam(): void {
    if (this.#cut?.repeats === undefined) return;
    this.#cut.repeats = undefined;
    this.#lost += Math.max(0, this.#cut.total - (this.#total ?? 0));
  }

  /** Goes on with a narrower query where the server refuses higher offsets. */
  #turnTheCap(): boolean {
    const seam = this.#last === undefined ? undefined : this.#source.seamOf(this.#last);
    const narrower = seam === undefined ? undefined : this.#source.continueFrom(seam);
    // Rows of the seam that stand before the first that was read would come as if they belonged behind it.
    const beganInside = this.#plan.start > 0 && this.#first !== undefined && this.#source.seamOf(this.#first) === seam;
    if (seam === undefined || narrower === undefined || beganInside) {
      const why = narrower !== undefined ? `begin well before row ${this.#plan.start}` : this.#source.beyondCap();
      this.#report.because(`the server serves no rows from offset ${this.#source.maxOffset} on: ${why}`);
      return false;
    }
    this.#cut = { seam, total: this.#total ?? this.#offset, repeats: this.#seen.all() };
    // What the narrower query counts is added to what was read, less the rows of the seam that come again.
    this.#before += this.#offset;
    this.#offset = 0;
    this.#matches = undefined;
    this.#leastLeft = Number.POSITIVE_INFINITY;
    this.#stalled = 0;
    this.#source = narrower;
    return true;
  }
}
