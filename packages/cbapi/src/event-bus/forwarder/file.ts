import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { type Clock, systemClock } from "../../core/clock.js";
import type { AnyEvent } from "../catalogue/index.js";
import { LineCutter } from "./lines.js";
import { type ForwardedOptions, lineLimit } from "./options.js";
import { type FilePosition, headOf, headOfBytes, headReader, readPosition, writePosition } from "./position.js";
import { eventsOfText } from "./stream.js";

/** How a file of events is followed. */
export interface FollowOptions extends ForwardedOptions {
  /**
   * A file in which it is kept how far the events were handled, so that a later run goes on there. An event counts as handled
   * when the next one is asked for; whoever is killed in between gets that one again, and none is left out.
   */
  readonly positionFile?: string | undefined;
  /** Where to begin when there is no saved position: with what is `new` (the default), or at the `start` of the file. */
  readonly from?: "start" | "new" | undefined;
  /** How often the end of the file is looked at, in milliseconds. Default 1,000. */
  readonly interval?: number | undefined;
  /** Ends at the end of the file rather than waiting for more. */
  readonly once?: boolean | undefined;
  /** The time. */
  readonly clock?: Clock | undefined;
}

const PIECE = 64 * 1024;

/**
 * Follows the file that an event forwarder writes, also when that is rotated (renamed, with gzip or without), truncated, or
 * not there yet. A line that is not complete waits for the rest of it.
 * @throws ApiError with code `MALFORMED_EVENT` for a line that is no event, unless `onMalformed` takes those; `INVALID_POSITION`
 * when `positionFile` holds something else
 * @example
 * for await (const event of followEvents("/var/cb/data/event_bridge_output.json", { positionFile: "handled.json" })) {
 *   console.log(event.type);
 * }
 */
export async function* followEvents(path: string, options: FollowOptions = {}): AsyncGenerator<AnyEvent, void, void> {
  const { positionFile, from = "new", interval = 1000, once = false, clock = systemClock, signal } = options;
  const longest = lineLimit(options);
  signal?.throwIfAborted();
  const saved = positionFile === undefined ? undefined : await readPosition(positionFile);
  const follower = new Follower(path, options, longest);
  // What was written to the file after it was rotated, while nobody was here.
  let position = saved;
  if (saved !== undefined) {
    const missed = await missedFiles(path, saved);
    for (const { file, offset } of missed) yield* follower.rotated(file, offset);
    if (missed.length > 0) position = undefined;
  }
  let atEnd = saved === undefined && from === "new";
  for (;;) {
    const handle = await openIfThere(path);
    if (handle === undefined) {
      atEnd = false;
      if (once) return;
      await clock.sleep(interval, signal);
      continue;
    }
    try {
      const offset = position?.offset ?? (atEnd ? await endOfLines(handle) : 0);
      // From where it begins, so that nothing is lost should the file be rotated before the first event is handled.
      if (positionFile !== undefined) await writePosition(positionFile, { offset, head: await headOf(handle) });
      const isReplaced = yield* follower.current(handle, offset, { interval, once, clock });
      if (!isReplaced) return;
    } finally {
      await handle.close();
    }
    position = undefined;
    atEnd = false;
  }
}

class Follower {
  constructor(
    private readonly path: string,
    private readonly options: FollowOptions,
    private readonly longest: number,
  ) {}

  /** The events of the file that is being written. @returns whether another one has taken its place */
  async *current(
    handle: FileHandle,
    offset: number,
    { interval, once, clock }: { readonly interval: number; readonly once: boolean; readonly clock: Clock },
  ): AsyncGenerator<AnyEvent, boolean, void> {
    let at = offset;
    let cutter = new LineCutter(at, this.longest);
    let replaced = false;
    let head = headReader(handle);
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(PIECE), 0, PIECE, at);
      if (bytesRead > 0) {
        at += bytesRead;
        yield* this.#events(cutter.add(buffer.subarray(0, bytesRead)), head);
        continue;
      }
      // Only what was written before it was replaced is left to read, and that has been read to its end by now.
      if (replaced) return true;
      const { size } = await handle.stat();
      if (size < at) {
        // Emptied, and written to from its beginning.
        at = 0;
        cutter = new LineCutter(0, this.longest);
        head = headReader(handle);
        continue;
      }
      replaced = await this.#isReplaced(handle);
      if (replaced) continue;
      if (once) {
        const rest = cutter.rest();
        if (rest !== undefined) yield* this.#events([rest], head);
        return false;
      }
      await clock.sleep(interval, this.options.signal);
    }
  }

  /** The events of a file that has been rotated away. */
  async *rotated(file: string, offset: number): AsyncGenerator<AnyEvent, void, void> {
    const handle = await open(file);
    try {
      const cutter = new LineCutter(offset, this.longest);
      const head = file.endsWith(".gz") ? () => headOfZipped(file) : headReader(handle);
      let skip = file.endsWith(".gz") ? offset : 0;
      const stream = handle.createReadStream({ autoClose: false, start: file.endsWith(".gz") ? 0 : offset });
      for await (const piece of file.endsWith(".gz") ? stream.pipe(createGunzip()) : stream) {
        const bytes = piece as Buffer;
        const used = bytes.subarray(Math.min(skip, bytes.length));
        skip -= bytes.length - used.length;
        yield* this.#events(cutter.add(used), head);
      }
      const rest = cutter.rest();
      if (rest !== undefined) yield* this.#events([rest], head);
    } finally {
      await handle.close();
    }
  }

  async *#events(
    lines: Iterable<{ readonly text: string; readonly end: number }>,
    head: () => Promise<FilePosition["head"]>,
  ): AsyncGenerator<AnyEvent, void, void> {
    const { positionFile, signal } = this.options;
    for (const { text, end } of lines) {
      for (const event of eventsOfText(text, this.options)) {
        yield event;
        signal?.throwIfAborted();
      }
      if (positionFile !== undefined) await writePosition(positionFile, { offset: end, head: await head() });
    }
  }

  async #isReplaced(handle: FileHandle): Promise<boolean> {
    const there = await stat(this.path).catch(() => undefined);
    // Renamed, and the new one is not there yet: what is written meanwhile still goes to this one.
    if (there === undefined) return false;
    const own = await handle.stat();
    return there.ino !== own.ino || there.dev !== own.dev;
  }
}

/** The files that came before the one that is written now and were not read to their ends, the oldest first. */
async function missedFiles(path: string, saved: FilePosition): Promise<{ file: string; offset: number }[]> {
  const isEmpty = saved.head.bytes === 0;
  if (!isEmpty && (await isSameFile(path, saved))) return [];
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const rotated = names.filter((name) => name.startsWith(`${basename(path)}.`) && !name.endsWith(".partial"));
  const files = await Promise.all(
    rotated.map(async (name) => ({ file: join(folder, name), time: (await stat(join(folder, name))).mtimeMs })),
  );
  files.sort((a, b) => a.time - b.time);
  // An empty file is like any other: whatever was written to since is new.
  if (isEmpty) return files.filter(({ time }) => time >= saved.at).map(({ file }) => ({ file, offset: 0 }));
  for (const [index, { file }] of files.entries()) {
    if (!(await isSameFile(file, saved))) continue;
    return files.slice(index).map((each, order) => ({ file: each.file, offset: order === 0 ? saved.offset : 0 }));
  }
  return [];
}

async function isSameFile(file: string, saved: FilePosition): Promise<boolean> {
  if (file.endsWith(".gz")) return (await headOfZipped(file, saved.head.bytes)).sha256 === saved.head.sha256;
  const handle = await openIfThere(file);
  if (handle === undefined) return false;
  try {
    return await isSame(handle, saved);
  } finally {
    await handle.close();
  }
}

async function isSame(handle: FileHandle, { head, offset }: FilePosition): Promise<boolean> {
  const { size } = await handle.stat();
  return size >= offset && (await headOf(handle, head.bytes)).sha256 === head.sha256;
}

async function headOfZipped(file: string, bytes = 1024): Promise<FilePosition["head"]> {
  const handle = await open(file);
  try {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of handle.createReadStream({ autoClose: false }).pipe(createGunzip())) {
      pieces.push(piece as Buffer);
      length += (piece as Buffer).length;
      if (length >= bytes) break;
    }
    return headOfBytes(Buffer.concat(pieces).subarray(0, bytes));
  } finally {
    await handle.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Where the last complete line ends: what is half written is not old. */
async function endOfLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const from = Math.max(0, size - PIECE);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(PIECE), 0, PIECE, from);
  const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
  return newline < 0 ? size : from + newline + 1;
}
