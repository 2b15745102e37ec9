import type { Readable } from "node:stream";
import type { ApiResponse, CallOptions } from "../../core/transport/types.js";
import { zipEntry } from "../../core/transport/zip-entry.js";
import { edr } from "../host.js";
import { Binary } from "./binary.js";
import { ServerFile } from "./server-file.js";

/** The bytes of a binary, as the server collected them: `GET /api/v1/binary/{MD5}`. */
export class BinaryFile extends ServerFile {
  readonly #binary: Binary;

  /** @internal Every binary has one: `binary.file`. */
  constructor(binary: Binary) {
    super();
    this.#binary = binary;
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

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    const response = await this.#request(options);
    yield* zipEntry(response.stream(), "filedata");
  }

  #request({ signal, timeout }: CallOptions): Promise<ApiResponse> {
    const path = `/api/v1/binary/${this.#binary.md5}`;
    return edr(Binary.stateOf(this.#binary).client).requestStream({ method: "GET", path, signal, timeout });
  }
}
