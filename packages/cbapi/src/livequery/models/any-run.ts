import { ApiError, TimeoutError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { defineModel } from "../../core/model/define-model.js";
import { Completeness } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { adopt, classOf } from "../../core/model/model.js";
import { readNow } from "../../core/model/write.js";
import { isPassing } from "../../core/passing.js";
import { pauseAfter } from "../../core/pauses.js";
import { timeLimit } from "../../core/transport/limits.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CloudHost, cloud } from "../../psc/host.js";
import { checkedValues, isText, isWholeNumber } from "../../psc/queries/criteria.js";
import { searchAnswer } from "../../psc/queries/search-answer.js";
import { ask, askForObject, tell } from "../../psc/send.js";
import { DIFFERENCES, RUN_DELETE, RUN_READ, RUN_STATUS, RUNS } from "../calls.js";
import type { DeviceSummaryFacetQuery, ResultFacetQuery } from "../queries/facet-query.js";
import type { ResultQuery } from "../queries/result-query.js";
import { ResultStream, type StreamOptions } from "../queries/result-stream.js";
import type { SummaryQuery } from "../queries/summary-query.js";
import { DeviceSummary } from "./device-summary.js";
import { DeviceSummaryFacet, ResultFacet } from "./facets.js";
import { Result } from "./result.js";
import type { RunDeviceFilter, RunDifferences, RunProgress, RunScheduleStatus } from "./run-values.js";

/** How a run is waited for. `timeout` bounds the whole waiting: without it, there is no limit. */
export interface RunWaitOptions extends CallOptions {
  /** Called after each look at the run and awaited. What it throws ends the waiting; the run goes on. */
  readonly onProgress?: ((progress: RunProgress) => void | Promise<void>) | undefined;
}

/** How two runs are compared. */
export interface DifferencesOptions extends CallOptions {
  /** On these devices only. */
  readonly deviceIds?: readonly number[] | undefined;
  /** Whether only the numbers of rows are wanted, and not the rows. Default false. */
  readonly countOnly?: boolean | undefined;
}

/** How many looks in a row may fail. */
const FAILURES = 3;

/** What runs are, whether one has started them or found them. Reached by way of `run.ts` only: see there. */
export class AnyRun extends defineModel(
  {
    name: "Run",
    path: RUNS,
    key: "id",
    keyOnly: [
      "stop",
      "delete",
      "awaitCompletion",
      "stream",
      "queryResults",
      "queryDeviceSummaries",
      "queryResultFacets",
      "queryFacets",
      "queryDeviceSummaryFacets",
      "differences",
    ],
  },
  {
    id: t.string(),
    org_key: t.string(),
    name: t.string(),
    sql: t.string(),
    created_by: t.string(),
    create_time: t.dateTime(),
    status_update_time: t.dateTime(),
    /** When devices are waited for no longer. */
    timeout_time: t.dateTime(),
    cancellation_time: t.dateTime(),
    cancelled_by: t.string(),
    archive_time: t.dateTime(),
    archived_by: t.string(),
    notify_on_finish: t.boolean(),
    /** How many devices of the organization were there to be asked. */
    active_org_devices: t.integer(),
    /** `ACTIVE`, `COMPLETE`, `CANCELLED` or `TIMED_OUT`. */
    status: t.string(),
    device_filter: t.object<RunDeviceFilter>(),
    last_result_time: t.dateTime(),
    /** How many rows there are. */
    total_results: t.integer(),
    /** How many devices answered with rows. */
    match_count: t.integer(),
    /** How many devices answered with none. */
    no_match_count: t.integer(),
    error_count: t.integer(),
    not_supported_count: t.integer(),
    cancelled_count: t.integer(),
    not_started_count: t.integer(),
    in_progress_count: t.integer(),
    success_count: t.integer(),
    recommended_query_id: t.string(),
    /** What starts the run again and again; none of a run that is made once. */
    template_id: t.string(),
    schedule: t.object<RunScheduleStatus>(),
    schema: t.open(),
    /** Where results go: `LQ`. */
    destinations: t.array(t.string()),
  },
) {
  /** How far it has come, as far as this object knows. */
  get progress(): RunProgress {
    const { status, active_org_devices: active, total_results: results = 0 } = this;
    const ended = [this.match_count, this.no_match_count, this.error_count, this.not_supported_count];
    const answered = [...ended, this.cancelled_count].reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const { not_started_count: waiting, in_progress_count: busy } = this;
    const isCounted = waiting !== undefined || busy !== undefined;
    return { status, answered, expected: isCounted ? answered + (waiting ?? 0) + (busy ?? 0) : active, results };
  }

  /**
   * Reads it again: `GET .../runs/{id}`.
   * @throws ApiError when it was deleted
   */
  override async refresh(options: CallOptions = {}): Promise<this> {
    this.#requireThere("refresh");
    return super.refresh(options);
  }

  /**
   * Stops it: `PUT .../runs/{id}/status`. What was answered so far stays.
   * @throws ClientError with status 409 when it is not active any more
   * @throws ApiError when it was deleted
   */
  async stop(options: CallOptions = {}): Promise<this> {
    this.#requireThere("stop");
    const state = AnyRun.stateOf(this);
    const content = { values: { id: this.id }, json: { status: "CANCELLED" } };
    let answer: unknown;
    try {
      answer = await ask(this.#host, RUN_STATUS, content, options);
    } finally {
      state.client.identityMap.evict(classOf(this), this.id);
    }
    const isRun = typeof answer === "object" && answer !== null && "status" in answer && "id" in answer;
    if (!isRun) return super.refresh(options);
    const document = answer as Readonly<Record<string, unknown>>;
    adopt(state, state.client.identityMap.seed(classOf(this), this.id, document, Completeness.full));
    return this;
  }

  /** Deletes it, with what was answered: `DELETE .../runs/{id}`. Once it is deleted, nothing is sent. */
  async delete(options: CallOptions = {}): Promise<void> {
    const state = AnyRun.stateOf(this);
    if (state.deleted) return;
    try {
      await tell(this.#host, RUN_DELETE, { values: { id: this.id } }, options);
    } finally {
      state.client.identityMap.evict(classOf(this), this.id);
    }
    state.deleted = true;
  }

  /**
   * Waits until it has ended: when all devices have answered, when it is stopped, or after seven days. What passes, such as
   * a server that is out of order, is waited out three times in a row.
   * @returns the run as it is then: its `status` tells how it ended
   * @throws TimeoutError when time runs out before; the run goes on
   * @throws ApiError when it was deleted
   */
  async awaitCompletion(options: RunWaitOptions = {}): Promise<this> {
    const { signal, timeout, onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== "function") {
      throw invalidArgument(`onProgress is a function, got ${JSON.stringify(onProgress)}`);
    }
    this.#requireThere("wait for");
    const { clock } = this.#host;
    const limit = timeout === undefined ? 0 : timeLimit(timeout);
    const end = limit === 0 ? Number.POSITIVE_INFINITY : clock.now() + limit;
    for (let look = 0, failures = 0; ; look++) {
      try {
        adopt(AnyRun.stateOf(this), await readNow(this, { signal }));
        failures = 0;
        await onProgress?.(this.progress);
        if (this.hasEnded) return this;
      } catch (error) {
        failures++;
        if (signal?.aborted === true || !isPassing(error) || failures >= FAILURES) throw error;
      }
      const left = end - clock.now();
      if (left <= 0) throw this.#late(limit);
      await clock.sleep(Math.min(pauseAfter(look), left), signal);
    }
  }

  /** Whether no device is waited for any more, as far as this object knows. */
  get hasEnded(): boolean {
    const { status } = this;
    return status !== undefined && status !== "ACTIVE";
  }

  /**
   * What devices answer, as they do: each row once, until the run has ended, the deadline has passed, or the caller stops
   * reading. A device's rows come once it has answered whole. `report()` of the stream tells what is missing, and why.
   * @example for await (const { device_, fields_ } of run.stream({ deadline: 3_600_000 })) console.log(device_.name, fields_)
   */
  stream(options: StreamOptions = {}): ResultStream {
    this.#requireThere("stream");
    return new ResultStream(this, options);
  }

  /** What devices have answered, as a query that has not been sent. */
  queryResults(): ResultQuery {
    this.#requireThere("query results of");
    return Result.query(AnyRun.stateOf(this).client).runId(this.id);
  }

  /** How its devices fare, as a query that has not been sent. */
  queryDeviceSummaries(): SummaryQuery {
    this.#requireThere("query summaries of");
    return DeviceSummary.query(AnyRun.stateOf(this).client).runId(this.id);
  }

  /** Counts of what devices have answered, as a query that has not been sent. */
  queryResultFacets(): ResultFacetQuery {
    this.#requireThere("query facets of");
    return ResultFacet.query(AnyRun.stateOf(this).client).runId(this.id);
  }

  /** The same as {@link AnyRun.queryResultFacets}. */
  queryFacets(): ResultFacetQuery {
    return this.queryResultFacets();
  }

  /** Counts of how its devices fare, as a query that has not been sent. */
  queryDeviceSummaryFacets(): DeviceSummaryFacetQuery {
    this.#requireThere("query facets of");
    return DeviceSummaryFacet.query(AnyRun.stateOf(this).client).runId(this.id);
  }

  /**
   * What has come or gone since an older run of the same query: `POST .../differential/runs/_search`.
   * @param older that run, or its id; of a run that is repeated, the one before, where it is left out
   * @throws ApiError when the server has no differences of these runs
   */
  async differences(older?: AnyRun | string, options: DifferencesOptions = {}): Promise<RunDifferences> {
    this.#requireThere("compare");
    const { deviceIds, countOnly = false, ...call } = options;
    const id = older instanceof AnyRun ? older.id : older;
    if (id !== undefined && !isText(id))
      throw invalidArgument(`the older run is a Run or its id, got ${JSON.stringify(id)}`);
    if (typeof countOnly !== "boolean") {
      throw invalidArgument(`countOnly is true or false, got ${JSON.stringify(countOnly)}`);
    }
    const ids = deviceIds && checkedValues(deviceIds, isWholeNumber, "One or more invalid device IDs");
    const json = {
      newer_run_id: this.id,
      ...(id === undefined ? {} : { older_run_id: id }),
      ...(ids === undefined ? {} : { criteria: { device_id: ids } }),
      ...(countOnly ? {} : { count_only: false }),
    };
    const answer = await askForObject(this.#host, DIFFERENCES, { json }, call);
    const [found] = searchAnswer(answer, DIFFERENCES.call).documents;
    if (found !== undefined) return found as unknown as RunDifferences;
    throw new ApiError(`The server has no differences of run ${this.id}${id === undefined ? "" : ` and run ${id}`}`);
  }

  /** @internal `GET .../runs/{id}`, for a run that is followed. */
  async look(options: CallOptions): Promise<this> {
    const document = await askForObject(this.#host, RUN_READ, { values: { id: this.id } }, options);
    adopt(
      AnyRun.stateOf(this),
      AnyRun.stateOf(this).client.identityMap.seed(classOf(this), this.id, document, Completeness.full),
    );
    return this;
  }

  get #host(): CloudHost {
    return cloud(AnyRun.stateOf(this).client);
  }

  #requireThere(what: string): void {
    if (!AnyRun.stateOf(this).deleted) return;
    throw new ApiError(`cannot ${what} a deleted query: run ${this.id} was deleted`, { code: "DELETED" });
  }

  #late(timeout: number): TimeoutError {
    const { status = "in an unknown state", answered, expected } = this.progress;
    const devices = `${answered}${expected === undefined ? "" : ` of ${expected}`} devices have answered`;
    return new TimeoutError(
      `Run ${this.id} is ${status} after ${timeout} ms: ${devices}. It goes on: wait for it once more, or read what there is`,
      { timeout },
    );
  }
}
