import { inspect } from "node:util";
import { CbApiError } from "../../core/errors.js";
import type { Batch } from "./batch.js";
import { outcomeOf } from "./entry.js";
import type { Job, JobOutcome, JobSession, RunningJob, RunOptions, RunProgress } from "./job.js";
import type { JobSettings } from "./options.js";
import type { Scheduler } from "./scheduler.js";
import type { Identified, Identify, TargetSource } from "./targets.js";
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
  readonly #source: TargetSource<unknown>;
  readonly #identify: Identify<unknown>;
  readonly #settings: JobSettings;
  readonly #slots: number;
  readonly #onProgress: ((progress: RunProgress) => void) | undefined;
  readonly #unread = new Unread<JobOutcome<unknown>>();
  readonly #seen = new Set<number>();
  #batch: Batch<S> | undefined;
  /** How many targets were taken, and how many of a list were the same as others. */
  #taken = 0;
  #repeated = 0;
  /** Outcomes of targets that never became jobs. */
  #failed = 0;
  #allTaken = false;
  #ended = false;
  #cancelled: { readonly reason: unknown } | undefined;
  #error: { readonly error: unknown } | undefined;
  #deadline: Timer = NEVER;
  #since = 0;
  #wakeFeeder: (() => void) | undefined;
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
    this.#source = init.source;
    this.#identify = init.identify;
    this.#settings = init.settings;
    this.#slots = init.options.slots ?? Number.POSITIVE_INFINITY;
    this.#onProgress = init.options.onProgress;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next outcome, when there is one. */
  async next(): Promise<IteratorResult<JobOutcome<T>, undefined>> {
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
    if (this.#cancelled !== undefined || this.#ended) return;
    this.#cancelled = { reason };
    const batch = this.#batch;
    if (batch === undefined) return;
    for (const entry of [...batch.entries]) this.#scheduler.end(entry, { state: "cancelled", error: reason });
    if ("read" in this.#source) this.#allTaken = true;
    this.#wakeFeeder?.();
    this.#endWhenOver();
  }

  /** How far it is. */
  progress(): RunProgress {
    const batch = this.#batch;
    const { done = 0, failed = 0, expired = 0, cancelled = 0 } = batch?.ends ?? {};
    const listed = "known" in this.#source ? this.#source.known.length - this.#repeated : 0;
    const total = Math.max(listed, this.#taken);
    const totalKnown = "known" in this.#source || this.#allTaken;
    const running = batch?.running ?? 0;
    const offline = batch?.offline ?? 0;
    const left = total - (done + failed + this.#failed + expired + cancelled) - running - offline;
    // Those of a list that were not taken up before the run was cancelled have their outcomes as they are read.
    const [waiting, dropped] = this.#cancelled === undefined ? [left, 0] : [0, left];
    const ends = { done, failed: failed + this.#failed, expired, cancelled: cancelled + dropped };
    const { slotsInUse } = this.#scheduler;
    return Object.freeze({ total, totalKnown, ...ends, running, waiting, offline, slotsInUse });
  }

  /** The jobs that run at the moment. */
  running(): readonly RunningJob[] {
    const now = this.#scheduler.now();
    const rows: RunningJob[] = [];
    if (this.#batch?.running === 0) return rows;
    for (const { id, target, attempts, since, told } of this.#batch?.entries ?? []) {
      if (since !== undefined) rows.push({ job: id, target, attempt: attempts, ranMs: now - since, progress: told });
    }
    return rows;
  }

  [inspect.custom](): string {
    if (this.#batch === undefined) return "JobRun (not begun)";
    const { total, totalKnown, done, failed, expired, cancelled, running } = this.progress();
    return `JobRun of ${total}${totalKnown ? "" : " or more"}: ${done} done, ${failed} failed, ${expired} expired, ${cancelled} cancelled, ${running} running`;
  }

  #start(): Batch<S> {
    if (this.#batch !== undefined) return this.#batch;
    const { signal, deadline } = this.#settings;
    const batch = this.#scheduler.begin(
      this.#slots,
      () => this.#changed(),
      (error) => this.cancel(error),
    );
    this.#batch = batch;
    this.#since = this.#scheduler.now();
    if (signal?.aborted) this.#cancelled ??= { reason: signal.reason };
    else signal?.addEventListener("abort", this.#abort, { once: true });
    this.#deadline = this.#scheduler.timers.at(deadline, () => {
      for (const entry of [...batch.entries]) this.#scheduler.expire(entry);
    });
    void this.#feed(batch);
    return batch;
  }

  readonly #abort = () => this.cancel(this.#settings.signal?.reason);

  /** Takes up the targets, as long as there is room. */
  async #feed(batch: Batch<S>): Promise<void> {
    try {
      if ("known" in this.#source) {
        for (const { target, id } of this.#source.known) {
          while (!this.#hasRoom(batch)) await this.#room();
          if (this.#ended) break;
          const added = this.#add(batch, target, id);
          if (added !== undefined) await added;
        }
      } else {
        for await (const target of this.#source.read) {
          while (!this.#hasRoom(batch) && !this.#allTaken) await this.#room();
          if (this.#allTaken) break;
          const added = this.#add(batch, target, this.#identify(target));
          if (added !== undefined) await added;
        }
      }
    } catch (error) {
      // A reading that was broken off by the cancellation is no failure.
      if (this.#cancelled === undefined) this.#error ??= { error };
    }
    this.#allTaken = true;
    this.#endWhenOver();
  }

  #add(batch: Batch<S>, target: unknown, id: Identified): Promise<void> | undefined {
    if (typeof id === "number") {
      this.#addJob(batch, id);
      return undefined;
    }
    return id().then(
      (found) => this.#addJob(batch, found),
      (error: unknown) => this.#addFailed(target, error),
    );
  }

  #addJob(batch: Batch<S>, target: number): void {
    if (this.#seen.has(target)) {
      this.#repeated++;
      return;
    }
    this.#seen.add(target);
    this.#taken++;
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
    } else if (this.#scheduler.now() >= this.#settings.deadline) this.#scheduler.expire(entry);
  }

  /** A target of which nobody knows which endpoint it is. */
  #addFailed(target: unknown, error: unknown): void {
    this.#taken++;
    this.#failed++;
    this.#unread.push(outcomeOf(inspect(target), this.#scheduler.nextId(), { state: "failed", error }));
    this.#changed();
  }

  #deliver(batch: Batch<S>, outcome: JobOutcome<unknown>): void {
    if (this.#ended) return;
    this.#unread.push(outcome);
    if (this.#unread.size >= UNREAD) batch.isFull = true;
  }

  #take(batch: Batch<S>): JobOutcome<unknown> | undefined {
    const outcome = this.#unread.take();
    if (batch.isFull && this.#unread.size <= UNREAD / 2) {
      batch.isFull = false;
      this.#scheduler.release(batch);
    }
    this.#wakeFeeder?.();
    return outcome;
  }

  #hasRoom(batch: Batch<S>): boolean {
    return this.#ended || (batch.waiting < WINDOW && this.#unread.size < UNREAD);
  }

  /** Resolves when there may be room for more targets. */
  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wakeFeeder = resolve;
    });
    this.#wakeFeeder = undefined;
  }

  /** A figure has changed. */
  #changed(): void {
    this.#wakeFeeder?.();
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
      this.#onProgress?.(this.progress());
    } catch (error) {
      this.#error ??= { error };
      this.cancel(error);
    }
  }

  #endWhenOver(): void {
    if (this.#allTaken && this.#batch?.entries.size === 0) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#allTaken = true;
    this.#seen.clear();
    this.#deadline.cancel();
    this.#settings.signal?.removeEventListener("abort", this.#abort);
    if (this.#batch !== undefined) this.#scheduler.finish(this.#batch);
    this.#wakeFeeder?.();
    this.#unread.wake();
  }
}
