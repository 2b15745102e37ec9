import { TextFile } from "../../core/model/text-file.js";
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
export class ResultExport extends TextFile {
  readonly #request: ExportRequest;
  readonly #isZipped: boolean;

  /** @internal Queries make these: `query.csv()`. */
  constructor(request: ExportRequest, isZipped: boolean) {
    super();
    this.#request = request;
    this.#isZipped = isZipped;
  }

  protected override async *bytes({ signal, timeout }: CallOptions): AsyncGenerator<Uint8Array, void> {
    const { host, ...request } = this.#request;
    const query = { format: "csv", ...(this.#isZipped ? { download: true } : {}) };
    const headers = { Accept: this.#isZipped ? "application/octet-stream" : "text/csv" };
    const response = await host.requestStream({ ...request, query, headers, idempotent: true, signal, timeout });
    yield* (await fileBody(response)) as AsyncIterable<Uint8Array>;
  }
}
