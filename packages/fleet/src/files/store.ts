import { createHash, type Hash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import { FleetError } from "../errors.js";
import type { FileSource } from "../job.js";

/** What is known of a file by its content alone. */
export interface StoredContent {
  /** In bytes. */
  readonly size: number;
  /** In small hexadecimal letters. */
  readonly sha256: string;
}

/** Where the files of jobs are. All workers, and whoever reads results, must reach the same one. */
export interface FileStore {
  /** Keeps a file: it is there, and whole, when this resolves. The same content is kept once. */
  put(source: FileSource, signal?: AbortSignal): Promise<StoredContent>;
  /**
   * Reads a file. The stream ends with an error when its content is not what it was.
   * @throws FleetError when there is none
   */
  open(sha256: string): Promise<Readable>;
}

/** @internal The source as a stream. */
export function streamOf(source: FileSource): Readable {
  return source instanceof Readable ? source : Readable.from(source instanceof Uint8Array ? [source] : source);
}

/** @internal Lets bytes pass, counted and hashed. */
export class Measured extends Transform {
  readonly #hash: Hash = createHash("sha256");
  readonly #most: number;
  #size = 0;

  constructor(most: number = Number.POSITIVE_INFINITY) {
    super();
    this.#most = most;
  }

  /** What has passed, when all has. */
  content(): StoredContent {
    return { size: this.#size, sha256: this.#hash.digest("hex") };
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.#size += chunk.length;
    this.#hash.update(chunk);
    if (this.#size <= this.#most) done(null, chunk);
    else
      done(
        new FleetError(
          "FILE_TOO_LARGE",
          `A file is larger than the ${this.#most} bytes that are kept here: give the workers a shared folder for files.`,
        ),
      );
  }
}

/** @internal A stream that fails at its end when its bytes are not those that were kept. */
export function verified(source: Readable, sha256: string): Readable {
  const hash = createHash("sha256");
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      if (hash.digest("hex") === sha256) done();
      else done(new FleetError("FILE_DAMAGED", `The file ${sha256} has another content than the one that was kept.`));
    },
  });
  source.on("error", (error) => check.destroy(error));
  check.on("close", () => source.destroy());
  return source.pipe(check);
}

/** @internal @throws FleetError when it cannot be the name of a file */
export function checkedHash(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new FleetError("INVALID_ARGUMENT", `${JSON.stringify(sha256)} is no SHA-256: files are named by theirs.`);
}
