import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, isIPv6, type Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SecureVersion } from "node:tls";
import type { RenderedReply } from "./reply.js";
import type { Answer, Incoming } from "./wire.js";

/** The certificate and the TLS versions of a listener. */
export interface ListenerTls {
  cert: string;
  key: string;
  /** `TLSv1.2` when left out. */
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
}

/** Where to listen, and whom to ask for answers. */
export interface ListenerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Plain HTTP when left out. */
  tls?: ListenerTls;
  dispatch: (incoming: Incoming) => Promise<Answer>;
  /** Receives what goes wrong while an answer is sent. */
  onError: (during: string, error: unknown) => void;
}

/** Longer than clients keep idle connections, so that it is never the server that closes one just as it is used. */
const KEEP_ALIVE = 65_000;
const MAX_HEADER = 64 * 1024;

/** The HTTP side of the sandbox: connections in, bytes out. */
export class Listener {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<AbortController>();
  #closing: Promise<void> | undefined;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls } = options;
    const settings = { keepAliveTimeout: KEEP_ALIVE, maxHeaderSize: MAX_HEADER };
    const handle = (request: IncomingMessage, response: ServerResponse): void => void this.#exchange(request, response);
    // Versions below 1.2 are only offered by OpenSSL when the security level allows their signatures.
    const old = tls?.minVersion === "TLSv1" || tls?.minVersion === "TLSv1.1";
    this.#server =
      tls === undefined
        ? createHttpServer(settings, handle)
        : createHttpsServer(
            { minVersion: "TLSv1.2", ...tls, ...settings, ...(old ? { ciphers: "DEFAULT@SECLEVEL=0" } : {}) },
            handle,
          );
    // Of a TLS connection this is the socket underneath, known from before the handshake.
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("clientError", refuseGarbage);
    // A client that does not trust the certificate hangs up during the handshake: its business, not an error here.
    this.#server.on("tlsClientError", () => {});
  }

  /** Opens the port. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: options.host, port: options.port }, () => {
        server.off("error", reject);
        server.on("error", (error) => options.onError("listening", error));
        resolve();
      });
    });
    return listener;
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error("The sandbox is not running");
    return address.port;
  }

  /** The address for clients, without a trailing slash. */
  get url(): string {
    const { host, tls } = this.#options;
    const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    return `${tls ? "https" : "http"}://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${this.port}`;
  }

  /**
   * Takes no more connections, ends what waits, gives running requests `grace` milliseconds to finish, then closes every
   * socket that is still open.
   */
  close(grace = 500): Promise<void> {
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  async #close(grace: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const exchange of this.#exchanges) exchange.abort();
    this.#server.closeIdleConnections();
    const deadline = setTimeout(() => this.#destroySockets(), grace);
    // A connection that never sent a complete request is not idle in the server's eyes.
    if (this.#exchanges.size === 0) this.#destroySockets();
    await closed;
    clearTimeout(deadline);
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const during = `${request.method} ${request.url}`;
    const gone = new AbortController();
    this.#exchanges.add(gone);
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("close", () => {
      this.#exchanges.delete(gone);
      if (!response.writableFinished) gone.abort();
      if (this.#closing && this.#exchanges.size === 0) this.#destroySockets();
    });
    let answer: Answer | undefined;
    try {
      answer = await this.#options.dispatch({
        method: request.method ?? "GET",
        target: request.url ?? "/",
        headers: request.headers,
        remoteAddress: request.socket.remoteAddress,
        body: request,
        signal: gone.signal,
      });
      if (this.#closing) response.setHeader("connection", "close");
      if (answer.kind === "none") response.destroy();
      else if (answer.cutAfter !== undefined) await sendCut(response, answer.reply, answer.cutAfter);
      else await send(response, answer.reply);
    } catch (error) {
      // Nobody is going to read it: what it holds (files, a session) is let go.
      if (answer?.kind === "reply" && answer.reply.body instanceof Readable) answer.reply.body.destroy();
      // Reading a stream fails when the client leaves in the middle: nothing to report.
      if (!gone.signal.aborted) this.#options.onError(during, error);
      // A reply that cannot be put into a header is found out before anything has been sent.
      if (response.headersSent || gone.signal.aborted) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end("Internal error of the sandbox");
    }
  }
}

async function send(response: ServerResponse, reply: RenderedReply): Promise<void> {
  response.writeHead(reply.status, reply.headers);
  if (reply.body === undefined || Buffer.isBuffer(reply.body)) {
    response.end(reply.body);
    return;
  }
  await pipeline(reply.body, response);
}

/** Sends the head with the full length and the first bytes of the body, and drops the connection. */
async function sendCut(response: ServerResponse, reply: RenderedReply, bytes: number): Promise<void> {
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  const write = (chunk: Buffer): Promise<void> => new Promise((resolve) => response.write(chunk, () => resolve()));
  if (Buffer.isBuffer(reply.body)) {
    await write(reply.body.subarray(0, bytes));
  } else if (reply.body !== undefined) {
    let left = bytes;
    for await (const chunk of reply.body) {
      const part = Buffer.from(chunk as Uint8Array).subarray(0, left);
      left -= part.length;
      if (part.length > 0) await write(part);
      if (left === 0) break;
    }
  }
  // What was written has been handed to the system only; a moment later it is on its way to the client.
  await new Promise((resolve) => setTimeout(resolve, 5));
  response.destroy();
}

/** Answers what is not HTTP, or too much of it, in the way a proxy would, and hangs up. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Failed handshakes and lost connections arrive here as well: there is nobody to answer.
  if (!socket.writable || !/^HPE_|^ERR_HTTP_/.test(error.code ?? "")) {
    socket.destroy();
    return;
  }
  const status = {
    HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
    ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  };
  const line = status[error.code as keyof typeof status] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
