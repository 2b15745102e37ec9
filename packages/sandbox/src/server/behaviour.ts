import { HttpProblem } from "./product.js";

/**
 * Switches by which products depart from their best behaviour while they answer normally: the faults that only whoever
 * makes the rows can produce. Products read them at every request, so a change counts from the next one on.
 */
export interface Behaviour {
  /** Added to the totals of searches: servers promise more rows than they have. */
  totalOverestimate: number;
  /** So many rows appear on top of a result between two of its pages; negative: so many vanish. */
  shiftRows: number;
  /** Whether threat intelligence is shared; when not, asking for its hits is an internal error. */
  sharingEnabled: boolean;
  /** Whether an EDR server of version 6 still keeps events of an older schema in one of its partitions. */
  legacyPartitions: boolean;
  /** Whether an EDR server offers Live Response; when not, its routes answer 412. */
  liveResponseEnabled: boolean;
  /** How many Live Response sessions an EDR server can have at a time. */
  liveResponseSlots: number;
  /** Whether result codes of Windows endpoints are sent as signed numbers. */
  signedResultCodes: boolean;
  /** Further switches: each product takes what it knows and ignores the rest. */
  [name: string]: unknown;
}

/** The best behaviour, with some of it changed. */
export const startingBehaviour = (changes: Partial<Behaviour> = {}): Behaviour => ({
  ...{ totalOverestimate: 0, shiftRows: 0, sharingEnabled: true, legacyPartitions: false },
  ...{ liveResponseEnabled: true, liveResponseSlots: 10, signedResultCodes: false },
  ...changes,
});

/** Merges `changes` into the switches; null puts one back to its best. Nothing is changed when one makes no sense. */
export function changeBehaviour(behaviour: Behaviour, changes: unknown): void {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new HttpProblem(400, "The behaviour is an object of switches");
  }
  const best = startingBehaviour();
  for (const [name, value] of Object.entries(changes)) {
    if (name === "__proto__") throw new HttpProblem(400, "`__proto__` is no switch");
    const usual = Object.hasOwn(best, name) ? typeof best[name] : undefined;
    if (value !== null && usual !== undefined && typeof value !== usual) {
      throw new HttpProblem(400, `\`${name}\` is a ${usual}`);
    }
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value !== null) behaviour[name] = value;
    else if (Object.hasOwn(best, name)) behaviour[name] = best[name];
    else delete behaviour[name];
  }
}

/** Puts the switches back to what they were at the start, in the same object: products hold on to it. */
export function resetBehaviour(behaviour: Behaviour, start: Behaviour): void {
  for (const name of Object.keys(behaviour)) delete behaviour[name];
  Object.assign(behaviour, start);
}
