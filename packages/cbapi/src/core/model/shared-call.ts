import type { CallOptions } from "../transport/types.js";

/**
 * One piece of work that several callers wait for. A caller that goes away stops waiting at once; the work itself is
 * told to stop when the last of them has gone.
 */
export class SharedCall<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  readonly #abandoned: (() => void) | undefined;
  #waiting = 0;
  #settled = false;

  /** @param abandoned called when nobody waits any more, so that the next caller starts afresh */
  constructor(work: (signal: AbortSignal) => Promise<T>, abandoned?: () => void) {
    // Started in a later job, so that the caller can register the call before the work can end.
    this.#result = Promise.resolve().then(() => work(this.#controller.signal));
    this.#abandoned = abandoned;
    const settle = () => {
      this.#settled = true;
    };
    this.#result.then(settle, settle);
  }

  /** Waits for the result, or rejects with the signal's reason as soon as it is aborted. */
  async join({ signal }: Pick<CallOptions, "signal"> = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#waiting++;
    // A caller that cannot go away keeps the work alive for good.
    if (signal === undefined) return this.#result;
    let leave: (() => void) | undefined;
    try {
      return await Promise.race([
        this.#result,
        new Promise<never>((_, reject) => {
          leave = () => {
            this.#leave(signal.reason);
            reject(signal.reason as Error);
          };
          signal.addEventListener("abort", leave, { once: true });
        }),
      ]);
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
    }
  }

  /** In the same moment as the abort: whoever comes next must not join work that is being given up. */
  #leave(reason: unknown): void {
    this.#waiting--;
    if (this.#waiting > 0 || this.#settled) return;
    this.#abandoned?.();
    this.#controller.abort(reason);
  }
}
