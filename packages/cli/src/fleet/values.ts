import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeLocal } from "../local-file.js";
import { cleanName } from "../shell/local-names.js";
import type { FleetTarget } from "./targets.js";

/** What all parts of a value share. */
interface Whole {
  readonly target: FleetTarget;
  /** Files that were written for it, in small letters: some systems do not tell `A` from `a`. */
  readonly names: Set<string>;
}

/** Makes JSON of what jobs return. Bytes become `{ base64 }`, or files in a folder and `{ file, size, sha256 }`. */
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
  async toJson(value: unknown, target: FleetTarget): Promise<unknown> {
    const { jsonOf } = await import("@cbapi/fleet/job");
    const names = new Set<string>();
    return jsonOf(value, (bytes, path) => this.#bytes(bytes, { target, names }, path));
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
