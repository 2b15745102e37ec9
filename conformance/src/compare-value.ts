import { parseDate } from "./arguments.js";
import { compareError } from "./compare-error.js";
import type { GeneralDeparture } from "./departures.js";
import { hasMember, isAwaitable, isModel, member, objectName, queriedModel } from "./objects.js";
import { textMatches } from "./placeholders.js";
import { type Document, isDocument, type RecordedError } from "./vector.js";

/** Stands in a value for a part that could not be had. */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** What a comparison needs beside the two values. */
export interface Comparison {
  /** Where the library's classes are found by their names. */
  readonly names: Readonly<Record<string, unknown>>;
  /** Told of each general departure that a value makes use of. */
  readonly met: (departure: GeneralDeparture) => void;
}

/** Compares by meaning, and says where the values differ; `path` names the place. */
export function compareValue(expected: unknown, actual: unknown, path: string, comparison: Comparison): string[] {
  const differ = [`${path}: expected ${show(expected)}, got ${show(actual)}`];
  if (isDocument(expected) && "$error" in expected) {
    return compareFailure(expected["$error"] as RecordedError, actual, path, comparison);
  }
  if (actual instanceof Failure) return [`${path}: expected ${show(expected)}, failed with ${show(actual.error)}`];
  if (expected === null) return actual === null || actual === undefined ? [] : differ;
  if (typeof expected === "string") return compareText(expected, actual, comparison) ? [] : differ;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return differ;
    if (actual.length !== expected.length) {
      return [`${path}: expected ${expected.length} items, got ${actual.length}: ${show(actual)}`];
    }
    return expected.flatMap((item, index) => compareValue(item, actual[index], `${path}[${index}]`, comparison));
  }
  if (!isDocument(expected)) return Object.is(expected, actual) ? [] : differ;
  const tagged = compareTagged(expected, actual, path, comparison);
  if (tagged !== undefined) return tagged === true ? [] : tagged === false ? differ : tagged;
  if (typeof actual !== "object" || actual === null) return differ;
  return compareMembers(expected, actual, path, comparison);
}

function compareFailure(expected: RecordedError, actual: unknown, path: string, { names, met }: Comparison): string[] {
  if (actual instanceof Failure) {
    return compareError(expected, actual.error, names, met).map((difference) => `${path}: ${difference}`);
  }
  if (expected.builtin === true && expected.class === "AttributeError" && actual === undefined) {
    met("unknown name");
    return [];
  }
  return [`${path}: expected an error of class ${expected.class}, got ${show(actual)}`];
}

function compareText(expected: string, actual: unknown, { met }: Comparison): boolean {
  if (typeof actual === "string") return textMatches(expected, actual);
  if (actual instanceof Date) return actual.getTime() === parseDate(expected).getTime();
  if (typeof actual === "number" && expected === String(actual)) {
    met("number as text");
    return true;
  }
  return false;
}

/** Compares a value of a kind that JSON does not have; `undefined` when the expected one is not of such a kind. */
function compareTagged(
  expected: Document,
  actual: unknown,
  path: string,
  comparison: Comparison,
): boolean | string[] | undefined {
  const [tag] = Object.keys(expected).filter((name) => name.startsWith("$"));
  const content = tag === undefined ? undefined : expected[tag];
  switch (tag) {
    case "$datetime":
      return actual instanceof Date && actual.getTime() === parseDate(String(content)).getTime();
    case "$bytes":
      return actual instanceof Uint8Array && Buffer.from(String(content), "base64").equals(actual);
    case "$model": {
      const name = objectName(actual);
      return (
        name !== undefined && name.model === content && ("id" in expected ? sameId(expected["id"], name.id) : true)
      );
    }
    case "$response":
      // The bare answer, of which only its success could be told: that the call did not fail says the same.
      if (actual === undefined) comparison.met("returned value");
      return actual === undefined;
    case "$session":
      return member(actual, "sessionId") === content;
    case "$query":
      return queriedModel(actual) === content;
    case "$event": {
      if (typeof actual !== "object" || actual === null || actual.constructor.name !== content) return false;
      const { $event: _, ...fields } = expected;
      return Object.entries(fields).flatMap(([name, value]) =>
        compareValue(value, member(actual, name), `${path}.${name}`, comparison),
      );
    }
    default:
      return undefined;
  }
}

/** Hashes are written in capitals here and in small letters there. */
function sameId(expected: unknown, actual: string): boolean {
  return String(expected).toLowerCase() === actual.toLowerCase();
}

function compareMembers(expected: Document, actual: object, path: string, comparison: Comparison): string[] {
  const differences = Object.entries(expected).flatMap(([name, value]) =>
    compareValue(value, member(actual, name), path === "" ? name : `${path}.${name}`, comparison),
  );
  if (!isPlain(actual)) return differences;
  for (const [name, value] of Object.entries(actual)) {
    if (name in expected || value === undefined) continue;
    differences.push(`${path === "" ? name : `${path}.${name}`}: not expected, got ${show(value)}`);
  }
  return differences;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A value in one line. Never asks the server for anything. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value.subarray(0, 40)).toString("hex")}`;
  const name = objectName(value);
  if (name !== undefined) return `${name.model} ${name.id}`;
  if (isModel(value) || isAwaitable(value) || queriedModel(value) !== undefined) return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = String(value);
  }
  const shown = text ?? (hasMember(value, "constructor") ? String(value) : "undefined");
  return shown.length > 300 ? `${shown.slice(0, 300)}...` : shown;
}
