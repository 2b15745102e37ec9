import type { Entry } from "./entry.js";
import type { JobSession } from "./job.js";
import { type Lane, priorityOf } from "./lane.js";
import type { Worker } from "./worker.js";

/** While others wait, a session is kept this long at least, in milliseconds, and this many times as long as it took to open. */
const SHARE = 10_000;
const SHARE_PER_OPENING = 4;

/**
 * Whether an endpoint gives up its slot before its next job.
 *
 * @param waiting the endpoint whose turn would be next, when there is no slot for it
 * @param someoneWaits whether anybody waits for a slot, here or on the server
 */
export function mustYield<S extends JobSession>(
  worker: Worker<S>,
  next: Entry<S>,
  waiting: Lane<S> | undefined,
  someoneWaits: boolean,
  now: number,
): boolean {
  const difference = waiting === undefined ? 0 : priorityOf(waiting.waiting[0]) - priorityOf(next);
  if (difference > 0) return true;
  // Others of its run may be waiting, which may have no more sessions.
  const { batch } = worker;
  const runWaits = batch !== undefined && batch.parked.size > 0 && batch.held >= batch.slots;
  if (difference < 0 || !(runWaits || someoneWaits)) return false;
  const opening = worker.openedAt - worker.since;
  return now - worker.openedAt >= Math.max(SHARE, SHARE_PER_OPENING * opening);
}
