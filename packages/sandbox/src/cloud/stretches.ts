import type { Database } from "../store/database.js";

/** So many processes are looked through in a step, where each has to be looked at. */
const STRETCH = 2_000;

/** The numbers of processes in stretches, from one up to another: those that come while they are gone through are not in them. */
export function* stretches(database: Database, length = STRETCH): Generator<readonly [first: number, last: number]> {
  const highest = database.count("SELECT max(proc) AS n FROM process");
  const lowest = database.count("SELECT min(proc) AS n FROM process");
  for (let first = lowest; first <= highest; first += length) yield [first, Math.min(highest, first + length - 1)];
}
