import type { Clock } from "../../core/clock.js";
import { CbApiError, ConnectionError, LiveResponseError, ServerError, TimeoutError } from "../../core/errors.js";
import type { Availability, Seen, SessionSource } from "./availability.js";
import { Batch } from "./batch.js";
import { Candidates } from "./candidates.js";
import { type Ending, Entry } from "./entry.js";
import type { Job, JobOutcome, JobSession } from "./job.js";
import { Lane, priorityOf } from "./lane.js";
import { Lookout, type LookoutHost } from "./lookout.js";
import type { JobSettings } from "./options.js";
import { slotCount } from "./options.js";
import { Timers } from "./timers.js";
import { type TurnEnd, Worker, type WorkerHost } from "./worker.js";

/** What a scheduler is made of. */
export interface SchedulerParts<S> {
  readonly clock: Clock;
  readonly source: SessionSource<S>;
  readonly availability: Availability;
  /** What endpoints are called in messages: `Sensor`. */
  readonly noun: string;
  /** The most sessions at once. Default 10. */
  readonly slots?: number;
  /** For how long a session without jobs is kept for the next one that is submitted, in milliseconds. Default 5000. */
  readonly warmth?: number;
  readonly log?: (line: string) => void;
}

const SLOTS = 10;
const WARMTH = 5000;
/** For how long it is believed that an endpoint is online, in milliseconds. */
const FRESH = 30_000;
/** How many endpoints that were seen too long ago are looked at again ahead of their turn. */
const AHEAD = 50;
/** The pauses after sessions that could not be opened, in milliseconds; then the jobs fail. */
const OPEN_PAUSES = [2000, 10_000, 60_000];
/** While others wait, a session is kept this long at least, and this many times as long as it took to open. */
const SHARE = 10_000;
const SHARE_PER_OPENING = 4;
/** The pause before the second look at an endpoint that is offline, and how the pauses grow. */
const FIRST_RECHECK = 5000;
const RECHECK_GROWTH = 1.5;
/** How long after the next check-in is due an endpoint is looked at. */
const CHECK_IN_LEEWAY = 1000;
const DEFAULT_GRACE = 5000;

/**
 * Gives the session slots of a server to endpoints with jobs.
 *
 * - At most `slots` sessions at once, one for each endpoint, which does its jobs one after the other.
 * - Endpoints that are offline are passed over and looked at again; see `JobOptions.recheck`.
 * - An endpoint keeps its slot while it has jobs and nobody else waits. When others wait, it gives it up behind the job
 *   that runs, once its session has been used for 10 seconds and for four times as long as it took to open: opening costs
 *   a check-in, and at most a fifth of a slot's time is to go into that. Jobs of a higher priority have it given up at once.
 * - A session that nobody needs is kept for some seconds where more jobs may be submitted, and closed when others wait.
 * - A session that cannot be opened is tried four times; then the jobs of the endpoint fail with the reason. What will not
 *   change by itself (rights, unknown endpoints) fails at once.
 */
export class Scheduler<S extends JobSession> {
  readonly timers: Timers;
  readonly noun: string;
  readonly #lanes = new Map<number, Lane<S>>();
  readonly #workers = new Set<Worker<S>>();
  readonly #candidates = new Candidates<S>();
  /** For those who might have a slot now. */
  readonly #soon: Lookout<S>;
  /** For those who are offline. */
  readonly #later: Lookout<S>;
  readonly #submitted = new Set<Entry<S>>();
  readonly #batches = new Map<Batch<S>, (error: unknown) => void>();
  readonly #host: WorkerHost<S>;
  readonly #warmth: number;
  #slots: number;
  #jobs = 0;
  #planned = false;
  #closed: { readonly error: CbApiError; readonly ended: Promise<void> } | undefined;

  constructor(parts: SchedulerParts<S>) {
    const { clock, source, availability, noun, slots = SLOTS, warmth = WARMTH, log = () => {} } = parts;
    this.timers = new Timers(clock);
    this.noun = noun;
    this.#slots = slotCount(slots);
    this.#warmth = warmth;
    const looks: LookoutHost<S> = {
      seen: (lane, seen) => this.#seen(lane, seen),
      unseen: (lanes, error) => this.#unseen(lanes, error),
      changed: () => this.#plan(),
    };
    this.#soon = new Lookout(availability, this.timers, looks, 1);
    this.#later = new Lookout(availability, this.timers, looks, 0.1);
    this.#host = {
      timers: this.timers,
      source,
      noun,
      log,
      settled: (entry) => this.#settled(entry),
      changed: (batch) => batch?.changed(),
      mustYield: (worker, next) => this.#mustYield(worker, next),
      warmth: (worker) => this.#warmthOf(worker),
      turn: () => this.#plan(),
    };
  }

  /** The most sessions at once. */
  get slots(): number {
    return this.#slots;
  }

  set slots(slots: number) {
    this.#slots = slotCount(slots);
    this.#plan();
  }

  /** Sessions that are open, being opened or being closed; not those that the server has no slot for. */
  get slotsInUse(): number {
    let count = 0;
    for (const { waitsForSlot } of this.#workers) if (!waitsForSlot) count++;
    return count;
  }

  now(): number {
    return this.timers.now();
  }

  nextId(): number {
    return ++this.#jobs;
  }

  /** @throws CbApiError when it is closed */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed.error;
  }

  /** Begins a run. `closed` is called when the scheduler is closed. */
  begin(slots: number, changed: () => void, closed: (error: unknown) => void): Batch<S> {
    this.checkOpen();
    const batch = new Batch<S>(slots, changed);
    this.#batches.set(batch, closed);
    return batch;
  }

  /** Says that no job of a run will follow. */
  finish(batch: Batch<S>): void {
    this.#batches.delete(batch);
  }

  /** Adds a job. */
  add(init: {
    readonly id: number;
    readonly target: number;
    readonly job: Job<unknown, S>;
    readonly settings: JobSettings;
    readonly batch?: Batch<S>;
    readonly since?: number;
    readonly deliver: (outcome: JobOutcome<unknown>) => void;
  }): Entry<S> {
    const { since = this.now(), batch, ...rest } = init;
    const entry = new Entry<S>({ ...rest, batch, now: since });
    if (batch === undefined) this.#submitted.add(entry);
    else batch.entries.add(entry);
    if (this.#closed !== undefined) {
      this.end(entry, { state: "cancelled", error: this.#closed.error });
      return entry;
    }
    let lane = this.#lanes.get(entry.target);
    if (lane === undefined) {
      lane = new Lane(entry.target, this.#candidates.newRound);
      this.#lanes.set(entry.target, lane);
    }
    lane.add(entry);
    if (lane.worker !== undefined) lane.worker.nudge();
    else if (lane.phase === "ready" || lane.phase === "parked") this.#candidates.push(lane);
    else if (lane.phase === "unknown") this.#soon.want(lane);
    batch?.changed();
    this.#plan();
    return entry;
  }

  /** Ends a job from outside, unless it has ended. */
  end(entry: Entry<S>, ending: Ending): void {
    const lane = this.#lanes.get(entry.target);
    lane?.remove(entry);
    if (!entry.settle(ending, this.now())) return;
    this.#settled(entry);
    if (lane !== undefined) this.#left(lane);
  }

  /** Ends a job whose time has come, unless it runs. */
  expire(entry: Entry<S>): void {
    if (entry.state !== "waiting") return;
    const lane = this.#lanes.get(entry.target);
    const what = `${this.noun} ${entry.target}`;
    const waits = lane === undefined ? "its turn was not reached" : waitsFor(lane);
    const error = new TimeoutError(`The job on ${what} had not begun at its deadline: ${waits}`, {
      code: "JOB_EXPIRED",
      cause: lane?.problem,
    });
    this.end(entry, { state: "expired", error });
  }

  /** Has endpoints tried again that may have been held up by their run. */
  release(batch: Batch<S>): void {
    if (!batch.mayOpen) return;
    for (const lane of [...batch.parked]) if (lane.phase === "parked") this.#candidates.push(lane);
    this.#plan();
  }

  /**
   * Cancels all jobs. Those that run have `grace` milliseconds to end by themselves, after their signal; then all sessions
   * are closed. Settles when they are.
   */
  close(options: { readonly grace?: number | undefined } = {}): Promise<void> {
    if (this.#closed === undefined) {
      const error = new CbApiError(`Live Response of this client was closed, and its jobs with it`, { code: "CLOSED" });
      this.#closed = { error, ended: Promise.resolve() };
      this.#closed = { error, ended: this.#shutDown(error, options.grace ?? DEFAULT_GRACE) };
    }
    return this.#closed.ended;
  }

  async #shutDown(error: CbApiError, grace: number): Promise<void> {
    this.#soon.close();
    this.#later.close();
    const all = [...this.#submitted, ...[...this.#batches.keys()].flatMap(({ entries }) => [...entries])];
    const running = all.filter(({ state }) => state === "running");
    for (const entry of running) entry.stop(error);
    for (const entry of all) if (entry.state === "waiting") this.end(entry, { state: "cancelled", error });
    for (const closed of [...this.#batches.values()]) closed(error);
    const workers = [...this.#workers];
    for (const worker of workers) worker.leave();
    const ended = Promise.all(workers.map((worker) => worker.ended));
    if (running.length > 0 && grace > 0) await this.timers.wait(grace, ended);
    for (const entry of running) this.end(entry, { state: "cancelled", error });
    await ended;
  }

  #plan(): void {
    if (this.#planned || this.#closed !== undefined) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.#closed === undefined) this.#pass();
    });
  }

  /** Gives out what there is to give. */
  #pass(): void {
    let ahead = 0;
    while (this.#workers.size < this.#slots) {
      const lane = this.#candidates.pop();
      if (lane === undefined) break;
      const next = lane.next();
      if (next === undefined) this.#park(lane);
      else if (this.now() - lane.seenAt <= FRESH) this.#grant(lane, next);
      else {
        lane.phase = "unknown";
        this.#soon.want(lane);
        if (++ahead >= AHEAD) break;
      }
    }
    this.#soon.start();
    this.#later.start();
    if (this.#someoneWaits()) this.#evict();
  }

  #grant(lane: Lane<S>, first: Entry<S>): void {
    lane.phase = "busy";
    this.#candidates.begin(lane);
    const worker = new Worker(lane, first, this.#host);
    lane.worker = worker;
    this.#workers.add(worker);
    void worker.ended.then((end) => this.#ended(worker, end));
  }

  #park(lane: Lane<S>): void {
    lane.phase = "parked";
    for (const { batch } of lane.waiting) batch?.parked.add(lane);
  }

  /** Takes sessions that only wait for jobs away from their endpoints, as many as others can use. */
  #evict(): void {
    let wanted = this.#candidates.size;
    for (const { waitsForSlot } of this.#workers) if (waitsForSlot) wanted++;
    for (const worker of this.#workers) {
      if (wanted <= 0) return;
      if (worker.phase !== "warm") continue;
      worker.leave();
      wanted--;
    }
  }

  /** Whether an endpoint waits for a slot that another one holds. */
  #someoneWaits(): boolean {
    if (this.#workers.size >= this.#slots && this.#candidates.peek() !== undefined) return true;
    for (const { waitsForSlot } of this.#workers) if (waitsForSlot) return true;
    return false;
  }

  #mustYield(worker: Worker<S>, next: Entry<S>): boolean {
    const waiting = this.#workers.size >= this.#slots ? this.#candidates.peek() : undefined;
    if (waiting !== undefined && priorityOf(waiting.waiting[0]) > priorityOf(next)) return true;
    // Others of its run, which may have no more sessions.
    const { batch } = worker;
    const held = batch !== undefined && batch.parked.size > 0 && batch.held >= batch.slots;
    if (!held && !this.#someoneWaits()) return false;
    if (waiting !== undefined && priorityOf(waiting.waiting[0]) < priorityOf(next)) return false;
    const opening = worker.openedAt - worker.since;
    return this.now() - worker.openedAt >= Math.max(SHARE, SHARE_PER_OPENING * opening);
  }

  /** More jobs are expected only behind one that was submitted by itself. */
  #warmthOf(worker: Worker<S>): number {
    const expectsMore = worker.latest !== undefined && worker.latest.batch === undefined;
    return expectsMore && this.#closed === undefined && !this.#someoneWaits() ? this.#warmth : 0;
  }

  #ended(worker: Worker<S>, end: TurnEnd): void {
    const { lane, batch } = worker;
    this.#workers.delete(worker);
    worker.hold(undefined);
    lane.worker = undefined;
    this.#candidates.end(lane);
    if (end.how === "refused") this.#refused(lane, end.error);
    else if (end.how === "lost" && end.jobs === 0) this.#refused(lane, this.#lost(lane));
    else if (lane.waiting.length === 0) this.#lanes.delete(lane.key);
    else if (end.how === "lost") this.#lookAgain(lane);
    else this.#candidates.push(lane);
    if (batch !== undefined) this.release(batch);
    this.#plan();
  }

  /** A session could not be opened, or did not live to see a job. */
  #refused(lane: Lane<S>, error: unknown): void {
    lane.problem = error;
    const pause = OPEN_PAUSES[lane.failures++];
    if (lane.waiting.length === 0) this.#lanes.delete(lane.key);
    else if (pause === undefined || isFinal(error)) this.#failAll(lane, error);
    else {
      lane.phase = "paused";
      lane.timer = this.timers.after(pause, () => {
        this.#lookAgain(lane);
        this.#plan();
      });
    }
  }

  #lost(lane: Lane<S>): LiveResponseError {
    return new LiveResponseError(`The session with ${this.noun} ${lane.key} was lost before its job began`, {
      code: "SESSION_LOST",
      retryable: true,
    });
  }

  #lookAgain(lane: Lane<S>): void {
    lane.phase = "unknown";
    this.#soon.want(lane);
  }

  #failAll(lane: Lane<S>, error: unknown): void {
    for (const entry of [...lane.waiting]) this.end(entry, { state: "failed", error });
  }

  #seen(lane: Lane<S>, seen: Seen | undefined): void {
    lane.seen = seen;
    lane.seenAt = this.now();
    const problem = seen === undefined ? this.#absent(lane) : seen.problem;
    if (problem !== undefined) this.#failAll(lane, problem);
    else if (seen?.online === true) {
      lane.rechecks = 0;
      this.#candidates.push(lane);
    } else {
      // That explains why no session could be opened.
      lane.failures = 0;
      lane.phase = "offline";
      lane.timer = this.timers.at(this.#nextLook(lane, seen?.nextCheckIn), () => {
        this.#later.want(lane);
        this.#plan();
      });
    }
    for (const { batch } of lane.waiting) batch?.changed();
  }

  #absent(lane: Lane<S>): CbApiError {
    return new CbApiError(`${this.noun} ${lane.key} could not be found`, { code: "OBJECT_NOT_FOUND" });
  }

  /** When to look at an endpoint again: in rising pauses, and after a check-in that is due. */
  #nextLook(lane: Lane<S>, nextCheckIn = Number.NEGATIVE_INFINITY): number {
    const now = this.now();
    const longest = lane.waiting.reduce((least, { settings }) => Math.min(least, settings.recheck), 86_400_000);
    const pause = Math.min(longest, FIRST_RECHECK * RECHECK_GROWTH ** lane.rechecks++);
    const at = nextCheckIn > now ? Math.min(nextCheckIn + CHECK_IN_LEEWAY, now + longest) : now + pause;
    // Those that are due at about the same time are looked at together.
    const grid = pause < 15_000 ? 1000 : 5000;
    return Math.ceil(at / grid) * grid;
  }

  #unseen(lanes: readonly Lane<S>[], error: unknown): Lane<S>[] {
    for (const lane of lanes) lane.problem = error;
    if (!isFinal(error)) return [...lanes];
    for (const lane of lanes) this.#failAll(lane, error);
    return [];
  }

  #settled(entry: Entry<S>): void {
    this.#submitted.delete(entry);
    entry.batch?.changed();
  }

  /** A job of an endpoint has gone. */
  #left(lane: Lane<S>): void {
    if (lane.waiting.length > 0) return;
    if (lane.worker !== undefined) lane.worker.nudge();
    else {
      lane.phase = "unknown";
      this.#lanes.delete(lane.key);
    }
  }
}

/** Whether trying again cannot help. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof CbApiError) || error.retryable) return false;
  return ![ConnectionError, ServerError, TimeoutError, LiveResponseError].some((kind) => error instanceof kind);
}

function waitsFor<S extends JobSession>(lane: Lane<S>): string {
  switch (lane.phase) {
    case "offline":
      return "it is offline";
    case "paused":
      return "no session could be opened with it";
    case "unknown":
      return "it was not known whether it is online";
    case "ready":
    case "parked":
      return "all slots were taken";
    case "busy":
      return lane.worker?.waitsForSlot === true
        ? "all slots of the server were taken"
        : "its session was being opened, or other jobs were before it";
  }
}
