import type { CallOptions } from "../transport/types.js";
import { Completeness, type Key } from "./document.js";
import { type AnyModel, classOf, ensure, Model, type ModelClass } from "./model.js";
import { makeRef } from "./ref.js";
import { follow, joinSource, locateJoin } from "./ref-source.js";
import type { Ref } from "./ref-type.js";
import { isRelation, type Relation } from "./relations.js";
import type { ModelState } from "./state.js";

/** The join `name` of a loaded model: the same Ref each time, as long as it names the same object. */
export function joinOf(
  owner: AnyModel,
  name: string,
  relation: Relation<AnyModel, undefined>,
): Ref<AnyModel | undefined> {
  const state = Model.stateOf(owner);
  const slot = slotOf(name, relation, state);
  const known = state.joins?.get(slot);
  if (known !== undefined) return known as Ref<AnyModel | undefined>;
  const ref = makeRef<AnyModel, undefined>(
    joinSource(
      relation,
      async () => owner,
      () => keyText(relation, owner),
      {},
      () => joinKey(relation, owner),
    ),
  );
  state.joins ??= new Map();
  state.joins.set(slot, ref);
  return ref;
}

/** Fixes a join to an object that was loaded for it, so that it stays although the map may let the document go. */
export function bindJoin(
  owner: AnyModel,
  name: string,
  relation: Relation<AnyModel, undefined>,
  joined: AnyModel,
): void {
  const state = Model.stateOf(owner);
  state.joins ??= new Map();
  const ref = makeRef<AnyModel, undefined>({
    cls: relation.target as ModelClass<AnyModel>,
    describe: () => keyText(relation, owner),
    completeness: Completeness.row,
    locate: async () => joined,
  });
  state.joins.set(slotOf(name, relation, state), ref);
}

/** A join by a field is kept for the field's value: assigning another one names another object. */
function slotOf(name: string, { via }: Relation<AnyModel, undefined>, state: ModelState): string {
  return typeof via === "string" ? `${name} ${String(state.changes?.get(via) ?? state.document[via])}` : name;
}

/** What awaiting the join `name` of a model gives, with options for the requests that it costs. */
export async function loadJoin(owner: AnyModel, name: string, options: CallOptions): Promise<AnyModel | undefined> {
  const relation: unknown = Reflect.get(classOf(owner).record, name);
  if (!isRelation(relation)) throw new TypeError(`${name} is no join`);
  const joined = await locateJoin(owner, relation as Relation<AnyModel, undefined>, options);
  if (joined !== undefined) await ensure(joined, Completeness.row, options);
  return joined;
}

/** The key that a join names, as far as its owner tells. */
function joinKey(relation: Relation<AnyModel, undefined>, owner: AnyModel): Key | undefined {
  const named = follow(owner, relation);
  return named instanceof Model ? Model.stateOf(named).key : (named ?? undefined);
}

function keyText(relation: Relation<AnyModel, undefined>, owner: AnyModel): string {
  return String(joinKey(relation, owner) ?? "?");
}
