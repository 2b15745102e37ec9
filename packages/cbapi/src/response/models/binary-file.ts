import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ApiError } from "../../core/errors.js";
import { Resource } from "../../core/model/resource.js";
import type { ApiResponse, CallOptions } from "../../core/transport/types.js";
import { zipEntry } from "../../core/transport/zip-entry.js";
import { edr } from "../client.js";
import { Binary } from "./binary.js";

/**
 * The bytes of a binary, as the server collected them: `GET /api/v1/binary/{MD5}`. Each reading asks the server anew and
 * takes the bytes as they come; nothing is held in memory as a whole unless it is asked for.
 */
export class BinaryFile extends Resource {
  readonly #binary: Binary;

  constructor(binary: Binary) {
    super();
    this.#binary = binary;
  }

  /**
   * The bytes as a stream.
   * @throws ObjectNotFoundError (from the stream) when the server did not collect the file
   */
  stream(options: CallOptions = {}): Readable {
    return Readable.from(this.#bytes(options), { objectMode: false });
  }

  /**
   * The first `length` bytes, or all of them. Once they are here the connection is given up, so that no more is taken
   * from the server than what was under way.
   * @throws ObjectNotFoundError when the server did not collect the file
   */
  async read(length?: number, options: CallOptions = {}): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let wanted = length ?? Number.POSITIVE_INFINITY;
    if (wanted <= 0) return Buffer.alloc(0);
    for await (const chunk of this.#bytes(options)) {
      chunks.push(chunk.subarray(0, wanted));
      wanted -= chunk.length;
      if (wanted <= 0) break;
    }
    return Buffer.concat(chunks);
  }

  /**
   * The ZIP as the server sends it, with the file as `filedata` and a few words about it as `metadata`. Read the stream,
   * or destroy it: the connection waits for that.
   * @throws ObjectNotFoundError when the server did not collect the file
   */
  async archive(options: CallOptions = {}): Promise<Readable> {
    const response = await this.#request(options);
    return response.stream();
  }

  /**
   * Writes the bytes to a file of this name, which only its owner may read. They are written beside it first, so that a
   * download that breaks off leaves what was there untouched and no half of a file behind.
   * @param path chosen by the caller; the server's name for the file is never used as a path
   * @throws ObjectNotFoundError when the server did not collect the file
   * @throws ApiError with code `NOT_WRITTEN` when the file cannot be written; its `cause` tells why
   */
  async save(path: string, options: CallOptions = {}): Promise<void> {
    // A name of its own: what a run that was killed left behind must not be in the way of the next.
    const partial = join(dirname(path), `cbapi-${randomUUID()}.part`);
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        await pipeline(this.stream(options), file.createWriteStream());
        await rename(partial, path);
      } catch (error) {
        await file.close().catch(() => {});
        await rm(partial, { force: true });
        throw error;
      }
    } catch (error) {
      throw isSystemError(error) ? notWritten(path, error) : error;
    }
  }

  async *#bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    const response = await this.#request(options);
    yield* zipEntry(response.stream(), "filedata");
  }

  #request({ signal, timeout }: CallOptions): Promise<ApiResponse> {
    const path = `/api/v1/binary/${this.#binary.md5}`;
    return edr(Binary.stateOf(this.#binary).client).requestStream({ method: "GET", path, signal, timeout });
  }
}

/** A failure of the file system, as opposed to one of the download. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof ApiError) && "syscall" in error;
}

function notWritten(path: string, cause: NodeJS.ErrnoException): ApiError {
  const folder = dirname(resolve(path));
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `the folder ${folder} does not exist; make it first`,
    ENOTDIR: `${folder} is no folder`,
    EACCES: `the folder ${folder} cannot be written to by this user`,
    EPERM: `the folder ${folder} cannot be written to by this user`,
    EROFS: `the folder ${folder} is on a disk that can only be read`,
    EISDIR: "it is a folder; name a file",
    ENOSPC: "the disk is full",
  };
  const reason = reasons[cause.code ?? ""] ?? cause.message;
  return new ApiError(`Cannot write ${path}: ${reason}`, { code: "NOT_WRITTEN", cause });
}
