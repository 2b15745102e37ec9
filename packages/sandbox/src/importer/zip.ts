import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";

/** Bytes that can be read at any place. */
export interface Archive {
  size: number;
  /** As many bytes as there are from there on, `length` at most. */
  read(from: number, length: number): Promise<Buffer>;
}

/** A file of an archive, as the archive's directory describes it. */
export interface ZipEntry {
  name: string;
  /** How it is packed: 0 not at all, 8 deflated. */
  method: number;
  encrypted: boolean;
  crc: number;
  packedSize: number;
  size: number;
  /** Where its local header begins. */
  offset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
/** What stands in a 32-bit field whose value is in the 64-bit form of it. */
const ELSEWHERE = 0xffffffff;
/** A directory of this size names a million files: beyond that it is damaged, or a trap. */
const LARGEST_DIRECTORY = 128 * 1024 * 1024;
const PIECE = 64 * 1024;

/** The files of an archive by its directory, which stands at the end; folders are left out. Throws when there is none. */
export async function zipEntries(archive: Archive): Promise<{ entries: ZipEntry[]; trailing: number }> {
  const tailFrom = Math.max(0, archive.size - END_LENGTH - LONGEST_COMMENT);
  const tail = await archive.read(tailFrom, END_LENGTH + LONGEST_COMMENT);
  const at = findEnd(tail);
  if (at === undefined) throw new Error("it has no directory at its end: it was cut short or damaged");
  const end = {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const trailing = tail.length - at - END_LENGTH - tail.readUInt16LE(at + 20);
  const large = await largeEnd(archive, tail, at);
  const { count, size, offset } = large ?? end;
  if (size > LARGEST_DIRECTORY || offset + size > archive.size) throw new Error("its directory is damaged");
  const entries = directory(await archive.read(offset, size), count);
  return { entries: entries.filter((entry) => !entry.name.endsWith("/")), trailing };
}

/** The plain bytes of a file. Throws where they are not what the directory promises. */
export async function* entryBytes(archive: Archive, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const header = await archive.read(entry.offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) throw new Error("it is not where the directory says");
  const from = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (from + entry.packedSize > archive.size) throw new Error("the archive ends in the middle of it");
  const packed = pieces(archive, from, entry.packedSize);
  let size = 0;
  let crc = 0;
  for await (const chunk of entry.method === 0 ? packed : inflated(packed)) {
    size += chunk.length;
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.size || crc !== entry.crc)
    throw new Error("it is damaged: size or checksum are not as they should be");
}

/** Where the end of the directory stands: the last place that looks like it and leaves room for the comment it tells of. */
function findEnd(tail: Buffer): number | undefined {
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END && at + END_LENGTH + tail.readUInt16LE(at + 20) <= tail.length) return at;
  }
  return undefined;
}

/** The 64-bit form of the directory's end, which archives of more than 4 GB or 65,535 files have besides. */
async function largeEnd(
  archive: Archive,
  tail: Buffer,
  at: number,
): Promise<{ count: number; size: number; offset: number } | undefined> {
  if (at < 20 || tail.readUInt32LE(at - 20) !== LOCATOR_64) return undefined;
  const end = await archive.read(Number(tail.readBigUInt64LE(at - 12)), 56);
  if (end.length < 56 || end.readUInt32LE(0) !== END_64) throw new Error("its directory is damaged");
  const number = (from: number): number => Number(end.readBigUInt64LE(from));
  return { count: number(32), size: number(40), offset: number(48) };
}

function directory(bytes: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) {
      throw new Error(`its directory is damaged: ${entries.length} of ${count} files could be made out`);
    }
    const flags = bytes.readUInt16LE(at + 8);
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const entry: ZipEntry = {
      // Names in the code pages of old are shown as if they were Latin; only messages name them.
      name: bytes.toString((flags & 0x800) === 0 ? "latin1" : "utf8", at + 46, nameEnd),
      method: bytes.readUInt16LE(at + 10),
      encrypted: (flags & 1) !== 0,
      crc: bytes.readUInt32LE(at + 16),
      packedSize: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    readLargeSizes(entry, bytes.subarray(nameEnd, extraEnd));
    entries.push(entry);
    at = extraEnd + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** Fills in, in their order, the numbers that were too large for the entry itself. */
function readLargeSizes(entry: ZipEntry, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    for (const field of ["size", "packedSize", "offset"] as const) {
      if (entry[field] !== ELSEWHERE || from + 8 > extra.length) continue;
      entry[field] = Number(extra.readBigUInt64LE(from));
      from += 8;
    }
    return;
  }
}

async function* pieces(archive: Archive, from: number, length: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; ) {
    const piece = await archive.read(from + done, Math.min(PIECE, length - done));
    if (piece.length === 0) return;
    done += piece.length;
    yield piece;
  }
}

async function* inflated(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(packed);
  const inflate = createInflateRaw();
  input.on("error", (error) => inflate.destroy(error));
  input.pipe(inflate);
  try {
    for await (const chunk of inflate) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    inflate.destroy();
  }
}
