import { HttpProblem } from "../../server/product.js";

/** What every search takes. `grouptype` and `groupstep` are taken and change nothing. */
const SEARCHING = ["q", "sort", "group", "subgroup", "grouptype", "groupstep", "expand", "offset", "limit"];

/** The parameters of a request: their names have no case, and one that nobody knows is refused. */
export class Parameters {
  readonly #values = new Map<string, string[]>();

  /** @param own what this route takes besides what searches do, in any case */
  constructor(query: URLSearchParams, own: readonly string[] = []) {
    const known = new Set([...SEARCHING, ...own.map((name) => name.toLowerCase())]);
    for (const [name, value] of query) {
      const folded = name.toLowerCase();
      if (!known.has(folded)) throw new HttpProblem(400, `Unexpected parameter: ${name}`);
      this.#values.set(folded, [...(this.#values.get(folded) ?? []), value]);
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  /** The value of a parameter that is there once at most; an empty one counts as absent. */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new HttpProblem(400, `${name} can be given once only`);
    return values[0] === "" ? undefined : values[0]?.trim();
  }

  /** `true` or `false`; undefined when it is absent. */
  flag(name: string): boolean | undefined {
    const value = this.one(name)?.toLowerCase();
    if (value === undefined || value === "true" || value === "false")
      return value === undefined ? value : value === "true";
    throw new HttpProblem(400, `${name} is true or false, not ${value}`);
  }

  /** A whole number from `least` on. */
  integer(name: string, least: number): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least) return number;
    throw new HttpProblem(400, `${name} is a whole number of at least ${least}, not ${value}`);
  }
}
