import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import type { Document, Fetched, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { ModelState } from "../../../core/model/state.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { findInList } from "../listed.js";

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

/** The feeds or the watchlists, as far as their actions are concerned: actions are numbered under their parent. */
export class ActionParent {
  readonly #model: string;
  readonly #kind: "feed" | "watchlist";
  /** The field of an action that names its parent. */
  readonly field: string;

  constructor(model: string, kind: "feed" | "watchlist", field: string) {
    this.#model = model;
    this.#kind = kind;
    this.field = field;
  }

  /** Where the actions of one parent are listed and created. */
  path(parent: Key): string {
    return `/api/v1/${this.#kind}/${encodeURIComponent(parent)}/action`;
  }

  /** `5:12`: the action 12 of the feed or watchlist 5. */
  keyOf(document: Document): string | undefined {
    const key = `${String(document[this.field])}:${String(document["id"])}`;
    return KEY.test(key) ? key : undefined;
  }

  /** @throws InvalidObjectError when the text is no such key */
  normaliseKey(key: Key): string {
    const text = String(key).trim();
    if (KEY.test(text)) return text;
    throw new InvalidObjectError(
      `${JSON.stringify(key)} is no id of a ${this.#model}: it reads "<${this.#kind} id>:<action id>", as in "5:12"`,
    );
  }

  /** There is no route for one action: it is looked up in the list of its parent. */
  fetch(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { parent, id } = split(key);
    const list = { model: this.#model, path: this.path(parent), common: { [this.field]: Number(parent) } };
    return findInList(client, list, id, options);
  }

  /** Where an action is created: under the parent that it has, or that it was given. */
  collectionPath({ key, changes, document }: ModelState): string {
    return this.path(
      key === undefined ? String(changes?.get(this.field) ?? document[this.field] ?? "") : split(key).parent,
    );
  }

  itemPath({ key = "" }: ModelState): string {
    const { parent, id } = split(key);
    return `${this.path(parent)}/${id}`;
  }

  /** @throws InvalidObjectError when a saved action was given another parent */
  refuseMove({ key, changes }: ModelState): void {
    if (key === undefined || changes?.has(this.field) !== true) return;
    throw new InvalidObjectError(
      `A ${this.#model} cannot be moved to another ${this.#kind}: create one there and delete this one`,
    );
  }
}

const KEY = /^\d+:\d+$/;

/** The parent's id and the action's own. */
function split(key: Key): { readonly parent: string; readonly id: string } {
  const [parent = "", id = ""] = String(key).split(":");
  return { parent, id };
}
