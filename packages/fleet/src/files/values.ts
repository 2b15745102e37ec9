import { inspect } from "node:util";
import type { FileSource, StoredFile } from "../job.js";

/** How deep values are looked into. */
const DEEPEST = 50;
/** In characters: what is longer becomes a file. Redis holds results in memory. */
const LONGEST = 256 * 1024;

type Keep = (file: string, source: FileSource) => Promise<StoredFile>;

/** What a job returned, as JSON. Bytes are kept as files, named by where in the value they are; so is a value that is too long. */
export async function keptValue(value: unknown, keep: Keep): Promise<unknown> {
  const json = await converted(value, { keep, path: [], above: new Set() });
  const text = json === undefined ? "" : JSON.stringify(json);
  return text.length <= LONGEST ? json : keep("value.json", Buffer.from(text));
}

interface Place {
  readonly keep: Keep;
  readonly path: readonly string[];
  readonly above: ReadonlySet<object>;
}

async function converted(value: unknown, { keep, path, above }: Place): Promise<unknown> {
  switch (typeof value) {
    case "undefined":
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : { text: String(value) };
    case "bigint":
      return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : String(value);
    case "object":
      break;
    default:
      return { text: inspect(value) };
  }
  if (value === null) return null;
  if (value instanceof ArrayBuffer) return keep(fileName(path), new Uint8Array(value));
  if (value instanceof Uint8Array) return keep(fileName(path), value);
  if (above.has(value) || path.length > DEEPEST) return { text: inspect(value, { depth: 0 }) };
  if (value instanceof Error) return { name: value.name, message: value.message };
  const within = (name: string, item: unknown): Promise<unknown> =>
    converted(item, { keep, path: [...path, name], above: new Set(above).add(value) });
  if (Array.isArray(value) || value instanceof Set) {
    const items: unknown[] = [];
    for (const item of value as Iterable<unknown>) items.push((await within(String(items.length), item)) ?? null);
    return items;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return converted((value as { toJSON(): unknown }).toJSON(), { keep, path, above: new Set(above).add(value) });
  }
  const entries: [string, unknown][] = [];
  const given = value instanceof Map ? (value as Map<unknown, unknown>) : Object.entries(value);
  for (const [name, item] of given) {
    const result = await within(String(name), item);
    if (result !== undefined) entries.push([String(name), result]);
  }
  return Object.fromEntries(entries);
}

const fileName = (path: readonly string[]): string => `${path.join(".") || "value"}.bin`;
