import type { CallOptions } from "../transport/types.js";

/**
 * One piece of work that several callers wait for. A caller that goes away stops waiting at once; the work itself is
 * told to stop when the last of them has gone.
 */
export class SharedCall<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  readonly #abandoned: (() => void) | undefined;
  readonly #lastStays: boolean;
  #waiting = 0;
  #settled = false;

  /**
   * @param abandoned called when nobody waits any more, so that the next caller starts afresh
   * @param options.lastStays whether the last caller to go away still gets what the work makes of being told to stop
   */
  constructor(
    work: (signal: AbortSignal) => Promise<T>,
    abandoned?: () => void,
    { lastStays = false }: { readonly lastStays?: boolean } = {},
  ) {
    // Started in a later job, so that the caller can register the call before the work can end. Settled before anybody
    // is told: who gets the result can no longer give the work up.
    this.#result = Promise.resolve()
      .then(() => work(this.#controller.signal))
      .finally(() => {
        this.#settled = true;
      });
    this.#result.catch(() => {}); // Nobody may be waiting any more.
    this.#abandoned = abandoned;
    this.#lastStays = lastStays;
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
            const isLast = this.#leave(signal.reason);
            if (!isLast || !this.#lastStays) reject(signal.reason as Error);
          };
          signal.addEventListener("abort", leave);
        }),
      ]);
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
    }
  }

  /**
   * In the same moment as the abort: whoever comes next must not join work that is being given up.
   * @returns whether nobody waits any more
   */
  #leave(reason: unknown): boolean {
    this.#waiting--;
    if (this.#waiting > 0 || this.#settled) return this.#waiting === 0;
    this.#abandoned?.();
    this.#controller.abort(reason);
    return true;
  }
}

/**
 * Work that is under way, by name: who wants the same meanwhile waits for it. A limit of time holds for the whole work,
 * so only callers with the same limit share it.
 */
export class SharedCalls<T> {
  readonly #running = new Map<string, Map<number | undefined, SharedCall<T>>>();

  run(name: string, options: CallOptions, work: (options: CallOptions) => Promise<T>): Promise<T> {
    const { timeout } = options;
    const calls = this.#running.get(name) ?? new Map<number | undefined, SharedCall<T>>();
    const running = calls.get(timeout);
    if (running !== undefined) return running.join(options);
    const forget = () => {
      if (calls.get(timeout) !== call) return;
      calls.delete(timeout);
      if (calls.size === 0 && this.#running.get(name) === calls) this.#running.delete(name);
    };
    const call: SharedCall<T> = new SharedCall(async (signal) => {
      try {
        return await work({ signal, timeout });
      } finally {
        forget();
      }
    }, forget);
    calls.set(timeout, call);
    this.#running.set(name, calls);
    return call.join(options);
  }

  /** From here on nobody joins what is under way under this name; those who wait for it still get its result. */
  part(name: string): void {
    this.#running.delete(name);
  }

  /** The names under which work is under way. */
  names(): IterableIterator<string> {
    return this.#running.keys();
  }
}
