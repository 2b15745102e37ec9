import { type FileHandle, open, rename, stat } from "node:fs/promises";

/** What a {@link LineFile} is made of. */
export interface LineFileOptions {
  readonly path: string;
  /** The time by which it is rotated, in milliseconds since 1970. */
  readonly now: () => number;
  readonly onFailure: (during: string, error: unknown) => void;
}

/** Lines that could not be written yet. When there are more, the oldest are given up. */
const MOST_WAITING = 100_000;

/**
 * A file that lines are added to, and that is put aside daily, on command, and where an earlier run has left one. What is
 * written comes after what was written before, and nothing is put aside that is half written.
 */
export class LineFile {
  readonly #options: LineFileOptions;
  #handle: FileHandle;
  /** By the day on which they were told. */
  #waiting: { readonly day: string; readonly lines: string[] }[] = [];
  #count = 0;
  #dropped = 0;
  /** The day that the file is of. */
  #day: string;
  /** Writing and rotating, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isWriting = false;
  #isClosed = false;

  private constructor(options: LineFileOptions, handle: FileHandle) {
    this.#options = options;
    this.#handle = handle;
    this.#day = dayOf(options.now());
  }

  /** Opens the file; one that is there and not empty is put aside. Throws an Error that says so where it cannot be written. */
  static async open(options: LineFileOptions): Promise<LineFile> {
    const { path, now } = options;
    try {
      const there = await stat(path).catch(() => undefined);
      if (there?.isFile() === true && there.size > 0)
        await rename(path, await freeName(`${path}.${momentOf(now())}.restart`));
      return new LineFile(options, await open(path, "a", 0o644));
    } catch (cause) {
      throw new Error(`The file of events ${path} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  add(lines: readonly string[]): void {
    if (this.#isClosed) return;
    const day = dayOf(this.#options.now());
    const latest = this.#waiting.at(-1);
    if (latest?.day === day) latest.lines.push(...lines);
    else this.#waiting.push({ day, lines: [...lines] });
    this.#count += lines.length;
    this.#giveUp();
    if (this.#isWriting) return;
    this.#isWriting = true;
    void this.#inTurn(() => this.#write());
  }

  /** Puts the file aside when it is of an earlier day. */
  tick(): void {
    if (dayOf(this.#options.now()) !== this.#day) this.add([]);
  }

  /** Puts the file aside now; resolves to where it is then. */
  rotate(): Promise<string> {
    return this.#inTurn(async () => {
      await this.#write();
      const now = this.#options.now();
      return this.#putAside(momentOf(now), dayOf(now));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#inTurn(() => this.#write());
    if (this.#count > 0) this.#fail(new Error(`${this.#count} events were never written`));
    await this.#handle.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #write(): Promise<void> {
    this.#isWriting = false;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        if (next.day !== this.#day) await this.#putAside(this.#day.replaceAll("-", ""), next.day);
        const lines = next.lines.splice(0);
        try {
          await this.#handle.appendFile(lines.join(""));
        } catch (error) {
          next.lines.unshift(...lines);
          throw error;
        }
        this.#count -= lines.length;
        if (next.lines.length === 0) this.#waiting.shift();
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#dropped > 0)
      this.#fail(new Error(`${this.#dropped} events were given up while the file could not be written`));
    this.#dropped = 0;
  }

  /** Of too many that wait, the oldest go. */
  #giveUp(): void {
    for (let excess = this.#count - MOST_WAITING; excess > 0; excess = this.#count - MOST_WAITING) {
      const gone = this.#waiting[0]?.lines.splice(0, excess).length ?? excess;
      if (this.#waiting[0]?.lines.length === 0) this.#waiting.shift();
      this.#count -= gone;
      this.#dropped += gone;
    }
  }

  async #putAside(suffix: string, day: string): Promise<string> {
    const { path } = this.#options;
    const aside = await freeName(`${path}.${suffix}`);
    await rename(path, aside);
    const old = this.#handle;
    this.#handle = await open(path, "a", 0o644);
    this.#day = day;
    await old.close();
    return aside;
  }

  #fail(error: unknown): void {
    this.#options.onFailure("writing the file of events", error);
  }
}

const momentOf = (time: number): string => new Date(time).toISOString().slice(0, -1);
const dayOf = (time: number): string => momentOf(time).slice(0, 10);

/** The sandbox's time may stand still or go back: what was put aside before is not lost for that. */
async function freeName(name: string): Promise<string> {
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${name}.${n}`;
    if ((await stat(candidate).catch(() => undefined)) === undefined) return candidate;
  }
}
