import type { FileSource, StoredFile } from "../job.js";
import { jsonOf } from "../json-of.js";

/** In characters: what is longer becomes a file. Redis holds results in memory. */
const LONGEST = 256 * 1024;

/** What a job returned, as JSON. Bytes are kept as files, named by where in the value they are; so is a value that is too long. */
export async function keptValue(
  value: unknown,
  keep: (file: string, source: FileSource) => Promise<StoredFile>,
): Promise<unknown> {
  const json = await jsonOf(value, (bytes, path) => keep(`${path.join(".") || "value"}.bin`, bytes));
  const text = json === undefined ? "" : JSON.stringify(json);
  return text.length <= LONGEST ? json : keep("value.json", Buffer.from(text));
}
