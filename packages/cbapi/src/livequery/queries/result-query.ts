import { invalidArgument } from "../../core/invalid-argument.js";
import { Completeness, type Document } from "../../core/model/document.js";
import type { ExecutionPlan, RowIdentity, RowSource } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type Job, jobFrom } from "../../psc/models/jobs/job.js";
import { SEARCH_WINDOW } from "../../psc/queries/cloud-query.js";
import { isText } from "../../psc/queries/criteria.js";
import { searchAnswer } from "../../psc/queries/search-answer.js";
import { type TimeRange, timeRange } from "../../psc/queries/time-range.js";
import { routeOf } from "../../psc/routes.js";
import { ask, objectIn } from "../../psc/send.js";
import { RESULT_EXPORT, RESULT_SCROLL, RESULT_SEARCH } from "../calls.js";
import type { Result } from "../models/result.js";
import { ResultExport } from "../models/result-export.js";
import { OfRunQuery, type OfRunState } from "./of-run.js";

export interface ResultQueryState extends OfRunState {
  /** Several runs, or a span of time, where no one run is searched. */
  readonly runs?: readonly string[];
  readonly received?: Document;
}

/**
 * The rows that devices have answered a run with: `POST .../runs/{id}/results/_search`. Rows have no ids, so that those
 * that move between pages cannot be told: read a run that is complete, or take {@link Run.stream}.
 *
 * More than 10,000 rows are read by `.../results/_scroll`, in the server's own order.
 * @example await cb.select(Result).runId(id).criteria({ status: ["matched"] }).all()
 */
export class ResultQuery extends OfRunQuery<Result, ResultQueryState> {
  protected readonly searchCall = RESULT_SEARCH;
  protected override readonly scrollCall = RESULT_SCROLL;

  /** Several runs at once, in place of one, and in no order of one's own: `POST .../runs/results/_scroll`. */
  setRunIds(ids: readonly string[]): this {
    if (!Array.isArray(ids) || ids.length === 0 || !ids.every(isText)) {
      throw invalidArgument(`setRunIds takes a list of ids of runs, got ${JSON.stringify(ids)}`);
    }
    return this.with({ runs: [...(ids as readonly string[])] });
  }

  /**
   * What came in a span of time of at most 24 hours, whatever the run or of the runs that were named, in no order of one's
   * own: `POST .../runs/results/_scroll`.
   */
  setTimeReceived(time: TimeRange): this {
    return this.with({ received: timeRange(time) });
  }

  /**
   * The rows as CSV, which has not been asked for: `POST .../results/_search?format=csv`.
   * @example await query.csv().save("results.csv")
   */
  csv(): ResultExport {
    return this.#export(false);
  }

  /** The same as a ZIP with one file: `POST .../results/_search?format=csv&download=true`. */
  zippedCsv(): ResultExport {
    return this.#export(true);
  }

  /**
   * Has the server write the rows to a CSV file in the background: `POST .../results/_search?format=csv&async=true`.
   * @returns the job that does it, whose `output` is the file once it is complete
   */
  async exportJob(options: CallOptions = {}): Promise<Job> {
    const { method, path, json, host } = this.#exported();
    const query = { format: "csv", async: true };
    const { signal, timeout } = options;
    const response = await host.apiJsonRequest(method, path, { json, query, signal, timeout });
    return jobFrom(host, withJobId(objectIn(await response.json(), RESULT_EXPORT)));
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  /** Rows are told apart by nothing: each is about its run. */
  protected override identify(document: Document): RowIdentity {
    const { id } = document;
    const key = typeof id === "string" && id !== "" ? id : (this.state.run ?? "unknown");
    return { row: undefined, key };
  }

  protected override scrollSelection(): Record<string, unknown> {
    const { criteria = {}, runs, received } = this.state;
    const ids = this.#isAcross ? runs : [this.requireRun("results")];
    const span = received === undefined ? {} : { time_received: received };
    return { ...this.selection(), criteria: { ...criteria, ...(ids === undefined ? {} : { run_id: ids }), ...span } };
  }

  protected override capOf(plan: ExecutionPlan): number {
    return this.#isAcross ? Number.POSITIVE_INFINITY : super.capOf(plan);
  }

  protected override pageReader(plan: ExecutionPlan): RowSource<Result>["fetchPage"] {
    const { run, runs, received, sort } = this.state;
    if (run !== undefined && (runs !== undefined || received !== undefined)) {
      throw invalidArgument(
        "results are searched in one run, runId(id), or across runs by setRunIds() and setTimeReceived()",
      );
    }
    if (!this.#isAcross) return super.pageReader(plan);
    if (sort !== undefined) throw invalidArgument("results across runs come in the server's order: leave out sortBy()");
    return this.#acrossRuns();
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    if (!this.#isAcross) return super.askTotal(options);
    const answer = await ask(this.host, RESULT_SCROLL, { json: { ...this.scrollSelection(), rows: 1 } }, options);
    return searchAnswer(answer, RESULT_SCROLL.call).total ?? super.askTotal(options);
  }

  get #isAcross(): boolean {
    const { run, runs, received } = this.state;
    return run === undefined && (runs !== undefined || received !== undefined);
  }

  /** One reading from the beginning on; what stands before a later beginning is passed over. */
  #acrossRuns(): RowSource<Result>["fetchPage"] {
    let after: unknown;
    let reached = 0;
    const next = async (rows: number, options: CallOptions) => {
      const position = after === undefined ? {} : { search_after: after };
      const json = { ...this.scrollSelection(), rows: Math.min(Math.max(1, rows), SEARCH_WINDOW), ...position };
      const answer = objectIn(await ask(this.host, RESULT_SCROLL, { json }, options), RESULT_SCROLL);
      const page = searchAnswer(answer, RESULT_SCROLL.call);
      after = answer["search_after"] ?? undefined;
      reached += page.documents.length;
      return { ...page, last: page.documents.length === 0 || after === undefined || answer["num_remaining"] === 0 };
    };
    return async ({ start, rows }, options) => {
      while (reached < start) {
        const passed = await next(start - reached, options);
        if (passed.last) return { ...passed, documents: [] };
      }
      return next(rows, options);
    };
  }

  #export(isZipped: boolean): ResultExport {
    return new ResultExport(this.#exported(), isZipped);
  }

  #exported() {
    const { host } = this;
    const route = routeOf(RESULT_EXPORT, host.routes, { run: this.requireRun("results") });
    return { host, ...route, json: { ...this.selection(), ...this.order() } };
  }
}

/** A job that an answer names by its address. */
function withJobId(answer: Document): Document {
  const { ref_url: url } = answer;
  const id = typeof url === "string" ? /\/(\d+)\/?$/.exec(url)?.[1] : undefined;
  return id === undefined ? answer : { id };
}
