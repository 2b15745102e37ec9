// Checks of fields that do not go together, of which the server would refuse or overlook one.

import { InvalidObjectError } from "../../core/errors.js";
import { Model, specOf } from "../../core/model/model.js";

/** What a field was changed to, as it goes to the server; `undefined` when it was not changed. */
export function changedTo(model: Model, field: string): unknown {
  return Model.stateOf(model).changes?.get(field);
}

/** What the server has in a field, leaving changes aside. */
export function presentIn(model: Model, field: string): unknown {
  return Model.stateOf(model).document[field];
}

/** Refuses a change, in the model's name. */
export function refuse(model: Model, why: string): never {
  throw new InvalidObjectError(`This ${specOf(model).name} cannot be saved: ${why}`);
}

/** Refuses to have both switches on. What the server has is no concern of the caller's: only a change is looked at. */
export function requireOneOff(model: Model, a: string, b: string): void {
  if (changedTo(model, a) !== true && changedTo(model, b) !== true) return;
  if (model.get(a) !== true || model.get(b) !== true) return;
  refuse(model, `${a} and ${b} exclude each other. Set one of them to false`);
}
