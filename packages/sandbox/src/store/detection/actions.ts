import type { ActionRecord } from "../../domain/index.js";
import type { Store } from "../store.js";

/** The action that raises alerts; the others would leave the server. */
export const ALERT_ACTION = 3;

/** Whose action an action is. */
export type ActionOwner = { feed: number } | { watchlist: number };

/** The actions of a feed or a watchlist, in the order of their making. */
export function actionsOf(store: Store, owner: ActionOwner): ActionRecord[] {
  return store
    .collection("action")
    .all()
    .filter((action) => ("feed" in owner ? action.group_id === owner.feed : action.watchlist_id === owner.watchlist));
}

/** Removes the actions of a feed or a watchlist that goes. */
export function removeActions(store: Store, owner: ActionOwner): void {
  for (const { id } of actionsOf(store, owner)) store.collection("action").remove(id);
}
