/** The variables that a program sees; on Windows their names are compared without case. */
export class Environment {
  readonly #values = new Map<string, [name: string, value: string]>();
  readonly #windows: boolean;

  constructor(windows: boolean, values: Iterable<readonly [string, string]> = []) {
    this.#windows = windows;
    for (const [name, value] of values) this.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#values.get(this.#key(name))?.[1];
  }

  set(name: string, value: string | undefined): void {
    const key = this.#key(name);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, [this.#values.get(key)?.[0] ?? name, value]);
  }

  /** In the order of their names. */
  entries(): [name: string, value: string][] {
    return [...this.#values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, [name, value]]) => [name, value]);
  }

  copy(): Environment {
    return new Environment(this.#windows, this.entries());
  }

  #key(name: string): string {
    return this.#windows ? name.toUpperCase() : name;
  }
}
