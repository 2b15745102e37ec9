import type { Readable } from "node:stream";
import { Model } from "../../../core/model/model.js";
import { TextFile } from "../../../core/model/text-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { JOB_DOWNLOAD } from "../../calls.js";
import { cloud } from "../../host.js";
import { routeOf } from "../../routes.js";

/** What a job has made, as a file: `GET /jobs/v1/orgs/{org}/jobs/{id}/download`. It is there once the job is complete. */
export class JobOutput extends TextFile {
  readonly #job: Model;

  /** @internal Reached as `job.output`. */
  constructor(job: Model) {
    super();
    this.#job = job;
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    yield* await this.#download(options);
  }

  async #download({ signal, timeout }: CallOptions): Promise<Readable> {
    const { client, key } = Model.stateOf(this.#job);
    const host = cloud(client);
    const route = routeOf(JOB_DOWNLOAD, host.routes, { id: key ?? "" });
    return fileBody(await host.requestStream({ ...route, signal, timeout }));
  }
}
