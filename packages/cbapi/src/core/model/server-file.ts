import { Readable } from "node:stream";
import { firstBytes } from "../first-bytes.js";
import { writeLocalFile } from "../local-file.js";
import type { CallOptions } from "../transport/types.js";
import { Resource } from "./resource.js";

/**
 * A file of the server's. Nothing is requested before it is read; each reading asks the server anew and takes the bytes as
 * they come; nothing is held in memory as a whole unless it is asked for.
 */
export abstract class ServerFile extends Resource {
  /** The bytes of one reading. Leaving them early gives up the connection. */
  protected abstract bytes(options: CallOptions): AsyncGenerator<Uint8Array, void>;

  /**
   * The bytes as a stream.
   * @throws ObjectNotFoundError (from the stream) when the server does not have the file
   * @throws ServerError with code `NOT_A_FILE` (from the stream) when a web page came in its place
   */
  stream(options: CallOptions = {}): Readable {
    return Readable.from(this.bytes(options), { objectMode: false });
  }

  /**
   * The first `length` bytes, or all of them. Once they are here the connection is given up, so that no more is taken
   * from the server than what was under way.
   * @throws ObjectNotFoundError when the server does not have the file
   * @throws ServerError with code `NOT_A_FILE` when a web page came in its place
   */
  read(length?: number, options: CallOptions = {}): Promise<Buffer> {
    return firstBytes(this.bytes(options), length);
  }

  /**
   * Writes the bytes to a file of this name, which only its owner may read. They are written beside it first, so that a
   * download that breaks off leaves what was there untouched and no half of a file behind.
   * @param path chosen by the caller; the server's name for the file is never used as a path
   * @throws ObjectNotFoundError when the server does not have the file
   * @throws ServerError with code `NOT_A_FILE` when a web page came in its place
   * @throws ApiError with code `NOT_WRITTEN` when the file cannot be written; its `cause` tells why
   */
  async save(path: string, options: CallOptions = {}): Promise<void> {
    await writeLocalFile(path, this.stream(options), { overwrite: true });
  }
}
