import { ApiError } from "cbapi";
import type { Ledger } from "../runs/ledger.js";
import type { RunRecord } from "../runs/types.js";

/** A run that something is done for here. */
export interface WatchedRun {
  readonly record: RunRecord;
  /** Aborted when it is cancelled, or forgotten. */
  readonly cancelled: AbortSignal;
}

interface Watched {
  readonly run: Promise<WatchedRun | undefined>;
  readonly controller: AbortController;
  users: number;
}

/** The runs that a worker has something to do for, and whether they were cancelled meanwhile. */
export class RunWatch {
  readonly #ledger: Ledger;
  readonly #runs = new Map<string, Watched>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Does something for a run, unless there is no such run any more. */
  async during<T>(id: string, work: (run: WatchedRun) => Promise<T>): Promise<T | undefined> {
    let watched = this.#runs.get(id);
    if (watched === undefined) {
      const controller = new AbortController();
      const run = this.#ledger
        .read(id)
        .then((record) => (record === undefined ? undefined : { record, cancelled: controller.signal }));
      watched = { run, controller, users: 0 };
      this.#runs.set(id, watched);
    }
    watched.users++;
    try {
      const run = await watched.run;
      return run === undefined ? undefined : await work(run);
    } finally {
      if (--watched.users === 0) this.#runs.delete(id);
    }
  }

  /** Looks which of them were cancelled. */
  async look(): Promise<void> {
    const ids = [...this.#runs.keys()];
    if (ids.length === 0) return;
    for (const id of await this.#ledger.cancelled(ids)) {
      this.#runs.get(id)?.controller.abort(new ApiError(`Run ${id} was cancelled`, { code: "JOB_CANCELLED" }));
    }
  }
}
