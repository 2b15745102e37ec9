import { readId } from "../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../server/product.js";

/** What a path names; 404 with `<noun> not found` when there is none. */
export function present<T>(record: T | undefined, noun: string): T {
  if (record === undefined) throw new HttpProblem(404, `${noun} not found`);
  return record;
}

/** The object whose number is the `:id` of the path, out of a collection or of whatever else finds it by that; or 404. */
export function found<T>(
  among: { get(id: number): T | undefined },
  { params }: Pick<SandboxRequest, "params">,
  noun: string,
): T {
  const id = readId(params["id"]);
  return present(id === undefined ? undefined : among.get(id), noun);
}
