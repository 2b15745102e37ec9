import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Sandbox } from "@cbapi/sandbox";
import type { Clock } from "cbapi";

/** The channels on which the end of a request is told. */
const ENDS = ["undici:request:trailers", "undici:request:error"];
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
  /** Requests of clients in this process that are not answered to the end. */
  readonly #underWay = new Set<unknown>();
  #stopped = false;
  #stepping: Promise<void>;

  /** @param onTick called after each tick, when what it set going has come to rest */
  constructor(sandbox: Sandbox, onTick: () => void = () => {}) {
    this.#sandbox = sandbox;
    subscribe("undici:request:create", this.#began);
    for (const channel of ENDS) subscribe(channel, this.#ended);
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
    unsubscribe("undici:request:create", this.#began);
    for (const channel of ENDS) unsubscribe(channel, this.#ended);
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

  readonly #began = (message: unknown): void => {
    this.#underWay.add((message as { request: unknown }).request);
  };

  readonly #ended = (message: unknown): void => {
    this.#underWay.delete((message as { request: unknown }).request);
  };

  /** Resolves when all requests that are under way are held by the sandbox, and nothing has happened for a while. */
  async #rest(): Promise<void> {
    let before = "";
    for (let turns = 0, since = performance.now(); turns < TURNS || performance.now() - since < QUIET; turns++) {
      const { commands, held, slots } = this.#sandbox.liveResponse.stats();
      const now = JSON.stringify([this.#sandbox.requests.total, commands, held, slots]);
      if (now !== before || this.#underWay.size > held) {
        before = now;
        turns = 0;
        since = performance.now();
      }
      await nextTurn();
    }
  }
}
