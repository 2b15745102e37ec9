import { randomUUID } from "node:crypto";
import { appendFile, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CbApiError } from "../../../core/errors.js";
import { jsonIn } from "../../../core/transport/json.js";

/** Something that was taken from a queue of the service, and its place among all that were. */
export interface Spooled<T> {
  readonly n: number;
  readonly item: T;
}

/**
 * A file that keeps what was taken from a queue which gives everything once, until somebody is done with it. What is put
 * into it is there as a whole or not at all, whenever the program ends.
 *
 * A line each: `{"n": 7, "item": ...}`; `{"taken": 7}` says that nobody needs those up to there any more.
 */
export class Spool<T> {
  readonly #path: string;
  #kept: Spooled<T>[] = [];
  #last = 0;
  #taken = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens the file, which need not exist.
   * @throws CbApiError with code `SPOOL_UNREADABLE` when it holds anything else
   */
  static async open<T>(path: string): Promise<Spool<T>> {
    const spool = new Spool<T>(path);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const lines = text.split("\n");
    // A note of what was taken may have been cut short; items are never written that way.
    const torn = lines.pop();
    for (const line of lines) spool.#read(line);
    if (torn !== undefined && torn !== "" && jsonIn(torn) !== undefined) spool.#read(torn);
    spool.#kept = spool.#kept.filter(({ n }) => n > spool.#taken);
    if (torn !== undefined && torn !== "") await spool.#write();
    return spool;
  }

  /** Those behind a place, in their order. */
  behind(place: number): readonly Spooled<T>[] {
    return this.#kept.filter(({ n }) => n > place);
  }

  /** Up to where nobody needs them any more. */
  get taken(): number {
    return this.#taken;
  }

  /** The place of the latest. */
  get last(): number {
    return this.#last;
  }

  /** Puts in more, and leaves out what nobody needs. When this resolves, they are on the disk. */
  async add(items: readonly T[]): Promise<readonly Spooled<T>[]> {
    const added = items.map((item, index) => ({ n: this.#last + index + 1, item }));
    const before = { kept: this.#kept, last: this.#last };
    this.#kept = [...this.#kept.filter(({ n }) => n > this.#taken), ...added];
    this.#last += items.length;
    try {
      await this.#write();
    } catch (error) {
      this.#kept = before.kept;
      this.#last = before.last;
      throw error;
    }
    return added;
  }

  /** Notes that those up to a place are not needed any more. */
  async take(place: number): Promise<void> {
    if (place <= this.#taken) return;
    this.#taken = place;
    this.#last = Math.max(this.#last, place);
    await appendFile(this.#path, `${JSON.stringify({ taken: place })}\n`, { mode: 0o600 });
  }

  #read(line: string): void {
    if (line === "") return;
    const { n, item, taken } = (jsonIn(line) ?? {}) as { n?: unknown; item?: unknown; taken?: unknown };
    if (isPlace(taken)) this.#taken = Math.max(this.#taken, taken);
    else if (isPlace(n) && item !== undefined) this.#kept.push({ n, item: item as T });
    else {
      throw new CbApiError(
        `${this.#path} is no file of notifications that were kept: ${JSON.stringify(line.slice(0, 80))}. Name another file`,
        { code: "SPOOL_UNREADABLE" },
      );
    }
    this.#last = Math.max(this.#last, this.#taken, isPlace(n) ? n : 0);
  }

  async #write(): Promise<void> {
    const folder = dirname(resolve(this.#path));
    const partial = join(folder, `cbapi-${randomUUID()}.part`);
    const lines = [{ taken: this.#taken }, ...this.#kept].map((line) => `${JSON.stringify(line)}\n`);
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        await file.writeFile(lines.join(""));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, this.#path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }
}

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Has the new name written to the disk. Some systems cannot open folders: there it comes by itself, a little later. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
