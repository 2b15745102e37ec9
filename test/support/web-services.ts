// Stand-ins for the web services that examples of connectors work with.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on this machine, which closes when it is disposed of. */
class WebService implements AsyncDisposable {
  /** What was asked for, as `GET /files/...`. */
  readonly requests: string[] = [];
  readonly #server: Server;
  #url = "";

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return this.#url;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  protected async answer(_request: IncomingMessage, response: ServerResponse): Promise<void> {
    send(response, 404, {});
  }
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const isEmpty = status === 204;
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(isEmpty ? "" : JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What the engines of {@link VirusTotalService} say of a file. */
export interface Scan {
  /** What those call it that hold it for malicious or suspicious, by their names. */
  readonly found: Readonly<Record<string, string>>;
  /** How many have nothing against it. */
  readonly undetected: number;
}

/** VirusTotal's API, version 3, as far as files go: `/files/{hash}`, `/files`, `/files/upload_url`. */
export class VirusTotalService extends WebService {
  readonly key = "vt-key-0123456789";
  /** What is known of files, by any of their hashes in lower case. */
  readonly scans = new Map<string, Scan>();
  /** Files that were sent, as they came. */
  readonly uploads: { readonly name: string; readonly bytes: Buffer; readonly path: string }[] = [];
  /** Answers that come in the place of the next ones. */
  readonly refusals: { readonly status: number; readonly retryAfter?: number }[] = [];
  /** Called with each file that has arrived. */
  onUpload: (bytes: Buffer) => void = () => {};

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "", headers } = request;
    if (headers["x-apikey"] !== this.key) return send(response, 401, { error: { code: "WrongCredentialsError" } });
    const refusal = this.refusals.shift();
    if (refusal !== undefined) {
      const wait = refusal.retryAfter === undefined ? {} : { "retry-after": String(refusal.retryAfter) };
      return send(response, refusal.status, { error: { code: "QuotaExceededError" } }, wait);
    }
    const path = url.replace(/^\/api\/v3/, "");
    if (method === "GET" && path === "/files/upload_url") return send(response, 200, { data: `${this.url}/large` });
    if (method === "GET" && path.startsWith("/files/")) return this.#report(path.slice("/files/".length), response);
    if (method === "POST" && (path === "/files" || url === "/large")) return this.#take(request, response, path);
    send(response, 404, { error: { code: "NotFoundError" } });
  }

  #report(hash: string, response: ServerResponse): void {
    const scan = this.scans.get(hash.toLowerCase());
    if (scan === undefined) {
      send(response, 404, { error: { code: "NotFoundError" } });
      return;
    }
    const found = Object.entries(scan.found);
    const clean = Array.from({ length: scan.undetected }, (_, index) => [`Engine${index}`, null] as const);
    const results = [...found, ...clean].map(([engine, result]) => {
      const category = result === null ? "undetected" : "malicious";
      return [engine, { category, engine_name: engine, result }];
    });
    const stats = { malicious: found.length, suspicious: 0, undetected: scan.undetected, harmless: 0, timeout: 2 };
    const attributes = { last_analysis_stats: stats, last_analysis_results: Object.fromEntries(results) as object };
    send(response, 200, { data: { id: hash, type: "file", attributes } });
  }

  async #take(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = await bodyOf(request);
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": request.headers["content-type"] ?? "" },
    }).formData();
    const file = form.get("file");
    if (!(file instanceof File)) return send(response, 400, {});
    const bytes = Buffer.from(await file.arrayBuffer());
    this.uploads.push({ name: file.name, bytes, path });
    this.onUpload(bytes);
    send(response, 200, { data: { type: "analysis", id: "u-1" } });
  }
}

/** A detonation sandbox that speaks as the example expects. */
export class DetonationService extends WebService {
  /** Where it wants one. */
  key: string | undefined;
  /** The files that arrived whole, by the ids that they were given. */
  readonly samples = new Map<string, Buffer>();
  /** How many were being taken or examined at a time, at the most. */
  most = 0;
  /** What is answered about a sample that was asked for so often before. */
  report: (bytes: Buffer, looks: number) => object = () => ({ state: "done", verdict: "clean" });
  #last = 0;
  readonly #looks = new Map<string, number>();
  readonly #under = new Set<string>();

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.key !== undefined && request.headers.authorization !== `Bearer ${this.key}`)
      return send(response, 401, {});
    const id = /^\/api\/samples\/(\w+)$/.exec(request.url ?? "")?.[1];
    if (request.method === "POST" && request.url === "/api/samples") {
      const given = `s${++this.#last}`;
      this.#under.add(given);
      this.most = Math.max(this.most, this.#under.size);
      this.samples.set(given, await bodyOf(request));
      return send(response, 201, { id: given });
    }
    const bytes = this.samples.get(id ?? "");
    if (id === undefined || bytes === undefined) return send(response, 404, {});
    const looks = this.#looks.get(id) ?? 0;
    this.#looks.set(id, looks + 1);
    const report = this.report(bytes, looks);
    if (!["queued", "running"].includes(String((report as { state?: string }).state))) this.#under.delete(id);
    send(response, 200, report);
  }
}
