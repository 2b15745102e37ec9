/**
 * One piece of work that several callers wait for. A caller that goes away stops waiting at once; the work itself is
 * told to stop when the last of them has gone.
 */
export class SharedCall<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #settled = false;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    // Started in a later job, so that the caller can register the call before the work can end.
    this.#result = Promise.resolve().then(() => work(this.#controller.signal));
    const settle = () => {
      this.#settled = true;
    };
    this.#result.then(settle, settle);
  }

  /** Waits for the result, or rejects with the signal's reason as soon as it is aborted. */
  async join(signal?: AbortSignal): Promise<T> {
    if (signal === undefined) {
      // A caller that cannot go away keeps the work alive for good.
      this.#waiting++;
      return this.#result;
    }
    signal.throwIfAborted();
    this.#waiting++;
    let leave: (() => void) | undefined;
    try {
      return await Promise.race([
        this.#result,
        new Promise<never>((_, reject) => {
          leave = () => reject(signal.reason as Error);
          signal.addEventListener("abort", leave, { once: true });
        }),
      ]);
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
      this.#waiting--;
      if (this.#waiting === 0 && !this.#settled) this.#controller.abort(signal.reason);
    }
  }
}
