import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Unzip, UnzipInflate } from "fflate";

type Chunks = AsyncIterable<Uint8Array>;

/** What bounds the reading of a source. */
export interface SourceLimits {
  /** Most bytes that an archive may unpack to. */
  maxBytes: number;
  /** Told about what makes the rest of the source unreadable: reading ends, and what came before stays. */
  onTrouble: (what: string, reason: string) => void;
}

/** Compressed bytes are inflated in pieces of this size, so that even the densest archive swells one piece at a time. */
const PIECE = 16 * 1024;

/**
 * The plain bytes of a log, whatever it is packed in. Archives are told by their first bytes, not by their names. Of
 * a ZIP every file is read, one after the other; nothing is ever written, so names in it do not matter.
 */
export async function* plainBytes(source: string | Chunks, limits: SourceLimits): Chunks {
  const chunks = typeof source === "string" ? createReadStream(source) : source;
  const iterator = (chunks as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const start = await firstBytes(iterator, 4);
  const all = rejoined(start, iterator);
  if (start[0] === 0x1f && start[1] === 0x8b) yield* bounded(gunzipped(all, limits), limits);
  else if (start[0] === 0x50 && start[1] === 0x4b) yield* bounded(unzipped(all, limits), limits);
  else yield* all;
}

async function firstBytes(iterator: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  while (bytes.length < count) {
    const { value, done } = await iterator.next();
    if (done) break;
    const joined = new Uint8Array(bytes.length + value.length);
    joined.set(bytes);
    joined.set(value, bytes.length);
    bytes = joined;
  }
  return bytes;
}

async function* rejoined(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): Chunks {
  try {
    if (start.length > 0) yield start;
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* gunzipped(chunks: Chunks, limits: SourceLimits): Chunks {
  const input = Readable.from(chunks);
  const gunzip = createGunzip();
  input.on("error", (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    limits.onTrouble("gzip archive", reasonOf(error));
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

async function* unzipped(chunks: Chunks, limits: SourceLimits): Chunks {
  const ready: Uint8Array[] = [];
  let open = 0;
  let failure: unknown;
  const unzip = new Unzip((file) => {
    open++;
    let last: number | undefined;
    file.ondata = (error, data, final) => {
      if (error) failure = error;
      else if (data.length > 0) {
        last = data[data.length - 1];
        ready.push(data);
      }
      if (!final) return;
      open--;
      // Files of an archive are separate logs: the last line of one never runs on into the next.
      if (last !== undefined && last !== 0x0a) ready.push(new Uint8Array([0x0a]));
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && failure === undefined; at += PIECE) {
        unzip.push(chunk.subarray(at, at + PIECE), false);
        yield* ready.splice(0);
      }
    }
    if (failure === undefined) unzip.push(new Uint8Array(0), true);
  } catch (error) {
    failure = error;
  }
  yield* ready.splice(0);
  if (failure !== undefined) limits.onTrouble("ZIP archive", reasonOf(failure));
  else if (open > 0) limits.onTrouble("ZIP archive", "ends in the middle of a file");
}

async function* bounded(chunks: Chunks, limits: SourceLimits): Chunks {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > limits.maxBytes) {
      limits.onTrouble("archive", `unpacks to more than ${limits.maxBytes} bytes; the rest was not read`);
      return;
    }
    yield chunk;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
