import { inspect } from "node:util";
import { checkCall } from "../../core/call-options.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { Model } from "../../core/model/model.js";
import { isPassing } from "../../core/passing.js";
import { pauseAfter } from "../../core/pauses.js";
import { type QueryReport, ReportWriter } from "../../core/query/report.js";
import { timeLimit } from "../../core/transport/limits.js";
import { cloud } from "../../psc/host.js";
import type { DeviceSummary } from "../models/device-summary.js";
import type { Result } from "../models/result.js";
import type { AnyRun } from "../models/run.js";
import type { RunProgress } from "../models/run-values.js";

/** How answers are taken as they come. */
export interface StreamOptions {
  /** Stops the stream: reading it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the first reading on, after which the stream ends. Without it, the run's own end is waited for. */
  readonly deadline?: number | undefined;
  /** Called after each look at the run and awaited. What it throws ends the stream; the run goes on. */
  readonly onProgress?: ((progress: RunProgress) => void | Promise<void>) | undefined;
}

/** How many rows are read at a time, as far as the devices' own numbers allow; and of how many devices. */
const ROWS = 10_000;
const DEVICES = 200;
/** How many requests in a row may fail. */
const FAILURES = 3;

/** Devices of which rows may still come. */
const WAITED_FOR = new Set(["not_started", "in_progress"]);

/**
 * What the devices of a run answer, as they do. Each row comes once: a device's rows are read when it has answered whole,
 * and not again.
 */
export class ResultStream implements AsyncIterableIterator<Result> {
  readonly #run: AnyRun;
  readonly #options: StreamOptions;
  readonly #report = new ReportWriter(true, undefined);
  readonly #rows: AsyncGenerator<Result, undefined>;
  /** The devices whose rows were read. */
  readonly #read = new Set<number>();
  #failures = 0;
  #summariesCapped = false;

  /** @internal Runs make these: `run.stream()`. */
  constructor(run: AnyRun, options: StreamOptions) {
    checkCall("stream()", options, ["deadline", "onProgress", "signal"]);
    const { onProgress, deadline } = options;
    if (onProgress !== undefined && typeof onProgress !== "function") {
      throw invalidArgument(`onProgress is a function, got ${JSON.stringify(onProgress)}`);
    }
    if (deadline !== undefined) timeLimit(deadline);
    this.#run = run;
    this.#options = options;
    this.#rows = this.#follow();
  }

  /** How many rows were given out, and what is missing, and why. */
  report(): QueryReport {
    return this.#report.snapshot();
  }

  /** The next row; waits for devices to answer. */
  next(): Promise<IteratorResult<Result, undefined>> {
    return this.#rows.next();
  }

  /** Ends the stream. The run goes on. */
  async return(): Promise<IteratorResult<Result, undefined>> {
    this.#report.stop();
    return this.#rows.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [inspect.custom](): string {
    return `ResultStream ${inspect(this.report())}`;
  }

  async *#follow(): AsyncGenerator<Result, undefined> {
    const { clock } = cloud(Model.stateOf(this.#run).client);
    const { signal, deadline, onProgress } = this.#options;
    const limit = deadline === undefined ? 0 : timeLimit(deadline);
    const end = limit === 0 ? Number.POSITIVE_INFINITY : clock.now() + limit;
    let seen: string | undefined;
    try {
      for (let quiet = 0; ; quiet++) {
        // The state first: what was answered before the end is then there to be read.
        const run = await this.#patiently(() => this.#run.look({ signal }));
        await onProgress?.(run.progress);
        const now = JSON.stringify([run.progress, run.last_result_time, run.status_update_time]);
        if (now !== seen || run.hasEnded) {
          seen = now;
          quiet = 0;
          yield* this.#news(run.hasEnded);
        }
        if (run.hasEnded) {
          this.#conclude();
          return undefined;
        }
        const left = end - clock.now();
        if (left <= 0) {
          const { answered, expected } = run.progress;
          const others = expected === undefined ? "some devices" : `${Math.max(0, expected - answered)} devices`;
          this.#report.because(
            `the deadline of ${limit} ms has passed, and ${others} had not answered: the run goes on`,
          );
          this.#report.finish(undefined);
          return undefined;
        }
        await clock.sleep(Math.min(pauseAfter(quiet), left), signal);
      }
    } catch (error) {
      this.#report.fail(error);
      throw error;
    } finally {
      this.#report.stop();
    }
  }

  /** The rows of devices that have answered since the last time; in the end, of all that are left. */
  async *#news(isEnd: boolean): AsyncGenerator<Result> {
    const { signal } = this.#options;
    this.#report.pages++;
    const summaries = await this.#patiently(() => this.#run.queryDeviceSummaries().batchSize(ROWS).all({ signal }));
    const fresh = summaries.filter(
      ({ device_id: id, status = "" }) => id !== undefined && !this.#read.has(id) && (isEnd || !WAITED_FOR.has(status)),
    );
    for (const devices of batchesOf(fresh)) yield* this.#rowsOf(devices);
    this.#summariesCapped ||= summaries.report().complete === false;
    if (isEnd && this.#summariesCapped) yield* this.#rest();
  }

  async *#rowsOf(devices: readonly DeviceSummary[]): AsyncGenerator<Result> {
    const ids = devices.flatMap(({ device_id: id }) => id ?? []);
    const { signal } = this.#options;
    // Read whole before any is given out, so that a failure on the way gives none twice.
    const rows = await this.#patiently(() =>
      this.#run.queryResults().setDeviceIds(ids).batchSize(ROWS).all({ signal }),
    );
    for (const id of ids) this.#read.add(id);
    for (const reason of rows.report().reasons) this.#report.because(reason);
    yield* this.#given(rows);
  }

  /** Where there are more devices than their list gives: what is left, out of all rows. */
  async *#rest(): AsyncGenerator<Result> {
    const all = this.#run.queryResults().batchSize(ROWS).iterate({ signal: this.#options.signal });
    for await (const row of all) {
      const { id } = row.device_;
      if (id === undefined || !this.#read.has(id)) yield* this.#given([row]);
    }
    for (const reason of all.report().reasons) this.#report.because(reason);
  }

  *#given(rows: readonly Result[]): Generator<Result> {
    for (const row of rows) {
      this.#report.returned++;
      yield row;
    }
  }

  #conclude(): void {
    const { status, progress, id } = this.#run;
    if (status !== "COMPLETE") {
      const { answered, expected } = progress;
      const devices = `${answered}${expected === undefined ? "" : ` of ${expected}`}`;
      this.#report.because(`run ${id} has ended as ${status} when ${devices} devices had answered`);
    }
    this.#report.available = this.#report.returned;
    this.#report.finish(undefined);
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    for (;;) {
      try {
        const value = await work();
        this.#failures = 0;
        return value;
      } catch (error) {
        if (signal?.aborted === true || !isPassing(error) || ++this.#failures >= FAILURES) throw error;
        await cloud(Model.stateOf(this.#run).client).clock.sleep(pauseAfter(this.#failures), signal);
      }
    }
  }
}

/** Devices that are asked for together: of as many rows as one search reaches, or one device by itself. */
function batchesOf(summaries: readonly DeviceSummary[]): DeviceSummary[][] {
  const batches: DeviceSummary[][] = [];
  let rows = 0;
  for (const summary of summaries) {
    const { total_results: own = 0 } = summary;
    const last = batches.at(-1);
    if (last === undefined || last.length >= DEVICES || rows + own > ROWS) {
      batches.push([summary]);
      rows = own;
    } else {
      last.push(summary);
      rows += own;
    }
  }
  return batches;
}
