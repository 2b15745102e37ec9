import { randomUUID } from "node:crypto";
import { link, lstat, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandError } from "./shown-error.js";

export interface WriteOptions {
  readonly overwrite: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes have been written. */
  readonly onProgress?: (bytes: number) => void;
}

/** @throws CommandError when there is something of that name */
export async function mustBeFree(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) !== undefined) {
    throw new CommandError(`${path} exists already: -f replaces it.`);
  }
}

/**
 * Writes a stream, or bytes, to a file that only its owner may read. It gets its name when it is complete.
 * @param openContent called once it is known that the file can be written
 * @returns how many bytes it has
 */
export async function writeLocal(
  path: string,
  openContent: () => Promise<NodeJS.ReadableStream> | Uint8Array,
  { overwrite, signal, onProgress }: WriteOptions,
): Promise<number> {
  if (!overwrite) await mustBeFree(path);
  const partial = join(dirname(path), `cbapi-${randomUUID()}.part`);
  const file = await open(partial, "wx", 0o600);
  let bytes = 0;
  try {
    const content = await openContent();
    if (content instanceof Uint8Array) {
      await file.writeFile(content);
      await file.sync();
      bytes = content.length;
    } else {
      const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          onProgress?.(bytes);
          done(null, chunk);
        },
      });
      await pipeline(content, counter, file.createWriteStream({ flush: true }), signal === undefined ? {} : { signal });
    }
    await file.close();
    if (overwrite) await rename(partial, path);
    else {
      await link(partial, path);
      await rm(partial, { force: true });
    }
    return bytes;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}
