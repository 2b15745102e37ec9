import type { Key } from "../model/document.js";
import { SharedCall } from "../model/shared-call.js";
import type { BulkProgress, RetryOptions } from "./types.js";

/** What carries a bulk operation out: it gets the options of its first caller, and a signal and a listener for all. */
export type Work<Item extends Key, T> = (options: RetryOptions<Item>) => Promise<T>;

/**
 * One carrying out of a bulk operation, for all callers who wait for it. One that goes away stops waiting, and takes
 * nothing from the others; when the last of them goes, the work ends after what it has begun, and that caller is told how
 * far it came.
 */
export class SharedRun<Item extends Key, T> {
  readonly #call: SharedCall<T>;
  readonly #listeners = new Set<NonNullable<RetryOptions<Item>["onProgress"]>>();

  /** @param abandoned called when nobody waits any more */
  constructor(first: RetryOptions<Item>, work: Work<Item, T>, abandoned: () => void) {
    const onProgress = (progress: BulkProgress<Item>) => this.#tell(progress);
    const call = (signal: AbortSignal) => work({ ...first, signal, onProgress });
    this.#call = new SharedCall(call, abandoned, { lastStays: true });
  }

  async join({ signal, onProgress }: RetryOptions<Item>): Promise<T> {
    // A function of its own for each caller: two may give the same listener.
    const listener = (progress: BulkProgress<Item>) => onProgress?.(progress);
    this.#listeners.add(listener);
    try {
      return await this.#call.join({ signal });
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async #tell(progress: BulkProgress<Item>): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(progress);
  }
}

/** A try that is under way. */
interface Running<Item extends Key, T> {
  readonly run: SharedRun<Item, T>;
  readonly ended: Promise<void>;
  /** What its callers want of it; `undefined` when they have all gone, and nobody is to join any more. */
  wanted: string | undefined;
}

/** Tries of a bulk operation, one after the other. Who wants the same at the same time shares a try. */
export class Turns<Item extends Key, T> {
  #running: Running<Item, T> | undefined;

  async take(options: RetryOptions<Item>, work: Work<Item, T>): Promise<T> {
    const wanted = `${String(options.unknown)} ${options.timeout}`;
    for (;;) {
      options.signal?.throwIfAborted();
      this.#running ??= this.#begin(wanted, options, work);
      const { run, ended, wanted: shared } = this.#running;
      if (shared === wanted) return run.join(options);
      await new SharedCall(() => ended).join(options);
    }
  }

  #begin(wanted: string, options: RetryOptions<Item>, work: Work<Item, T>): Running<Item, T> {
    let end: (() => void) | undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const carryOut: Work<Item, T> = async (shared) => {
      try {
        return await work(shared);
      } finally {
        if (this.#running === running) this.#running = undefined;
        end?.();
      }
    };
    const abandon = () => {
      running.wanted = undefined;
    };
    const running: Running<Item, T> = { run: new SharedRun(options, carryOut, abandon), ended, wanted };
    return running;
  }
}
