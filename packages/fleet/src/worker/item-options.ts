/** Milliseconds after which an item is looked at again when something inside went wrong. */
const MISHAP = 3000;

/** How items are put into the queue. */
export const ITEM_OPTIONS = {
  removeOnComplete: true,
  removeOnFail: true,
  // Whatever goes wrong inside passes: the outcome of an item is not the queue's to decide.
  attempts: 1_000_000,
  backoff: { type: "fixed", delay: MISHAP },
} as const;
