import type { AnyEvent } from "../catalogue/index.js";
import type { EventHandler } from "./handlers.js";
import { LeftInHand } from "./letters.js";

interface Waiting {
  readonly event: AnyEvent;
  readonly handled: () => void;
  readonly left: () => void;
}

/**
 * Events for `for await`: an event counts as handled when the next one is asked for. What is in hand when the loop is left
 * comes again.
 */
export class Pull implements AsyncIterableIterator<AnyEvent> {
  readonly #arrived: Waiting[] = [];
  #wanting: {
    readonly resolve: (result: IteratorResult<AnyEvent>) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #inHand: Waiting | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(private readonly onEnd: () => Promise<void>) {}

  /** Takes an event; what it returns comes true when the loop is through with it. */
  readonly handler: EventHandler = (event) =>
    new Promise<void>((resolve, reject) => {
      const waiting = { event, handled: resolve, left: () => reject(new LeftInHand("The loop was left")) };
      if (this.#ended) return waiting.left();
      const [wanting, ...others] = this.#wanting;
      if (wanting === undefined) return void this.#arrived.push(waiting);
      this.#wanting = others;
      this.#inHand = waiting;
      wanting.resolve({ value: event, done: false });
    });

  async next(): Promise<IteratorResult<AnyEvent>> {
    this.#inHand?.handled();
    this.#inHand = undefined;
    const next = this.#arrived.shift();
    if (next !== undefined) {
      this.#inHand = next;
      return { value: next.event, done: false };
    }
    if (this.#failure !== undefined) throw this.#takeFailure();
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve, reject) => this.#wanting.push({ resolve, reject }));
  }

  /** Ends the loop at its next turn, with an error where there is one. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    for (const waiting of this.#arrived.splice(0)) waiting.left();
    for (const wanting of this.#wanting) {
      if (this.#failure !== undefined) wanting.reject(this.#takeFailure());
      else wanting.resolve({ value: undefined, done: true });
    }
    this.#wanting = [];
  }

  /** An error is thrown once: whoever asks again learns that it is over. */
  #takeFailure(): unknown {
    const error = this.#failure?.error;
    this.#failure = undefined;
    return error;
  }

  async return(): Promise<IteratorResult<AnyEvent>> {
    this.#inHand?.left();
    this.#inHand = undefined;
    this.end();
    await this.onEnd();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
