import type { Key } from "./document.js";
import type { AnyModel, ModelClass } from "./model.js";

/**
 * How a relation finds its object from its owner.
 *
 * - a field name: the key is that field's value;
 * - a function: gives the key, `undefined` when there is no such object, or a model that the owner already knows in part.
 */
export type KeyOf<Owner, Target> = string | ((owner: Owner) => Key | Target | undefined | null);

const relationMark = Symbol("cbapi.relation");
const resourceMark = Symbol("cbapi.resource");

/** A join to one object of another model. */
export interface Relation<Target, Absent extends undefined = never> {
  readonly [relationMark]: "one";
  readonly target: ModelClass;
  readonly via: KeyOf<never, Target>;
  readonly optional: boolean;
  /** What the field says where there is no such object, beside null and an empty text: 0 on some servers. */
  readonly none?: Key;
  /** Only for the type: what awaiting it gives. */
  readonly value?: Target | Absent;
}

/** Something that belongs to an object and is reached by its key alone: a file, an icon. */
export interface ResourceOf<R> {
  readonly [resourceMark]: true;
  readonly type: ResourceClass<R>;
}

/** A class whose instances are made of the model they belong to. */
// biome-ignore lint/suspicious/noExplicitAny: the owner's type differs from resource to resource
export type ResourceClass<R> = new (owner: any) => R;

/** A join that always has an object at its other end: awaiting it gives the model, or `ObjectNotFoundError`. */
export function one<C extends ModelClass>(target: C, via: KeyOf<never, InstanceType<C>>): Relation<InstanceType<C>> {
  return { [relationMark]: "one", target, via, optional: false };
}

/**
 * A join that may be empty: awaiting it gives `undefined` when its owner names no such object.
 * @param none what the field says where there is none, beside null and an empty text
 */
export function optional<C extends ModelClass>(
  target: C,
  via: KeyOf<never, InstanceType<C>>,
  none?: Key,
): Relation<InstanceType<C>, undefined> {
  return { [relationMark]: "one", target, via, optional: true, ...(none === undefined ? {} : { none }) };
}

/** A resource of the model, made when it is first reached. Reaching it requests nothing. */
export function resource<R extends object>(type: ResourceClass<R>): ResourceOf<R> {
  return { [resourceMark]: true, type };
}

export function isRelation(value: unknown): value is Relation<AnyModel> {
  return typeof value === "object" && value !== null && relationMark in value;
}

export function isResource(value: unknown): value is ResourceOf<object> {
  return typeof value === "object" && value !== null && resourceMark in value;
}
