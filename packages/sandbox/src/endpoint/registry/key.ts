import type { RegistryValue } from "../machine.js";

/** A key. What is below may be made only when somebody looks: most of a registry is never read. */
export class RegistryKey {
  readonly #values = new Map<string, RegistryValue>();
  readonly #keys = new Map<string, RegistryKey>();
  #fill: ((key: RegistryKey) => void) | undefined;

  constructor(
    readonly name: string,
    /** The system keeps it to itself. */
    readonly denied = false,
    /** Where it leads when it is another name for a key: a path from the root. */
    readonly linkTo?: string,
  ) {}

  /** What puts values and keys in when they are first asked for; in addition to what is there. */
  fillLater(fill: (key: RegistryKey) => void): this {
    const before = this.#fill;
    this.#fill = (key) => {
      before?.(key);
      fill(key);
    };
    return this;
  }

  get values(): ReadonlyMap<string, RegistryValue> {
    this.#filled();
    return this.#values;
  }

  /** The keys below, in the order of their names. */
  get keys(): RegistryKey[] {
    this.#filled();
    return [...this.#keys.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, key]) => key);
  }

  key(name: string): RegistryKey | undefined {
    this.#filled();
    return this.#keys.get(name.toLowerCase());
  }

  value(name: string): RegistryValue | undefined {
    return this.values.get(name.toLowerCase());
  }

  /** Makes the keys down a path, or returns what is there. */
  make(path: string): RegistryKey {
    let at: RegistryKey = this;
    for (const name of path.split("\\")) {
      if (name === "") continue;
      let next: RegistryKey | undefined = at.key(name);
      if (next === undefined) {
        next = new RegistryKey(name);
        at.put(next);
      }
      at = next;
    }
    return at;
  }

  put(key: RegistryKey): void {
    this.#filled();
    this.#keys.set(key.name.toLowerCase(), key);
  }

  set(value_name: string, value_type: string, value_data: RegistryValue["value_data"]): this {
    this.#filled();
    const known = this.#values.get(value_name.toLowerCase());
    this.#values.set(value_name.toLowerCase(), {
      ...{ value_name: known?.value_name ?? value_name, value_type, value_data },
    });
    return this;
  }

  /** Several texts at once. */
  texts(values: Record<string, string>): this {
    for (const [name, text] of Object.entries(values)) this.set(name, "REG_SZ", text);
    return this;
  }

  /** Several numbers at once. */
  numbers(values: Record<string, number>): this {
    for (const [name, number] of Object.entries(values)) this.set(name, "REG_DWORD", number);
    return this;
  }

  removeKey(name: string): void {
    this.#keys.delete(name.toLowerCase());
  }

  removeValue(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  #filled(): void {
    const fill = this.#fill;
    if (fill === undefined) return;
    this.#fill = undefined;
    fill(this);
  }
}
