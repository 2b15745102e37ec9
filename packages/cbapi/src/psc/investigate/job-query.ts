import { invalidArgument } from "../../core/invalid-argument.js";
import type { Document } from "../../core/model/document.js";
import type { AnyModel } from "../../core/model/model.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../core/query/row-source.js";
import type { Terms } from "../../core/query/terms.js";
import type { CallOptions, QueryParameters } from "../../core/transport/types.js";
import { SEARCH_WINDOW } from "../queries/cloud-query.js";
import { EVERYTHING } from "../query-language/query-builder.js";
import { type Found, foundIn } from "./answer.js";
import { InvestigateQuery, type InvestigateState, type SortKey } from "./conditions.js";
import { type JobCalls, type JobEnd, JobExpired, SEARCH_TIMEOUT, SearchJob } from "./job.js";

/** For how long the job of a query serves its next reading as well, in milliseconds. */
const JOB_SERVES = 10_000;

/** A search that was run. */
interface RunSearch {
  readonly job: SearchJob;
  readonly end: JobEnd;
  /** Whether it was given an order. */
  readonly sorted: boolean;
}

/** What one reading of the rows keeps. */
interface Reading {
  search?: RunSearch;
  /** Whether it may have to go on behind the window of a single search. */
  readonly far: boolean;
}

/**
 * A search that the service runs as a job. Each reading validates the query, submits the job, waits until all searchers have
 * answered, and reads the results; what is asked within ten seconds of that is answered from the same job. A job gives
 * 10,000 rows: where there are more, the search goes on with further jobs, along the time by which the rows are ordered.
 */
export abstract class JobQuery<
  M extends AnyModel,
  T extends object = Terms,
  S extends InvestigateState = InvestigateState,
> extends InvestigateQuery<M, T, S> {
  protected abstract readonly jobCalls: JobCalls;
  /** The order of long results, where the caller names none. */
  protected abstract readonly longOrder: SortKey;
  /** The fields that a long result can be cut by: times, which all rows have, and which can be searched by. */
  protected abstract readonly timeFields: readonly string[];

  protected readonly pageSize: number = 1000;
  protected override readonly maxOffset: number = SEARCH_WINDOW;
  #validated = false;
  #latest: { readonly search: RunSearch; readonly until: number } | undefined;

  /**
   * How long a search may take, in milliseconds: when it is over, the reading fails with a `TimeoutError`, or goes on with
   * what there is, see {@link JobQuery.allowPartial}. Without it, and for 0, it is five minutes, which is also the most.
   */
  timeout(milliseconds: number): this {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw invalidArgument(`timeout wants milliseconds from 0 on, got ${String(milliseconds)}`);
    }
    return this.patch({ timeout: milliseconds === 0 ? SEARCH_TIMEOUT : Math.min(milliseconds, SEARCH_TIMEOUT) });
  }

  /**
   * Takes the rows that there are when the time is up, although not all searchers have answered; the report then says so and
   * is not `complete`.
   */
  allowPartial(on = true): this {
    return this.patch({ partial: on });
  }

  /** A search's results stand still while they are read. */
  protected override get totalOrder(): boolean {
    return true;
  }

  protected override get beyondCap(): string {
    const [first] = this.#order;
    if (first === undefined || !this.timeFields.includes(first.field)) {
      return `order it by ${this.timeFields.join(" or ")}, by which longer results can be read in parts, or narrow the query`;
    }
    return `too many rows share one ${first.field}, or have none; narrow the query`;
  }

  protected override validationParameters(): Readonly<Record<string, unknown>> {
    const { query = EVERYTHING } = this.selection();
    return { ...this.extras(), query, fields: this.fieldNames, rows: SEARCH_WINDOW };
  }

  /** What a body has besides the conditions. */
  protected extras(): Record<string, unknown> {
    return {};
  }

  protected fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    return this.#page({ far: false }, window, options);
  }

  protected override pageReader({ start, limit = Number.POSITIVE_INFINITY }: ExecutionPlan): RowSource<M>["fetchPage"] {
    const reading: Reading = { far: start + limit > SEARCH_WINDOW };
    return (window, options) => this.#page(reading, window, options);
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const reading: Reading = { far: false };
    const { routes } = this.host;
    const { answer } = await this.#ask(reading, options, async (search) => {
      // Where the status has a route of its own, the numbers are told by the results only.
      const told = routes === "current" || this.jobCalls.status === undefined;
      return told ? search.end.answer : search.job.results(undefined, options);
    });
    return totalOf(foundIn(answer)) ?? 0;
  }

  protected override seamOf(document: Document): string | undefined {
    const [first] = this.#order;
    if (first === undefined || !this.timeFields.includes(first.field)) return undefined;
    const value = document[first.field];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  protected override continueFrom(seam: string): this | undefined {
    const [first] = this.#order;
    if (first === undefined || this.state.slice?.bound === seam) return undefined;
    const side = first.order === "DESC" ? "until" : "from";
    return this.patch({ slice: { field: first.field, side, bound: seam }, sort: this.#order });
  }

  protected override reversed(): this | undefined {
    return this.patch({
      sort: this.#order.map(({ field, order }) => ({ field, order: order === "ASC" ? "DESC" : "ASC" })),
    });
  }

  get #order(): readonly SortKey[] {
    return this.state.sort ?? [this.longOrder];
  }

  async #page(reading: Reading, window: Window, options: CallOptions): Promise<FetchedPage> {
    const asked: QueryParameters = { start: window.start, rows: window.rows };
    let { answer, renewed } = await this.#ask(reading, options, ({ job }) => job.results(asked, options));
    let found = foundIn(answer);
    if (reading.far && reading.search?.sorted === false && (totalOf(found) ?? 0) > SEARCH_WINDOW) {
      // Only an order lets the reading go on behind the window.
      reading.search = await this.#run(options, true);
      ({ answer, renewed } = await this.#ask(reading, options, ({ job }) => job.results(asked, options)));
      found = foundIn(answer);
    }
    return {
      documents: found.documents,
      total: totalOf(found),
      shortcomings: this.#shortcomings(found, reading.search?.end),
      notes: renewed
        ? ["the server had dropped the results while they were read: the search was run once more, and reading went on"]
        : [],
    };
  }

  /** Asks something of the search's results; of those of a new search where the server has dropped them. */
  async #ask(
    reading: Reading,
    options: CallOptions,
    results: (search: RunSearch) => Promise<Document>,
  ): Promise<{ answer: Document; renewed: boolean }> {
    reading.search ??= this.#recent(reading.far) ?? (await this.#run(options));
    try {
      return { answer: await results(reading.search), renewed: false };
    } catch (error) {
      if (!(error instanceof JobExpired)) throw error;
    }
    reading.search = await this.#run(options, reading.search.sorted);
    try {
      return { answer: await results(reading.search), renewed: true };
    } catch (error) {
      throw error instanceof JobExpired ? error.apiError : error;
    }
  }

  /** The search that was run a moment ago. */
  #recent(far: boolean): RunSearch | undefined {
    const latest = this.#latest;
    if (latest === undefined || latest.until < this.host.clock.now()) return undefined;
    return far && !latest.search.sorted ? undefined : latest.search;
  }

  async #run(options: CallOptions, ordered = false): Promise<RunSearch> {
    const { host } = this;
    if (!this.#validated && this.state.slice === undefined) {
      await this.validate(options);
      this.#validated = true;
    }
    const sorted = ordered || this.state.sort !== undefined || host.routes === "current";
    const body = {
      ...this.selection(),
      ...this.extras(),
      fields: this.fieldNames,
      rows: SEARCH_WINDOW,
      ...(sorted ? { sort: this.#order } : {}),
    };
    const job = await SearchJob.submit(host, this.jobCalls, body, options);
    const end = await this.#wait(job, options);
    const search = { job, end, sorted };
    if (end.complete) this.#latest = { search, until: host.clock.now() + JOB_SERVES };
    return search;
  }

  async #wait(job: SearchJob, options: CallOptions): Promise<JobEnd> {
    const { timeout = SEARCH_TIMEOUT, partial = false } = this.state;
    try {
      return await job.wait({ timeout, partial }, options);
    } catch (error) {
      throw error instanceof JobExpired ? error.apiError : error;
    }
  }

  #shortcomings(found: Found, end: JobEnd | undefined): readonly string[] {
    const reasons: string[] = [];
    if (end?.complete === false) {
      const { completed, contacted } = end;
      const { timeout = SEARCH_TIMEOUT } = this.state;
      reasons.push(
        `the search was not over after ${timeout} ms: ${completed} of ${contacted} searchers had answered, and these rows are theirs`,
      );
    }
    const { available = 0 } = found;
    if (available < SEARCH_WINDOW && (totalOf(found) ?? 0) < (found.found ?? 0)) {
      reasons.push(`the server found ${found.found} rows and gives ${available} of them`);
    }
    return reasons;
  }
}

/** How many rows there are: those that can be read, and those beyond the window of one search. */
function totalOf({ found, available = found }: Found): number | undefined {
  const beyond = found !== undefined && available !== undefined && available >= SEARCH_WINDOW && found > available;
  return beyond ? found : available;
}
