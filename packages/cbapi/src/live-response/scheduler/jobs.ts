import { CbApiError } from "../../core/errors.js";
import type { Job, JobOptions, JobSession, RunOptions, SubmittedJob } from "./job.js";
import { jobSettings, slotCount } from "./options.js";
import type { SchedulerParts } from "./parts.js";
import { JobRun } from "./run.js";
import { Scheduler } from "./scheduler.js";
import { Submitted } from "./submitted.js";
import { type Identify, type Targets, targetSource } from "./targets.js";

/** The jobs of one client. */
export class Jobs<S extends JobSession, Target> {
  readonly #scheduler: Scheduler<S>;
  readonly #identify: Identify<Target>;

  /** @param parts.identify tells which endpoint a target is */
  constructor(parts: SchedulerParts<S> & { readonly identify: Identify<Target> }) {
    const { identify, ...rest } = parts;
    this.#identify = identify;
    this.#scheduler = new Scheduler(rest);
  }

  /** The most sessions at once, over all jobs and runs. */
  get slots(): number {
    return this.#scheduler.slots;
  }

  set slots(slots: number) {
    this.#scheduler.slots = slots;
  }

  /** Sessions of jobs that are open, being opened or being closed. */
  get slotsInUse(): number {
    return this.#scheduler.slotsInUse;
  }

  /**
   * Has a job done on one endpoint. Returns at once.
   * @throws CbApiError when the target is none, an option has no meaning, or the client is closed
   */
  submit<T>(job: Job<T, S>, target: Target, options: JobOptions = {}): SubmittedJob<T> {
    this.#scheduler.checkOpen();
    const settings = jobSettings(job, "submit", options, this.#scheduler.now());
    return new Submitted(this.#scheduler, job, { given: target, id: this.#identify(target) }, settings);
  }

  /**
   * Has a job done on many endpoints, once for each. Begins when the result is first read.
   * @throws CbApiError when a target of a list is none, an option has no meaning, or the client is closed
   */
  run<T>(job: Job<T, S>, targets: Targets<Target>, options: RunOptions = {}): JobRun<T, S> {
    this.#scheduler.checkOpen();
    const settings = jobSettings(job, "run", options, this.#scheduler.now());
    const { slots = this.slots } = options;
    if (slotCount(slots) > this.slots) {
      throw new CbApiError(
        `slots cannot be ${slots}: all jobs of this client together may have ${this.slots} sessions; set that first, as liveResponse.slots.`,
        { code: "INVALID_OPTION" },
      );
    }
    const source = targetSource(targets, this.#identify);
    // Targets that are read later are what the query gives.
    const identify = this.#identify as Identify<unknown>;
    return new JobRun({ scheduler: this.#scheduler, job, source, identify, settings, options });
  }

  /** See {@link Scheduler.close}. */
  close(options: { readonly grace?: number | undefined } = {}): Promise<void> {
    return this.#scheduler.close(options);
  }
}
