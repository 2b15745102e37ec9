import type { Readable } from "node:stream";
import { Model } from "../../../core/model/model.js";
import { ServerFile } from "../../../core/model/server-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { JOB_DOWNLOAD } from "../../calls.js";
import { cloud } from "../../host.js";
import { routeOf } from "../../routes.js";

/** What a job has made, as a file: `GET /jobs/v1/orgs/{org}/jobs/{id}/download`. It is there once the job is complete. */
export class JobOutput extends ServerFile {
  readonly #job: Model;

  /** @internal Reached as `job.output`. */
  constructor(job: Model) {
    super();
    this.#job = job;
  }

  /** The whole of it as text. */
  async text(options: CallOptions = {}): Promise<string> {
    return (await this.read(undefined, options)).toString("utf8");
  }

  /** Its lines one by one, as they come, without their ends. */
  async *lines(options: CallOptions = {}): AsyncGenerator<string, void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.bytes(options)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
    rest += decoder.decode();
    if (rest !== "") yield rest;
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
