import type { ModelClass } from "../../core/model/model.js";
import { optional, type Relation } from "../../core/model/relations.js";

/**
 * A join by a field that holds the id of another object. App Control writes 0 where there is none, and sometimes null or
 * nothing: awaiting the join gives `undefined` then, and sends nothing.
 */
export function foreign<C extends ModelClass>(target: C, field: string): Relation<InstanceType<C>, undefined> {
  return optional(target, field, 0);
}
