import { setMaxListeners } from "node:events";
import { asError } from "../../core/as-error.js";
import type { Batch } from "./batch.js";
import type { Job, JobContext, JobEnd, JobOutcome, JobSession, JobState } from "./job.js";
import type { JobSettings } from "./options.js";

/** What a job came to, without the figures. */
export type Ending =
  | { readonly state: "done"; readonly value: unknown }
  | { readonly state: Exclude<JobEnd, "done">; readonly error: unknown };

/** One time that a job runs. */
export interface Attempt {
  readonly number: number;
  readonly signal: AbortSignal;
  /** Resolves when the job was ended from outside. */
  readonly over: Promise<void>;
}

interface Current extends Attempt {
  readonly controller: AbortController;
  readonly since: number;
  readonly end: () => void;
}

/** One job for one endpoint, from its submission until it is settled: once, whatever happens. */
export class Entry<S extends JobSession> {
  readonly id: number;
  readonly target: number;
  readonly settings: JobSettings;
  /** The run that it is part of. */
  readonly batch: Batch<Entry<S>> | undefined;
  /** What the job said last of how far it is. */
  told: number | string | undefined;
  readonly #job: Job<unknown, S>;
  readonly #queuedAt: number;
  readonly #deliver: (outcome: JobOutcome<unknown>) => void;
  #state: JobState = "waiting";
  #attempts = 0;
  #ran = 0;
  #current: Current | undefined;
  #lost: unknown;
  #stopped: { readonly reason: unknown } | undefined;

  constructor(init: {
    readonly id: number;
    readonly target: number;
    readonly job: Job<unknown, S>;
    readonly settings: JobSettings;
    readonly batch: Batch<Entry<S>> | undefined;
    readonly now: number;
    /** Takes the outcome. Called once. */
    readonly deliver: (outcome: JobOutcome<unknown>) => void;
  }) {
    this.id = init.id;
    this.target = init.target;
    this.settings = init.settings;
    this.batch = init.batch;
    this.#job = init.job;
    this.#queuedAt = init.now;
    this.#deliver = init.deliver;
  }

  get state(): JobState {
    return this.#state;
  }

  get isSettled(): boolean {
    return this.#state !== "waiting" && this.#state !== "running";
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** When the current attempt began. */
  get since(): number | undefined {
    return this.#current?.since;
  }

  /** Why the job was asked to end by itself, if it was. */
  get stopped(): { readonly reason: unknown } | undefined {
    return this.#stopped;
  }

  /** Whether it may be done once more when its session is lost while it runs. Nobody ends one that waits behind its deadline. */
  mayRepeat(now: number): boolean {
    const { repeatable, retries, deadline } = this.settings;
    return repeatable && this.#attempts <= retries && this.#stopped === undefined && now < deadline;
  }

  begin(now: number): Attempt {
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // one for each command that the job has under way
    this.#state = "running";
    if (this.batch !== undefined) this.batch.running++;
    this.#current = { number: ++this.#attempts, signal: controller.signal, controller, over, since: now, end };
    return this.#current;
  }

  /** Carries it out. */
  async work(session: S, context: JobContext): Promise<unknown> {
    return typeof this.#job === "function" ? this.#job(session, context) : this.#job.run(session, context);
  }

  /** What its latest attempt came to, when its session was lost. */
  get lost(): unknown {
    return this.#lost;
  }

  /** Has it wait once more, as its session is lost. */
  again(now: number, error: unknown): void {
    this.#lost = error;
    this.#ran += now - (this.#current?.since ?? now);
    this.#current = undefined;
    this.told = undefined;
    this.#state = "waiting";
    if (this.batch !== undefined) this.batch.running--;
  }

  /** Asks a running job to end by itself. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason };
    this.#current?.controller.abort(reason);
  }

  /** Settles it, unless that was done. What runs is told to end; nobody waits for it. */
  settle(ending: Ending, now: number): boolean {
    if (this.isSettled) return false;
    const current = this.#current;
    this.#ran += now - (current?.since ?? now);
    const wasRunning = this.#state === "running";
    this.#state = ending.state;
    this.#current = undefined;
    this.batch?.settled(this, ending.state, wasRunning);
    this.#deliver(
      outcomeOf(this.target, this.id, ending, {
        attempts: this.#attempts,
        queued: Math.max(0, now - this.#queuedAt - this.#ran),
        ran: this.#ran,
      }),
    );
    if (ending.state !== "done") current?.controller.abort(ending.error);
    current?.end();
    return true;
  }
}

export function outcomeOf(
  target: number | string,
  id: number,
  ending: Ending,
  figures: Pick<JobOutcome<unknown>, "attempts" | "queued" | "ran">,
): JobOutcome<unknown> {
  return ending.state === "done"
    ? { target, id, state: ending.state, value: ending.value, ...figures }
    : { target, id, state: ending.state, error: asError(ending.error, "NOT_AN_ERROR"), ...figures };
}
