import type { ActionRecord } from "../../detection-records.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { type ActionOwner, actionsOf } from "../../store/detection.js";
import type { ResponseContext } from "../context.js";
import { actionDocument } from "../documents/watchlist.js";
import { readObject, type WriteBody, wrongType } from "../write-body.js";

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
    const id = request.params["action"] ?? "";
    const record = actionsOf(context.store, owner).find((action) => String(action.id) === id);
    if (record === undefined) throw new HttpProblem(404, "Action not found");
    return record;
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
        body.require("action_type");
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
        const type = readType(body) ?? record.action_type;
        actions.put(record.id, { ...record, action_type: type, action_data: readData(body) ?? record.action_data });
        return { status: 200, body: { result: "success" } };
      },
    },
    {
      method: "DELETE",
      path: `${path}/:action`,
      handle: (request) => {
        actions.remove(locate(request).id);
        return { status: 200, body: { result: "success" } };
      },
    },
  ];
}

const readType = (body: WriteBody): number | undefined => body.integer("action_type", 0, HIGHEST_TYPE);

/** JSON as text, which is how it comes back; a client may also send what it stands for. */
function readData(body: WriteBody): string | undefined {
  const value = body.value("action_data");
  if (value === undefined || typeof value === "string") return value;
  if (typeof value !== "object") throw wrongType("action_data", "a text");
  return JSON.stringify(value);
}
