import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import {
  type FieldCheck,
  readObject,
  textOf,
  trueOrFalse,
  wholeNumber,
  writtenTime,
  wrongType,
} from "../../server/write-body.js";
import type { ProtectionContext } from "../context.js";
import { type Field, type FieldType, KINDS, type Kind } from "../objects/index.js";

const number: FieldCheck<number> = (value, name) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrongType(name, "a number");
  return value;
};
const anyList: FieldCheck<unknown[]> = (value, name) => {
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value;
};
/** Lists of ids are texts, but a lone one may come as a number. */
const textOrNumber: FieldCheck<string> = (value, name) =>
  textOf()(typeof value === "number" && name.endsWith("Ids") ? String(value) : value, name);

const CHECKS: Readonly<Record<FieldType, FieldCheck>> = {
  ...{ integer: wholeNumber(), number, boolean: trueOrFalse, text: textOrNumber, date: writtenTime, list: anyList },
};
/** Types that hold null as well as a value. In a field of another type it says nothing, as whole objects that are sent back have it. */
const NULLABLE: readonly FieldType[] = ["text", "date"];

/** The body of a write, by the names of the fields as they are, whatever the case in which they came. */
export interface WrittenBody {
  /** Of the object that is meant, if the body says so. */
  readonly id: number | undefined;
  /** What it changes: other fields, and those that nobody may write, count for nothing. */
  readonly changes: Record<string, unknown>;
}

/** Reads a body by the fields of a kind; `gates` are the parameters that let further fields be written. */
export function readChanges(
  { store, traits }: ProtectionContext,
  kind: Kind,
  request: SandboxRequest,
  gates: readonly unknown[],
): WrittenBody {
  const body = readObject(request);
  const names = new Map(Object.keys(kind.fields).map((name) => [name.toLowerCase(), name]));
  const changes: Record<string, unknown> = {};
  let id: number | undefined;
  for (const written of body.names()) {
    const name = names.get(written.toLowerCase());
    const field = name === undefined ? undefined : kind.fields[name];
    const value = body.value(written) ?? null;
    if (written.toLowerCase() === "id") id = value === null || value === 0 ? undefined : wholeNumber(1)(value, "id");
    if (name === undefined || field === undefined || !isWritable(field, gates)) continue;
    if (field.since !== undefined && !traits.has8) continue;
    if (value === null) {
      if (NULLABLE.includes(field.type)) changes[name] = null;
      continue;
    }
    changes[name] = CHECKS[field.type](value, name);
    checkValue(name, field, changes[name]);
    if (field.of !== undefined && value !== 0) checkTarget(name, field.of, changes[name] as number);
  }
  return { id, changes };

  function checkTarget(name: string, of: string, key: number): void {
    const target = KINDS.get(of);
    if (target === undefined || store.collection(target.kept as "protection_computer").get(key) !== undefined) return;
    throw new HttpProblem(400, `${name}: there is no ${of} ${key}`);
  }
}

const isWritable = ({ writable }: Field, gates: readonly unknown[]): boolean =>
  writable === true || (typeof writable === "string" && gates.includes(writable));

function checkValue(name: string, { values }: Field, value: unknown): void {
  if (values === undefined || values.includes(value as number)) return;
  throw new HttpProblem(400, `${name} must be one of ${values.join(", ")}, not ${String(value)}`);
}

/** Refuses what lacks a value that it has to have. */
export function requireFields(record: Readonly<Record<string, unknown>>, ...names: readonly string[]): void {
  const missing = names.filter((name) => record[name] === undefined || record[name] === null || record[name] === "");
  if (missing.length > 0) throw new HttpProblem(400, `Missing fields: ${missing.join(", ")}`);
}

/** Refuses a name that another object has, whatever the case. */
export function requireFreeName(
  all: readonly { id: number; name?: string | null }[],
  { id, name }: { id?: number; name?: string | null },
  noun: string,
): void {
  const wanted = (name ?? "").trim().toLowerCase();
  if (wanted === "") throw new HttpProblem(400, "Missing fields: name");
  const other = all.find((each) => each.id !== id && (each.name ?? "").trim().toLowerCase() === wanted);
  if (other !== undefined) throw new HttpProblem(400, `There is a ${noun} of the name ${name ?? ""}: ${other.id}`);
}
