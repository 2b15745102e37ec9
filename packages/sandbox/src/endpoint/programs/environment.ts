import type { OsType } from "../../domain/index.js";
import { failureOf } from "../failures.js";

/** So many letters fit in, with what a variable takes besides. */
const MOST_LETTERS = 1024 * 1024;
const OF_EACH = 32;

/** The variables that a program sees; on Windows their names are compared without case. */
export class Environment {
  readonly #values = new Map<string, [name: string, value: string]>();
  readonly #system: OsType;
  #size = 0;

  constructor(system: OsType, values: Iterable<readonly [string, string]> = []) {
    this.#system = system;
    for (const [name, value] of values) this.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#values.get(this.#key(name))?.[1];
  }

  /** Sets a variable, or takes it away. Refuses when there is no room for it. */
  set(name: string, value: string | undefined): void {
    const key = this.#key(name);
    const before = this.#values.get(key);
    const after: [string, string] | undefined = value === undefined ? undefined : [before?.[0] ?? name, value];
    const size = this.#size - roomOf(before) + roomOf(after);
    if (size > MOST_LETTERS) throw failureOf(this.#system, "noMemory");
    this.#size = size;
    if (after === undefined) this.#values.delete(key);
    else this.#values.set(key, after);
  }

  /** In the order of their names. */
  entries(): [name: string, value: string][] {
    return [...this.#values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, [name, value]]) => [name, value]);
  }

  copy(): Environment {
    return new Environment(this.#system, this.#values.values());
  }

  #key(name: string): string {
    return this.#system === "windows" ? name.toUpperCase() : name;
  }
}

const roomOf = (variable: readonly [name: string, value: string] | undefined): number =>
  variable === undefined ? 0 : variable[0].length + variable[1].length + OF_EACH;
