import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Archive, type ZipEntry, zipEntries } from "./zip.js";

type Chunks = AsyncIterable<Uint8Array>;

/** What bounds the reading of a source. */
export interface SourceLimits {
  /** Most bytes that an archive may unpack to. */
  maxBytes: number;
  /** Told about what of the source cannot be read, and why. What came before stays. */
  onTrouble: (what: string, reason: string) => void;
}

/** A log by itself, or one of the logs in an archive. */
export interface Log {
  /** How messages name it. */
  what: string;
  bytes: Chunks;
}

/**
 * The logs of a source, whatever they are packed in: each is to be read to its end before the next is asked for. Archives
 * are told by their first bytes, not by their names. Nothing is ever written, so names in archives do not matter.
 */
export async function* logsIn(source: string | Chunks, limits: SourceLimits): AsyncGenerator<Log> {
  const iterator = (typeof source === "string" ? createReadStream(source) : source)[Symbol.asyncIterator]();
  const start = await firstBytes(iterator as AsyncIterator<Uint8Array>, 4);
  const all = rejoined(start, iterator as AsyncIterator<Uint8Array>);
  if (isGzip(start)) yield { what: "gzip archive", bytes: bounded(gunzipped(all, "gzip archive", limits), limits) };
  else if (!isZip(start)) yield { what: "file", bytes: all };
  else if (typeof source === "string") {
    await iterator.return?.();
    const file = await open(source);
    try {
      const { size } = await file.stat();
      const read: Archive["read"] = async (from, length) => {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, size)), { position: from });
        return buffer.subarray(0, bytesRead);
      };
      yield* logsInZip({ size, read }, limits);
    } finally {
      await file.close();
    }
  } else {
    // The directory of an archive stands at its end: what comes as a stream has to be held until then.
    const chunks: Uint8Array[] = [];
    for await (const chunk of all) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    const read: Archive["read"] = (from, length) => Promise.resolve(whole.subarray(from, from + length));
    yield* logsInZip({ size: whole.length, read }, limits);
  }
}

const isGzip = (start: Uint8Array): boolean => start[0] === 0x1f && start[1] === 0x8b;
const isZip = (start: Uint8Array): boolean =>
  start[0] === 0x50 && start[1] === 0x4b && (start[2] === 3 || start[2] === 5) && start[3] === start[2] + 1;

async function* logsInZip(archive: Archive, limits: SourceLimits): AsyncGenerator<Log> {
  let entries: ZipEntry[];
  try {
    const found = await zipEntries(archive);
    entries = found.entries;
    if (found.trailing > 0)
      limits.onTrouble("ZIP archive", `the ${found.trailing} bytes after its end are no part of it`);
  } catch (error) {
    limits.onTrouble("ZIP archive", reasonOf(error));
    return;
  }
  if (entries.length === 0) limits.onTrouble("ZIP archive", "there is no file in it");
  const budget = { left: limits.maxBytes };
  for (const entry of entries) {
    const what = `${entry.name} in the ZIP archive`;
    const unreadable = whyNot(entry);
    if (unreadable !== undefined) limits.onTrouble(what, unreadable);
    else {
      const bytes = plain(reported(entry.bytes(), what, limits), what, limits);
      yield { what, bytes: bounded(bytes, limits, budget) };
    }
  }
}

function whyNot(entry: ZipEntry): string | undefined {
  if (entry.encrypted) return "it is encrypted";
  if (entry.method !== 0 && entry.method !== 8)
    return `it is packed in a way that is not known here (method ${entry.method})`;
  return /^__MACOSX\/|(^|\/)\._/.test(entry.name) ? "it only keeps what macOS knows of another file" : undefined;
}

/** A file of an archive may itself be packed. */
async function* plain(
  chunks: AsyncGenerator<Uint8Array>,
  what: string,
  limits: SourceLimits,
): AsyncGenerator<Uint8Array> {
  const start = await firstBytes(chunks, 4);
  const all = rejoined(start, chunks);
  if (isGzip(start)) yield* gunzipped(all, what, limits);
  else if (!isZip(start)) yield* all;
  else {
    limits.onTrouble(what, "it is an archive within the archive");
    await chunks.return(undefined);
  }
}

async function* reported(chunks: Chunks, what: string, limits: SourceLimits): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    limits.onTrouble(what, reasonOf(error));
  }
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

async function* rejoined(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
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

async function* gunzipped(chunks: Chunks, what: string, limits: SourceLimits): AsyncGenerator<Uint8Array> {
  let taken = 0;
  const counted = async function* (): Chunks {
    for await (const chunk of chunks) {
      taken += chunk.length;
      yield chunk;
    }
  };
  const input = Readable.from(counted());
  const gunzip = createGunzip();
  input.on("error", (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  let size = 0;
  try {
    for await (const chunk of gunzip) {
      size += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
    // Cut within its head, it ends without a complaint of the inflater, which has not even begun.
    if (size === 0 && gunzip.bytesWritten < SHORTEST_GZIP) limits.onTrouble(what, "unexpected end of file");
    else if (gunzip.bytesWritten < taken)
      limits.onTrouble(what, "there is something after its end that is no part of it");
  } catch (error) {
    limits.onTrouble(what, reasonOf(error));
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

/** A head, an empty block and the checksum. */
const SHORTEST_GZIP = 20;

async function* bounded(
  chunks: Chunks,
  limits: SourceLimits,
  budget: { left: number } = { left: limits.maxBytes },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    budget.left -= chunk.length;
    if (budget.left < 0) {
      limits.onTrouble("archive", `unpacks to more than ${limits.maxBytes} bytes; the rest was not read`);
      return;
    }
    yield chunk;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
