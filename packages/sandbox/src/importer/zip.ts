import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from "yauzl";

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
  /** The plain bytes. Throws where they are not what the directory promises. */
  bytes: () => AsyncGenerator<Uint8Array>;
}

const END = 0x06054b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
/** A directory of more files is damaged, or a trap. */
const MOST_FILES = 1_000_000;
const PIECE = 64 * 1024;

/**
 * The files of an archive by its directory, which stands at the end; folders are left out. Throws when there is none, or
 * when not all of it can be made out.
 */
export async function zipEntries(archive: Archive): Promise<{ entries: ZipEntry[]; trailing: number }> {
  const end = await findEnd(archive);
  if (end === undefined) throw new Error("it has no directory at its end: it was cut short or damaged");
  const entries: ZipEntry[] = [];
  let zip: ZipFile | undefined;
  let count = 0;
  try {
    zip = await fromRandomAccessReaderPromise(new ArchiveReader(archive), end, {
      // Whoever opened the archive closes it.
      autoClose: false,
      // Either check would end the whole archive at one odd file. Names lead nowhere, and sizes are compared below.
      decodeStrings: false,
      validateEntrySizes: false,
    });
    for await (const entry of zip.eachEntry()) {
      if (++count > MOST_FILES) throw new Error(`no more than ${MOST_FILES} are read`);
      const file = describe(zip, entry);
      if (!file.name.endsWith("/")) entries.push(file);
    }
  } catch (error) {
    const extent = zip === undefined ? "" : `: ${count} of ${zip.entryCount} files could be made out`;
    throw new Error(`its directory is damaged${extent} (${messageOf(error)})`, { cause: error });
  }
  return { entries, trailing: archive.size - end };
}

const describe = (zip: ZipFile, entry: Entry): ZipEntry => ({
  name: getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false),
  method: entry.compressionMethod,
  encrypted: entry.isEncrypted(),
  bytes: () => plainBytes(zip, entry),
});

/**
 * Where the archive ends: after the last thing that looks like the end of a directory and leaves room for the comment
 * it tells of. The library takes an archive with something behind it for a broken one.
 */
async function findEnd(archive: Archive): Promise<number | undefined> {
  const from = Math.max(0, archive.size - END_LENGTH - LONGEST_COMMENT);
  const tail = await archive.read(from, END_LENGTH + LONGEST_COMMENT);
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const end = at + END_LENGTH + tail.readUInt16LE(at + 20);
    if (end <= tail.length) return from + end;
  }
  return undefined;
}

/** The library unpacks, but compares no checksums. */
async function* plainBytes(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let size = 0;
  let crc = 0;
  for await (const chunk of await openEntry(zip, entry)) {
    size += (chunk as Uint8Array).length;
    crc = crc32(chunk as Uint8Array, crc);
    yield chunk as Uint8Array;
  }
  if (size !== entry.uncompressedSize || crc !== entry.crc32)
    throw new Error("it is damaged: size or checksum are not as they should be");
}

async function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  try {
    return await zip.openReadStreamPromise(entry);
  } catch (error) {
    const reason = "it is not where the directory says, or the archive ends in the middle of it";
    throw new Error(`${reason} (${messageOf(error)})`, { cause: error });
  }
}

/** Shows an archive to the library, which would otherwise want a file it may measure itself. */
class ArchiveReader extends RandomAccessReader {
  readonly #archive: Archive;

  constructor(archive: Archive) {
    super();
    this.#archive = archive;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(pieces(this.#archive, start, end), { objectMode: false });
  }

  /** Spares the directory's many small reads the streams that they would be made of otherwise. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    // How many bytes there were is not in the types, but it is what the end of the archive is noticed by.
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#archive.read(position, length).then((bytes) => callback(null, bytes.copy(buffer, offset)), callback);
  }
}

async function* pieces(archive: Archive, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = await archive.read(at, Math.min(PIECE, end - at));
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
