import type { Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import type { AsyncFlateStreamHandler } from "fflate";
import { ApiError } from "../errors.js";

/** Hands the compressed bytes on as they are, so that they can be inflated with back-pressure. */
class Compressed {
  static readonly compression = 8;
  ondata: AsyncFlateStreamHandler = () => {};

  push(data: Uint8Array<ArrayBuffer>, final: boolean): void {
    this.ondata(null, data, final);
  }
}

/**
 * The bytes of one entry of a ZIP, as they arrive. What stands before it is passed over, and what comes after it is not
 * read.
 * @param name the entry; the first one when it is left out
 * @throws ApiError when the archive ends without such an entry or in the middle of it, or cannot be unpacked
 */
export async function* zipEntry(archive: Readable, name?: string): AsyncGenerator<Uint8Array, void> {
  const what = name ?? "its first entry";
  // Nobody else listens to the archive while this is loaded; what goes wrong meanwhile is met when it is read.
  archive.on("error", () => {});
  const { Unzip, UnzipPassThrough } = await import("fflate");
  const found: { method?: number; done: boolean } = { done: false };
  let ready: Uint8Array[] = [];
  const unzip = new Unzip((file) => {
    if (found.method !== undefined || (name !== undefined && file.name !== name)) return;
    found.method = file.compression;
    file.ondata = (error, data, final) => {
      if (error !== null) throw unreadable(what, error);
      ready.push(data);
      found.done ||= final;
    };
    file.start();
  });
  unzip.register(UnzipPassThrough);
  unzip.register(Compressed);

  async function* raw(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of archive as AsyncIterable<Uint8Array>) {
      unzip.push(chunk);
      const pieces = ready;
      ready = [];
      yield* pieces;
      if (found.done) return;
    }
    if (found.method === undefined)
      throw new ApiError(`The downloaded archive has no entry${name === undefined ? "" : ` named ${name}`}`);
    if (!found.done) throw new ApiError(`The downloaded archive ends in the middle of ${what}`);
  }

  const pieces = raw();
  try {
    const first = await pieces.next();
    if (first.done === true) return;
    if (found.method === 0) {
      yield first.value;
      yield* pieces;
      return;
    }
    yield* inflate(first.value, pieces);
  } catch (error) {
    throw /^Z_/.test(String((error as NodeJS.ErrnoException).code)) ? unreadable(what, error as Error) : error;
  } finally {
    await pieces.return();
    archive.destroy();
  }
}

function unreadable(what: string, cause: Error): ApiError {
  return new ApiError(`The downloaded archive holds ${what} in a form that cannot be unpacked: ${cause.message}`, {
    cause,
  });
}

async function* inflate(first: Uint8Array, rest: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
  const inflater = createInflateRaw();
  const feed = async () => {
    try {
      for (let piece: Uint8Array | undefined = first; piece !== undefined; ) {
        if (!inflater.write(piece)) await drained(inflater);
        if (inflater.destroyed) return;
        const next = await rest.next();
        piece = next.done === true ? undefined : next.value;
      }
      inflater.end();
    } catch (error) {
      inflater.destroy(error as Error);
    }
  };
  const fed = feed();
  try {
    for await (const chunk of inflater as AsyncIterable<Uint8Array>) yield chunk;
  } finally {
    inflater.destroy();
    await fed;
  }
}

function drained(stream: NodeJS.WritableStream & NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.removeListener("drain", settle);
      stream.removeListener("close", settle);
      resolve();
    };
    stream.once("drain", settle);
    stream.once("close", settle);
  });
}
