import { asError } from "../as-error.js";
import type { Key } from "../model/document.js";
import { isPassing } from "../passing.js";
import { pauseAfter } from "../pauses.js";
import type { CallOptions } from "../transport/types.js";
import type { BulkEffect, Unshown } from "./types.js";

/** Told of each look: what it did not show for, and why not. Gives why no further look is wanted. */
export type Seen<Item extends Key> = (unshown: ReadonlyMap<Item, Unshown>) => Promise<Error | undefined>;

/**
 * Looks at items that were changed until all of them show the change, time is up, or nothing is to be expected of those
 * that are left. Never rejects: what keeps it from looking is why an item does not show the change.
 */
export async function waitForEffect<Item extends Key>(
  { clock, wait, patient, look }: BulkEffect<Item>,
  items: readonly Item[],
  options: CallOptions,
  seen: Seen<Item>,
): Promise<void> {
  const { signal } = options;
  const end = clock.now() + wait;
  let left = items;
  const giveUp = (thrown: unknown) => seen(alike(left, asError(thrown, "STOPPED")));
  for (let looks = 0; left.length > 0; looks++) {
    let unshown: ReadonlyMap<Item, Unshown>;
    try {
      signal?.throwIfAborted();
      unshown = await look(left, options);
    } catch (error) {
      if (signal?.aborted === true || !isPassing(error)) return void (await giveUp(error));
      unshown = alike(left, error);
    }
    const stop = await seen(unshown);
    const waiting = [...unshown].filter(([, { state }]) => state === "pending");
    left = waiting.map(([item]) => item);
    if (stop !== undefined || left.length === 0) return;
    const pause = Math.min(pauseAfter(looks), end - clock.now());
    if (pause <= 0 || (!patient && waiting.every(([, { idle }]) => idle === true))) return;
    try {
      await clock.sleep(pause, signal);
    } catch (error) {
      return void (await giveUp(error));
    }
  }
}

function alike<Item extends Key>(items: readonly Item[], error: Error): ReadonlyMap<Item, Unshown> {
  const unshown: Unshown = { state: "pending", error };
  return new Map(items.map((item) => [item, unshown]));
}
