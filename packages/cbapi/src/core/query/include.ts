import { invalidArgument } from "../invalid-argument.js";
import type { Key } from "../model/document.js";
import type { ModelHost } from "../model/host.js";
import { bindJoin } from "../model/joins.js";
import { type AnyModel, classOf, Model, type ModelClass } from "../model/model.js";
import { follow, sharedFrom } from "../model/ref-source.js";
import { isRelation, type Relation } from "../model/relations.js";
import type { CallOptions } from "../transport/types.js";

/** The joins of a model, and the joins of those: `"sensor"`, `"sensor.group"`. */
export type IncludePath<M> = { [K in JoinName<M>]: K | `${K}.${JoinName<Joined<M[K]>>}` }[JoinName<M>];

type JoinName<M> = {
  [K in keyof M & string]: Joined<M[K]> extends never ? never : K;
}[keyof M & string];

/** The model at the other end of a join; `never` when it is something else that can be awaited. */
type Joined<J> = J extends PromiseLike<infer V> ? (NonNullable<V> extends AnyModel ? NonNullable<V> : never) : never;

/**
 * Looks whether these are joins of a model, and joins of those: whoever misspells one is told so where it is written,
 * also when no row would ever be joined.
 * @throws CbApiError with code `INVALID_ARGUMENT` naming the model and what is none of its joins
 */
export function checkIncluded(cls: ModelClass, paths: readonly string[]): void {
  for (const path of paths) {
    let at = cls;
    for (const name of path.split(".")) at = joinNamed(at, name).target;
  }
}

function joinNamed(cls: ModelClass, name: string): Relation<AnyModel, undefined> {
  const relation: unknown = name in cls.record ? Reflect.get(cls.record, name) : undefined;
  if (isRelation(relation)) return relation as Relation<AnyModel, undefined>;
  throw invalidArgument(`${cls.spec.name} has no join named ${name}, so it cannot be included`);
}

/**
 * Loads joins of many objects at once: each distinct object is asked for once, and in one request for all where the
 * server has a form for it.
 */
export async function include(
  models: readonly AnyModel[],
  paths: readonly string[],
  client: ModelHost,
  options: CallOptions,
): Promise<void> {
  const below = new Map<string, string[]>();
  for (const path of paths) {
    const [name = "", ...rest] = path.split(".");
    const deeper = below.get(name) ?? [];
    if (rest.length > 0) deeper.push(rest.join("."));
    below.set(name, deeper);
  }
  await Promise.all([...below].map(([name, deeper]) => includeJoin(models, name, deeper, client, options)));
}

async function includeJoin(
  models: readonly AnyModel[],
  name: string,
  deeper: readonly string[],
  client: ModelHost,
  options: CallOptions,
): Promise<void> {
  const first = models[0];
  if (first === undefined) return;
  const join = joinNamed(classOf(first), name);
  const named = models.map((model) => keyOf(model, join));
  const loaded = await client.identityMap.loadMany(
    join.target,
    named.filter((key) => key !== undefined),
    options,
  );
  const joined = new Map<Key, AnyModel>();
  for (const [key, entry] of loaded) joined.set(key, sharedFrom(client, join.target, key, entry));
  models.forEach((model, index) => {
    const found = joined.get(named[index] ?? "");
    if (found !== undefined) bindJoin(model, name, join, found);
  });
  await include([...joined.values()], deeper, client, options);
}

/** The key that a join names; `undefined` where it names nothing, or an object that its owner brought along. */
function keyOf(model: AnyModel, relation: Relation<AnyModel, undefined>): Key | undefined {
  const named = follow(model, relation);
  if (named === undefined || named === null || named instanceof Model) return undefined;
  try {
    return relation.target.normaliseKey(named);
  } catch {
    return undefined; // Reading the join says what is wrong with it.
  }
}
