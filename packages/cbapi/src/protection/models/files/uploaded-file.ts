import type { Readable } from "node:stream";
import { Model, specOf } from "../../../core/model/model.js";
import { ServerFile } from "../../../core/model/server-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { zipEntry } from "../../../core/transport/zip-entry.js";
import { protection } from "../../host.js";

/**
 * A file that an agent has uploaded: `GET /fileUpload/{id}?downloadFile=true`, or the same of a pending analysis. The server
 * sends a ZIP with one entry; what is read here is that entry.
 *
 * A server that is busy with other downloads answers 503, which is tried again.
 */
export class UploadedFile extends ServerFile {
  readonly #owner: Model;

  /** @internal Uploads and pending analyses have one: `upload.file`. */
  constructor(owner: Model) {
    super();
    this.#owner = owner;
  }

  /**
   * The ZIP as the server sends it. Read the stream, or destroy it: the connection waits for that.
   * @throws ObjectNotFoundError, or ClientError, when there is no file yet
   * @throws ServerError with code `NOT_A_FILE` when a web page came in its place
   */
  archive(options: CallOptions = {}): Promise<Readable> {
    return this.#download(options);
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    yield* zipEntry(await this.#download(options));
  }

  async #download({ signal, timeout }: CallOptions): Promise<Readable> {
    const { client, key } = Model.stateOf(this.#owner);
    const path = `${specOf(this.#owner).path}/${key}`;
    const query = { downloadFile: true };
    return fileBody(await protection(client).requestStream({ method: "GET", path, query, signal, timeout }));
  }
}
