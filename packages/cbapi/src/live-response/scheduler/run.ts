import { inspect } from "node:util";
import { CbApiError } from "../../core/errors.js";
import { onAbort } from "../../core/signals.js";
import type { Batch } from "./batch.js";
import { type Ending, type Entry, outcomeOf } from "./entry.js";
import { Feed } from "./feed.js";
import type { Job, JobOutcome, JobSession, RunningJob, RunOptions, RunProgress } from "./job.js";
import type { JobSettings } from "./options.js";
import { isExpiredUnknown } from "./reasons.js";
import type { Scheduler } from "./scheduler.js";
import type { Identify, TargetSource } from "./targets.js";
import { NEVER, type Timer } from "./timers.js";
import { Unread } from "./unread.js";

/** How many jobs of a run wait for their turn; more targets are read when there are fewer. */
const WINDOW = 1000;
/** How many outcomes may wait to be read; then no further job begins. */
const UNREAD = 100;

/**
 * A job on many endpoints: gives the outcomes in the order in which the jobs end. It begins when it is first read, with
 * `for await`, `next()` or `all()`, and is read once.
 *
 * - Targets of a query are read while there are fewer than a thousand jobs that wait for their turn.
 * - When a hundred outcomes have not been read, no further job begins before they are. What is held is therefore limited,
 *   but for jobs that expire or are cancelled, whose outcomes hold no value.
 * - Leaving the loop early cancels the rest and waits until the slots are free. At the end, too, the slots are free.
 * - What goes wrong while the targets are read is thrown behind the outcomes of those that were.
 */
export class JobRun<T, S extends JobSession = JobSession> implements AsyncIterableIterator<JobOutcome<T>> {
  readonly #scheduler: Scheduler<S>;
  readonly #job: Job<T, S>;
  readonly #feed: Feed;
  readonly #settings: JobSettings;
  readonly #slots: number;
  readonly #onProgress: ((progress: RunProgress) => void) | undefined;
  readonly #unread = new Unread<JobOutcome<unknown>>();
  #batch: Batch<Entry<S>> | undefined;
  #ended = false;
  #cancelled: { readonly reason: unknown } | undefined;
  #error: { readonly error: unknown } | undefined;
  #deadline: Timer = NEVER;
  #offAbort = () => {};
  #offClose = () => {};
  #since = 0;
  #telling = false;

  /** @internal */
  constructor(init: {
    readonly scheduler: Scheduler<S>;
    readonly job: Job<T, S>;
    readonly source: TargetSource<unknown>;
    readonly identify: Identify<unknown>;
    readonly settings: JobSettings;
    readonly options: RunOptions;
  }) {
    this.#scheduler = init.scheduler;
    this.#job = init.job;
    this.#settings = init.settings;
    this.#slots = init.options.slots ?? Number.POSITIVE_INFINITY;
    this.#onProgress = init.options.onProgress;
    this.#feed = new Feed(init.source, init.identify, {
      hasRoom: () => this.#hasRoom(),
      endpoint: (id) => this.#add(id),
      unidentified: (target, error) => this.#addUnidentified(target, error),
      broken: (error) => {
        this.#error ??= { error };
      },
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next outcome, when there is one. */
  async next(): Promise<IteratorResult<JobOutcome<T>, undefined>> {
    // One that was left before it began has nothing to begin.
    if (this.#batch === undefined && this.#ended) return { value: undefined, done: true };
    const batch = this.#start();
    for (;;) {
      const outcome = this.#take(batch);
      // The value is what this run's job has returned.
      if (outcome !== undefined) return { value: outcome as JobOutcome<T>, done: false };
      if (this.#ended) break;
      await this.#unread.changed();
    }
    await batch.freed();
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error.error;
    return { value: undefined, done: true };
  }

  /** Cancels what is left, and drops the outcomes that were not read. Settles when the slots are free. */
  async return(): Promise<IteratorResult<JobOutcome<T>, undefined>> {
    this.cancel(new CbApiError("The run was left before its end", { code: "JOB_CANCELLED" }));
    this.#unread.clear();
    this.#error = undefined;
    this.#end();
    await this.#batch?.freed();
    return { value: undefined, done: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** All outcomes that were not read yet, in the order in which the jobs end. */
  async all(): Promise<JobOutcome<T>[]> {
    const outcomes: JobOutcome<T>[] = [];
    for await (const outcome of this) outcomes.push(outcome);
    return outcomes;
  }

  /**
   * Cancels the jobs that have not ended; their outcomes say so. Each target of a list has an outcome all the same; a
   * query is not read further.
   */
  cancel(reason: unknown = new CbApiError("The run was cancelled", { code: "JOB_CANCELLED" })): void {
    if (this.#ended) return;
    const { reason: first } = this.#takeNoMore(reason);
    for (const entry of [...(this.#batch?.entries ?? [])]) {
      this.#scheduler.end(entry, { state: "cancelled", error: first });
    }
    this.#endWhenOver();
  }

  /** How far it is. */
  progress(): RunProgress {
    const batch = this.#batch;
    const { done = 0, failed = 0, expired = 0, cancelled = 0 } = batch?.ends ?? {};
    const { total, totalKnown } = this.#feed;
    const running = batch?.running ?? 0;
    const offline = batch?.offline ?? 0;
    const left = total - (done + failed + expired + cancelled) - running - offline;
    // Those of a list that were not taken up before the run was cancelled have their outcomes as they are read.
    const [waiting, dropped] = this.#cancelled === undefined ? [left, 0] : [0, left];
    const ends = { done, failed, expired, cancelled: cancelled + dropped };
    const { slotsInUse } = this.#scheduler;
    return Object.freeze({ total, totalKnown, ...ends, running, waiting, offline, slotsInUse });
  }

  /** The jobs that run at the moment. */
  running(): readonly RunningJob[] {
    const now = this.#scheduler.now();
    const rows: RunningJob[] = [];
    if (this.#batch?.running === 0) return rows;
    for (const { id, target, attempts, since, told } of this.#batch?.entries ?? []) {
      if (since !== undefined) rows.push({ id, target, attempt: attempts, ran: now - since, progress: told });
    }
    return rows;
  }

  [inspect.custom](): string {
    if (this.#batch === undefined) return "JobRun (not begun)";
    const { total, totalKnown, done, failed, expired, cancelled, running } = this.progress();
    return `JobRun of ${total}${totalKnown ? "" : " or more"}: ${done} done, ${failed} failed, ${expired} expired, ${cancelled} cancelled, ${running} running`;
  }

  #start(): Batch<Entry<S>> {
    if (this.#batch !== undefined) return this.#batch;
    const { signal, deadline } = this.#settings;
    const batch = this.#scheduler.begin(this.#slots, () => this.#changed());
    this.#batch = batch;
    // Jobs that run then may end by themselves for a while.
    this.#offClose = this.#scheduler.onClose((error) => this.#takeNoMore(error));
    this.#since = this.#scheduler.now();
    if (signal?.aborted) this.#takeNoMore(signal.reason);
    else if (signal !== undefined) this.#offAbort = onAbort(signal, () => this.cancel(signal.reason));
    this.#deadline = this.#scheduler.timers.at(deadline, () => {
      this.#feed.hurry();
      for (const entry of [...batch.entries]) this.#scheduler.expire(entry);
    });
    void this.#feed.read().then(() => this.#endWhenOver());
    return batch;
  }

  /** Has jobs that are not taken up yet end as cancelled. */
  #takeNoMore(reason: unknown): { readonly reason: unknown } {
    this.#cancelled ??= { reason };
    this.#feed.cancel();
    return this.#cancelled;
  }

  #add(target: number): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const entry = this.#scheduler.add({
      id: this.#scheduler.nextId(),
      target,
      job: this.#job,
      settings: this.#settings,
      batch,
      since: this.#since,
      deliver: (outcome) => this.#deliver(batch, outcome),
    });
    if (this.#cancelled !== undefined) {
      this.#scheduler.end(entry, { state: "cancelled", error: this.#cancelled.reason });
    } else if (this.#isLate) this.#scheduler.expire(entry);
  }

  #addUnidentified(target: unknown, error: unknown): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const id = this.#scheduler.nextId();
    let ending: Ending = { state: "failed", error };
    if (this.#cancelled !== undefined) ending = { state: "cancelled", error: this.#cancelled.reason };
    else if (this.#isLate) ending = { state: "expired", error: isExpiredUnknown(id) };
    batch.ends[ending.state]++;
    const queued = this.#scheduler.now() - this.#since;
    this.#deliver(batch, outcomeOf(inspect(target), id, ending, { attempts: 0, queued, ran: 0 }));
    this.#changed();
  }

  get #isLate(): boolean {
    return this.#scheduler.now() >= this.#settings.deadline;
  }

  #deliver(batch: Batch<Entry<S>>, outcome: JobOutcome<unknown>): void {
    if (this.#ended) return;
    this.#unread.push(outcome);
    if (this.#unread.size >= UNREAD) batch.isFull = true;
  }

  #take(batch: Batch<Entry<S>>): JobOutcome<unknown> | undefined {
    const outcome = this.#unread.take();
    if (batch.isFull && this.#unread.size <= UNREAD / 2) {
      batch.isFull = false;
      this.#scheduler.release(batch);
    }
    this.#feed.nudge();
    return outcome;
  }

  #hasRoom(): boolean {
    return this.#unread.size < UNREAD && (this.#batch?.waiting ?? 0) < WINDOW;
  }

  /** A figure has changed. */
  #changed(): void {
    this.#feed.nudge();
    this.#endWhenOver();
    if (this.#onProgress === undefined || this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    try {
      const told: unknown = this.#onProgress?.(this.progress());
      if (told instanceof Promise) told.catch((error: unknown) => this.#failWith(error));
    } catch (error) {
      this.#failWith(error);
    }
  }

  #failWith(error: unknown): void {
    this.#error ??= { error };
    this.cancel(error);
  }

  #endWhenOver(): void {
    if (this.#feed.isOver && this.#batch?.entries.size === 0) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#feed.end();
    this.#deadline.cancel();
    this.#offAbort();
    this.#offClose();
    if (this.#batch !== undefined) this.#scheduler.finish(this.#batch);
    this.#unread.wake();
  }
}
