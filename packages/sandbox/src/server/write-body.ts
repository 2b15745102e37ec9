import { HttpProblem, type SandboxRequest } from "./product.js";
import { readWrittenTime } from "./written-time.js";

/** How many characters a name may have, of whatever. */
export const LONGEST_NAME = 255;
/** How many characters any other text may have: notes, descriptions, queries. */
export const LONGEST_TEXT = 32_768;

/** The fields of a body that is to be a JSON object; everything else is refused. */
export function readObject(request: SandboxRequest): WriteBody {
  return new WriteBody(request.json());
}

/** The refusal of a field that is not what it has to be. */
export function wrongType(name: string, wanted: string): HttpProblem {
  return new HttpProblem(400, `${name} must be ${wanted}`);
}

/** Reads a part of a body; what is refused in it is refused with its place. */
export function inPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    throw new HttpProblem(error.status, `${place}: ${error.message}`);
  }
}

/** Turns a value of a request body into what is stored; refuses one of another type by the name of its field. */
export type FieldCheck<T = unknown> = (value: unknown, name: string) => T;

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

  /** The field as the check returns it. */
  read<T>(name: string, check: FieldCheck<T>): T | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : check(value, name);
  }

  /** Those fields that have a check, as it returns them. Where null is no answer, the check says so. */
  readAll(checks: Readonly<Record<string, FieldCheck>>): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(checks)) {
      if (this.has(name)) read[name] = check(this.value(name) ?? null, name);
    }
    return read;
  }

  /** A text of at most so many characters. */
  text(name: string, longest = Number.POSITIVE_INFINITY): string | undefined {
    return this.read(name, textOf(longest));
  }

  flag(name: string): boolean | undefined {
    return this.read(name, trueOrFalse);
  }

  /** A whole number from `least` to `most`. */
  integer(name: string, least?: number, most?: number): number | undefined {
    return this.read(name, wholeNumber(least, most));
  }

  list(name: string): unknown[] | undefined {
    return this.read(name, list);
  }

  texts(name: string, longest = Number.POSITIVE_INFINITY): string[] | undefined {
    return this.read(name, textsOf(longest));
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

export const trueOrFalse: FieldCheck<boolean> = (value, name) => {
  if (typeof value !== "boolean") throw wrongType(name, "true or false");
  return value;
};

/** A whole number within limits. */
export const wholeNumber =
  (least = -MOST, most = MOST): FieldCheck<number> =>
  (value, name) => {
    if (isInteger(value) && value >= least && value <= most) return value;
    const limits = least === -MOST && most === MOST ? "" : ` from ${least}${most === MOST ? " on" : ` to ${most}`}`;
    throw wrongType(name, `a whole number${limits}`);
  };

/** A whole number that servers send as text, and take as text or as number. */
export const numberAsText =
  (least: number, most = MOST): FieldCheck<string> =>
  (value, name) => {
    const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    return String(wholeNumber(least, most)(number, name));
  };

/** A text of at most so many characters. */
export const textOf =
  (longest = LONGEST_TEXT): FieldCheck<string> =>
  (value, name) => {
    if (typeof value !== "string") throw wrongType(name, "a text");
    if (value.length > longest) throw wrongType(name, `of ${longest} characters at most`);
    return value;
  };

/** A name of something: a text with more in it than blanks. */
export const nameOf: FieldCheck<string> = (value, name) => {
  const text = textOf(LONGEST_NAME)(value, name);
  if (text.trim() === "") throw wrongType(name, "a text that is not empty");
  return text;
};

/** What the check takes, or null. */
export const orNull =
  <T>(check: FieldCheck<T>): FieldCheck<T | null> =>
  (value, name) =>
    value === null ? null : check(value, name);

const list: FieldCheck<unknown[]> = (value, name) => {
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value;
};

/** A list of texts, each of at most so many characters. */
export const textsOf =
  (longest = LONGEST_TEXT): FieldCheck<string[]> =>
  (value, name) =>
    list(value, name).map((each) => {
      if (typeof each !== "string") throw wrongType(name, "a list of texts");
      if (each.length > longest) throw wrongType(name, `a list of texts of ${longest} characters at most`);
      return each;
    });

/** A list of objects whose fields have these types; further fields are kept as they are. */
export const listOf =
  (checks: Readonly<Record<string, FieldCheck>>): FieldCheck<unknown[]> =>
  (value, name) =>
    list(value, name).map((entry, index) => {
      const place = `${name}[${index}]`;
      if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw wrongType(place, "an object");
      const fields = entry as Record<string, unknown>;
      for (const [field, check] of Object.entries(checks)) {
        if (Object.hasOwn(fields, field)) check(fields[field], `${place}.${field}`);
      }
      return fields;
    });

/** A moment in one of the forms in which clients write one, as milliseconds since 1970. */
export const writtenTime: FieldCheck<number> = (value, name) => {
  const time = typeof value === "string" ? readWrittenTime(value) : undefined;
  if (time === undefined) throw wrongType(name, "a date such as 2026-01-31 08:30:00.000000");
  return time;
};
