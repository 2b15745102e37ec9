import { HttpProblem, type Switches } from "./product.js";

/**
 * Switches by which products depart from their best behaviour while they answer normally: the faults that only whoever
 * makes the rows can produce. Products read them at every request, so a change counts from the next one on. Each product
 * opens this interface again for its own.
 */
export interface Behaviour {
  /** Further switches: each product takes what it knows and ignores the rest. */
  [name: string]: unknown;
}

/** The switches of all products, each at its best. One that several products have means the same to them. */
export function bestBehaviour(products: readonly { readonly name: string; readonly behaviour?: Switches }[]): Switches {
  const best: Record<string, unknown> = {};
  for (const { name, behaviour = {} } of products) {
    for (const [each, value] of Object.entries(behaviour)) {
      if (Object.hasOwn(best, each) && best[each] !== value) {
        throw new Error(`The switch ${each} of ${name} is at its best as ${best[each]} for another product`);
      }
      best[each] = value;
    }
  }
  return best;
}

/** Merges `changes` into the switches; null puts one back to its best. Nothing is changed when one makes no sense. */
export function changeBehaviour(behaviour: Behaviour, best: Switches, changes: unknown): void {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new HttpProblem(400, "The behaviour is an object of switches");
  }
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
export function resetBehaviour(behaviour: Behaviour, start: Switches): void {
  for (const name of Object.keys(behaviour)) delete behaviour[name];
  Object.assign(behaviour, start);
}
