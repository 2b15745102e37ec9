import { NEW_WATCHLIST, type WatchlistRecord } from "../../domain/index.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_TEXT, nameOf, readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import { actionsOf, removeActions } from "../../store/detection/actions.js";
import { freeWatchlistSource } from "../../store/detection/sources.js";
import { removeWatchlistTags } from "../../store/detection/tags.js";
import type { ResponseContext } from "../context.js";
import { actionDocument, watchlistDocument } from "../documents/watchlist.js";
import { found } from "../found.js";
import { checkSaved, readIndexType } from "../saved-query.js";
import { SUCCESS } from "../success.js";
import { actionRoutes } from "./actions.js";

const PATH = "/api/v1/watchlist";
/** The highest id that a client may choose: there is always a next one. */
const HIGHEST_CHOSEN = 999_999_999;

/** Watchlists and their actions. */
export function watchlistRoutes(context: ResponseContext): Route[] {
  const watchlists = context.store.collection("watchlist");
  const document = (record: WatchlistRecord) => watchlistDocument(context.traits, record);
  const locate = (request: SandboxRequest): WatchlistRecord => found(watchlists, request, "Watchlist");
  return [
    { method: "GET", path: PATH, handle: () => ({ status: 200, body: watchlists.all().map(document) }) },
    {
      method: "POST",
      path: PATH,
      handle: (request) => {
        const record = create(context, readObject(request));
        watchlists.put(record.id, record);
        return { status: 200, body: { id: record.id } };
      },
    },
    { method: "GET", path: `${PATH}/:id`, handle: (request) => ({ status: 200, body: document(locate(request)) }) },
    {
      method: "PUT",
      path: `${PATH}/:id`,
      handle: (request) => {
        const record = locate(request);
        if (record.readonly) throw new HttpProblem(403, `Watchlist ${record.id} is read only`);
        watchlists.put(record.id, update(context, record, readObject(request)));
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:id`,
      handle: (request) => {
        const { id } = locate(request);
        removeActions(context.store, { watchlist: id });
        removeWatchlistTags(context.store, id);
        watchlists.remove(id);
        return SUCCESS;
      },
    },
    ...actionRoutes(context, `${PATH}/:id/action`, (request) => ({ watchlist: locate(request).id })),
    {
      method: "GET",
      path: `${PATH}/:id/action_type`,
      handle: (request) => ({
        status: 200,
        body: actionsOf(context.store, { watchlist: locate(request).id }).map(actionDocument),
      }),
    },
  ];
}

function create(context: ResponseContext, body: WriteBody): WatchlistRecord {
  body.require("name", "search_query", "index_type");
  const fields = readFields(context, body, { name: "", search_query: "", index_type: "events" });
  const id = chooseId(context, body);
  return {
    id,
    source: freeWatchlistSource(context.store, id),
    ...fields,
    description: body.text("description", LONGEST_TEXT) ?? null,
    enabled: body.flag("enabled") ?? true,
    readonly: body.flag("readonly") ?? false,
    group_id: body.integer("group_id") ?? -1,
    date_added: context.now(),
    ...NEW_WATCHLIST,
  };
}

/** The whole document comes back; what the server itself counts in it is left as it is. */
function update(context: ResponseContext, record: WatchlistRecord, body: WriteBody): WatchlistRecord {
  const fields = readFields(context, body, record);
  const same = fields.search_query === record.search_query && fields.index_type === record.index_type;
  return {
    ...record,
    ...fields,
    description: body.has("description") ? (body.text("description", LONGEST_TEXT) ?? null) : record.description,
    enabled: body.flag("enabled") ?? record.enabled,
    readonly: body.flag("readonly") ?? record.readonly,
    group_id: body.integer("group_id") ?? record.group_id,
    // Another query has not seen anything yet. What the watchlist hit once it does not hit again.
    ...(same ? {} : { search_timestamp: 0, searched: 0 }),
  };
}

type Fields = Pick<WatchlistRecord, "name" | "search_query" | "index_type">;

function readFields(context: ResponseContext, body: WriteBody, missing: Fields): Fields {
  const name = body.read("name", nameOf) ?? missing.name;
  const type = body.text("index_type");
  const index_type = type === undefined ? missing.index_type : readIndexType(type);
  const search_query = body.text("search_query", LONGEST_TEXT) ?? missing.search_query;
  checkSaved(context, index_type, search_query);
  return { name, search_query, index_type };
}

/** The next free id, unless the client chooses one. */
function chooseId(context: ResponseContext, body: WriteBody): number {
  const watchlists = context.store.collection("watchlist");
  const chosen = body.value("id");
  if (chosen === undefined) return watchlists.nextKey();
  const id = typeof chosen === "string" ? readId(chosen) : chosen;
  if (typeof id !== "number" || !Number.isInteger(id) || id < 1 || id > HIGHEST_CHOSEN) {
    throw wrongType("id", `a whole number from 1 to ${HIGHEST_CHOSEN}`);
  }
  if (watchlists.get(id) !== undefined) throw new HttpProblem(409, `Watchlist ${id} already exists`);
  return id;
}
