import { TimeoutError } from "cbapi";
import type { JobContext, LiveResponseSession } from "cbapi/response";
import { keptValue } from "../files/values.js";
import { type FileSource, fleetContext, type JobDefinition, type StoredFile } from "../job.js";
import type { Lease } from "../slots/lease.js";
import type { ItemHost } from "./host.js";
import { type End, unknownFate } from "./outcome.js";
import { Gathered } from "./signals.js";
import type { WatchedRun } from "./watch.js";

/** Milliseconds between two words of a job that are passed on. */
const WORD = 500;

export interface AttemptParts {
  readonly host: ItemHost;
  readonly run: WatchedRun;
  readonly definition: JobDefinition;
  readonly session: LiveResponseSession;
  readonly lease: Lease;
  readonly params: unknown;
  /** 1 for the first. */
  readonly number: number;
  /** Whether the job may be begun again when nobody knows how it ended. */
  readonly mayRepeat: boolean;
}

/** A job that is done on a session, once. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #files: StoredFile[] = [];
  readonly #started = Date.now();
  #told = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Does it; gives how it ended, or that it has to be begun again. Never rejects. */
  async run(): Promise<End | "again"> {
    const { host, run, definition, session, lease, params } = this.#parts;
    const { jobTimeout } = run.record;
    const late = new TimeoutError(`The job has not ended within ${jobTimeout} ms; its session is closed`, {
      ...{ code: "JOB_TIMEOUT", retryable: false, timeout: jobTimeout },
    });
    using ends = new Gathered([run.cancelled, lease.lost, host.ending]);
    ends.after(jobTimeout, () => late);
    const context = this.#context(ends.signal);
    const keep = (file: string, source: FileSource) => this.#keep(file, source, ends.signal);
    const work = (async () => {
      const value = await definition.run(session, fleetContext(session, context, params, keep));
      return keptValue(value, keep);
    })();
    try {
      return this.#end({ state: "done", value: await ends.unless(work) });
    } catch (error) {
      if (run.cancelled.aborted) return this.#end({ state: "cancelled", error: run.cancelled.reason });
      const isTorn = lease.lost.aborted || host.ending.aborted || session.isLost;
      if (!isTorn) return this.#end({ state: "failed", error });
      host.log(`the job on sensor ${lease.target} was torn off: ${String(error)}`);
      if (this.#parts.mayRepeat) return "again";
      const why = session.isLost ? "its session was lost" : "its worker was stopped, or has lost its slot";
      return this.#end({ state: "unknown", error: unknownFate(why, error) });
    } finally {
      this.#isOver = true;
    }
  }

  #end(how: Pick<End, "state" | "value" | "error">): End {
    const { host, lease, number } = this.#parts;
    const files = this.#files.filter(({ sha256, file }, place) => {
      return this.#files.findIndex((other) => other.sha256 === sha256 && other.file === file) === place;
    });
    return { ...how, target: lease.target, attempts: number, worker: host.owner, started: this.#started, files };
  }

  #context(signal: AbortSignal): JobContext {
    const { host, lease, number, run } = this.#parts;
    return {
      ...{ target: lease.target, attempt: number, signal },
      log: (message) => host.log(`run ${run.record.id} on sensor ${lease.target}: ${message}`),
      progress: (how) => {
        const now = performance.now();
        if (this.#isOver || now - this.#told < WORD) return;
        this.#told = now;
        host.ledger.tell(run.record.id, lease.target, lease.id, how).catch(() => {});
      },
    };
  }

  async #keep(file: string, source: FileSource, signal: AbortSignal): Promise<StoredFile> {
    const stored = { file, ...(await this.#parts.host.files.put(source, signal)) };
    this.#files.push(stored);
    return stored;
  }
}
