import { parseTime } from "../time.js";
import { jsonIn } from "../transport/json.js";

/**
 * A kind of field: how a value of the server's document reads, and how an assigned one is written back. A field never
 * sees null or an absent value; both read as `undefined` before it is asked.
 */
export interface Field<T, W = T> {
  /** As printed in field tables: `string`, `integer`, `date-time`, ... */
  readonly kind: string;
  /** The server's value as the caller reads it. */
  decode(raw: unknown): T | undefined;
  /** The caller's value as it goes to the server; throws a `TypeError` that says what was expected. */
  encode(value: W): unknown;
}

export interface StringField extends Field<string> {}
export interface IntegerField extends Field<number> {}
export interface NumberField extends Field<number> {}
export interface BooleanField extends Field<boolean> {}
export interface DateTimeField extends Field<Date> {}
export interface BytesField extends Field<Buffer> {}
export interface Ipv4Field extends Field<string> {}
export interface ArrayField<T, W = T> extends Field<readonly T[], readonly W[]> {}
export interface ObjectField<T> extends Field<Readonly<T>> {}
export interface OpenField<T> extends Field<T> {}
/** One of some words when it is written. A server newer than this library may send others. */
export interface ChoiceField<T extends string> extends Field<T | (string & {}), T> {}

/** Numbers that stand for words, by those words. */
export type Codes = Readonly<Record<string, number>>;
/** One of these numbers. A server newer than this library may send others. */
export type OpenCode<N extends Codes> = N[keyof N] | (number & {});
/** The number of a word. Any number is read; only those that are known to be taken are written. */
export interface CodeField<N extends Codes, W extends number = N[keyof N]> extends Field<OpenCode<N>, W> {
  /** The numbers by their words. */
  readonly codes: N;
}

/** Marks a record's value as a field, so that it is told from relations and resources without reading them. */
const fieldMark = Symbol("cbapi.field");

function field<T>(kind: string, decode: (raw: unknown) => T | undefined, encode: (value: T) => unknown): Field<T> {
  return { kind, decode, encode, [fieldMark]: true } as Field<T>;
}

export function isField(value: unknown): value is Field<unknown> {
  return typeof value === "object" && value !== null && fieldMark in value;
}

const same = (value: unknown): unknown => value;

function expected(what: string, value: unknown): TypeError {
  return new TypeError(`expected ${what}, got ${value === null ? "null" : typeof value}: ${JSON.stringify(value)}`);
}

function toNumber(raw: unknown): number | undefined {
  if (typeof raw === "number") return raw;
  // Servers send many numbers as decimal text ("106"); a value that is no number reads as absent, never as NaN.
  if (typeof raw !== "string" || raw.trim() === "") return undefined;
  const number = Number(raw);
  return Number.isNaN(number) ? undefined : number;
}

function toText(raw: unknown): string | undefined {
  if (typeof raw === "string") return raw;
  return typeof raw === "object" ? JSON.stringify(raw) : String(raw);
}

/** "false" and "0" are false: the text form is not taken for its truthiness. */
function toBoolean(raw: unknown): boolean {
  if (typeof raw === "string") return !["", "false", "0", "no"].includes(raw.toLowerCase());
  return Boolean(raw);
}

/** EDR gives IPv4 addresses as signed 32-bit integers, newer servers as dotted text. */
export function dottedIpv4(raw: unknown): string | undefined {
  const number = typeof raw === "string" && /^-?\d+$/.test(raw) ? Number(raw) : raw;
  if (typeof number !== "number") return typeof raw === "string" ? raw : undefined;
  return `${(number >>> 24) & 255}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/**
 * The value, which nobody can change from here on, down to its last part. Documents are shared between all who read
 * them, so what one reader gets must not be a way to change what another sees.
 */
export function frozen<T>(value: T): T {
  // What is no object counts as frozen.
  if (Object.isFrozen(value)) return value;
  for (const part of Object.values(value as object)) frozen(part);
  return Object.freeze(value);
}

const fields = {
  string: field<string>("string", toText, (value) => {
    if (typeof value !== "string") throw expected("a string", value);
    return value;
  }),
  integer: field<number>("integer", toNumber, (value) => {
    const number = toNumber(value);
    if (!Number.isInteger(number)) throw expected("an integer", value);
    return number;
  }),
  number: field<number>("number", toNumber, (value) => {
    const number = toNumber(value);
    if (number === undefined) throw expected("a number", value);
    return number;
  }),
  boolean: field<boolean>("boolean", toBoolean, (value) => {
    if (typeof value !== "boolean") throw expected("true or false", value);
    return value;
  }),
  dateTime: field<Date>("date-time", parseTime, (value) => {
    const date = (value as unknown) instanceof Date ? value : parseTime(value);
    if (date === undefined || Number.isNaN(date.getTime())) throw expected("a date", value);
    return date.toISOString();
  }),
  bytes: field<Buffer>(
    "bytes",
    (raw) => (typeof raw === "string" ? Buffer.from(raw, "base64") : undefined),
    (value) => Buffer.from(value).toString("base64"),
  ),
  ipv4: field<string>("ipv4", dottedIpv4, same),
};

/**
 * The kinds of field that a model's record is written in.
 *
 * Lists and objects read as frozen values: what cannot be saved cannot be edited in place either. To change one, assign
 * a new list.
 */
export const t = {
  string: (): StringField => fields.string,
  integer: (): IntegerField => fields.integer,
  number: (): NumberField => fields.number,
  boolean: (): BooleanField => fields.boolean,
  /** Any of the server's time formats, as a `Date`; {@link Model.get} and `toJSON()` keep the server's text. */
  dateTime: (): DateTimeField => fields.dateTime,
  /** One of these words, as far as the caller writes it; any text when it is read. */
  choice: <const T extends string>(words: readonly T[]): ChoiceField<T> =>
    field("string", toText, (value) => {
      if (!words.some((word) => word === value)) throw expected(`one of ${words.join(", ")}`, value);
      return value;
    }) as ChoiceField<T>,
  /**
   * A number that stands for one of these words; any number when it is read.
   * @param writable those that the server takes; all unless it says otherwise
   */
  code: <const N extends Codes, const W extends N[keyof N] = N[keyof N]>(
    codes: N,
    writable: readonly W[] = Object.values(codes) as W[],
  ): CodeField<N, W> => {
    const words = Object.entries(codes).filter(([, code]) => writable.some((one) => one === code));
    const encode = (value: unknown) => {
      const number = toNumber(value);
      if (words.some(([, code]) => code === number)) return number;
      throw expected(`one of ${words.map(([word, code]) => `${code} (${word})`).join(", ")}`, value);
    };
    return Object.assign(field("integer", toNumber, encode), { codes }) as unknown as CodeField<N, W>;
  },
  /** Base64 text on the wire, bytes here. */
  bytes: (): BytesField => fields.bytes,
  /** Dotted text, whichever form the server uses. */
  ipv4: (): Ipv4Field => fields.ipv4,
  array: <T>(of: Field<T>): ArrayField<T> =>
    field<readonly T[]>(
      `array of ${of.kind}`,
      (raw) => {
        const list = Array.isArray(raw) ? raw : [raw];
        return frozen(list.flatMap((item) => (item === null || item === undefined ? [] : (of.decode(item) ?? []))));
      },
      (value) => {
        if (!Array.isArray(value)) throw expected("a list", value);
        return value.map((item: T) => of.encode(item));
      },
    ),
  /** An object whose shape is known by its type only. */
  object: <T extends object>(): ObjectField<T> =>
    field<Readonly<T>>(
      "object",
      (raw) => (typeof raw === "object" && raw !== null ? frozen(raw as T) : undefined),
      same,
    ),
  /** The same where the server sends it as JSON text; text that is none reads as absent. */
  json: <T extends object>(): ObjectField<T> =>
    field<Readonly<T>>(
      "object as JSON text",
      (raw) => {
        const value = typeof raw === "string" ? jsonIn(raw) : raw;
        return typeof value === "object" && value !== null ? frozen(value as T) : undefined;
      },
      (value) => JSON.stringify(value),
    ),
  /** A value that is passed through as it is. */
  open: <T = unknown>(): OpenField<T> => field<T>("any", (raw) => frozen(raw) as T, same),
};
