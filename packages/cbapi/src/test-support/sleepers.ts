interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Those who wait for a clock of a test, which decides by itself when its time goes on. */
export class Sleepers {
  readonly #sleepers = new Set<Sleeper>();
  now: number;

  constructor(now = Date.UTC(2026, 0, 5, 9)) {
    this.now = now;
  }

  /** How many pauses are under way. */
  get size(): number {
    return this.#sleepers.size;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        at: this.now + Math.max(0, milliseconds),
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener("abort", stop, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Goes on to the next moment that somebody waits for, and wakes all who do; false when nobody waits for any. */
  advance(): boolean {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#sleepers) next = Math.min(next, at);
    if (next === Number.POSITIVE_INFINITY) return false;
    this.now = Math.max(this.now, next);
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.at > this.now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    return true;
  }
}
