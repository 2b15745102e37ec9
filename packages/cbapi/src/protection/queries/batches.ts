/**
 * The most characters that the values of one condition take in an address: servers were set up to refuse queries of more
 * than 2048 characters, and other parameters stand beside them.
 */
const VALUES = 1500;
/** A bar between two values, as addresses spell it. */
const BAR = "%7C".length;

/** Values in lists each of which one condition of a search can hold. Each value comes once. */
export function conditionBatches<T extends string | number>(values: Iterable<T>): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const value of new Set(values)) {
    const length = encodeURIComponent(value).length + BAR;
    const last = batches.at(-1);
    if (last === undefined || length > room) {
      batches.push([value]);
      room = VALUES - length;
    } else {
      last.push(value);
      room -= length;
    }
  }
  return batches;
}
