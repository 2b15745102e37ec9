import { ServerFile } from "../../../core/model/server-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { EdrHost } from "../../host.js";

/** The installer of a group's sensors: `GET /api/v1/group/{id}/installer/{kind}`. */
export class SensorInstaller extends ServerFile {
  readonly #client: EdrHost;
  readonly #path: string;

  /** @internal A group gives it: `group.installer()`. */
  constructor(client: EdrHost, path: string) {
    super();
    this.#client = client;
    this.#path = path;
  }

  protected override async *bytes({ signal, timeout }: CallOptions): AsyncGenerator<Uint8Array, void> {
    const response = await this.#client.requestStream({ method: "GET", path: this.#path, signal, timeout });
    yield* await fileBody(response);
  }
}
