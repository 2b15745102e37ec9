/** What a query's execution gave, and why anything is missing. */
export interface QueryReport {
  /**
   * How many rows the server said there are, by its latest answer; `undefined` before the first, and where a part of
   * the query is applied here, so that the server cannot know.
   */
  readonly available: number | undefined;
  /** How many rows were asked for; `undefined` for all of them. */
  readonly wanted: number | undefined;
  /** How many different rows were given out. */
  readonly returned: number;
  /** Rows that came a second time and were dropped. */
  readonly duplicates: number;
  /** Whether the sort leaves no two rows in doubt, so that paging cannot skip any while nothing changes. */
  readonly totalOrder: boolean;
  /** How many pages were read. */
  readonly pages: number;
  /** Whether every row that was wanted was given out; `undefined` while reading goes on. */
  readonly complete: boolean | undefined;
  /** Why rows are missing, or may be; empty when the result is complete. */
  readonly reasons: readonly string[];
  /** What else is to be known of how the rows were found; absent when there is nothing. */
  readonly notes?: readonly string[];
}

/** The report while it is being written. */
export class ReportWriter {
  available: number | undefined;
  wanted: number | undefined;
  returned = 0;
  duplicates = 0;
  pages = 0;
  readonly #totalOrder: boolean;
  readonly #reasons: string[] = [];
  readonly #notes: string[] = [];
  #finished = false;

  constructor(totalOrder: boolean, wanted: number | undefined) {
    this.#totalOrder = totalOrder;
    this.wanted = wanted;
  }

  /** Notes why rows are missing or may be. The same reason is noted once. */
  because(reason: string): void {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
  }

  /** Notes what a reader should know although no row is missing for it. The same is noted once. */
  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /**
   * @param expected how many rows there should have been; `undefined` when that cannot be said
   * @param came how many there were
   */
  finish(expected: number | undefined, came = this.returned): void {
    this.#finished = true;
    if (expected === undefined || came >= expected) return;
    const missing = expected - came;
    this.because(
      this.duplicates > 0
        ? `${missing} of ${expected} rows are missing: rows moved between pages while they were read (${this.duplicates} came twice)`
        : `${missing} of ${expected} rows are missing: the server counts more rows than it gave`,
    );
  }

  fail(error: unknown): void {
    this.#finished = true;
    this.because(
      `reading stopped after ${this.returned} rows: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  stop(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.because(`the caller stopped reading after ${this.returned} rows`);
  }

  snapshot(): QueryReport {
    return Object.freeze({
      available: this.available,
      wanted: this.wanted,
      returned: this.returned,
      duplicates: this.duplicates,
      totalOrder: this.#totalOrder,
      pages: this.pages,
      complete: this.#finished ? this.#reasons.length === 0 : undefined,
      reasons: Object.freeze([...this.#reasons]),
      ...(this.#notes.length === 0 ? {} : { notes: Object.freeze([...this.#notes]) }),
    });
  }
}
