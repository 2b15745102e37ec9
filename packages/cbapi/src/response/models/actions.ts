import { ApiError, ObjectNotFoundError } from "../../core/errors.js";
import type { Document, Fetched, ModelHost } from "../../core/model/document.js";
import type { CallOptions } from "../../core/transport/types.js";
import { asDocuments } from "./answers.js";

/** What feeds and watchlists do with a hit, at the place of its number. */
const ACTION_TYPES = ["email", "syslog", "http_post", "alert"] as const;

/** What is done with a hit of a feed or a watchlist. */
export type ActionType = (typeof ACTION_TYPES)[number];

/** The name of an action's number; `unknown` for one that this library does not know. */
export function actionTypeName(number: number | undefined): ActionType | "unknown" | undefined {
  return number === undefined ? undefined : (ACTION_TYPES[number] ?? "unknown");
}

/** @throws ApiError when no action has this name */
export function actionTypeNumber(name: string): number {
  const number = (ACTION_TYPES as readonly string[]).indexOf(name);
  if (number >= 0) return number;
  throw new ApiError(`There is no action of type ${JSON.stringify(name)}: the types are ${ACTION_TYPES.join(", ")}`);
}

/** `5:12`: the action 12 of the feed or watchlist 5. Actions are numbered under their parent. */
export function actionKey(parent: unknown, id: unknown): string | undefined {
  const key = `${String(parent)}:${String(id)}`;
  return /^\d+:\d+$/.test(key) ? key : undefined;
}

/** The parent's id and the action's own. */
export function splitActionKey(key: string | number): { readonly parent: number; readonly id: number } {
  const [parent, id] = String(key).split(":");
  return { parent: Number(parent), id: Number(id) };
}

/** There is no route for one action: it is looked up in the list of its parent. */
export async function fetchAction(
  client: ModelHost,
  list: { readonly model: string; readonly path: string; readonly id: number; readonly common: Document },
  options: CallOptions,
): Promise<Fetched> {
  const { model, path, id, common } = list;
  const answer = (await client.getObject(path, undefined, { ...options, default: [] })) ?? [];
  const found = asDocuments(answer, `the actions in ${path}`).find((entry) => Number(entry["id"]) === id);
  if (found !== undefined) return { document: { ...common, ...found } };
  throw new ObjectNotFoundError(`There is no ${model} ${id} in ${path}`, { method: "GET", path, status: 200 });
}
