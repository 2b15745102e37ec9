import { ApiError, ObjectNotFoundError } from "../../core/errors.js";
import type { Document, Fetched, Key } from "../../core/model/document.js";
import type { ModelHost } from "../../core/model/host.js";
import { asDocument } from "../../core/model/model.js";
import type { CallOptions } from "../../core/transport/types.js";
import { documentsOf } from "./answers.js";

/** Some routes answer one object as a list of one, and an unknown object as an empty list or nothing. */
export async function fetchFromList(
  client: ModelHost,
  path: string,
  name: string,
  key: Key,
  options: CallOptions,
): Promise<Fetched> {
  const answer = await client.getObject(`${path}/${encodeURIComponent(key)}`, undefined, options);
  if (!Array.isArray(answer)) return { document: asDocument(answer ?? undefined, name, key) };
  if (answer.length === 0) {
    throw new ObjectNotFoundError(`There is no ${name} with id ${key}`, {
      method: "GET",
      path: `${path}/${key}`,
      status: 200,
    });
  }
  if (answer.length > 1) throw new ApiError(`The server answered ${answer.length} objects for ${name} ${key}`);
  return { document: asDocument(answer[0], name, key) };
}

/** A list that has to be looked through for one object, because there is no route for it. */
export interface LookedThrough {
  /** What errors name the objects by. */
  readonly model: string;
  readonly path: string;
  /** The field that tells them apart; default `id`. */
  readonly field?: string;
  /** What the route says of every entry, for those that leave it out. */
  readonly common?: Document;
}

/**
 * One object of a list, which some routes give as an object whose values are the entries. An answer without content is an
 * empty list. The server may write the number 5 as text.
 * @throws ObjectNotFoundError when the list does not have it
 * @throws ApiError when the answer is no list
 */
export async function findInList(
  client: ModelHost,
  list: LookedThrough,
  key: Key,
  options: CallOptions,
): Promise<Fetched> {
  const { model, path, field = "id", common } = list;
  const answer = (await client.getObject(path, undefined, { ...options, default: [] })) ?? [];
  if (typeof answer !== "object") {
    throw new ApiError(`The server answered the request for the list of ${model} with something that is no list`);
  }
  const found = documentsOf(Object.values(answer)).find((entry) => String(entry[field]) === String(key));
  if (found !== undefined) return { document: { ...common, ...found } };
  throw new ObjectNotFoundError(`There is no ${model} with ${field} ${key} in the list of GET ${path}`, {
    method: "GET",
    path,
    status: 200,
  });
}
