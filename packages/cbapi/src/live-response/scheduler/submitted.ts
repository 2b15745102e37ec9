import { inspect } from "node:util";
import { CbApiError } from "../../core/errors.js";
import { onAbort } from "../../core/signals.js";
import { type Ending, type Entry, outcomeOf } from "./entry.js";
import type { Job, JobOutcome, JobSession, JobState, SubmittedJob } from "./job.js";
import type { JobSettings } from "./options.js";
import { isExpiredUnknown } from "./reasons.js";
import type { Scheduler } from "./scheduler.js";
import type { Identified } from "./targets.js";
import type { Timer } from "./timers.js";

/** One job that was submitted, from outside. */
export class Submitted<T, S extends JobSession> implements SubmittedJob<T> {
  readonly id: number;
  readonly outcome: Promise<JobOutcome<T>>;
  readonly result: Promise<T>;
  readonly #scheduler: Scheduler<S>;
  readonly #settings: JobSettings;
  #offAbort = () => {};
  #offClose = () => {};
  readonly #target: unknown;
  readonly #since: number;
  readonly #deadline: Timer;
  #deliver: (outcome: JobOutcome<unknown>) => void = () => {};
  #entry: Entry<S> | undefined;
  /** Of a job that ended before it was known for which endpoint it is. */
  #end: JobState | undefined;

  constructor(
    scheduler: Scheduler<S>,
    job: Job<T, S>,
    target: { readonly given: unknown; readonly id: Identified },
    settings: JobSettings,
  ) {
    this.#scheduler = scheduler;
    this.#settings = settings;
    this.#target = target.given;
    this.#since = scheduler.now();
    this.id = scheduler.nextId();
    this.outcome = new Promise((resolve) => {
      // The value is what this job has returned.
      this.#deliver = (outcome) => resolve(outcome as JobOutcome<T>);
    });
    this.result = this.outcome.then((outcome) => {
      if (outcome.state === "done") return outcome.value as T;
      throw outcome.error as Error;
    });
    // Whoever does not look at the result is not to be ended by it.
    this.result.catch(() => {});
    this.#deadline = scheduler.timers.at(settings.deadline, () => this.#expire());
    void this.outcome.then(() => this.#free());
    const { signal } = settings;
    if (signal?.aborted) this.cancel(signal.reason);
    else {
      if (signal !== undefined) this.#offAbort = onAbort(signal, () => this.cancel(signal.reason));
      const { id } = target;
      if (typeof id === "number") this.#add(job, id);
      else {
        this.#offClose = scheduler.onClose((error) => this.cancel(error));
        id().then(
          (found) => this.#add(job, found),
          (error: unknown) => this.#finish({ state: "failed", error }),
        );
      }
    }
  }

  get target(): number | string {
    return this.#entry?.target ?? (typeof this.#target === "number" ? this.#target : inspect(this.#target));
  }

  get state(): JobState {
    return this.#entry?.state ?? this.#end ?? "waiting";
  }

  get progress(): number | string | undefined {
    return this.#entry?.told;
  }

  cancel(reason: unknown = new CbApiError(`Job ${this.id} was cancelled`, { code: "JOB_CANCELLED" })): void {
    this.#finish({ state: "cancelled", error: reason });
  }

  [inspect.custom](): string {
    return `SubmittedJob ${this.id} on ${this.#scheduler.noun} ${this.target} (${this.state})`;
  }

  #add(job: Job<T, S>, target: number): void {
    if (this.#end !== undefined) return;
    this.#offClose();
    const { id } = this;
    const settings = this.#settings;
    const deliver = (outcome: JobOutcome<unknown>) => this.#deliver(outcome);
    this.#entry = this.#scheduler.add({ id, target, job, settings, since: this.#since, deliver });
  }

  #expire(): void {
    if (this.#entry !== undefined) this.#scheduler.expire(this.#entry);
    else this.#finish({ state: "expired", error: isExpiredUnknown(this.id) });
  }

  #finish(ending: Ending): void {
    if (this.#entry !== undefined) {
      this.#scheduler.end(this.#entry, ending);
      return;
    }
    if (this.#end !== undefined) return;
    this.#end = ending.state;
    const queued = this.#scheduler.now() - this.#since;
    this.#deliver(outcomeOf(this.target, this.id, ending, { attempts: 0, queued, ran: 0 }));
  }

  #free(): void {
    this.#deadline.cancel();
    this.#offAbort();
    this.#offClose();
  }
}
