import { ObjectNotFoundError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness, type Entry, type Key } from "./document.js";
import type { ModelHost } from "./host.js";
import { type AnyModel, adopt, Model, type ModelClass, rawField } from "./model.js";
import type { Relation } from "./relations.js";
import { whenKnown } from "./when-known.js";

/** Where a Ref's object is found. */
export interface RefSource<M extends AnyModel> {
  readonly cls: ModelClass<M>;
  /** For printing: the key when it is known without a request. */
  readonly describe: () => string;
  /** The object, known as well as it can be without asking for it; `undefined` when there is none. */
  readonly locate: (options: CallOptions) => Promise<M | undefined>;
  /** How well the object has to be known when the Ref itself is awaited. */
  readonly completeness: Completeness;
  readonly options?: CallOptions & { refresh?: boolean | undefined };
  /** Its key, where that is known without a request. */
  readonly key?: () => Key | undefined;
}

/** By its key. */
export function keySource<M extends AnyModel>(
  client: ModelHost,
  cls: ModelClass<M>,
  key: Key,
  options: CallOptions & { refresh?: boolean | undefined },
): RefSource<M> {
  const normal = cls.normaliseKey(key);
  return {
    cls,
    describe: () => String(normal),
    locate: async () => modelByKey(client, cls, normal),
    completeness: Completeness.full,
    options,
    key: () => normal,
  };
}

/** Through a relation, from an owner that may have to be located itself. */
export function joinSource(
  relation: Relation<AnyModel, undefined>,
  owner: () => Promise<AnyModel | undefined>,
  describe: () => string,
  options: CallOptions,
  key?: () => Key | undefined,
): RefSource<AnyModel> {
  return {
    cls: relation.target as ModelClass<AnyModel>,
    describe,
    completeness: Completeness.row,
    options,
    ...(key === undefined ? {} : { key }),
    locate: async () => {
      const from = await owner();
      return from === undefined ? undefined : locateJoin(from, relation, options);
    },
  };
}

/** The object at the other end of a relation, known as well as it can be without asking for it. */
export async function locateJoin(
  owner: AnyModel,
  relation: Relation<AnyModel, undefined>,
  options: CallOptions,
): Promise<AnyModel | undefined> {
  const found = await whenKnown(owner, () => follow(owner, relation), options, Completeness.row);
  if (found instanceof Model) return found;
  if (found !== undefined && found !== null) return sharedModel(Model.stateOf(owner).client, relation.target, found);
  if (relation.optional) return undefined;
  throw new ObjectNotFoundError(`${owner} names no ${relation.target.spec.name}`);
}

/** What a relation names: a key, an object known in part, or nothing. */
export function follow(owner: AnyModel, relation: Relation<AnyModel, undefined>): Key | AnyModel | undefined | null {
  if (typeof relation.via !== "string") return (relation.via as (owner: AnyModel) => Key | undefined)(owner);
  const raw = rawField(Model.stateOf(owner), relation.via);
  return raw === "" || raw === relation.none ? undefined : (raw as Key | undefined | null);
}

/** A new model of this key, with what the identity map knows of it. */
function modelByKey<M extends AnyModel>(client: ModelHost, cls: ModelClass<M>, key: Key): M {
  const model = new cls({ client, key });
  const entry = client.identityMap.recall(cls, key);
  if (entry !== undefined) adopt(Model.stateOf(model), entry);
  return model;
}

/** The model that all joins to this object give. */
export function sharedModel(client: ModelHost, cls: ModelClass, key: Key): AnyModel {
  const normal = cls.normaliseKey(key);
  return client.identityMap.shared(cls, normal, () => shown(modelByKey(client, cls, normal)));
}

/** The model that all joins to this object give, made of a document that has just been loaded. */
export function sharedFrom(client: ModelHost, cls: ModelClass, key: Key, entry: Entry): AnyModel {
  return client.identityMap.shared(cls, key, () => {
    const model: AnyModel = new cls({ client, key });
    adopt(Model.stateOf(model), entry);
    return shown(model);
  });
}

const shown = (model: AnyModel) => ({ model, showing: Model.stateOf(model) });
