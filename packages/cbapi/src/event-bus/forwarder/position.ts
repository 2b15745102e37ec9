import { createHash } from "node:crypto";
import { type FileHandle, readFile, rename, rm, writeFile } from "node:fs/promises";
import { CbApiError } from "../../core/errors.js";

/** Up to where a file was read. */
export interface FilePosition {
  /** Bytes of the file. */
  readonly offset: number;
  /** How many bytes at its beginning tell the file from others, and the SHA-256 of them. */
  readonly head: { readonly bytes: number; readonly sha256: string };
  /** When this was saved, in milliseconds since 1970: what tells files from others that had no bytes yet. */
  readonly at: number;
}

/** As many bytes as tell a file from others: its first lines have times in them. */
const HEAD = 1024;

/** What tells a file from others: its first bytes, as many as it has of them. */
export async function headOf(file: FileHandle, bytes = HEAD): Promise<FilePosition["head"]> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  return headOfBytes(buffer.subarray(0, bytesRead));
}

/** The same of bytes that have been read. */
export function headOfBytes(bytes: Buffer): FilePosition["head"] {
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Tells a file from others as often as it is asked, and reads for it only while the file is short. */
export function headReader(file: FileHandle): () => Promise<FilePosition["head"]> {
  let known: FilePosition["head"] | undefined;
  return async () => {
    if (known === undefined || known.bytes < HEAD) known = await headOf(file);
    return known;
  };
}

/** The position that was saved; undefined where nothing was. */
export async function readPosition(path: string): Promise<FilePosition | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { offset, head, at } = JSON.parse(text) as FilePosition;
    const numbers = [offset, head.bytes, at];
    if (numbers.every((number) => Number.isSafeInteger(number) && number >= 0) && /^[0-9a-f]{64}$/.test(head.sha256))
      return { offset, head, at };
  } catch {
    // Told below.
  }
  throw new CbApiError(`${path} is no saved position: remove it to begin anew, or name another file`, {
    code: "INVALID_POSITION",
  });
}

/** Saves a position, in one step: whoever dies on the way leaves the one before. */
export async function writePosition(path: string, found: Omit<FilePosition, "at">): Promise<void> {
  // By the clock that files get their times from.
  const position: FilePosition = { ...found, at: Date.now() };
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, JSON.stringify(position), { mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
