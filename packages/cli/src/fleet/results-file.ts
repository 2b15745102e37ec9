import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CommandError } from "../shown-error.js";
import { FileLock } from "./file-lock.js";

/** What became of one endpoint: a line of the file. */
export interface ResultLine {
  readonly target: number | string;
  readonly hostname: string;
  readonly state: "done" | "failed" | "expired" | "cancelled";
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code?: string | undefined; readonly message: string };
  readonly attempts: number;
  /** ISO 8601; null when it never began. */
  readonly started: string | null;
  readonly ended: string;
}

/**
 * A file with a line of JSON for each endpoint, added as they end. Nobody else writes it meanwhile, and what an earlier
 * run has written is kept.
 */
export class ResultsFile {
  /** Endpoints that are done by what the file said when it was opened. */
  readonly done: ReadonlySet<string>;
  /** How many other results it said. */
  readonly others: number;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, lock: FileLock, states: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#lock = lock;
    this.done = new Set([...states].filter(([, state]) => state === "done").map(([target]) => target));
    this.others = states.size - this.done.size;
  }

  /**
   * Opens or makes the file.
   * @throws CommandError when another run writes it, or it holds something else
   */
  static async open(path: string): Promise<ResultsFile> {
    await mustBeFile(path);
    const lock = await FileLock.take(path);
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
      const { states, end, size, closed } = await readEarlier(path, file);
      // The end of a line that a run could not finish, as when the machine was switched off.
      if (end < size) await file.truncate(end);
      else if (!closed) await file.write("\n");
      return new ResultsFile(file, lock, states);
    } catch (error) {
      await file?.close();
      await lock.release();
      throw error;
    }
  }

  /** Adds a line. Lines are written one after the other, whole. */
  write(line: ResultLine): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    this.#writing = this.#writing.then(async () => {
      const { bytesWritten } = await this.#file.write(text);
      if (bytesWritten < Buffer.byteLength(text)) throw new CommandError("The disk with the results is full.");
    });
    return this.#writing;
  }

  /** What was written is on the disk afterwards. */
  async close(): Promise<void> {
    try {
      await this.#writing.catch(() => {});
      await this.#file.sync();
    } finally {
      await this.#file.close();
      await this.#lock.release();
    }
  }
}

/** Only a file can be gone on with, and only in a folder that is there. */
async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(missing);
  if (found?.isDirectory()) throw new CommandError(`${path} is a folder; a file is expected for the results.`);
  if (found !== undefined && !found.isFile()) {
    throw new CommandError(`${path} is no file, and the results are kept in one. --json prints them.`);
  }
  const folder = dirname(resolve(path));
  if (found === undefined && (await stat(folder).catch(missing)) === undefined) {
    throw new CommandError(`The folder ${folder} does not exist: make it first.`);
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** What earlier runs have written. */
interface Earlier {
  /** The last state of each endpoint. */
  readonly states: ReadonlyMap<string, string>;
  /** How many bytes of the file are results; what follows is the beginning of one that was not finished. */
  readonly end: number;
  readonly size: number;
  /** Whether the last result has its end of line. */
  readonly closed: boolean;
}

/**
 * Reads line by line: with what jobs have returned the file may be larger than the memory.
 * @throws CommandError when a line is no result
 */
async function readEarlier(path: string, file: FileHandle): Promise<Earlier> {
  const states = new Map<string, string>();
  let number = 0;
  let end = 0;
  const take = (bytes: Buffer, last: boolean): boolean => {
    number++;
    const line = bytes.toString("utf8");
    const result = resultIn(line);
    if (result !== undefined) states.set(String(result.target), result.state);
    else if (last) return false;
    else if (line.trim() !== "") {
      throw new CommandError(`Line ${number} of ${path} is not the result of an endpoint: name another file.`);
    }
    end += bytes.length + (last ? 0 : 1);
    return true;
  };
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      take(Buffer.concat([...rest, chunk.subarray(from, at)]), false);
      rest = [];
      from = at + 1;
    }
    rest.push(chunk.subarray(from));
  }
  const left = Buffer.concat(rest);
  const closed = left.length === 0 || !take(left, true);
  return { states, end, size, closed };
}

function resultIn(line: string): Pick<ResultLine, "target" | "state"> | undefined {
  try {
    const result = JSON.parse(line) as Partial<ResultLine> | null;
    if (typeof result !== "object" || result === null) return undefined;
    const { target, state } = result;
    if ((typeof target !== "number" && typeof target !== "string") || typeof state !== "string") return undefined;
    return { target, state };
  } catch {
    return undefined;
  }
}
