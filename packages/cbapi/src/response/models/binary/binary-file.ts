import type { Readable } from "node:stream";
import { ServerFile } from "../../../core/model/server-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { zipEntry } from "../../../core/transport/zip-entry.js";
import { edr } from "../../host.js";
import { Binary } from "./binary.js";

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
   * @throws ServerError with code `NOT_A_FILE` when a web page came in its place
   */
  archive(options: CallOptions = {}): Promise<Readable> {
    return this.#download(options);
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    yield* zipEntry(await this.#download(options), "filedata");
  }

  async #download({ signal, timeout }: CallOptions): Promise<Readable> {
    const path = `/api/v1/binary/${this.#binary.md5}`;
    const client = edr(Binary.stateOf(this.#binary).client);
    return fileBody(await client.requestStream({ method: "GET", path, signal, timeout }));
  }
}
