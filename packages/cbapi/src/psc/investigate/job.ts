import { ApiError, ObjectNotFoundError, ServerError, TimeoutError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import type { CallOptions, QueryParameters } from "../../core/transport/types.js";
import type { CloudHost } from "../host.js";
import type { CloudCall } from "../routes.js";
import { ask, askForObject, tell } from "../send.js";

/** The calls of one kind of search that runs as a job: its results, and where the status has a route of its own, that. */
export interface JobCalls {
  readonly submit: CloudCall;
  /** `{job}` stands for the job. */
  readonly results: CloudCall;
  /** Asked by `routes: "classic"`. */
  readonly status?: CloudCall;
  /** Ends the search, where the service can be told; `routes: "classic"` never does. */
  readonly remove?: CloudCall;
}

/** How far the search of a job is: the servers that hold the data, and how many of them have answered. */
export interface JobProgress {
  readonly contacted: number;
  readonly completed: number;
}

/** For how long a job is waited for, and what becomes of it then. */
export interface JobLimits {
  /** Milliseconds from when it was submitted. */
  readonly timeout: number;
  /** Whether the results that are there by then will do. */
  readonly partial: boolean;
}

/** The end of waiting: what was answered last, and whether all searchers have answered. */
export interface JobEnd extends JobProgress {
  readonly answer: Document;
  readonly complete: boolean;
}

/** For how long a search may take, in milliseconds: no job of the service lives longer. */
export const SEARCH_TIMEOUT = 300_000;

/** The pauses between two looks at a job, in milliseconds; the last one is repeated. */
const PAUSES = [500, 500, 500, 500, 1000];

/** A search that the service runs by itself, spread over many searchers, and whose results are then read. */
export class SearchJob {
  readonly id: string;
  readonly submittedAt: number;
  readonly #host: CloudHost;
  readonly #calls: JobCalls;
  #end: JobEnd | undefined;

  private constructor(host: CloudHost, calls: JobCalls, id: string) {
    this.#host = host;
    this.#calls = calls;
    this.id = id;
    this.submittedAt = host.clock.now();
  }

  /** Submits a search. @throws ServerError when the answer names no job */
  static async submit(host: CloudHost, calls: JobCalls, body: object, options: CallOptions): Promise<SearchJob> {
    const answer = await askForObject(host, calls.submit, { json: body }, options);
    const id = answer["job_id"];
    if (typeof id === "string" && id !== "") return new SearchJob(host, calls, id);
    throw new ServerError(`${calls.submit.call} was answered without a job`, { code: "UNEXPECTED_ANSWER" });
  }

  /** The results that `query` asks for, as they are by now. @throws JobExpired when the server has the job no longer */
  async results(query: QueryParameters | undefined, options: CallOptions): Promise<Document> {
    return this.#read(this.#calls.results, query, options);
  }

  /**
   * Waits until every searcher that was contacted has answered, and asks again after pauses.
   * @param query what is asked of the results while waiting
   * @throws TimeoutError when time is up, unless what is there by then will do; the signal's reason
   */
  async wait(limits: JobLimits, options: CallOptions, query: QueryParameters = NO_ROWS): Promise<JobEnd> {
    if (this.#end?.complete === true) return this.#end;
    try {
      return await this.#waited(limits, options, query);
    } catch (error) {
      if (options.signal?.aborted === true || error instanceof TimeoutError) this.#abandon();
      throw error;
    }
  }

  async #waited(limits: JobLimits, options: CallOptions, query: QueryParameters): Promise<JobEnd> {
    const { clock, routes } = this.#host;
    const bySelf = routes === "classic" ? this.#calls.status : undefined;
    for (let looks = 0; ; looks++) {
      const answer =
        bySelf === undefined ? await this.results(query, options) : await this.#read(bySelf, undefined, options);
      const progress = progressIn(answer);
      const complete = isOver(progress, answer);
      const left = this.submittedAt + limits.timeout - clock.now();
      if (complete || left <= 0) {
        this.#end = { ...progress, answer, complete };
        if (!complete && !limits.partial) throw this.#late(progress, limits.timeout);
        return this.#end;
      }
      const pause = PAUSES[Math.min(looks, PAUSES.length - 1)] ?? 0;
      await clock.sleep(Math.min(pause, left), options.signal);
    }
  }

  /** Tells the server that nobody waits for the search any more. Whether that succeeds changes nothing for the caller. */
  #abandon(): void {
    const { remove } = this.#calls;
    if (remove === undefined || this.#host.routes === "classic") return;
    tell(this.#host, remove, { values: { job: this.id } }, {}).catch((error: unknown) => {
      this.#host.logDebug(`Search job ${this.id} was given up, and could not be ended: ${String(error)}`);
    });
  }

  async #read(call: CloudCall, query: QueryParameters | undefined, options: CallOptions): Promise<Document> {
    try {
      const answer = await ask(this.#host, call, { values: { job: this.id }, query }, options);
      return typeof answer === "object" && answer !== null ? (answer as Document) : {};
    } catch (error) {
      if (error instanceof ObjectNotFoundError) throw new JobExpired(call, this.id, error);
      throw error;
    }
  }

  #late({ contacted, completed }: JobProgress, timeout: number): TimeoutError {
    const answered =
      contacted === 0 ? "no searcher had been asked" : `${completed} of ${contacted} searchers had answered`;
    return new TimeoutError(
      `${this.#calls.submit.call}: user-specified timeout exceeded while waiting for results: ${answered} after ` +
        `${timeout} ms. Narrow the search, give it more time by timeout(), or take what there is by allowPartial()`,
      { timeout, code: "SEARCH_TIMEOUT" },
    );
  }
}

/** What is asked of the results while only the progress matters. */
const NO_ROWS = { start: 0, rows: 0 };

/** The server has the results of a job no longer: they are kept for a while only. */
export class JobExpired extends Error {
  readonly apiError: ApiError;

  constructor({ call }: CloudCall, job: string, cause: ApiError) {
    super(`job ${job} has expired`);
    const { status, method, path, uri, serverMessage } = cause;
    this.apiError = new ApiError(
      `${call}: the server does not have the results of search job ${job} any more. Run the search once more`,
      { cause, code: "JOB_EXPIRED", retryable: true, status, method, path, uri, serverMessage },
    );
  }
}

export function progressIn(answer: Document): JobProgress {
  const { contacted, completed } = answer;
  return {
    contacted: typeof contacted === "number" ? contacted : 0,
    completed: typeof completed === "number" ? completed : 0,
  };
}

/** Whether there is nothing more to wait for. An organisation without data is told so, and no searcher is contacted. */
function isOver({ contacted, completed }: JobProgress, { message }: Document): boolean {
  if (typeof message === "string" && message.includes("No data available")) return true;
  return contacted > 0 && completed >= contacted;
}

/**
 * Runs a job to its end and gives its last answer; once more when its results were gone before they were read.
 * @param query what is asked of the results
 */
export async function runJob(
  host: CloudHost,
  calls: JobCalls,
  body: object,
  options: CallOptions,
  { query, ...limits }: Partial<JobLimits> & { readonly query?: QueryParameters } = {},
): Promise<JobEnd> {
  const { timeout = SEARCH_TIMEOUT, partial = false } = limits;
  for (let again = true; ; again = false) {
    const job = await SearchJob.submit(host, calls, body, options);
    try {
      const end = await job.wait({ timeout, partial }, options, query);
      const statusOnly = host.routes === "classic" && calls.status !== undefined;
      return statusOnly ? { ...end, answer: await job.results(query, options) } : end;
    } catch (error) {
      if (!(error instanceof JobExpired)) throw error;
      if (!again) throw error.apiError;
    }
  }
}
