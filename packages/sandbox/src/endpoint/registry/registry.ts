import { type Failure, failureOf } from "../failures.js";
import type { EndpointRegistry, RegistryValue } from "../machine.js";
import { RegistryKey } from "./key.js";
import { readValue } from "./values.js";

/** The roots: their short names, and the long ones that they stand for. */
export const ROOTS: Readonly<Record<string, string>> = {
  HKLM: "HKEY_LOCAL_MACHINE",
  HKU: "HKEY_USERS",
  HKCR: "HKEY_CLASSES_ROOT",
  HKCU: "HKEY_CURRENT_USER",
  HKCC: "HKEY_CURRENT_CONFIG",
};
const LONGEST_KEY = 255;
const LONGEST_PATH = 32_767;
const LONGEST_VALUE = 16_383;
const DEEPEST = 512;
const MOST_LINKS = 16;

/** What a registry is made with. */
export interface RegistryOptions {
  /** Puts on it what it has from the start: called with the key that holds the roots by their long names. */
  fill: (top: RegistryKey) => void;
  /** Called before every look: what came to it from outside is put in then. */
  refresh?: (top: RegistryKey) => void;
  onChange?: () => void;
}

/** The registry of an endpoint. Names are compared without case; short names of the roots are as good as long ones. */
export class Registry implements EndpointRegistry {
  readonly #top = new RegistryKey("");
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
    options.fill(this.#top);
  }

  enumerate(path: string): { values: RegistryValue[]; sub_keys: string[] } {
    const key = this.#existing(this.#parse(path));
    return {
      values: [...key.values.values()].map((value) => ({ ...value })),
      sub_keys: key.keys.map(({ name }) => name),
    };
  }

  query(path: string): RegistryValue {
    const { key, name } = this.#place(path);
    const value = key.value(name);
    if (value === undefined) throw failure("missing");
    return { ...value };
  }

  set(path: string, type: string, data: unknown, overwrite: boolean): void {
    const { key, name } = this.#place(path);
    if (name.length > LONGEST_VALUE) throw failure("invalid");
    const value = readValue(type, data);
    if (!overwrite && key.value(name) !== undefined) throw failure("exists");
    key.set(name, value.type, value.data);
    this.#options.onChange?.();
  }

  /** Makes a key with all that is missing above it. One that is there already is opened, as the system does. */
  createKey(path: string): void {
    const names = this.#parse(path);
    let at = this.#top;
    const root = names.shift();
    at = this.#step(at, root ?? "") ?? fail("invalid");
    let made = false;
    for (const name of names) {
      const next = this.#step(at, name);
      if (next === undefined) {
        const key = new RegistryKey(name);
        at.put(key);
        at = key;
        made = true;
      } else at = next;
    }
    if (made) this.#options.onChange?.();
  }

  deleteKey(path: string): void {
    const names = this.#parse(path);
    const name = names.at(-1) ?? "";
    const key = this.#existing(names);
    // Neither roots nor hives can be removed.
    if (names.length <= 2 && key.keys.length > 0) throw failure("denied");
    if (names.length <= 1) throw failure("denied");
    if (key.keys.length > 0) throw failure("hasSubKeys");
    this.#existing(names.slice(0, -1)).removeKey(name);
    this.#options.onChange?.();
  }

  deleteValue(path: string): void {
    const { key, name } = this.#place(path);
    if (key.value(name) === undefined) throw failure("missing");
    key.removeValue(name);
    this.#options.onChange?.();
  }

  /** The key at a path; undefined when there is none or it is kept from everybody. */
  find(path: string): RegistryKey | undefined {
    try {
      return this.#existing(this.#parse(path));
    } catch {
      return undefined;
    }
  }

  #parse(path: string): string[] {
    this.#options.refresh?.(this.#top);
    if (path.length > LONGEST_PATH || path.includes("\0")) throw failure("invalid");
    const names = path.split("\\").filter((name) => name !== "");
    if (names.length > DEEPEST || names.some((name) => name.length > LONGEST_KEY)) throw failure("invalid");
    const root = names[0]?.toUpperCase() ?? "";
    const long = ROOTS[root] ?? root;
    if (!Object.values(ROOTS).includes(long)) throw failure("invalid");
    return [long, ...names.slice(1)];
  }

  /**
   * The key and the name in the path of a value. Names may hold backslashes (`\DosDevices\C:`): where the path
   * could be cut earlier and there is such a value, that one is meant.
   */
  #place(path: string): { key: RegistryKey; name: string } {
    const cuts = lastCuts(path);
    for (const at of cuts.slice(1)) {
      const key = this.find(path.slice(0, at));
      const name = path.slice(at + 1);
      if (key?.value(name) !== undefined) return { key, name };
    }
    const at = cuts[0];
    if (at === undefined) throw failure("invalid");
    return { key: this.#existing(this.#parse(path.slice(0, at))), name: path.slice(at + 1) };
  }

  #existing(names: readonly string[]): RegistryKey {
    let at = this.#top;
    for (const name of names) at = this.#step(at, name) ?? fail("missing");
    return at;
  }

  #step(from: RegistryKey, name: string): RegistryKey | undefined {
    const key = from.key(name);
    if (key?.denied === true) throw failure("denied");
    return key?.linkTo === undefined ? key : this.#follow(key.linkTo, 0);
  }

  #follow(path: string, links: number): RegistryKey | undefined {
    if (links > MOST_LINKS) throw failure("invalid");
    let at: RegistryKey | undefined = this.#top;
    for (const name of path.split("\\")) {
      at = at?.key(name);
      if (at?.linkTo !== undefined) at = this.#follow(at.linkTo, links + 1);
    }
    return at;
  }
}

/** The last backslashes of a path from behind; names have no more in them than a few. */
function lastCuts(path: string): number[] {
  const cuts: number[] = [];
  for (let at = path.lastIndexOf("\\"); at > 0 && cuts.length < 6; at = path.lastIndexOf("\\", at - 1)) cuts.push(at);
  return cuts;
}

const failure = (what: Failure): Error => failureOf("windows", what);

function fail(what: Failure): never {
  throw failure(what);
}
