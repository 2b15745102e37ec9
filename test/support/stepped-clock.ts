import { setImmediate as nextTurn } from "node:timers/promises";
import type { Sandbox } from "@cbapi/sandbox";
import type { Clock } from "cbapi";

/** Turns of the event loop in which nothing happens before time goes on, and how long they last at least. */
const TURNS = 6;
const QUIET = 2;

/**
 * A clock for a client and its sandbox in the same process: both stand still while anything is on its way, and go on tick
 * by tick when everybody waits. What takes the machine long takes no simulated time, so that how busy it is changes nothing.
 */
export class SteppedClock implements Clock {
  readonly #sandbox: Sandbox;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  #stopped = false;
  #stepping: Promise<void>;

  /** @param onTick called after each tick, when what it set going has come to rest */
  constructor(sandbox: Sandbox, onTick: () => void = () => {}) {
    this.#sandbox = sandbox;
    this.#stepping = this.#step(onTick);
  }

  now(): number {
    return this.#sandbox.clock.now();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = {
        at: this.now() + milliseconds,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      const stop = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", stop, { once: true });
      if (milliseconds <= 0) setImmediate(sleeper.wake);
      else this.#sleepers.add(sleeper);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#stepping;
    for (const { wake } of this.#sleepers) wake();
  }

  async #step(onTick: () => void): Promise<void> {
    const { clock } = this.#sandbox;
    while (!this.#stopped) {
      await this.#rest();
      onTick();
      await clock.step();
      const due = [...this.#sleepers].filter(({ at }) => at <= clock.now());
      for (const { wake } of due) wake();
    }
  }

  /** Resolves when no request has come and no command has ended for a while. */
  async #rest(): Promise<void> {
    let before = "";
    for (let turns = 0, since = performance.now(); turns < TURNS || performance.now() - since < QUIET; turns++) {
      const { commands, held, slots } = this.#sandbox.liveResponse.stats();
      const now = JSON.stringify([this.#sandbox.requests.total, commands, held, slots]);
      if (now !== before) {
        before = now;
        turns = 0;
        since = performance.now();
      }
      await nextTurn();
    }
  }
}
