import { Failure } from "./compare-value.js";
import { callMethod, hasMember, isAwaitable, isModel, member, objectName } from "./objects.js";

/** Reads fields of an object as a caller would; what fails is kept in its place. */
export async function readFields(object: unknown, fields: readonly string[]): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    try {
      values[field] = await readPath(object, field);
    } catch (error) {
      values[field] = new Failure(error);
    }
  }
  return values;
}

/**
 * Follows a path of joins to a field. As long as an object is not loaded, the path is taken through it, and only its end
 * is awaited: that is what the library promises to do with the fewest requests.
 */
async function readPath(object: unknown, path: string): Promise<unknown> {
  let at = object;
  for (const name of path.split(".")) {
    if (at === undefined || at === null) return undefined;
    ({ value: at } = await step(at, name));
  }
  return settle(at);
}

/** In a box, because what can be awaited must not be awaited on its way out of an async function. */
interface Box {
  readonly value: unknown;
}

async function step(object: unknown, name: string): Promise<Box> {
  if (hasMember(object, name)) return fromRow(object, () => member(object, name));
  // No model declares this name: only the document may have it.
  if (hasMember(object, "get")) return fromRow(object, () => callMethod(object, "get", [name]));
  return { value: isAwaitable(object) ? member(await object, name) : undefined };
}

/** A row of a search may lack what the whole object has: the caller loads it then. */
async function fromRow(object: unknown, read: () => unknown): Promise<Box> {
  const value = read();
  if (value !== undefined || !isModel(object) || object.isLoaded) return { value };
  await object.load();
  return { value: read() };
}

/** Awaits the end of a path; an object that can be told by its key is left alone, and a file is read. */
async function settle(value: unknown): Promise<unknown> {
  const name = objectName(value);
  const known = name !== undefined && !name.id.includes(" ");
  // Awaiting an object that is not loaded would ask for it.
  if (known) return isAwaitable(value) ? name : value;
  const ended = isAwaitable(value) ? await value : value;
  return hasMember(ended, "read") && hasMember(ended, "stream") ? callMethod(ended, "read", []) : ended;
}
