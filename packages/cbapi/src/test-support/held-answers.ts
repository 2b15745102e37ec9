import { once } from "node:events";
import type { Answer } from "./edr-server.js";

/** Answers that a server holds back until it is told to give them, and a caller who goes away once one is waited for. */
export class HeldAnswers {
  readonly #leaving = new AbortController();
  readonly #released: Promise<void>;
  #release: () => void = () => {};

  constructor() {
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Aborted, with an error that says `gone`, when the first request that is held has come. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Resolves when the first request that is held has come. */
  async arrived(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, "abort");
  }

  /** A route that gives this answer when it may. */
  route(answer: Answer): () => Promise<Answer> {
    return async () => {
      this.#leaving.abort(new Error("gone"));
      await this.#released;
      return answer;
    };
  }

  /** Gives all answers, and those to come at once. */
  release(): void {
    this.#release();
  }
}
