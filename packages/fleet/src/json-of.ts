import { inspect } from "node:util";

/** How deep values are looked into. */
const DEEPEST = 50;

/** Puts bytes somewhere, and gives what stands for them. `path` is where in the value they were. */
export type PutBytes = (bytes: Uint8Array, path: readonly string[]) => Promise<unknown>;

interface Place {
  readonly path: readonly string[];
  readonly above: ReadonlySet<object>;
}

/**
 * What a job returned, as JSON: lists, maps, errors and dates as what they look like; what has no form in JSON becomes
 * `{ text }`. Undefined when there is nothing.
 * @param bytes what becomes of bytes
 */
export async function jsonOf(
  value: unknown,
  bytes: PutBytes,
  { path, above }: Place = { path: [], above: new Set() },
): Promise<unknown> {
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
  if (value instanceof Uint8Array) return bytes(value, path);
  if (value instanceof ArrayBuffer) return bytes(new Uint8Array(value), path);
  if (above.has(value) || path.length > DEEPEST) return { text: inspect(value, { depth: 0 }) };
  if (value instanceof Error) return { name: value.name, message: value.message };
  const below = new Set(above).add(value);
  const within = (name: string, item: unknown) => jsonOf(item, bytes, { path: [...path, name], above: below });
  if (Array.isArray(value) || value instanceof Set) {
    const items: unknown[] = [];
    for (const item of value as Iterable<unknown>) items.push((await within(String(items.length), item)) ?? null);
    return items;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return jsonOf((value as { toJSON(): unknown }).toJSON(), bytes, { path, above: below });
  }
  const entries: [string, unknown][] = [];
  for (const [name, item] of value instanceof Map ? (value as Map<unknown, unknown>) : Object.entries(value)) {
    const result = await within(String(name), item);
    if (result !== undefined) entries.push([String(name), result]);
  }
  return Object.fromEntries(entries);
}
