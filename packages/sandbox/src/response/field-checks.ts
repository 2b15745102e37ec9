import type { WriteBody } from "./write-body.js";
import { wrongType } from "./write-body.js";
import { readWrittenTime } from "./written-time.js";

/** Turns a value of a request body into what is stored; refuses one of another type. */
export type FieldCheck = (value: unknown, name: string) => unknown;

/** Those fields of a body that have a check, as it returns them; others are ignored. */
export function readFields(body: WriteBody, checks: Readonly<Record<string, FieldCheck>>): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(checks)) {
    // Where null is no answer, the check says so.
    if (body.has(name)) read[name] = check(body.value(name) ?? null, name);
  }
  return read;
}

export const trueOrFalse: FieldCheck = (value, name) => {
  if (typeof value !== "boolean") throw wrongType(name, "true or false");
  return value;
};

/** A whole number; one that is written as text counts too where servers themselves send text. */
export const wholeNumber =
  (least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER, asText = false): FieldCheck =>
  (value, name) => {
    const number = asText && typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isSafeInteger(number)) throw wrongType(name, "a whole number");
    if (number < least || number > most) throw wrongType(name, `a number from ${least} to ${most}`);
    return asText ? String(number) : number;
  };

/** A text of at most so many characters. */
export const textOf =
  (longest: number, empty = true): FieldCheck =>
  (value, name) => {
    if (typeof value !== "string") throw wrongType(name, "a text");
    if (value.length > longest) throw wrongType(name, `of ${longest} characters at most`);
    if (!empty && value.trim() === "") throw wrongType(name, "a text that is not empty");
    return value;
  };

/** What the check takes, or null. */
export const orNull =
  (check: FieldCheck): FieldCheck =>
  (value, name) =>
    value === null ? null : check(value, name);

/** A list of objects whose fields have these types; further fields are kept as they are. */
export const listOf =
  (checks: Readonly<Record<string, FieldCheck>>): FieldCheck =>
  (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "a list");
    return value.map((entry: unknown, index) => {
      const place = `${name}[${index}]`;
      if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw wrongType(place, "an object");
      const fields = entry as Record<string, unknown>;
      for (const [field, check] of Object.entries(checks)) {
        if (Object.hasOwn(fields, field)) check(fields[field], `${place}.${field}`);
      }
      return fields;
    });
  };

/** A list of texts. */
export const texts: FieldCheck = (value, name) => {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw wrongType(name, "a list of texts");
  }
  return value;
};

/** A moment in one of the forms in which clients write one, as milliseconds since 1970. */
export const writtenTime: FieldCheck = (value, name) => {
  const time = typeof value === "string" ? readWrittenTime(value) : undefined;
  if (time === undefined) throw wrongType(name, "a date such as 2026-01-31 08:30:00.000000");
  return time;
};

/** The number that a part of a path is; undefined when it is none that an object could have. */
export function readId(text = ""): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
