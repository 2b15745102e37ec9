import type { Key } from "./document.js";
import type { Field } from "./fields.js";
import type { AnyModel } from "./model.js";

/** Only for types: under this name, a model knows what it was declared with. */
export declare const declaration: unique symbol;

/**
 * What a model was declared with: its record, the fields that can be set, what lists can be narrowed by besides, and the
 * field of its key (`never` where the key is made of several).
 */
export interface Declaration<R, W extends PropertyKey, L extends PropertyKey, K extends PropertyKey = PropertyKey> {
  readonly record: R;
  readonly writable: W;
  readonly listedBy: L;
  readonly key: K;
}

/** What a model's keys are: numbers where its key is an integer. */
export type KeyOf<M extends AnyModel> = M extends {
  readonly [declaration]: Declaration<infer R, PropertyKey, PropertyKey, infer K>;
}
  ? [K] extends [never]
    ? string
    : R extends { readonly [P in K]: Field<infer T, never> }
      ? Extract<T, Key>
      : Key
  : Key;

/**
 * Only for types: what a model class lets callers assign beside its fields, where reading gives something else.
 * @example declare readonly [assignable]: { readonly group: ModelOrKey<SensorGroup> };
 */
export declare const assignable: unique symbol;

/**
 * What `create()` and `set()` take for a model: the fields that can be set, and the joins and properties that can be
 * assigned. `null` clears a field, and so does `undefined`.
 */
export type Values<M extends AnyModel> = M extends {
  readonly [declaration]: Declaration<infer R, infer W, PropertyKey>;
}
  ? { readonly [K in keyof R & W]?: Written<R[K]> | null | undefined } & Assigned<M>
  : Readonly<Record<string, unknown>>;

/** What a field is written as, which may be less or more than what it reads as. */
type Written<F> = F extends { encode(value: infer T): unknown } ? T : never;

type Assigned<M> = M extends { readonly [assignable]: infer A } ? Partial<A> : unknown;
