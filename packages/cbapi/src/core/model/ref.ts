import { inspect } from "node:util";
import type { CallOptions } from "../transport/types.js";
import { Completeness, type Key } from "./document.js";
import { isField } from "./fields.js";
import { freshError } from "./fresh-error.js";
import type { ModelHost } from "./host.js";
import { Lazy } from "./lazy.js";
import { type AnyModel, classOf, ensure, Model, type ModelClass } from "./model.js";
import { joinSource, keySource, type RefSource, sharedModel } from "./ref-source.js";
import type { Ref } from "./ref-type.js";
import { isRelation, isResource, type Relation, type ResourceClass } from "./relations.js";
import { whenKnown } from "./when-known.js";

const makeThenable = Symbol("cbapi.settle");

/** What all Refs have in common; the members of a model are added by {@link refClassOf}. */
class RefBase<M extends AnyModel> {
  readonly #source: RefSource<M>;
  #located: Promise<M | undefined> | undefined;
  /** The object as it was located; it may be loaded through another path as well. */
  #model: M | undefined;
  #loaded: Promise<M | undefined> | undefined;

  constructor(source: RefSource<M>) {
    this.#source = source;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is the purpose
  then<A = M | undefined, B = never>(
    onFulfilled?: ((value: M | undefined) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this[makeThenable]().then(onFulfilled, onRejected);
  }

  /** Rethrows with a stack of its own: a shared failure carries the frames of whoever asked first. */
  async [makeThenable](): Promise<M | undefined> {
    try {
      return await RefBase.load(this);
    } catch (error) {
      throw freshError(error);
    }
  }

  static async locate<M extends AnyModel>(ref: RefBase<M>): Promise<M | undefined> {
    ref.#located ??= ref.#source.locate(ref.#source.options ?? {});
    try {
      ref.#model = await ref.#located;
      return ref.#model;
    } catch (error) {
      ref.#located = undefined;
      throw error;
    }
  }

  /** The object that a step goes on from: read anew first, where that was asked for. */
  static from<M extends AnyModel>(ref: RefBase<M>): Promise<M | undefined> {
    return ref.#source.options?.refresh === true ? RefBase.load(ref) : RefBase.locate(ref);
  }

  static async load<M extends AnyModel>(ref: RefBase<M>): Promise<M | undefined> {
    ref.#loaded ??= RefBase.#load(ref);
    try {
      return await ref.#loaded;
    } catch (error) {
      ref.#loaded = undefined;
      throw error;
    }
  }

  static async #load<M extends AnyModel>(ref: RefBase<M>): Promise<M | undefined> {
    const model = await RefBase.locate(ref);
    if (model === undefined) return undefined;
    const { completeness, options } = ref.#source;
    if (options?.refresh === true) await model.refresh(options);
    else await ensure(model, completeness, options);
    return model;
  }

  static sourceOf<M extends AnyModel>(ref: RefBase<M>): RefSource<M> {
    return ref.#source;
  }

  static keyOf(ref: RefBase<AnyModel>): Key | undefined {
    return ref.#model === undefined ? ref.#source.key?.() : Model.stateOf(ref.#model).key;
  }

  toJSON(): { model: string; id: string } {
    return { model: this.#source.cls.spec.name, id: this.#source.describe() };
  }

  /** As a model's: whoever copies plain objects leaves a Ref as it is. */
  get [Symbol.toStringTag](): string {
    return "Ref";
  }

  [inspect.custom](): string {
    const { cls, describe, completeness } = this.#source;
    const known = this.#model === undefined ? Completeness.key : Model.stateOf(this.#model).completeness;
    const loaded = known > Completeness.key && known >= completeness;
    return `Ref<${cls.spec.name} ${describe()}> (${loaded ? "loaded" : "not loaded"})`;
  }
}

/** A resource taken through a Ref: its methods run on the resource of the located object. */
class ResourceRef<R extends object> {
  readonly #resource: Lazy<R | undefined>;

  constructor(resource: Lazy<R | undefined>) {
    this.#resource = resource;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is the purpose
  then<A = R | undefined, B = never>(
    onFulfilled?: ((value: R | undefined) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#resource.then(onFulfilled, onRejected);
  }

  static take(ref: ResourceRef<object>, name: string): Lazy<unknown> {
    return new Lazy(name, async () => {
      const owner = await ref.#resource;
      return owner === undefined ? undefined : (Reflect.get(owner, name) as unknown);
    });
  }

  static call(ref: ResourceRef<object>, name: string, args: unknown[]): Lazy<unknown> {
    return new Lazy(`${name}()`, async () => {
      const owner = await ref.#resource;
      if (owner === undefined) return undefined;
      return (Reflect.get(owner, name) as (...args: unknown[]) => unknown).apply(owner, args);
    });
  }

  toJSON(): undefined {
    return undefined;
  }

  [inspect.custom](): string {
    return "Ref<resource> (not loaded)";
  }
}

const refClasses = new WeakMap<ModelClass, new (source: RefSource<AnyModel>) => RefBase<AnyModel>>();
const resourceRefClasses = new WeakMap<
  ResourceClass<object>,
  new (
    resource: Lazy<object | undefined>,
  ) => ResourceRef<object>
>();

/** Makes a Ref to an object of this model. */
export function makeRef<M extends AnyModel, Absent extends undefined = never>(source: RefSource<M>): Ref<M | Absent> {
  const RefClass = refClassOf(source.cls);
  return new RefClass(source as unknown as RefSource<AnyModel>) as unknown as Ref<M | Absent>;
}

/**
 * Which object a model or a Ref stands for, without a request; `undefined` for anything else. The key is absent where the
 * object has none yet, or a Ref has to look for it first.
 */
export function namedObject(value: unknown): { readonly cls: ModelClass; readonly key: Key | undefined } | undefined {
  if (value instanceof Model) return { cls: classOf(value), key: Model.stateOf(value).key };
  if (value instanceof RefBase) return { cls: RefBase.sourceOf(value).cls, key: RefBase.keyOf(value) };
  return undefined;
}

/** The Ref to an object of which only the key is known. */
export function refByKey<M extends AnyModel>(
  client: ModelHost,
  cls: ModelClass<M>,
  key: Key,
  options: CallOptions & { refresh?: boolean | undefined } = {},
): Ref<M> {
  return makeRef<M>(keySource(client, cls, key, options));
}

/** The Ref that a join by key gives: content with what a search row or another object tells. */
export function refByJoin<M extends AnyModel>(client: ModelHost, cls: ModelClass<M>, key: Key): Ref<M> {
  return makeRef<M>({
    cls,
    describe: () => String(key),
    locate: async () => sharedModel(client, cls, key) as M,
    completeness: Completeness.row,
    key: () => key,
  });
}

function refClassOf(cls: ModelClass): new (source: RefSource<AnyModel>) => RefBase<AnyModel> {
  const known = refClasses.get(cls);
  if (known !== undefined) return known;
  const RefClass = class extends RefBase<AnyModel> {};
  const record = Object.getOwnPropertyDescriptors(cls.record);
  for (const [name, descriptor] of membersOf(cls.prototype as object, Model.prototype)) {
    const declared: unknown = name in record ? Reflect.get(cls.record, name) : undefined;
    if (isRelation(declared)) {
      define(RefClass.prototype, name, (ref: RefBase<AnyModel>) =>
        makeRef(
          joinSource(
            declared as Relation<AnyModel, undefined>,
            () => RefBase.from(ref),
            () => `of ${cls.spec.name} ${RefBase.sourceOf(ref).describe()}`,
            callOptions(RefBase.sourceOf(ref)),
          ),
        ),
      );
    } else if (isResource(declared)) {
      define(RefClass.prototype, name, (ref: RefBase<AnyModel>) => resourceRef(declared.type, ref, name));
    } else if (typeof descriptor.value === "function") {
      const keyOnly = cls.spec.keyOnly?.includes(name) ?? false;
      defineMethod(
        RefClass.prototype,
        name,
        (ref: RefBase<AnyModel>, args) => new Lazy(`${name}()`, () => callMember(ref, name, args, keyOnly)),
      );
    } else if (isField(declared) || descriptor.get !== undefined) {
      define(RefClass.prototype, name, (ref: RefBase<AnyModel>) => new Lazy(name, () => readMember(ref, name)));
    }
  }
  refClasses.set(cls, RefClass);
  return RefClass;
}

function define<This extends object>(prototype: object, name: string, get: (ref: This) => unknown): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: This) {
      return get(this);
    },
  });
}

function defineMethod<This extends object>(
  prototype: object,
  name: string,
  call: (self: This, args: unknown[]) => unknown,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    value(this: This, ...args: unknown[]) {
      return call(this, args);
    },
  });
}

/** What was said for the first step of a path holds for all of its requests; reading anew is about the first object. */
function callOptions({ options }: RefSource<AnyModel>): CallOptions {
  return options === undefined ? {} : { signal: options.signal, timeout: options.timeout };
}

async function readMember(ref: RefBase<AnyModel>, name: string): Promise<unknown> {
  try {
    const model = await RefBase.from(ref);
    if (model === undefined) return undefined;
    const source = RefBase.sourceOf(ref);
    return await whenKnown(model, () => Reflect.get(model, name) as unknown, callOptions(source), source.completeness);
  } catch (error) {
    throw freshError(error);
  }
}

async function callMember(ref: RefBase<AnyModel>, name: string, args: unknown[], keyOnly: boolean): Promise<unknown> {
  const model = await RefBase.from(ref);
  if (model === undefined) return undefined;
  if (!keyOnly) await ensure(model, Completeness.full, callOptions(RefBase.sourceOf(ref)));
  return (Reflect.get(model, name) as (...args: unknown[]) => unknown).apply(model, args);
}

function resourceRef(type: ResourceClass<object>, ref: RefBase<AnyModel>, name: string): ResourceRef<object> {
  let RefClass = resourceRefClasses.get(type);
  if (RefClass === undefined) {
    RefClass = class extends ResourceRef<object> {};
    for (const [member, descriptor] of membersOf(type.prototype as object, Object.prototype)) {
      if (typeof descriptor.value === "function") {
        defineMethod(RefClass.prototype, member, (self: ResourceRef<object>, args) =>
          ResourceRef.call(self, member, args),
        );
      } else {
        define(RefClass.prototype, member, (self: ResourceRef<object>) => ResourceRef.take(self, member));
      }
    }
    resourceRefClasses.set(type, RefClass);
  }
  const located = new Lazy(name, async () => {
    const model = await RefBase.locate(ref);
    return model === undefined ? undefined : (Reflect.get(model, name) as object);
  });
  return new RefClass(located);
}

/** Members of a prototype chain, nearest first, up to and including `last`. */
function membersOf(prototype: object, last: object): Map<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  for (
    let at: object | null = prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (!members.has(name) && !["constructor", "then", "catch", "finally", "toJSON", "toString"].includes(name))
        members.set(name, descriptor);
    }
    if (at === last) break;
  }
  return members;
}
