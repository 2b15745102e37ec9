import { dropChanges, spelled } from "./assign.js";
import type { Entry } from "./document.js";
import { Completeness } from "./document.js";
import { adopt, classOf, Model, specOf } from "./model.js";
import { sameValue } from "./same-value.js";

/** For how long a document is what the server has, when the model does not say, in milliseconds. */
const FRESH = 10_000;

/** Shows another document, and keeps those changes that were not saved and make a difference to it. */
export function rebaseOn(model: Model, entry: Entry): void {
  const state = Model.stateOf(model);
  adopt(state, entry);
  const { changes } = state;
  if (changes === undefined) return;
  for (const [name, value] of [...changes]) {
    const present = entry.document[name];
    const edits = state.edits?.get(name);
    const wanted =
      edits === undefined ? spelled(value, present) : edits.reduce((raw: unknown, change) => change(raw), present);
    if (sameValue(wanted, present)) dropChanges(model, [name]);
    else changes.set(name, wanted);
  }
}

/** Shows another document, of which these fields were decided: what was assigned to them before is overtaken. */
export function takeOver(model: Model, entry: Entry, decided: readonly string[]): void {
  dropChanges(model, decided);
  rebaseOn(model, entry);
}

/** Whether the object shows what the server has, as far as this client can know without asking. */
export function isUpToDate(model: Model): boolean {
  const state = Model.stateOf(model);
  const { key, client } = state;
  if (key === undefined) return true;
  const { identityMap } = client;
  const cls = classOf(model);
  // What other objects of this client have read or written since.
  const known = identityMap.peek(cls, key, Completeness.full);
  if (known !== undefined && known.document !== state.document && known.readAt >= (state.refreshedAt ?? 0)) {
    rebaseOn(model, known);
  }
  const { refreshedAt } = state;
  if (refreshedAt === undefined) return false;
  if (identityMap.now() - refreshedAt > (specOf(model).freshFor ?? FRESH)) return false;
  // Written in the same millisecond: only what the map has kept was read after that.
  return refreshedAt > identityMap.changedAt(cls, key) || known?.document === state.document;
}
