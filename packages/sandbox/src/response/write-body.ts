import { HttpProblem, type SandboxRequest } from "../server/product.js";

/** The fields of a body that is to be a JSON object; everything else is refused. */
export function readObject(request: SandboxRequest): WriteBody {
  return new WriteBody(request.json());
}

/**
 * What a client wants written. A field that is absent, or null where nothing says otherwise, reads as undefined; one of
 * the wrong type is refused by its name. Fields that nobody asks for are ignored.
 */
export class WriteBody {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(value: unknown, what = "The request body") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new HttpProblem(400, `${what} must be a JSON object`);
    }
    this.#fields = new Map(Object.entries(value));
  }

  /** Refuses a body in which one of these is absent or null, and names all of those. */
  require(...names: readonly string[]): void {
    const missing = names.filter((name) => this.value(name) === undefined);
    if (missing.length > 0) throw new HttpProblem(400, `Missing fields: ${missing.join(", ")}`);
  }

  /** Whether the field is there, even if null. */
  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** Of all fields that are there. */
  names(): string[] {
    return [...this.#fields.keys()];
  }

  value(name: string): unknown {
    return this.#fields.get(name) ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== "string") throw wrongType(name, "text");
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== "boolean") throw wrongType(name, "true or false");
    return value;
  }

  /** A whole number from `least` to `most`. */
  integer(name: string, least = -MOST, most = MOST): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isInteger(value) || value < least || value > most) {
      const limits = least === -MOST && most === MOST ? "" : ` from ${least}${most === MOST ? " on" : ` to ${most}`}`;
      throw wrongType(name, `a whole number${limits}`);
    }
    return value;
  }

  list(name: string): unknown[] | undefined {
    const value = this.value(name);
    if (value !== undefined && !Array.isArray(value)) throw wrongType(name, "a list");
    return value;
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map((each) => {
      if (typeof each !== "string") throw wrongType(name, "a list of texts");
      return each;
    });
  }

  integers(name: string): number[] | undefined {
    return this.list(name)?.map((each) => {
      if (!isInteger(each)) throw wrongType(name, "a list of whole numbers");
      return each;
    });
  }
}

const MOST = Number.MAX_SAFE_INTEGER;

const isInteger = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);

/** The refusal of a field that is not what it has to be. */
export function wrongType(name: string, wanted: string): HttpProblem {
  return new HttpProblem(400, `${name} must be ${wanted}`);
}
