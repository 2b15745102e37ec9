import type { CbApiError } from "../../core/errors.js";
import type { Seen } from "./availability.js";
import { Batch } from "./batch.js";
import { Candidates } from "./candidates.js";
import { type Ending, Entry } from "./entry.js";
import type { Job, JobOutcome, JobSession } from "./job.js";
import { Lane } from "./lane.js";
import { Lookout, type LookoutHost } from "./lookout.js";
import type { JobSettings } from "./options.js";
import { slotCount } from "./options.js";
import { AHEAD, DEFAULT_GRACE, FRESH, OPEN_PAUSES, type SchedulerParts, SLOTS, SWEEP, WARMTH } from "./parts.js";
import { isAbsent, isClosed, isExpired, isFinal, isLostEarly } from "./reasons.js";
import { nextLook } from "./recheck.js";
import { mustYield } from "./sharing.js";
import { type Timer, Timers } from "./timers.js";
import { type TurnEnd, Worker, type WorkerHost } from "./worker.js";

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
  #arrivals = 0;
  #sweep: Timer | undefined;
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
      opensSlowly: (lane) => {
        this.#soon.want(lane);
        this.#plan();
      },
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
      lane = new Lane(entry.target, this.#candidates.newRound, ++this.#arrivals);
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
    const error = isExpired(this.noun, entry.target, lane);
    this.end(entry, { state: "expired", error });
  }

  /** Has as many endpoints wait for a slot again as their run may have sessions. */
  release(batch: Batch<S>): void {
    this.#unpark(batch);
    this.#plan();
  }

  /**
   * Cancels all jobs. Those that run have `grace` milliseconds to end by themselves, after their signal; then all sessions
   * are closed. Settles when they are.
   */
  close(options: { readonly grace?: number | undefined } = {}): Promise<void> {
    if (this.#closed === undefined) {
      const error = isClosed();
      this.#closed = { error, ended: Promise.resolve() };
      this.#closed = { error, ended: this.#shutDown(error, options.grace ?? DEFAULT_GRACE) };
    }
    return this.#closed.ended;
  }

  async #shutDown(error: CbApiError, grace: number): Promise<void> {
    this.#soon.close();
    this.#later.close();
    this.#sweep?.cancel();
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
      if (lane === undefined) {
        // Some of those that were let go turned out to be offline: others may go in their place.
        if ([...this.#batches.keys()].some((batch) => this.#unpark(batch))) continue;
        break;
      }
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
    if (this.#candidates.peek() === undefined) {
      this.#sweep?.cancel();
      this.#sweep = undefined;
    } else this.#sweep ??= this.timers.after(SWEEP, () => this.#lookAround());
  }

  /** Has those looked at who wait for a slot. */
  #lookAround(): void {
    this.#sweep = undefined;
    const now = this.now();
    for (const lane of this.#lanes.values()) {
      if (lane.phase === "ready" && now - lane.seenAt > FRESH) this.#later.want(lane);
    }
    this.#plan();
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

  /** They were parked in their order. Gives whether there was one. */
  #unpark(batch: Batch<S>): boolean {
    if (!batch.mayOpen || batch.parked.size === 0) return false;
    let left = Math.min(batch.slots, this.#slots) - batch.held;
    const lanes = [...batch.parked];
    for (const first of [true, false]) {
      for (const lane of lanes) {
        if (lane.returned !== first || left <= 0) continue;
        this.#candidates.push(lane);
        left--;
      }
    }
    return lanes.length > batch.parked.size;
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
    return mustYield(worker, next, waiting, this.#someoneWaits(), this.now());
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
    // A turn that came to nothing is none.
    if (end.ended > 0) this.#candidates.end(lane);
    if (end.how === "refused") this.#refused(lane, end.error);
    else if (end.how === "lost" && end.begun === 0) this.#refused(lane, isLostEarly(this.noun, lane.key));
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

  #lookAgain(lane: Lane<S>): void {
    lane.phase = "unknown";
    this.#soon.want(lane);
  }

  #failAll(lane: Lane<S>, error: unknown): void {
    for (const entry of [...lane.waiting]) this.end(entry, { state: "failed", error });
  }

  #seen(lane: Lane<S>, seen: Seen | undefined): void {
    if (lane.phase === "busy") {
      // It has gone offline while its session was being opened: others can use the slot.
      if (seen?.online !== false) return;
      lane.seenAt = Number.NEGATIVE_INFINITY;
      lane.worker?.leave();
      return;
    }
    lane.seen = seen;
    lane.seenAt = this.now();
    const problem = seen === undefined ? isAbsent(this.noun, lane.key) : seen.problem;
    if (problem !== undefined) this.#failAll(lane, problem);
    else if (seen?.online === true) {
      lane.rechecks = 0;
      if (lane.phase === "offline") lane.returned = true;
      if (lane.phase !== "parked") this.#candidates.push(lane);
    } else {
      // That explains why no session could be opened.
      lane.failures = 0;
      lane.phase = "offline";
      lane.timer = this.timers.at(nextLook(lane, this.now()), () => {
        this.#later.want(lane);
        this.#plan();
      });
    }
    for (const { batch } of lane.waiting) batch?.changed();
  }

  #unseen(lanes: readonly Lane<S>[], error: unknown): Lane<S>[] {
    const idle = lanes.filter(({ phase }) => phase !== "busy");
    for (const lane of idle) lane.problem = error;
    if (!isFinal(error)) return idle;
    for (const lane of idle) this.#failAll(lane, error);
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
