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
export async function inSlices<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  try {
    for (;;) {
      signal?.throwIfAborted();
      const until = performance.now() + SLICE;
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
      } while (performance.now() < until);
      await nextTurn();
    }
  } finally {
    steps.return(undefined as T);
  }
}
