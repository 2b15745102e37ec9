import { inspect } from "node:util";

/**
 * A value that costs a request: nothing happens until it is awaited, and awaiting it again gives the same answer. A
 * failure is not remembered, so awaiting again tries again. Inspecting one never requests.
 */
export class Lazy<T> implements PromiseLike<T> {
  readonly #run: () => Promise<T>;
  readonly #what: string;
  #promise: Promise<T> | undefined;

  constructor(what: string, run: () => Promise<T>) {
    this.#what = what;
    this.#run = run;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is the purpose
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#settle().then(onFulfilled, onRejected);
  }

  async #settle(): Promise<T> {
    this.#promise ??= this.#run();
    try {
      return await this.#promise;
    } catch (error) {
      this.#promise = undefined;
      throw error;
    }
  }

  toJSON(): undefined {
    return undefined;
  }

  [inspect.custom](): string {
    return `Lazy<${this.#what}> (${this.#promise === undefined ? "not requested" : "requested"})`;
  }
}
