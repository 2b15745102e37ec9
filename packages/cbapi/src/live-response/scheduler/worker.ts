import { CbApiError, TimeoutError } from "../../core/errors.js";
import type { SessionSource } from "./availability.js";
import type { Batch } from "./batch.js";
import type { Attempt, Ending, Entry } from "./entry.js";
import type { JobContext, JobSession } from "./job.js";
import type { Lane, LaneTurn } from "./lane.js";
import { NEVER, type Timers } from "./timers.js";

/** What a worker asks and tells. */
export interface WorkerHost<S extends JobSession> {
  readonly timers: Timers;
  readonly source: SessionSource<S>;
  /** What endpoints are called: `Sensor`. */
  readonly noun: string;
  log(line: string): void;
  settled(entry: Entry<S>): void;
  changed(batch: Batch<Entry<S>> | undefined): void;
  /** Whether another endpoint is to have the slot before this job is done. */
  mustYield(worker: Worker<S>, next: Entry<S>): boolean;
  /** For how long the session may be kept for jobs that may come, in milliseconds. */
  warmth(worker: Worker<S>): number;
  /** Its session takes long to open: the endpoint may have gone offline. */
  opensSlowly(worker: Worker<S>): void;
  /** Something has happened after which slots may be given. */
  turn(): void;
}

/** How a turn ended, how many jobs it saw, and how many of them ended. */
export type TurnEnd = { readonly begun: number; readonly ended: number } & (
  | { readonly how: "over" }
  /** The session was lost. */
  | { readonly how: "lost" }
  /** There was no session. */
  | { readonly how: "refused"; readonly error: unknown }
);

/** How often an endpoint is looked at whose session is being opened, in milliseconds. */
const PATIENCE = 15_000;

/** One turn of an endpoint: holds a slot, opens a session, does jobs on it one after the other, and closes it. */
export class Worker<S extends JobSession> implements LaneTurn {
  readonly lane: Lane<S>;
  /** Since when it has its slot: of the scheduler, and of the server where that one had to be waited for. */
  since: number;
  phase: LaneTurn["phase"] = "opening";
  waitsForSlot = false;
  /** When the session was open. */
  openedAt = Number.POSITIVE_INFINITY;
  /** The job that runs. */
  current: Entry<S> | undefined;
  /** The latest job that was done here. */
  latest: Entry<S> | undefined;
  /** Settles, and never rejects, when the slot is free. */
  readonly ended: Promise<TurnEnd>;
  readonly #host: WorkerHost<S>;
  readonly #opening = new AbortController();
  /** Milliseconds from when it has its slot. */
  #openTimeout = Number.POSITIVE_INFINITY;
  #openingTimer = NEVER;
  #batch: Batch<Entry<S>> | undefined;
  #begun = 0;
  #ended = 0;
  #leaving = false;
  #wake: (() => void) | undefined;

  constructor(lane: Lane<S>, first: Entry<S>, host: WorkerHost<S>) {
    this.lane = lane;
    this.since = host.timers.now();
    this.#host = host;
    this.#openFor(first);
    this.ended = this.#live();
  }

  /** The run that its session counts for. */
  get batch(): Batch<Entry<S>> | undefined {
    return this.#batch;
  }

  hold(batch: Batch<Entry<S>> | undefined): void {
    if (this.#batch === batch) return;
    const before = this.#batch;
    batch?.take();
    before?.drop();
    this.#batch = batch;
    // The run may have a session elsewhere instead.
    if (before !== undefined) this.#host.turn();
  }

  nudge(): void {
    const { waiting } = this.lane;
    this.#wake?.();
    // The session is opened for a job that has gone: another one takes it over, at the expense of its own run.
    if (this.phase !== "opening" || waiting.some(({ batch }) => batch === this.#batch)) return;
    const next = this.lane.next();
    if (next === undefined) this.leave();
    else this.#openFor(next);
  }

  leave(): void {
    this.#leaving = true;
    this.#opening.abort(new CbApiError("The session is not needed any more", { code: "JOB_CANCELLED" }));
    this.#wake?.();
  }

  async #live(): Promise<TurnEnd> {
    const { lane } = this;
    const name = `${this.#host.noun} ${lane.key}`;
    let session: S;
    try {
      session = await this.#open();
    } catch (error) {
      this.phase = "closing";
      if (this.#leaving) return { how: "over", begun: 0, ended: 0 };
      this.#host.log(`no session with ${name}: ${String(error)}`);
      return { how: "refused", begun: 0, ended: 0, error };
    }
    this.openedAt = this.#host.timers.now();
    this.phase = "running";
    this.#host.log(`session with ${name} is open`);
    await this.#serve(session);
    this.phase = "closing";
    const how = session.isLost ? "lost" : "over";
    await this.#close(session, name);
    this.#host.log(`session with ${name} is ${how === "lost" ? "lost" : "closed"} after ${this.#ended} jobs`);
    return { how, begun: this.#begun, ended: this.#ended };
  }

  /** Has the session opened for a job: at the expense of its run, within its time. */
  #openFor(entry: Entry<S>): void {
    this.hold(entry.batch);
    this.#openTimeout = entry.settings.openTimeout;
    this.#limitOpening();
  }

  #limitOpening(): void {
    const limit = this.#openTimeout;
    const message = `Could not establish a session with ${this.#host.noun} ${this.lane.key} within ${limit} ms`;
    this.#openingTimer.cancel();
    this.#openingTimer = this.#host.timers.at(this.since + limit, () =>
      this.#opening.abort(new TimeoutError(message, { timeout: limit })),
    );
  }

  async #open(): Promise<S> {
    const { timers, source } = this.#host;
    const { signal } = this.#opening;
    const watch = () => {
      watching = timers.after(PATIENCE, watch);
      // Without a limit, whoever does not answer is waited for, offline or not.
      if (!this.waitsForSlot && this.#openTimeout < Number.POSITIVE_INFINITY) this.#host.opensSlowly(this);
    };
    let watching = timers.after(PATIENCE, watch);
    const slot = (waits: boolean) => {
      if (signal.aborted) return;
      this.since = timers.now();
      this.#limitOpening();
      this.waitsForSlot = waits;
      this.#host.turn();
    };
    const onWait = () => slot(true);
    const onSlot = () => {
      if (this.waitsForSlot) slot(false);
    };
    // A source that throws outright must not end up elsewhere than one that rejects.
    const opening = (async () => source.open(this.lane.key, { signal, timeout: 0, onWait, onSlot }))();
    try {
      return await this.#unlessGivenUp(opening, signal);
    } finally {
      this.#openingTimer.cancel();
      watching.cancel();
      this.waitsForSlot = false;
    }
  }

  /** What comes of an opening after it was given up is closed; it settles soon then, as its signal is aborted. */
  async #unlessGivenUp(opening: Promise<S>, signal: AbortSignal): Promise<S> {
    const session = await opening.catch((error: unknown) => {
      // The reason, not what a layer below has made of it.
      throw signal.aborted ? signal.reason : error;
    });
    if (!signal.aborted) return session;
    await this.#close(session, `${this.#host.noun} ${this.lane.key}`);
    throw signal.reason;
  }

  async #serve(session: S): Promise<void> {
    while (!this.#leaving && !session.isLost) {
      const next = this.lane.next(this.#batch);
      if (next === undefined) {
        if (this.lane.waiting.length > 0 || !(await this.#warm())) return;
        continue;
      }
      if (this.#begun > 0 && this.#host.mustYield(this, next)) return;
      this.hold(next.batch);
      if (!(await this.#do(next, session))) return;
    }
  }

  /** Keeps the session for the next job. Gives whether there may be one. */
  async #warm(): Promise<boolean> {
    const warmth = this.#host.warmth(this);
    if (warmth <= 0) return false;
    this.phase = "warm";
    this.hold(undefined);
    await this.#host.timers.wait(
      warmth,
      new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#host.turn();
      }),
    );
    this.#wake = undefined;
    if (this.lane.waiting.length === 0) return false;
    this.phase = "running";
    return true;
  }

  /** Does a job. Gives whether the session can be used for the next. */
  async #do(entry: Entry<S>, session: S): Promise<boolean> {
    const { timers } = this.#host;
    this.lane.remove(entry);
    this.#begun++;
    this.current = entry;
    this.latest = entry;
    const attempt = entry.begin(timers.now());
    this.#host.changed(entry.batch);
    const limit = entry.settings.timeout;
    const timer = timers.after(limit, () => this.#fail(entry, this.#late(entry, limit)));
    let returned = false;
    const work = entry.work(session, this.#context(entry, attempt)).then(
      (value) => {
        returned = true;
        this.#settle(entry, { state: "done", value });
      },
      (error: unknown) => {
        returned = true;
        this.#threw(entry, session, error);
      },
    );
    await Promise.race([work, attempt.over]);
    timer.cancel();
    this.current = undefined;
    if (entry.isSettled) this.#ended++;
    if (returned && entry.isSettled && !session.isLost) this.lane.failures = 0;
    // A job that did not end by itself may still be using the session.
    return returned;
  }

  #threw(entry: Entry<S>, session: S, error: unknown): void {
    if (entry.isSettled) return;
    const now = this.#host.timers.now();
    if (session.isLost && entry.mayRepeat(now)) {
      entry.again(now, error);
      this.lane.putBack(entry);
      this.#host.changed(entry.batch);
      return;
    }
    const { stopped } = entry;
    if (stopped === undefined) this.#fail(entry, error);
    else this.#settle(entry, { state: "cancelled", error: stopped.reason ?? error });
  }

  #fail(entry: Entry<S>, error: unknown): void {
    this.#settle(entry, { state: "failed", error });
  }

  #settle(entry: Entry<S>, ending: Ending): void {
    if (entry.settle(ending, this.#host.timers.now())) this.#host.settled(entry);
  }

  #late(entry: Entry<S>, limit: number): TimeoutError {
    return new TimeoutError(
      `The job on ${this.#host.noun} ${entry.target} has not ended within ${limit} ms; its session is closed`,
      { code: "JOB_TIMEOUT", retryable: false, timeout: limit },
    );
  }

  #context(entry: Entry<S>, attempt: Attempt): JobContext {
    return {
      target: entry.target,
      attempt: attempt.number,
      signal: attempt.signal,
      log: (message) => this.#host.log(`job ${entry.id} on ${this.#host.noun} ${entry.target}: ${message}`),
      progress: (how) => {
        if (entry.isSettled || attempt.signal.aborted) return;
        entry.told = how;
        this.#host.changed(entry.batch);
      },
    };
  }

  /** The slot is not free before the server has been told, whatever comes of that. */
  async #close(session: S, name: string): Promise<void> {
    try {
      await session.close();
    } catch (error) {
      this.#host.log(`the session with ${name} could not be closed: ${String(error)}`);
    }
  }
}
