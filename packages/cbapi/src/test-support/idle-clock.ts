import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Clock } from "../core/clock.js";
import { Sleepers } from "./sleepers.js";

/** The channels on which the end of a request is told. */
const ENDS = ["undici:request:trailers", "undici:request:error"];
/** Turns of the event loop in which nothing happens before time goes on. */
const TURNS = 8;

/**
 * A clock whose time passes only when everybody waits, servers included: then it goes on to the next moment that somebody
 * waits for. Unlike with a clock that jumps over each pause, a limit of time is met only when nothing else is to be done.
 * Made within a test, and stopped with it.
 */
export class IdleClock implements Clock {
  /** The lengths of the pauses that were waited to their end, in their order. */
  readonly pauses: number[] = [];
  readonly #sleepers = new Sleepers();
  readonly #underWay = new Set<unknown>();
  #stopped = false;

  constructor() {
    subscribe("undici:request:create", this.#began);
    for (const channel of ENDS) subscribe(channel, this.#ended);
    onTestFinished(() => {
      this.#stopped = true;
      unsubscribe("undici:request:create", this.#began);
      for (const channel of ENDS) unsubscribe(channel, this.#ended);
    });
    void this.#go();
  }

  now(): number {
    return this.#sleepers.now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.#sleepers.sleep(milliseconds, signal);
    this.pauses.push(milliseconds);
  }

  async #go(): Promise<void> {
    while (!this.#stopped) {
      for (let turns = 0; turns < TURNS; turns++) {
        await turn();
        if (this.#underWay.size > 0) turns = 0;
      }
      this.#sleepers.advance();
    }
  }

  readonly #began = (message: unknown): void => {
    this.#underWay.add((message as { request: unknown }).request);
  };

  readonly #ended = (message: unknown): void => {
    this.#underWay.delete((message as { request: unknown }).request);
  };
}
