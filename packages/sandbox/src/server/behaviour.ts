import { HttpProblem } from "./product.js";

/**
 * Switches by which products depart from their best behaviour while they answer normally: the faults that only whoever
 * makes the rows can produce. Products read them at every request, so a change counts from the next one on.
 */
export interface Behaviour {
  /** Each product takes what it knows and ignores the rest. */
  [name: string]: unknown;
}

/** Merges `changes` into the switches; null takes one away. */
export function changeBehaviour(behaviour: Behaviour, changes: unknown): void {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new HttpProblem(400, "The behaviour is an object of switches");
  }
  for (const [name, value] of Object.entries(changes)) {
    if (name === "__proto__") throw new HttpProblem(400, "`__proto__` is no switch");
    if (value === null || value === undefined) delete behaviour[name];
    else behaviour[name] = value;
  }
}

/** Puts the switches back to what they were at the start. */
export function resetBehaviour(behaviour: Behaviour, start: Behaviour): void {
  for (const name of Object.keys(behaviour)) delete behaviour[name];
  Object.assign(behaviour, start);
}
