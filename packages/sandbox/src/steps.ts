import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Work that is done in steps: between any two of them the caller may do something else, or give the work up (by
 * `return`, upon which the work puts things back). Only the last one carries the result.
 */
export type Steps<T> = Generator<void, T, void>;

/** About as long as a signal, a timer or a connection may wait for its turn. */
const SLICE = 25;

/** Work that cannot be divided, as a single step. */
export function* singleStep<T>(work: () => T): Steps<T> {
  yield;
  return work();
}

/** Does all steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does the steps and lets the event loop turn every few of them; gives up and throws the signal's reason when aborted. */
export async function inSlices<T>(steps: Steps<T>, signal?: AbortSignal, turn = new Turn()): Promise<T> {
  try {
    for (;;) {
      signal?.throwIfAborted();
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
      } while (!turn.isOver);
      await turn.next();
    }
  } finally {
    steps.return(undefined as T);
  }
}

/** Whose turn it is: whoever works for long asks now and then whether his is over, and waits for the next. */
export class Turn {
  readonly #others: () => number;
  #until: number;

  /** @param others how many work beside each other: they share the time that everybody else has to wait */
  constructor(others: () => number = () => 1) {
    this.#others = others;
    this.#until = this.#end();
  }

  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  /** Lets the event loop turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#until = this.#end();
  }

  #end(): number {
    return performance.now() + SLICE / Math.max(1, this.#others());
  }
}
