/** How long to wait, and what ends the wait early. */
export interface WaitOptions {
  signal: AbortSignal;
  /** Milliseconds of real time; without end when left out. */
  limit?: number;
}

/** A bell: whoever waits for something looks again whenever it is rung. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when `done` holds, or the time is over, or the signal is aborted. */
  until(done: () => boolean, { signal, limit }: WaitOptions): Promise<void> {
    if (signal.aborted || done()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (done()) end();
      };
      const timer = limit === undefined ? undefined : setTimeout(end, limit);
      timer?.unref();
      signal.addEventListener("abort", end, { once: true });
      this.#waiting.add(look);
    });
  }
}
