import { InvalidObjectError } from "../errors.js";
import { assign } from "./assign.js";
import type { Key } from "./document.js";
import type { AnyModel, Model, ModelClass } from "./model.js";
import { namedObject } from "./ref.js";
import type { Ref } from "./ref-type.js";

/** How an object is named where one is wanted: the object itself, loaded or not (a {@link Ref}), or its id. */
export type ModelOrKey<M extends AnyModel> = M | Ref<M> | number;

/**
 * The key of the object that a caller names. Nothing is requested.
 * @param what names the place that the object is given for, in errors: `Sensor.group`
 * @throws InvalidObjectError when it is something else, or has no key yet
 */
export function keyOfNamed(what: string, target: ModelClass, value: unknown): Key {
  const named = namedObject(value);
  const { name, key } = target.spec;
  if (named === undefined) {
    if (typeof value === "number" || typeof value === "string") return target.normaliseKey(value);
    throw new InvalidObjectError(
      `${what} takes a ${name} or its ${key}, got ${value === null ? "null" : typeof value}`,
    );
  }
  if (named.cls !== target) throw new InvalidObjectError(`${what} takes a ${name}, got a ${named.cls.spec.name}`);
  if (named.key !== undefined) return named.key;
  throw new InvalidObjectError(
    `${what}: the ${key} of this ${name} is not known yet. Save it first if it is new, or await it if it is to be searched for`,
  );
}

/** Assigns a join: the field behind it takes the key of the object. */
export function assignJoin(owner: Model, what: string, field: string, target: ModelClass, value: unknown): void {
  assign(owner, field, keyOfNamed(what, target, value));
}
