import { ServerFile } from "../../core/model/server-file.js";
import { fileBody } from "../../core/transport/file-body.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { CloudHost } from "../../psc/host.js";

/** What an export asks for. */
export interface ExportRequest {
  readonly host: CloudHost;
  readonly method: string;
  readonly path: string;
  readonly json: unknown;
}

/** The results of a run as a CSV file, or as a ZIP with it. Each reading has the server write it anew. */
export class ResultExport extends ServerFile {
  readonly #request: ExportRequest;
  readonly #isZipped: boolean;

  /** @internal Queries make these: `query.csv()`. */
  constructor(request: ExportRequest, isZipped: boolean) {
    super();
    this.#request = request;
    this.#isZipped = isZipped;
  }

  /** The whole of it as text. */
  async text(options: CallOptions = {}): Promise<string> {
    return (await this.read(undefined, options)).toString("utf8");
  }

  /** Its lines one by one, as they come, without their ends. A cell may hold the end of a line. */
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

  protected override async *bytes({ signal, timeout }: CallOptions): AsyncGenerator<Uint8Array, void> {
    const { host, ...request } = this.#request;
    const query = { format: "csv", ...(this.#isZipped ? { download: true } : {}) };
    const headers = { Accept: this.#isZipped ? "application/octet-stream" : "text/csv" };
    const response = await host.requestStream({ ...request, query, headers, idempotent: true, signal, timeout });
    yield* (await fileBody(response)) as AsyncIterable<Uint8Array>;
  }
}
