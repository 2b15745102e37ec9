import { hash32 } from "../../organisation/random.js";

const LEGAL = /[^A-Z0-9!#$%&'()@^_`{}~-]/g;

/** The 8.3 names of a directory's entries, given out in the order in which the entries came. */
export class ShortNames {
  readonly #short = new Map<string, string>();
  readonly #long = new Map<string, string>();

  constructor(names: readonly string[]) {
    for (const name of names) if (!needsShortName(name)) this.#long.set(name.toUpperCase(), name);
    for (const name of names) if (needsShortName(name)) this.#add(name);
  }

  /** The short name of an entry; undefined when its own is short enough. */
  shortOf(name: string): string | undefined {
    return this.#short.get(name);
  }

  /** The entry of a short name in any case. */
  longOf(short: string): string | undefined {
    return this.#long.get(short.toUpperCase());
  }

  #add(name: string): void {
    const [stem, extension] = parts(name);
    const end = extension === "" ? "" : `.${extension.slice(0, 3)}`;
    // After four of a kind, the system puts a checksum between.
    for (let number = 1; ; number++) {
      const start =
        number <= 4 ? stem.slice(0, 6) : `${stem.slice(0, 2)}${(hash32(name) & 0xffff).toString(16).toUpperCase()}`;
      const count = number <= 4 ? number : number - 4;
      const short = `${start.slice(0, 7 - String(count).length)}~${count}${end}`;
      if (this.#long.has(short)) continue;
      this.#short.set(name, short);
      this.#long.set(short, name);
      return;
    }
  }
}

function parts(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  const cut = dot <= 0 ? name.length : dot;
  const clean = (text: string): string =>
    text.toUpperCase().replaceAll(" ", "").replaceAll(".", "").replace(LEGAL, "_");
  return [clean(name.slice(0, cut)), clean(name.slice(cut + 1))];
}

function needsShortName(name: string): boolean {
  const dot = name.indexOf(".");
  const stem = dot < 0 ? name : name.slice(0, dot);
  const extension = dot < 0 ? "" : name.slice(dot + 1);
  if (stem.length === 0 || stem.length > 8 || extension.length > 3 || extension.includes(".")) return true;
  return (stem + extension).toUpperCase().replace(LEGAL, "").length !== stem.length + extension.length;
}
