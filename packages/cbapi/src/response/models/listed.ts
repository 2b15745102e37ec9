import { ApiError, ObjectNotFoundError } from "../../core/errors.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { asDocument } from "../../core/model/model.js";
import type { Key } from "../../core/model/relations.js";
import type { CallOptions } from "../../core/transport/types.js";

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
