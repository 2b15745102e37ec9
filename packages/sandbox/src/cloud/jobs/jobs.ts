import type { SandboxRequest } from "../../server/product.js";
import { connectorIn } from "../accounts.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the id. */
    cloud_job: JobRecord;
  }
}

/** What can be said of a job. */
export type JobStatus = "CREATED" | "IN_PROGRESS" | "FAILED" | "COMPLETED";

/** A job of the platform as it is kept. Times are milliseconds since 1970. */
export interface JobRecord {
  id: number;
  /** `event_export`, `user_workflow_update`, ... */
  type: string;
  status: JobStatus;
  /** Whose key had it made: nobody else sees it. */
  connector: string;
  parameters: Record<string, unknown>;
  num_total: number;
  num_completed: number;
  message: string;
  create_time: number;
  last_update_time: number;
  errors: string | null;
  /** What can be downloaded. */
  output: JobOutput | null;
}

/** A file that a job has made. */
export interface JobOutput {
  type: "text/csv" | "application/json";
  body: string;
}

/** What has come of a job; what is left out: all of it is done, and there is nothing to download. */
export interface JobOutcome {
  completed?: number;
  message?: string;
  /** Says why, of a job that failed. */
  errors?: string;
  output?: JobOutput;
}

/** A job that is to be done. */
export interface NewJob {
  type: string;
  /** See {@link JobRecord.connector}: `connectorOf(request)`. */
  connector: string;
  parameters?: Record<string, unknown>;
  /** How many things are to be done; 1 when left out. */
  total?: number;
  /** Done once, when the job is through. What it throws makes the job fail. It may add to the parameters of the job. */
  work(job: JobRecord): JobOutcome | undefined;
}

/** The id of the connector that a request came by. */
export const connectorOf = ({ headers }: SandboxRequest): string => connectorIn(headers) ?? "";

/** The jobs of the organisation, which all parts share. */
export const jobsOf = perContext((context) => new JobService(context));

/** A number from which the ids of jobs count on. */
const FIRST_ID = 1_000_000;

/**
 * Jobs that take their time: one is CREATED, then IN_PROGRESS, then done. It goes on by a step whenever somebody asks for it
 * and at each tick, so that those who ask see it grow and nobody has to.
 */
export class JobService {
  readonly #context: CloudContext;
  readonly #work = new Map<number, NewJob["work"]>();

  constructor(context: CloudContext) {
    this.#context = context;
  }

  create({ type, connector, parameters = {}, total = 1, work }: NewJob): JobRecord {
    const now = this.#context.now();
    const id = Math.max(FIRST_ID, this.#kept.nextKey());
    const job: JobRecord = {
      ...{ id, type, status: "CREATED", connector, parameters, num_total: total, num_completed: 0, message: "" },
      ...{ create_time: now, last_update_time: now, errors: null, output: null },
    };
    this.#kept.put(id, job);
    this.#work.set(id, work);
    return job;
  }

  /** As it is, whoever had it made. */
  get(id: number): JobRecord | undefined {
    return this.#kept.get(id);
  }

  /** Those of a key, the newest first. */
  of(connector: string): JobRecord[] {
    return this.#kept
      .all()
      .filter((job) => job.connector === connector)
      .reverse();
  }

  /** The job as it is shown to somebody who asks, upon which it goes on: the next answer is another one. */
  ask(id: number): JobRecord | undefined {
    const job = this.#kept.get(id);
    if (job !== undefined) this.#step(job);
    return job;
  }

  /** Lets all of them go on by a step. */
  tick(): void {
    for (const id of [...this.#work.keys()]) {
      const job = this.#kept.get(id);
      if (job === undefined) this.#work.delete(id);
      else this.#step(job);
    }
  }

  /** Brings all of them to their end: what they do could not be taken up again. */
  finish(): void {
    while (this.#work.size > 0) this.tick();
  }

  get #kept() {
    return this.#context.store.collection("cloud_job");
  }

  #step(job: JobRecord): void {
    const work = this.#work.get(job.id);
    if (work === undefined) return;
    const now = this.#context.now();
    if (job.status === "CREATED") {
      const num_completed = Math.floor(job.num_total / 2);
      this.#kept.put(job.id, { ...job, status: "IN_PROGRESS", num_completed, last_update_time: now });
      return;
    }
    this.#work.delete(job.id);
    const { completed = job.num_total, message = "", errors = null, output = null } = outcomeOf(work, job);
    this.#kept.put(job.id, {
      ...job,
      ...{ status: errors === null ? "COMPLETED" : "FAILED", num_completed: completed, message, errors, output },
      last_update_time: now,
    });
  }
}

function outcomeOf(work: NewJob["work"], job: JobRecord): JobOutcome {
  try {
    return work(job) ?? {};
  } catch (error) {
    return { completed: 0, errors: error instanceof Error ? error.message : String(error) };
  }
}
