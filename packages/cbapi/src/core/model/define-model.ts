import { ApiError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { assign } from "./assign.js";
import type { Declaration, declaration } from "./declaration.js";
import type { Document, Fetched, Key } from "./document.js";
import { type Field, isField } from "./fields.js";
import type { ModelHost } from "./host.js";
import { refuseAssignments } from "./immutable.js";
import { joinOf } from "./joins.js";
import { Model, rawField } from "./model.js";
import { MutableModel } from "./mutable-model.js";
import type { Ref } from "./ref-type.js";
import { isRelation, isResource, type Relation, type ResourceOf } from "./relations.js";
import type { ModelSpec } from "./spec.js";
import type { ModelInit, ModelState } from "./state.js";

/** What a member of the record reads as. */
export type Member<V, IsKey extends boolean> =
  V extends Field<infer T, never>
    ? IsKey extends true
      ? T
      : T | undefined
    : V extends Relation<infer M, infer Absent>
      ? Ref<M | Absent>
      : V extends ResourceOf<infer R>
        ? R
        : never;

/**
 * The members that a record declares. Only the names decide what is read-only: looking at a member's type here would
 * make models that join to each other depend on themselves.
 */
export type Members<R, K extends PropertyKey, W extends PropertyKey> = {
  readonly [P in keyof R as P extends W ? never : P]: Member<R[P], P extends K ? true : false>;
} & { [P in keyof R as P extends W ? P : never]: Member<R[P], false> };

/** What a model is made with for the types only; see {@link declaration}. */
interface Declared<R, W extends PropertyKey, L extends PropertyKey, N extends PropertyKey> {
  readonly [declaration]: Declaration<R, W, L, N>;
}

export interface ModelConstructor<
  R,
  K extends PropertyKey,
  W extends PropertyKey,
  L extends PropertyKey = never,
  N extends PropertyKey = PropertyKey,
> {
  new (init: ModelInit): ([W] extends [never] ? Model : MutableModel) & Members<R, K, W> & Declared<R, W, L, N>;
  /** @internal */
  readonly spec: ModelSpec;
  /** @internal */
  readonly record: object;
  /** @internal */
  normaliseKey(key: Key): Key;
  /** @internal */
  keyIn(document: Document): Key | undefined;
  /** @internal */
  documentKey(key: Key): Key;
  /** @internal */
  fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched>;
  /** @internal */
  stateOf(model: Model): ModelState;
}

type WritableOf<S> = S extends { readonly writable: readonly (infer W extends string)[] } ? W : never;
type ListedOf<S> = S extends { readonly listedBy: readonly (infer L extends string)[] } ? L : never;
/** The key of what can be created is absent until it has been saved. */
type KeyOfSpec<S extends ModelSpec> = S extends { readonly creatable: true } ? never : S["key"];
/** The field that the key is; none where it is made of several. */
type KeyField<S extends ModelSpec> = S extends { readonly keyOf: unknown } ? never : S["key"];

const reserved = new Set(["then", "catch", "finally", "load", "refresh", "get", "toJSON", "isLoaded", "constructor"]);

/**
 * Declares a model: its fields, relations and resources in one record. The class that extends the result has an
 * accessor for each of them, and the types to match.
 *
 * Relations and resources are written as getters, so that models in different files can join to each other; nothing
 * here runs those getters.
 *
 * @example
 * class Sensor extends defineModel(
 *   { name: "Sensor", path: "/api/v1/sensor", key: "id", writable: ["notes"] },
 *   {
 *     id: t.integer(),
 *     notes: t.string(),
 *     group_id: t.integer(),
 *     get group() { return one(SensorGroup, "group_id"); },
 *   },
 * ) {}
 */
export function defineModel<const S extends ModelSpec, R extends object>(
  spec: S & { readonly key: keyof R & string; readonly writable?: readonly (keyof R & string)[] },
  record: R,
): ModelConstructor<R, KeyOfSpec<S>, WritableOf<S>, ListedOf<S>, KeyField<S>> {
  const Base = spec.writable === undefined ? Model : MutableModel;
  let prepared: unknown;
  const Defined = class extends (Base as typeof MutableModel) {
    static override readonly spec: ModelSpec = spec;
    static override readonly record = record;

    constructor(init: ModelInit) {
      super(init);
      if (new.target === prepared) return;
      refuseAssignments(new.target, Defined);
      prepared = new.target;
    }
  };
  Object.defineProperty(Defined, "name", { value: spec.name });
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(record))) {
    if (reserved.has(name)) throw new ApiError(`${spec.name}.${name}: this name is taken by every model`);
    if (isField(descriptor.value)) defineField(Defined.prototype, spec, name, descriptor.value);
    else if (descriptor.get !== undefined) defineJoin(Defined.prototype, spec, name, record);
    else throw new ApiError(`${spec.name}.${name} is neither a field nor a getter of a relation or a resource`);
  }
  return Defined as unknown as ModelConstructor<R, KeyOfSpec<S>, WritableOf<S>, ListedOf<S>, KeyField<S>>;
}

function defineField(prototype: object, spec: ModelSpec, name: string, field: Field<unknown>): void {
  const isKey = name === spec.key && spec.keyOf === undefined;
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Model): unknown {
      const state = Model.stateOf(this);
      const raw = isKey && state.key !== undefined ? state.key : rawField(state, name);
      return raw === undefined || raw === null ? undefined : field.decode(raw);
    },
    set(this: Model, value: unknown) {
      assign(this, name, value);
    },
  });
}

function defineJoin(prototype: object, spec: ModelSpec, name: string, record: object): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Model): unknown {
      const declared: unknown = Reflect.get(record, name);
      if (isRelation(declared)) return joinOf(this, name, declared as Relation<Model, undefined>);
      if (isResource(declared)) return resourceOf(this, name, declared);
      throw new ApiError(`${spec.name}.${name} is neither a relation nor a resource`);
    },
  });
}

function resourceOf(owner: Model, name: string, declared: ResourceOf<object>): object {
  const state = Model.stateOf(owner);
  state.joins ??= new Map();
  let made = state.joins.get(name) as object | undefined;
  if (made === undefined) {
    made = new declared.type(owner);
    state.joins.set(name, made);
  }
  return made;
}
