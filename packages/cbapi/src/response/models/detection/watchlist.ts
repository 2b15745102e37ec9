import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { savedNumber } from "../../../core/model/saved.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { consoleLink } from "../../console.js";
import { edr } from "../../host.js";
import { BinaryQuery } from "../../queries/binary-query.js";
import type { ChildListQuery } from "../../queries/child-list-query.js";
import { ProcessQuery } from "../../queries/process-query.js";
import { facetsIn, readParameters, textOf, withText } from "../../queries/query-string.js";
import { Binary } from "../binary/binary.js";
import { Process } from "../process/process.js";
import { WatchlistAction } from "./watchlist-action.js";

/** What a watchlist searches: `events` are processes, `modules` are binaries. */
export type IndexType = "events" | "modules";

/**
 * A search that the server runs again and again; what it finds is tagged, and may raise an alert.
 *
 * @example
 * const watchlist = cb.create(Watchlist, { name: "Network shares", index_type: "events" });
 * watchlist.query = "process_name:net.exe";
 * await watchlist.save();
 */
export class Watchlist extends defineModel(
  {
    name: "Watchlist",
    path: "/api/v1/watchlist",
    key: "id",
    creatable: true,
    writable: ["name", "search_query", "index_type", "description", "enabled", "readonly", "group_id"],
    required: ["name", "search_query", "index_type"],
    keyOnly: ["createAction", "actionTypes", "delete"],
  },
  {
    /** A number, which newer servers send as text. */
    id: t.string(),
    name: t.string(),
    /** The search as the console keeps it, `cb.urlver=1&q=process_name%3Anet.exe`; see {@link Watchlist.query}. */
    search_query: t.string(),
    /** `events` for processes, `modules` for binaries. */
    index_type: t.choice<IndexType>(["events", "modules"]),
    description: t.string(),
    /** Whether the server runs it. */
    enabled: t.boolean(),
    /** Whether the server refuses to have it changed. */
    readonly: t.boolean(),
    from_alliance: t.boolean(),
    alliance_id: t.integer(),
    group_id: t.integer(),
    total_hits: t.integer(),
    total_tags: t.integer(),
    last_hit_count: t.integer(),
    date_added: t.dateTime(),
    last_hit: t.dateTime(),
    /** When it was last run; 1970 for never. */
    search_timestamp: t.dateTime(),
  },
) {
  /** What `create()` and `set()` take beside the fields. */
  declare readonly [assignable]: { readonly query: string };

  /** @internal The list of watchlists, which has not been asked for: `GET /api/v1/watchlist`. */
  static query(client: ModelHost): ListQuery<Watchlist> {
    return ListQuery.of(client, Watchlist);
  }

  /** What it searches: `events` for processes, `modules` for binaries. Can be changed; newer servers may give others. */
  override get index_type(): IndexType | (string & {}) | undefined {
    return super.index_type;
  }

  override set index_type(type: IndexType | undefined) {
    super.index_type = type;
  }

  /**
   * What it searches for, as a user would write it: the query text of `search_query`, and the terms that the console
   * keeps apart from it. Assigning replaces both and leaves facets and order as they are.
   */
  get query(): string | undefined {
    return this.search_query === undefined ? undefined : textOf(readParameters(this.search_query));
  }

  set query(text: string) {
    if (typeof text !== "string") {
      throw new InvalidObjectError(`Watchlist.query: expected query text, got ${text === null ? "null" : typeof text}`);
    }
    this.search_query = withText(this.search_query ?? "", text);
  }

  /** What was chosen from the console's facets: field and value. */
  get facets(): Readonly<Record<string, string>> {
    return facetsIn(readParameters(this.search_query ?? ""));
  }

  /**
   * What it matches now, as a query that has not been sent: of processes or of binaries, by `index_type`.
   * @throws InvalidObjectError when it has no query, or neither of the two types
   */
  search(): ProcessQuery | BinaryQuery {
    const { client } = Watchlist.stateOf(this);
    const { search_query = "", index_type } = this;
    if (search_query.trim() === "") {
      throw new InvalidObjectError(`${this.#named} has no search_query: a search without one would find everything`);
    }
    if (index_type === "events") return new ProcessQuery(client, Process, {}).raw(search_query);
    if (index_type === "modules") return new BinaryQuery(client, Binary, {}).raw(search_query);
    throw new InvalidObjectError(
      `${this.#named} searches ${JSON.stringify(index_type ?? "nothing")}: "events" and "modules" are known`,
    );
  }

  /** What is done with its hits, as a query that has not been sent: `GET /api/v1/watchlist/{id}/action`. */
  get actions(): ChildListQuery<WatchlistAction> {
    return WatchlistAction.query(Watchlist.stateOf(this).client).where({
      watchlist_id: savedNumber(this, "list its actions"),
    });
  }

  /** A new action of this watchlist, which has to be given a type and saved. */
  createAction(): WatchlistAction {
    const watchlist_id = savedNumber(this, "give it an action");
    return edr(Watchlist.stateOf(this).client).create(WatchlistAction, { watchlist_id });
  }

  /**
   * What is done with its hits, as the server's own list: `GET /api/v1/watchlist/{id}/action_type`.
   * @throws ApiError when the watchlist has not been saved, or the answer is no list
   */
  async actionTypes(options: CallOptions = {}): Promise<readonly unknown[]> {
    const path = `/api/v1/watchlist/${savedNumber(this, "ask for its actions")}/action_type`;
    const answer = await Watchlist.stateOf(this).client.getObject(path, undefined, { ...options, default: [] });
    if (!Array.isArray(answer)) throw new ApiError(`The server answered GET ${path} with something that is no list`);
    return answer;
  }

  /** This watchlist in the console; `undefined` before it is saved. */
  get webui_link(): string | undefined {
    const { client, key } = Watchlist.stateOf(this);
    return key === undefined ? undefined : consoleLink(client, `watchlist/${encodeURIComponent(key)}`);
  }

  get #named(): string {
    return `Watchlist ${Watchlist.stateOf(this).key ?? JSON.stringify(this.name ?? "")}`;
  }
}
