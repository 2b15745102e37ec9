import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { one } from "../../../core/model/relations.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { ChildListQuery } from "../../queries/child-list-query.js";
import { ActionParent, type ActionType, actionTypeName, actionTypeNumber } from "./actions.js";
import { Watchlist } from "./watchlist.js";

const parent = new ActionParent("WatchlistAction", "watchlist", "watchlist_id");

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
    keyOf: (document) => parent.keyOf(document),
    creatable: true,
    writable: ["action_type", "watchlist_id", "action_data"],
    required: ["action_type", "watchlist_id"],
    listedBy: ["type"],
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
  /** What `create()` and `set()` take beside the fields. */
  declare readonly [assignable]: { readonly type: ActionType };

  /** @internal The actions of one watchlist, which have not been asked for; the query needs it: `where({ watchlist_id: 5 })`. */
  static query(client: ModelHost): ChildListQuery<WatchlistAction> {
    return ChildListQuery.under(client, WatchlistAction, {
      parent: parent.field,
      path: (id) => parent.path(id),
    });
  }

  /**
   * @internal `<watchlist id>:<action id>`
   * @throws InvalidObjectError when the text is none
   */
  static override normaliseKey(key: Key): Key {
    return parent.normaliseKey(key);
  }

  /** @internal One action out of the list: `GET /api/v1/watchlist/{id}/action`. */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return parent.fetch(client, key, options);
  }

  /** What is done with a hit; `unknown` for a number that this library does not know. Assigning sets `action_type`. */
  get type(): ActionType | "unknown" | undefined {
    return actionTypeName(this.action_type);
  }

  set type(name: ActionType) {
    this.action_type = actionTypeNumber(name);
  }

  protected override get collectionPath(): string {
    return parent.collectionPath(WatchlistAction.stateOf(this));
  }

  protected override get itemPath(): string {
    return parent.itemPath(WatchlistAction.stateOf(this));
  }

  protected override updateRequest(): WriteRequest {
    parent.refuseMove(WatchlistAction.stateOf(this));
    return super.updateRequest();
  }
}
