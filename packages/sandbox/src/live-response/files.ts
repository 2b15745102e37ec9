import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { HttpProblem } from "../server/product.js";
import { refusal } from "./results.js";
import type { Scratch } from "./scratch.js";

/** A file that the server keeps for a session: uploaded by a client, or fetched from the endpoint. */
export interface StoredFile {
  readonly id: number;
  /** What it was called where it came from; never a path here. */
  readonly name: string;
  /** What it is called on disk. */
  readonly disk: string;
  /** Bytes it is to have, as far as that is known. */
  size: number;
  /** Bytes that have arrived. */
  arrived: number;
  state: "arriving" | "complete" | "failed";
  /** The code with which the endpoint refused it; 0 when all is well. */
  error: number;
}

/** Where content comes from. */
export interface Arrival {
  content: AsyncIterable<Uint8Array>;
  /** Largest size in bytes. */
  limit: number;
  signal: AbortSignal;
  /** Thrown when there is more. */
  tooLarge: () => Error;
}

/** The files of one session, on disk. They go with the session. */
export class SessionFiles {
  readonly #scratch: Scratch;
  readonly #folder: string;
  readonly #files = new Map<number, StoredFile>();
  #lastId = 0;
  #lastName = 0;

  constructor(scratch: Scratch, session: number) {
    this.#scratch = scratch;
    this.#folder = String(session);
  }

  list(): StoredFile[] {
    return [...this.#files.values()];
  }

  find(id: number): StoredFile | undefined {
    return this.#files.get(id);
  }

  /** A file that has arrived; refuses any other with 404. */
  complete(id: number): StoredFile {
    const file = this.#files.get(id);
    if (file === undefined) throw new HttpProblem(404, `File ${id} not found`);
    if (file.state !== "complete") throw new HttpProblem(404, `File ${id} has not arrived`);
    return file;
  }

  /** A place for a file that is yet to be fetched. */
  reserve(name: string): StoredFile {
    const file: StoredFile = {
      ...{ id: ++this.#lastId, name, disk: this.#nextName() },
      ...{ size: 0, arrived: 0, state: "arriving", error: 0 },
    };
    this.#files.set(file.id, file);
    return file;
  }

  /** Fills a place with what the endpoint sends. Nothing is left when it breaks off. */
  async fill(file: StoredFile, size: number, arrival: Arrival): Promise<void> {
    file.size = size;
    try {
      await this.#write(file.disk, arrival, (bytes) => {
        file.arrived += bytes;
      });
      file.size = file.arrived;
      file.state = "complete";
    } catch (error) {
      this.fail(file, error);
      throw error;
    }
  }

  /** Notes that a file will not arrive. */
  fail(file: StoredFile, error: unknown): void {
    file.state = "failed";
    file.error = refusal(error)?.code ?? 0;
  }

  /** Takes a file from a client. It has an id from when all of it is there. */
  async add(name: string, arrival: Arrival): Promise<StoredFile> {
    const disk = this.#nextName();
    let size = 0;
    await this.#write(disk, arrival, (bytes) => {
      size += bytes;
    });
    const file: StoredFile = { id: ++this.#lastId, name, disk, size, arrived: size, state: "complete", error: 0 };
    this.#files.set(file.id, file);
    return file;
  }

  /** Opens a file that has arrived. What is open can be read to its end, whatever becomes of the file. */
  async open(file: StoredFile): Promise<FileHandle> {
    return await open(await this.#pathOf(file.disk));
  }

  async remove(file: StoredFile): Promise<void> {
    this.#files.delete(file.id);
    await rm(await this.#pathOf(file.disk), { force: true });
  }

  /** Forgets and removes all of them. */
  async clear(): Promise<void> {
    this.#files.clear();
    await this.#scratch.discard(this.#folder);
  }

  #nextName(): string {
    return `file-${++this.#lastName}`;
  }

  async #pathOf(disk: string): Promise<string> {
    return join(await this.#scratch.folder(this.#folder), disk);
  }

  async #write(disk: string, arrival: Arrival, count: (bytes: number) => void): Promise<void> {
    const { content, limit, signal, tooLarge } = arrival;
    const path = await this.#pathOf(disk);
    const handle = await open(path, "wx", 0o600);
    try {
      let size = 0;
      for await (const chunk of until(signal, content)) {
        size += chunk.length;
        if (size > limit) throw tooLarge();
        await handle.writeFile(chunk);
        count(chunk.length);
      }
      await handle.close();
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }
}

/** The same content; throws the signal's reason as soon as it is aborted, also when nothing comes any more. */
async function* until<T>(signal: AbortSignal, source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let giveUp = (_reason: Error): void => {};
  const stop = (): void => giveUp(signal.reason as Error);
  // A promise for each step: racing against one for all of them would keep every chunk until the end.
  const next = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      iterator.next().then(resolve, reject);
    });
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await next();
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Not waited for: a source from which nothing comes would not end either.
    void iterator.return?.().catch(() => {});
  }
}
