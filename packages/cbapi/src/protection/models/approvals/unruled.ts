import { Completeness } from "../../../core/model/document.js";
import { Model } from "../../../core/model/model.js";

/**
 * Deleting a certificate or a publisher lifts what was said of it, and the object stays: it is known in part from here on,
 * without the state that it had.
 */
export function unruled(model: Model, ...states: readonly string[]): void {
  const state = Model.stateOf(model);
  state.changes = undefined;
  state.edits = undefined;
  state.refreshedAt = undefined;
  state.document = Object.fromEntries(Object.entries(state.document).filter(([name]) => !states.includes(name)));
  state.completeness = Completeness.partial;
}
