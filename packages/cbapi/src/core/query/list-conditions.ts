import { ApiError } from "../errors.js";
import type { Document } from "../model/document.js";
import { isField } from "../model/fields.js";
import type { ModelClass } from "../model/model.js";
import { parseTime } from "../time.js";
import { nearestNames } from "./nearest.js";
import { checkScalar, type ScalarValue } from "./terms.js";

/** One condition on a list: what the field reads as is the value. Text is compared without case. */
export interface Condition {
  readonly field: string;
  readonly value: ScalarValue;
}

/** What a list is ordered by. */
export interface ListOrder {
  readonly field: string;
  readonly ascending: boolean;
}

/** `"name:Default Group"`, with or without blanks around the two, or an object of fields and values. */
export function conditionsOf(condition: string | object): Condition[] {
  if (typeof condition !== "string") {
    return Object.entries(condition).map(([field, value]: [string, unknown]) => {
      checkScalar(value);
      return { field: field.trim(), value };
    });
  }
  const colon = condition.indexOf(":");
  const field = condition.slice(0, Math.max(0, colon)).trim();
  if (field === "") throw new ApiError(`a condition on a list reads "field:value", got ${JSON.stringify(condition)}`);
  return [{ field, value: condition.slice(colon + 1).trim() }];
}

/** `"name asc"`, `"name desc"`, `"name"`; blank text for no order. */
export function orderOf(text: string): ListOrder | undefined {
  const [field, direction = "desc", ...more] = text.trim().split(/\s+/);
  if (field === undefined || field === "") return undefined;
  if (more.length > 0 || !/^(asc|desc)$/i.test(direction))
    throw new ApiError(`sort wants "field asc" or "field desc", got ${JSON.stringify(text)}`);
  return { field, ascending: direction.toLowerCase() === "asc" };
}

/** What a member of a list shows under a name: as it reads, and as the server wrote it. */
export interface Shown {
  readonly value: unknown;
  readonly raw: unknown;
}

export function matches({ value, raw }: Shown, wanted: ScalarValue): boolean {
  if (Array.isArray(value)) return value.some((one: unknown) => matches({ value: one, raw: one }, wanted));
  if (value instanceof Date) {
    const time = wanted instanceof Date ? wanted : parseTime(wanted);
    if (time?.getTime() === value.getTime()) return true;
  }
  const text = textOf(wanted);
  if (typeof value === "boolean") return truthOf(text) === value;
  if (text.trim() !== "" && Number(text) === value) return true;
  return [value, raw].some((one) => isPlain(one) && String(one).toLowerCase() === text);
}

/** Orders by what members show: what lacks the field stands below everything that has it. */
export function compare(a: Shown, b: Shown): number {
  const [first, second] = [sortable(a), sortable(b)];
  if (typeof first === "number" && typeof second === "number") return first - second;
  if (first === undefined || second === undefined) return Number(first !== undefined) - Number(second !== undefined);
  return String(first).localeCompare(String(second), "en", { numeric: true });
}

/** Whether lists of this model can be searched by a name without looking into them. */
export function isDeclared({ record, spec }: ModelClass, name: string): boolean {
  return isField(Object.getOwnPropertyDescriptor(record, name)?.value) || spec.listedBy?.includes(name) === true;
}

/**
 * Checks a name that is not declared: servers tell more than is declared, so that one member that has it is enough.
 * @returns what is in doubt when there is no member to look at
 * @throws ApiError when no member has it (`code` is `UNKNOWN_FIELD`)
 */
export function checkName(model: ModelClass, name: string, documents: readonly Document[]): string | undefined {
  if (isDeclared(model, name) || documents.some((document) => Object.hasOwn(document, name))) return undefined;
  const kind = model.spec.name;
  if (documents.length === 0) {
    return `${JSON.stringify(name)} is no declared field of ${kind}, and there is none that could show whether it is one`;
  }
  const known = new Set(Object.keys(model.record).filter((field) => isDeclared(model, field)));
  for (const field of [...(model.spec.listedBy ?? []), ...documents.flatMap(Object.keys)]) known.add(field);
  const near = nearestNames(name, known);
  let hint = near.length === 0 ? "" : ` Did you mean ${near.join(", or ")}?`;
  if (near.length === 0 && name in (model.prototype as object)) {
    hint = ` ${kind}.${name} is no field of the list: filter the rows of all() by it.`;
  }
  throw new ApiError(`${kind} has no field ${JSON.stringify(name)}, and neither has any of its list.${hint}`, {
    code: "UNKNOWN_FIELD",
  });
}

function isPlain(value: unknown): value is string | number | boolean | bigint {
  return ["string", "number", "boolean", "bigint"].includes(typeof value);
}

function textOf(wanted: ScalarValue): string {
  return (wanted instanceof Date ? wanted.toISOString() : String(wanted)).toLowerCase();
}

function truthOf(text: string): boolean | undefined {
  if (["true", "1", "yes"].includes(text)) return true;
  return ["false", "0", "no"].includes(text) ? false : undefined;
}

function sortable({ value }: Shown): unknown {
  return value instanceof Date ? value.getTime() : (value ?? undefined);
}
