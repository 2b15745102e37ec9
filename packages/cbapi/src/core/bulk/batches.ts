import type { Key } from "../model/document.js";
import type { WriteRequest } from "../model/write-plan.js";
import type { BulkBatch, BulkSource } from "./types.js";

/**
 * The writes that name no items twice, each with as many items as the server takes. Those for the same items stand
 * together, in the order in which they are sent.
 * @param sent how many of its writes an item has behind it
 */
export function batchesOf<Item extends Key>(
  source: BulkSource<Item>,
  items: readonly Item[],
  sent: (item: Item) => number = () => 0,
): readonly (readonly BulkBatch<Item>[])[] {
  const groups: BulkBatch<Item>[][] = [];
  for (let start = 0; start < items.length; start += source.batchSize) {
    const some = items.slice(start, start + source.batchSize);
    const [first] = some;
    const writes = writesOf(source.request(some));
    const left = first === undefined || writes.length === 1 ? writes : writes.slice(sent(first));
    groups.push(left.map((write, index) => ({ ...write, items: some, ...(index === 0 ? {} : { follows: true }) })));
  }
  return groups;
}

/** Those of a plan, as they stand together. */
export function grouped<Item extends Key>(
  batches: readonly BulkBatch<Item>[],
): readonly (readonly BulkBatch<Item>[])[] {
  const groups: BulkBatch<Item>[][] = [];
  for (const batch of batches) {
    const last = groups.at(-1);
    if (batch.follows === true && last !== undefined) last.push(batch);
    else groups.push([batch]);
  }
  return groups;
}

function writesOf(request: WriteRequest | readonly WriteRequest[]): readonly WriteRequest[] {
  return isList(request) ? request : [request];
}

const isList = (request: WriteRequest | readonly WriteRequest[]): request is readonly WriteRequest[] =>
  Array.isArray(request);
