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
import { Slots } from "./slots.js";
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
 * - An endpoint that does not come gives up its slot as well while others wait, after a minute and two check-ins: the server
 *   takes it for online for a while after it has gone. It keeps what jobs it has, and has more time in its next turn.
 * - A session that nobody needs is kept for some seconds where more jobs may be submitted, and closed when others wait.
 * - A session that cannot be opened is tried four times; then the jobs of the endpoint fail with the reason. What will not
 *   change by itself (rights, unknown endpoints) fails at once.
 */
export class Scheduler<S extends JobSession> {
  readonly timers: Timers;
  readonly noun: string;
  readonly #lanes = new Map<number, Lane<S>>();
  readonly #candidates = new Candidates<S>();
  readonly #slots: Slots<S>;
  /** Those whose turn it is, and that are looked at again first. */
  readonly #ahead = new Set<Lane<S>>();
  /** For those who might have a slot now. */
  readonly #soon: Lookout<S>;
  /** For those who are offline. */
  readonly #later: Lookout<S>;
  readonly #submitted = new Set<Entry<S>>();
  readonly #batches = new Set<Batch<Entry<S>>>();
  readonly #closing = new Set<(error: unknown) => void>();
  readonly #host: WorkerHost<S>;
  readonly #warmth: number;
  #jobs = 0;
  #arrivals = 0;
  #sweep: Timer | undefined;
  #planned = false;
  #closed: { readonly error: CbApiError; readonly ended: Promise<void> } | undefined;

  constructor(parts: SchedulerParts<S>) {
    const { clock, source, availability, noun, slots = SLOTS, warmth = WARMTH, log = () => {} } = parts;
    this.timers = new Timers(clock);
    this.noun = noun;
    this.#slots = new Slots(slotCount(slots), this.#candidates);
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
      log: (line) => {
        try {
          log(line);
        } catch {
          // Whatever becomes of the log, sessions are closed and jobs end.
        }
      },
      settled: (entry) => this.#settled(entry),
      changed: (batch) => batch?.changed(),
      mustYield: (worker, next) => this.#slots.mustYield(worker, next, this.now()),
      warmth: (worker) => this.#warmthOf(worker),
      opensSlowly: (worker) => this.#opensSlowly(worker),
      turn: () => this.#plan(),
    };
  }

  /** The most sessions at once. */
  get slots(): number {
    return this.#slots.most;
  }

  set slots(slots: number) {
    this.#slots.most = slotCount(slots);
    this.#plan();
  }

  /** Sessions that are open, being opened or being closed; not those that the server has no slot for. */
  get slotsInUse(): number {
    return this.#slots.inUse;
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

  /** Calls back when it is closed. Returns what takes it back. */
  onClose(action: (error: unknown) => void): () => void {
    this.#closing.add(action);
    return () => this.#closing.delete(action);
  }

  /** Begins a run. */
  begin(slots: number, changed: () => void): Batch<Entry<S>> {
    this.checkOpen();
    const batch = new Batch<Entry<S>>(slots, changed);
    this.#batches.add(batch);
    return batch;
  }

  /** Says that no job of a run will follow. */
  finish(batch: Batch<Entry<S>>): void {
    this.#batches.delete(batch);
  }

  /** Adds a job. */
  add(init: {
    readonly id: number;
    readonly target: number;
    readonly job: Job<unknown, S>;
    readonly settings: JobSettings;
    readonly batch?: Batch<Entry<S>>;
    readonly since?: number;
    readonly deliver: (outcome: JobOutcome<unknown>) => void;
  }): Entry<S> {
    const { since = this.now(), batch, ...rest } = init;
    const entry = new Entry<S>({ ...rest, batch, now: since });
    if (batch === undefined) this.#submitted.add(entry);
    else batch.entries.add(entry);
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
    const error = isExpired(this.noun, entry, lane);
    this.end(entry, { state: "expired", error });
  }

  /** Has as many endpoints wait for a slot again as their run may have sessions. */
  release(batch: Batch<Entry<S>>): void {
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
    const all = [...this.#submitted, ...[...this.#batches].flatMap(({ entries }) => [...entries])];
    const running = all.filter(({ state }) => state === "running");
    for (const entry of running) entry.stop(error);
    for (const entry of all) if (entry.state === "waiting") this.end(entry, { state: "cancelled", error });
    for (const closed of [...this.#closing]) closed(error);
    const ended = this.#slots.freeAll();
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
    while (this.#slots.free > 0 && this.#ahead.size < AHEAD) {
      const lane = this.#candidates.peek();
      if (lane === undefined) {
        // Some of those that were let go turned out to be offline: others may go in their place.
        if ([...this.#batches].some((batch) => this.#unpark(batch))) continue;
        break;
      }
      const next = lane.next();
      if (next === undefined) this.#park(lane);
      else if (this.now() - lane.seenAt > FRESH) {
        this.#ahead.add(lane);
        this.#lookAgain(lane);
        // Nobody goes before those whose turn it is, if they are online still.
      } else if (this.#slots.free > this.#ahead.size) this.#grant(lane, next);
      else break;
    }
    this.#soon.start();
    this.#later.start();
    this.#slots.evict();
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
    this.#slots.take(worker);
    void worker.ended.then((end) => this.#ended(worker, end));
  }

  #park(lane: Lane<S>): void {
    lane.phase = "parked";
    for (const { batch } of lane.waiting) batch?.parked.add(lane.key);
  }

  /** Gives whether there was one. */
  #unpark(batch: Batch<Entry<S>>): boolean {
    if (!batch.mayOpen || batch.parked.size === 0) return false;
    const left = Math.min(batch.slots, this.#slots.most) - batch.held;
    if (left <= 0) return false;
    const parked = [...batch.parked].flatMap((key) => this.#lanes.get(key) ?? []);
    for (const lane of this.#candidates.inOrder(parked).slice(0, left)) this.#candidates.push(lane);
    return true;
  }

  /** The session of an endpoint takes long to open: it has gone, or others are to have the slot meanwhile. */
  #opensSlowly(worker: Worker<S>): void {
    const { lane } = worker;
    if (this.#slots.mustGiveUp(worker, this.now())) {
      lane.inVain++;
      lane.seenAt = Number.NEGATIVE_INFINITY;
      this.#candidates.end(lane);
      worker.leave();
    } else this.#soon.want(lane);
    this.#plan();
  }

  /** More jobs are expected only behind one that was submitted by itself. */
  #warmthOf(worker: Worker<S>): number {
    const expectsMore = worker.latest !== undefined && worker.latest.batch === undefined;
    return expectsMore && this.#closed === undefined && !this.#slots.areWanted ? this.#warmth : 0;
  }

  #ended(worker: Worker<S>, end: TurnEnd): void {
    const { lane, batch } = worker;
    this.#slots.giveBack(worker);
    worker.hold(undefined);
    lane.worker = undefined;
    if (end.begun > 0) lane.inVain = 0;
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
    this.#ahead.delete(lane);
    const problem = seen === undefined ? isAbsent(this.noun, lane.key) : seen.problem;
    if (lane.phase === "busy" && problem === undefined) {
      // It has gone offline while its session was being opened: others can use the slot.
      if (seen?.online === true) return;
      lane.seenAt = Number.NEGATIVE_INFINITY;
      lane.worker?.leave();
      return;
    }
    lane.seen = seen;
    lane.seenAt = this.now();
    // What stood against a look is over; what stands against a session is not known yet.
    if (lane.failures === 0) lane.problem = undefined;
    if (problem !== undefined) this.#failAll(lane, problem);
    else if (seen?.online === true) {
      lane.rechecks = 0;
      if (lane.phase === "offline") lane.returned = true;
      if (lane.phase !== "parked") this.#candidates.push(lane);
    } else {
      // That explains why no session could be opened.
      lane.failures = 0;
      lane.inVain = 0;
      lane.problem = undefined;
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
    if (lane.worker !== undefined) lane.worker.nudge();
    else if (lane.waiting.length === 0) {
      lane.phase = "unknown";
      this.#lanes.delete(lane.key);
      this.#ahead.delete(lane);
      this.#plan();
    }
  }
}
