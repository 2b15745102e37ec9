import { Readable } from "node:stream";
import { writeLocalFile } from "../../core/local-file.js";
import { Resource } from "../../core/model/resource.js";
import type { ApiResponse, CallOptions } from "../../core/transport/types.js";
import { zipEntry } from "../../core/transport/zip-entry.js";
import { edr } from "../host.js";
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
    await writeLocalFile(path, this.stream(options), { overwrite: true });
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
