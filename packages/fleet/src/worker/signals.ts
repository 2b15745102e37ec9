import { setMaxListeners } from "node:events";

/** A signal that is aborted with the first of several, or when a time has passed. Take it back when it is not needed any more. */
export class Gathered implements Disposable {
  readonly #controller = new AbortController();
  readonly #ends: (() => void)[] = [];

  constructor(signals: readonly AbortSignal[]) {
    setMaxListeners(0, this.#controller.signal);
    for (const signal of signals) {
      const stop = () => this.abort(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
      this.#ends.push(() => signal.removeEventListener("abort", stop));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** Aborts when so many milliseconds have passed; infinite ones never do. */
  after(milliseconds: number, reason: () => unknown): this {
    if (milliseconds <= 2 ** 31 - 1) {
      const timer = setTimeout(() => this.abort(reason()), Math.max(0, milliseconds));
      this.#ends.push(() => clearTimeout(timer));
    }
    return this;
  }

  /** What comes of work, or the reason when the signal comes first: not everybody heeds signals. */
  async unless<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const aborted = new Promise<never>((_, reject) => {
      const stop = () => reject(signal.reason as Error);
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    work.catch(() => {});
    return Promise.race([work, aborted]);
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end();
  }
}
