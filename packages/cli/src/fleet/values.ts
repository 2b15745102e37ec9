import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { writeLocal } from "../local-file.js";
import { cleanName } from "../shell/local-names.js";
import type { FleetTarget } from "./targets.js";

/** How deep values are looked into. */
const DEEPEST = 50;

/** What all parts of a value share. */
interface Whole {
  readonly target: FleetTarget;
  /** Files that were written for it, in small letters: some systems do not tell `A` from `a`. */
  readonly names: Set<string>;
}

/**
 * Makes JSON of what jobs return. Bytes become `{ base64 }`, or files in a folder and `{ file, size, sha256 }`; lists,
 * maps and dates what they look like; what has no form in JSON becomes `{ text }`.
 */
export class Values {
  readonly #folder: string | undefined;

  /** @param folder where bytes are written to files */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Makes the folder. */
  async prepare(): Promise<void> {
    if (this.#folder !== undefined) await mkdir(this.#folder, { recursive: true });
  }

  /** The value as JSON takes it; undefined when there is none. */
  toJson(value: unknown, target: FleetTarget): Promise<unknown> {
    return this.#convert(value, { target, names: new Set() }, [], new Set());
  }

  async #convert(value: unknown, whole: Whole, path: readonly string[], above: ReadonlySet<object>): Promise<unknown> {
    switch (typeof value) {
      case "undefined":
        return undefined;
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
    if (value instanceof Uint8Array) return this.#bytes(value, whole, path);
    if (value instanceof ArrayBuffer) return this.#bytes(new Uint8Array(value), whole, path);
    if (above.has(value) || path.length > DEEPEST) return { text: inspect(value, { depth: 0 }) };
    const within = new Set(above).add(value);
    const each = async (items: Iterable<[string, unknown]>): Promise<Record<string, unknown>> => {
      const result: [string, unknown][] = [];
      for (const [name, item] of items) {
        const converted = await this.#convert(item, whole, [...path, name], within);
        if (converted !== undefined) result.push([name, converted]);
      }
      return Object.fromEntries(result);
    };
    if (value instanceof Error) return { name: value.name, message: value.message };
    if (Array.isArray(value) || value instanceof Set) {
      const items: unknown[] = [];
      for (const item of value as Iterable<unknown>) {
        items.push((await this.#convert(item, whole, [...path, String(items.length)], within)) ?? null);
      }
      return items;
    }
    if (value instanceof Map) {
      return each([...(value as Map<unknown, unknown>)].map(([name, item]) => [String(name), item]));
    }
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return this.#convert((value as { toJSON(): unknown }).toJSON(), whole, path, within);
    }
    return each(Object.entries(value));
  }

  async #bytes(bytes: Uint8Array, { target, names }: Whole, path: readonly string[]): Promise<unknown> {
    if (this.#folder === undefined)
      return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
    const stem = fileStem(target, path);
    let file = `${stem}.bin`;
    for (let number = 2; names.has(file.toLowerCase()); number++) file = `${stem}-${number}.bin`;
    names.add(file.toLowerCase());
    await writeLocal(join(this.#folder, file), () => bytes, { overwrite: true });
    return { file, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }
}

/** `17-WIN-1`, `17-WIN-1-log`: the sensor's id, which comes first so that no two endpoints share a name, the computer, and where in the value the bytes are. */
function fileStem(target: FleetTarget, path: readonly string[]): string {
  const parts = [target.hostname.slice(0, 64), ...path].map((part) => cleanName(part).replace(/\s+/g, "_"));
  return [target.id, ...parts.filter((part) => part !== "")].join("-").slice(0, 180);
}
