import { ApiError, ServerError, TimeoutError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Document } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import { rebaseOn } from "../../../core/model/rebase.js";
import { resource } from "../../../core/model/relations.js";
import { readNow } from "../../../core/model/write.js";
import { isPassing } from "../../../core/passing.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { JOB_PROGRESS } from "../../calls.js";
import { type CloudHost, cloud } from "../../host.js";
import { askForObject } from "../../send.js";
import { JobOutput } from "./job-output.js";
import { JobQuery } from "./job-query.js";

/** How far a job has come. */
export interface JobProgress {
  /** How much there is to do. */
  readonly num_total: number;
  /** How much of it is done. */
  readonly num_completed: number;
  /** What the server says of it; absent when it says nothing. */
  readonly message?: string;
}

/** How a job is waited for. `timeout` bounds the whole waiting: without it there is no limit. */
export interface JobWaitOptions extends CallOptions {
  /** Called after each look at the job and awaited. What it throws ends the waiting; the job goes on. */
  readonly onProgress?:
    | ((progress: JobProgress & { readonly status: string | undefined }) => void | Promise<void>)
    | undefined;
}

/** The longest pause between two looks, in milliseconds, and the shortest. */
const LONGEST = 2000;
const SHORTEST = 100;
/** How many looks in a row may fail. */
const FAILURES = 3;

/** States from which a job does not go on. A service newer than this library may have others that end it. */
const ENDED = /^(COMPLETED|FAILED|CANCELL?ED|ABORTED|EXPIRED|TIMED_?OUT|ERROR)$/;

/**
 * A job of the platform (`jobs.status(READ)`): an export, or a change of many objects, which the server does in the
 * background. `GET /jobs/v1/orgs/{org}/jobs/{id}`. Only the key that has started a job sees it, for thirty days.
 * @example
 * const job = await cb.select(Job, id);
 * await job.awaitCompletion({ onProgress: ({ num_completed, num_total }) => console.log(num_completed, num_total) });
 * await job.output.save("export.csv");
 */
export class Job extends defineModel(
  { name: "Job", path: "/jobs/v1/orgs/{org}/jobs", key: "id", keyOnly: ["getProgress"] },
  {
    id: t.integer(),
    type: t.string(),
    status: t.string(),
    progress: t.object<JobProgress>(),
    job_parameters: t.object<Record<string, unknown>>(),
    connector_id: t.string(),
    owner_id: t.integer(),
    org_key: t.string(),
    create_time: t.dateTime(),
    last_update_time: t.dateTime(),
    errors: t.open(),
    get output() {
      return resource(JobOutput);
    },
  },
) {
  /** @internal All jobs of this key, which have not been asked for: `GET /jobs/v1/orgs/{org}/jobs`. */
  static query(client: ModelHost): JobQuery {
    return new JobQuery(client, Job, {});
  }

  /** How far it has come, by the server's word now: `GET .../jobs/{id}/progress`. */
  async getProgress(options: CallOptions = {}): Promise<JobProgress> {
    const { client } = Model.stateOf(this);
    return progressIn(await askForObject(cloud(client), JOB_PROGRESS, { values: { id: this.id } }, options));
  }

  /**
   * Waits until it has ended, looking at it after pauses of up to two seconds. What passes, such as a server that is out of
   * order, is waited out three times in a row.
   * @returns the job as it is then
   * @throws ApiError with code `JOB_FAILED` when it has failed, or was ended
   * @throws TimeoutError when time runs out before; the job goes on
   */
  async awaitCompletion(options: JobWaitOptions = {}): Promise<this> {
    const { signal, timeout, onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== "function") {
      throw invalidArgument(`onProgress is a function, got ${JSON.stringify(onProgress)}`);
    }
    const { clock } = cloud(Model.stateOf(this).client);
    const limit = timeout === undefined ? 0 : timeLimit(timeout);
    const end = limit === 0 ? Number.POSITIVE_INFINITY : clock.now() + limit;
    let pause = 0;
    let before = this.status;
    for (let failures = 0; ; ) {
      // The first look tells more than what is known from before, unless that is the end.
      if (this.status !== undefined && ENDED.test(this.status)) return this.#ended();
      const left = end - clock.now();
      if (left <= 0) throw this.#late(limit);
      if (pause > 0) await clock.sleep(Math.min(pause, left), signal);
      try {
        rebaseOn(this, await readNow(this, { signal }));
        failures = 0;
      } catch (error) {
        failures++;
        if (signal?.aborted === true || !isPassing(error) || failures >= FAILURES) throw error;
      }
      await onProgress?.({ ...progressIn(this.progress ?? {}), status: this.status });
      pause = this.status === before ? Math.min(Math.max(SHORTEST, pause * 2), LONGEST) : SHORTEST;
      before = this.status;
    }
  }

  #ended(): this {
    if (this.status === "COMPLETED") return this;
    const { errors } = this;
    const why = errors === undefined ? "" : `: ${typeof errors === "string" ? errors : JSON.stringify(errors)}`;
    const { message } = progressIn(this.progress ?? {});
    throw new ApiError(
      `Job ${this.id} (${this.type ?? "of unknown type"}) is ${this.status}${why}${message === undefined ? "" : `. ${message}`}`,
      {
        code: "JOB_FAILED",
      },
    );
  }

  #late(timeout: number): TimeoutError {
    const { num_completed: done, num_total: total } = progressIn(this.progress ?? {});
    return new TimeoutError(
      `Job ${this.id} is ${this.status ?? "in an unknown state"} after ${timeout} ms (${done} of ${total} done). It goes on: wait for it once more`,
      { timeout },
    );
  }
}

function progressIn(document: object): JobProgress {
  const {
    num_total: total,
    num_completed: completed,
    message,
  } = document as Partial<Record<keyof JobProgress, unknown>>;
  const said = typeof message === "string" && message !== "" ? { message } : {};
  return { num_total: Number(total ?? 0), num_completed: Number(completed ?? 0), ...said };
}

/**
 * @internal The job that an answer is, or names: `{ id }`, `{ job_id }`, `{ jobId }` or `{ request_id }`.
 * @throws ServerError when it does neither
 */
export function jobFrom(host: CloudHost, answer: Document): Job {
  const id = ["id", "job_id", "jobId", "request_id"].map((name) => answer[name]).find((value) => isId(value));
  if (id === undefined) {
    throw new ServerError("The server was to start a job, and its answer does not name one", {
      code: "UNEXPECTED_ANSWER",
    });
  }
  const key = Job.normaliseKey(id as string | number);
  const document = answer["status"] === undefined ? { id: key } : answer;
  const completeness = answer["status"] === undefined ? Completeness.key : Completeness.row;
  return new Job({ client: host, key, document, completeness });
}

function isId(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}
