import { InvalidObjectError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { WriteRequest } from "../../core/model/mutable-model.js";
import { type Key, one } from "../../core/model/relations.js";
import type { CallOptions } from "../../core/transport/types.js";
import { ChildListQuery } from "../queries/child-list-query.js";
import {
  type ActionType,
  actionKey,
  actionTypeName,
  actionTypeNumber,
  fetchAction,
  splitActionKey,
} from "./actions.js";
import { Watchlist } from "./watchlist.js";

const pathOf = (watchlist: Key): string => `/api/v1/watchlist/${encodeURIComponent(watchlist)}/action`;

/**
 * What the server does with a hit of a watchlist. Actions are numbered under their watchlist, so that one is selected by
 * both numbers, `"5:12"`, and they are listed by their watchlist: `cb.select(WatchlistAction).where("watchlist_id:5")`,
 * which is `GET /api/v1/watchlist/5/action`.
 *
 * @example
 * const action = watchlist.createAction();
 * action.type = "alert";
 * await action.save();
 */
export class WatchlistAction extends defineModel(
  {
    name: "WatchlistAction",
    path: "/api/v1/watchlist",
    key: "id",
    keyOf: (document) => actionKey(document["watchlist_id"], document["id"]),
    creatable: true,
    writable: ["action_type", "watchlist_id", "action_data"],
    required: ["action_type", "watchlist_id"],
    keyOnly: ["delete"],
  },
  {
    /** Its number under the watchlist. */
    id: t.integer(),
    /** 0 email, 1 syslog, 2 http_post, 3 alert; see {@link WatchlistAction.type}. */
    action_type: t.integer(),
    /** The watchlist's id. Cannot be changed once the action is saved. */
    watchlist_id: t.integer(),
    /** What the action needs, as JSON text: the recipients of an email, for example. */
    action_data: t.string(),
    /** The watchlist whose hits it is about. */
    get watchlist() {
      return one(Watchlist, "watchlist_id");
    },
  },
) {
  /** The actions of one watchlist, which have not been asked for; the query needs it: `where({ watchlist_id: 5 })`. */
  static query(client: ModelHost): ChildListQuery<WatchlistAction> {
    return ChildListQuery.under(client, WatchlistAction, { parent: "watchlist_id", path: pathOf });
  }

  /**
   * `<watchlist id>:<action id>`
   * @throws InvalidObjectError when the text is none
   */
  static override normaliseKey(key: Key): Key {
    const text = String(key).trim();
    if (/^\d+:\d+$/.test(text)) return text;
    throw new InvalidObjectError(
      `${JSON.stringify(key)} is no id of a WatchlistAction: it reads "<watchlist id>:<action id>", as in "5:12"`,
    );
  }

  /** One action out of the list: `GET /api/v1/watchlist/{id}/action`. */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { parent, id } = splitActionKey(key);
    const list = { model: "WatchlistAction", path: pathOf(parent), id, common: { watchlist_id: parent } };
    return fetchAction(client, list, options);
  }

  /** What is done with a hit; `unknown` for a number that this library does not know. Assigning sets `action_type`. */
  get type(): ActionType | "unknown" | undefined {
    return actionTypeName(this.action_type);
  }

  set type(name: ActionType) {
    this.action_type = actionTypeNumber(name);
  }

  protected override get collectionPath(): string {
    const { key } = WatchlistAction.stateOf(this);
    return pathOf(key === undefined ? (this.watchlist_id ?? "") : splitActionKey(key).parent);
  }

  protected override get itemPath(): string {
    return `${this.collectionPath}/${splitActionKey(WatchlistAction.stateOf(this).key ?? "").id}`;
  }

  protected override updateRequest(): WriteRequest {
    if (WatchlistAction.stateOf(this).changes?.has("watchlist_id") === true) {
      throw new InvalidObjectError(
        "A WatchlistAction cannot be moved to another watchlist: create one there and delete this one",
      );
    }
    return super.updateRequest();
  }
}
