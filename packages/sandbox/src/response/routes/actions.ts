import type { ActionRecord } from "../../domain/index.js";
import { readId } from "../../server/ids.js";
import type { Route, SandboxRequest } from "../../server/product.js";
import { LONGEST_TEXT, readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import { type ActionOwner, actionsOf } from "../../store/detection/actions.js";
import type { ResponseContext } from "../context.js";
import { actionDocument } from "../documents/watchlist.js";
import { present } from "../found.js";
import { SUCCESS } from "../success.js";

/** Mail, syslog, HTTP POST, alert. */
const HIGHEST_TYPE = 3;

/** The actions of a feed or a watchlist: `path` leads to it, `ownerOf` finds it or refuses. */
export function actionRoutes(
  context: ResponseContext,
  path: string,
  ownerOf: (request: SandboxRequest) => ActionOwner,
): Route[] {
  const actions = context.store.collection("action");
  const locate = (request: SandboxRequest): ActionRecord => {
    const owner = ownerOf(request);
    const id = readId(request.params["action"]);
    return present(
      actionsOf(context.store, owner).find((action) => action.id === id),
      "Action",
    );
  };
  return [
    {
      method: "GET",
      path,
      handle: (request) => ({ status: 200, body: actionsOf(context.store, ownerOf(request)).map(actionDocument) }),
    },
    {
      method: "POST",
      path,
      handle: (request) => {
        const owner = ownerOf(request);
        const body = readObject(request);
        body.require("action_type", ...Object.keys(OWNERS["feed" in owner ? "feed" : "watchlist"]));
        checkOwner(body, owner);
        const record = {
          id: actions.nextKey(),
          action_type: readType(body) ?? 0,
          action_data: readData(body) ?? "",
          group_id: "feed" in owner ? owner.feed : -1,
          watchlist_id: "watchlist" in owner ? owner.watchlist : -1,
        };
        actions.put(record.id, record);
        return { status: 200, body: actionDocument(record) };
      },
    },
    {
      method: "PUT",
      path: `${path}/:action`,
      handle: (request) => {
        const record = locate(request);
        const body = readObject(request);
        checkOwner(body, record.watchlist_id === -1 ? { feed: record.group_id } : { watchlist: record.watchlist_id });
        const type = readType(body) ?? record.action_type;
        actions.put(record.id, { ...record, action_type: type, action_data: readData(body) ?? record.action_data });
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: `${path}/:action`,
      handle: (request) => {
        actions.remove(locate(request).id);
        return SUCCESS;
      },
    },
  ];
}

/** What an action must say of its owner: of a feed, both. */
const OWNERS = {
  feed: { group_id: true, watchlist_id: true },
  watchlist: { watchlist_id: true },
} as const;

/** The path says whose action it is; the body must not say otherwise. Servers send ids of watchlists as text too. */
function checkOwner(body: WriteBody, owner: ActionOwner): void {
  const expected = "feed" in owner ? { group_id: owner.feed, watchlist_id: -1 } : { watchlist_id: owner.watchlist };
  for (const [name, id] of Object.entries(expected)) {
    const given = body.value(name);
    if (given === undefined || given === id || given === String(id)) continue;
    throw wrongType(name, `${id}, as in the path`);
  }
}

const readType = (body: WriteBody): number | undefined => body.integer("action_type", 0, HIGHEST_TYPE);

/** JSON as text, which is how it comes back; a client may also send what it stands for. */
function readData(body: WriteBody): string | undefined {
  const value = body.value("action_data");
  if (value === undefined || typeof value === "string") return body.text("action_data", LONGEST_TEXT);
  if (typeof value !== "object") throw wrongType("action_data", "a text");
  return JSON.stringify(value);
}
