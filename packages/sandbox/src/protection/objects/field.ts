import type { SqlText } from "../../store/database.js";
import type { Right } from "../rights.js";

/** What a field holds. Dates are kept as milliseconds since 1970, and sent as text. */
export type FieldType = "integer" | "number" | "boolean" | "text" | "date" | "list";

/** What a computed field may depend on besides the row. */
export interface Present {
  readonly now: number;
  /** When endpoints that are switched on spoke last. */
  readonly lastRound: number;
}

/** What is said of a field besides its type. */
export interface FieldOptions {
  /** Whether clients may write it; `diagnostics` and `template`: only with the parameter that asks for it. */
  readonly writable?: boolean | "diagnostics" | "template";
  /** The first version that has it. */
  readonly since?: 8;
  /** The kind of objects that it holds an id of; 0 is none of them. */
  readonly of?: string;
  /** What whoever reads it may have to be permitted. */
  readonly needs?: Right;
  /** The only values that can be written. */
  readonly values?: readonly number[];
  /** The field as an expression over a row of `object` by its alias: for what follows from other objects or from the time. */
  readonly computed?: (row: string, present: Present) => SqlText;
}

export interface Field<T extends FieldType = FieldType> extends FieldOptions {
  readonly type: T;
}

/** The fields of a kind, in the order in which they are sent. */
export type Fields = Readonly<Record<string, Field>>;

const typed =
  <T extends FieldType>(type: T) =>
  (options: FieldOptions = {}): Field<T> => ({ ...options, type });

export const integer = typed("integer");
export const decimal = typed("number");
export const flag = typed("boolean");
export const text = typed("text");
export const date = typed("date");
export const list = typed("list");

/** Several fields of one sort. */
export function each<const N extends string, T extends FieldType>(
  field: Field<T>,
  ...names: readonly N[]
): Record<N, Field<T>> {
  return Object.fromEntries(names.map((name) => [name, field])) as Record<N, Field<T>>;
}

/** Who made and who changed an object, and when. */
export const authors = {
  ...each(date(), "dateCreated", "dateModified"),
  ...each(text(), "createdBy", "modifiedBy"),
  ...each(integer({ since: 8, of: "user" }), "createdByUserId", "modifiedByUserId"),
};

type ValueOf<T extends FieldType> = T extends "boolean"
  ? boolean
  : T extends "text"
    ? string
    : T extends "list"
      ? unknown[]
      : number;

/** The record of an object with these fields. */
export type RecordOf<F extends Fields> = { id: number } & {
  -readonly [N in Exclude<keyof F, "id">]?: ValueOf<F[N]["type"]> | null;
};

/** An expression over a row of `object` for a field that is kept in its record. */
export const stored = (row: string, name: string): string => `json_extract(${row}.record, '$.${name}')`;

/** `2018-05-29T10:09:27Z`: a fraction of a second only where there is one, without zeros at its end. */
export function sentDate(time: number): string {
  return new Date(time).toISOString().replace(/\.?0+Z$/, "Z");
}
