import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.js";
import type { RecordedClock } from "./clock.js";
import { fillIn, type Places } from "./placeholders.js";
import type { Recording } from "./recording.js";
import { parseTarget, type ReceivedRequest } from "./request.js";
import type { Exchange, RecordedResponse } from "./vector.js";

/** What the server plays at the moment. */
interface Playing {
  readonly recording: Recording;
  readonly clock: RecordedClock;
  /** When the last answer was given, on that clock. */
  answeredAt: number | undefined;
}

/** Failures of the connection, as recordings name them, and what brings them about. */
const faults: readonly {
  readonly pattern: RegExp;
  readonly bringAbout: (request: IncomingMessage, raw?: Socket) => void;
}[] = [
  { pattern: /^connection (closed|dropped) without a response$/, bringAbout: (request) => request.socket.destroy() },
  { pattern: /^connection reset/, bringAbout: (request, raw) => (raw ?? request.socket).resetAndDestroy() },
  {
    pattern: /^no response within [\d.]+ s$/,
    // The client's own limit is shorter; the connection is closed with the others when the vector ends.
    bringAbout: () => {},
  },
];

/** Whether the server can bring about this failure. */
export function knownFault(fault: string): boolean {
  return faults.some(({ pattern }) => pattern.test(fault));
}

/** A real HTTPS server on this machine that answers as it was recorded. One serves all vectors of a run, in turn. */
export class ReplayServer implements AsyncDisposable {
  readonly places: Places;
  readonly #server: Server;
  readonly #folder: string;
  /** The connections below TLS, by the client's port: only they can be reset. */
  readonly #raw = new Map<number | undefined, Socket>();
  #playing: Playing | undefined;

  private constructor(server: Server, folder: string, places: Places) {
    this.#server = server;
    this.#folder = folder;
    this.places = places;
    server.on("connection", (socket: Socket) => {
      const port = socket.remotePort;
      this.#raw.set(port, socket);
      socket.once("close", () => this.#raw.delete(port));
    });
    server.on("request", (request, response) => {
      // What goes wrong here must not leave the client waiting.
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
  }

  static async start(): Promise<ReplayServer> {
    const { certificate, key } = makeCertificate();
    const server = createServer({ cert: certificate, key });
    // A client that does not trust the certificate hangs up, which is part of some recordings.
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    const folder = mkdtempSync(join(tmpdir(), "cbapi-conformance-"));
    const certificateFile = join(folder, "server.pem");
    writeFileSync(certificateFile, certificate, { mode: 0o600 });
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new ReplayServer(server, folder, { server: `https://${host}`, host, certificateFile });
  }

  /** Answers from this recording, until `stop`. */
  play(recording: Recording, clock: RecordedClock): void {
    this.#playing = { recording, clock, answeredAt: undefined };
  }

  /** Cuts what is still open, so that nothing of one vector reaches the next. */
  stop(): void {
    this.#playing = undefined;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(request);
    const playing = this.#playing;
    if (playing === undefined) {
      request.socket.destroy();
      return;
    }
    const now = playing.clock.now();
    const waited = (now - (playing.answeredAt ?? now)) / 1000;
    const exchange = playing.recording.take(received, waited);
    playing.answeredAt = now;
    this.#send(exchange, request, response);
  }

  #send(exchange: Exchange | undefined, request: IncomingMessage, response: ServerResponse): void {
    if (exchange === undefined) {
      response.writeHead(501, { "content-type": "text/plain" }).end("This request is not in the recording");
      return;
    }
    const answer = fillIn(exchange.response, this.places);
    if (answer.fault === undefined) {
      response.writeHead(answer.status ?? 200, { ...answer.headers }).end(bodyOf(answer));
      return;
    }
    const { fault } = answer;
    faults.find(({ pattern }) => pattern.test(fault))?.bringAbout(request, this.#raw.get(request.socket.remotePort));
  }
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  return {
    method: request.method ?? "",
    ...parseTarget(request.url ?? "/"),
    headers,
    body: Buffer.concat(chunks),
  };
}

function bodyOf(answer: RecordedResponse): Buffer {
  const { body } = answer;
  switch (answer.bodyEncoding) {
    case "json":
      return Buffer.from(JSON.stringify(body));
    case "base64":
      return Buffer.from(String(body), "base64");
    default:
      return Buffer.from(body === undefined || body === null ? "" : String(body));
  }
}
