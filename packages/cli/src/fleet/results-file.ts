import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
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
    const lock = await FileLock.take(path);
    try {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      const { states, end } = readResults(path, text);
      const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
      // The end of a line that a run could not finish, as when the machine was switched off.
      if (end < Buffer.byteLength(text)) await file.truncate(end);
      else if (text !== "" && !text.endsWith("\n")) await file.write("\n");
      return new ResultsFile(file, lock, states);
    } catch (error) {
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

/**
 * The last state of each endpoint, and how many bytes of the text are whole lines.
 * @throws CommandError when a line is no result
 */
export function readResults(path: string, text: string): { states: Map<string, string>; end: number } {
  const states = new Map<string, string>();
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const result = resultIn(line);
    if (result !== undefined) states.set(String(result.target), result.state);
    else if (index === lines.length - 1) return { states, end: Buffer.byteLength(text) - Buffer.byteLength(line) };
    else throw new CommandError(`Line ${index + 1} of ${path} is not the result of an endpoint: name another file.`);
  }
  return { states, end: Buffer.byteLength(text) };
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
