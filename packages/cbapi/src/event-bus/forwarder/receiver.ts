import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { createGunzip } from "node:zlib";
import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyEvent, EventOf, EventType } from "../catalogue/index.js";
import { type EventHandler, Handlers } from "../consumer/handlers.js";
import { Pull } from "../consumer/pull.js";
import { readForwarded } from "../reading/read.js";
import { isDocument } from "../reading/read-document.js";

/** How forwarded events are received. */
export interface ReceiverOptions {
  /** Default 0: any port that is free. */
  readonly port?: number | undefined;
  /** The address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string | undefined;
  /** Who may post: a token (`Authorization: Bearer`), or a user with a password (`Authorization: Basic`). */
  readonly auth: { readonly token: string } | { readonly user: string; readonly password: string };
  /** PEM texts; without them, plain HTTP is received. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** As many bytes as a request may have, unpacked. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Told what a request could not be handled for. */
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Receives what an event forwarder posts. A request is answered with 200 when all of its events are handled, and with 503 when
 * a handler failed, so that the forwarder sends it again.
 *
 * @example
 * await using receiver = await ForwarderReceiver.listen({ port: 8443, host: "0.0.0.0", auth: { token }, tls: { cert, key } });
 * receiver.on("watchlist.#", (event) => console.log(event.type));
 */
export class ForwarderReceiver implements AsyncDisposable {
  readonly #server: Server;
  readonly #handlers = new Handlers();
  readonly #pulls = new Set<Pull>();
  readonly #expected: Buffer;
  readonly #options: ReceiverOptions;
  readonly #maxBytes: number;
  readonly #stopping = new AbortController();

  private constructor(options: ReceiverOptions) {
    const { auth, tls, maxBytes = 16 * 1024 * 1024 } = options;
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw invalidArgument(`maxBytes is a whole number from 1 on, got ${String(maxBytes)}`);
    }
    this.#options = options;
    this.#maxBytes = maxBytes;
    this.#expected = digest(authorization(auth));
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response);
    };
    this.#server =
      tls === undefined ? createServer(listener) : createSecureServer({ ...tls, minVersion: "TLSv1.2" }, listener);
  }

  /**
   * Begins to listen.
   * @throws CbApiError with code `INVALID_ARGUMENT` when nobody would be asked who he is; the system's error when the port is taken
   */
  static async listen(options: ReceiverOptions): Promise<ForwarderReceiver> {
    const receiver = new ForwarderReceiver(options);
    const { port = 0, host = "127.0.0.1" } = options;
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once("error", reject);
      receiver.#server.listen(port, host, () => {
        receiver.#server.off("error", reject);
        resolve();
      });
    });
    return receiver;
  }

  /** Where to post to: what an event forwarder calls `httpout`. */
  get url(): string {
    const { port, address, family } = this.#server.address() as AddressInfo;
    return `http${this.#options.tls === undefined ? "" : "s"}://${family === "IPv6" ? `[${address}]` : address}:${port}/`;
  }

  /**
   * Hands events to a function: those of one type, or all that a pattern names.
   * @returns takes it back
   */
  on<P extends EventType>(pattern: P, handler: EventHandler<EventOf<P>>): () => void;
  on(pattern: string, handler: EventHandler): () => void;
  on(pattern: string, handler: EventHandler<never>): () => void {
    return this.#handlers.add(pattern, handler as EventHandler);
  }

  /** The events of a type or pattern; one counts as handled when the next one is asked for. */
  events<P extends string>(pattern: P): AsyncIterableIterator<EventOf<P>> {
    const pull = new Pull(async () => {
      off();
      this.#pulls.delete(pull);
    });
    const off = this.#handlers.add(pattern, pull.handler);
    this.#pulls.add(pull);
    return pull as AsyncIterableIterator<AnyEvent> as AsyncIterableIterator<EventOf<P>>;
  }

  /** Listens no longer. Loops end; requests that are being handled are told to come again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ApiError("The receiver of events has stopped", { code: "STOPPED" }));
    for (const pull of this.#pulls) pull.end();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  [inspect.custom](): string {
    return this.#server.listening ? `ForwarderReceiver(${this.url})` : "ForwarderReceiver(stopped)";
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let status = 200;
    let message = "ok";
    try {
      this.#admit(request);
      await this.#handle(eventsOfBody(await this.#bodyOf(request)));
    } catch (error) {
      status = error instanceof Refusal ? error.status : 503;
      message = error instanceof Refusal ? error.message : "An event could not be handled; send it again";
      if (status !== 401) this.#options.onProblem?.(error);
    }
    // What was not read is not waited for.
    const headers = { "content-type": "application/json", ...(request.complete ? {} : { connection: "close" }) };
    response.writeHead(status, status === 401 ? { ...headers, "www-authenticate": "Bearer, Basic" } : headers);
    response.end(JSON.stringify({ message }));
  }

  #admit({ method, headers }: IncomingMessage): void {
    // Compared by digests of one length, in the same time wherever they differ.
    if (!timingSafeEqual(digest(headers.authorization ?? ""), this.#expected)) {
      throw new Refusal(401, "The token, or user and password, are not those that are expected here");
    }
    if (method !== "POST") throw new Refusal(405, "Events are posted");
    const length = Number(headers["content-length"] ?? 0);
    if (length > this.#maxBytes) throw new Refusal(413, `A request has at most ${this.#maxBytes} bytes`);
  }

  async #bodyOf(request: IncomingMessage): Promise<string> {
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity" && encoding !== "gzip") throw new Refusal(415, `No content encoding but gzip is read`);
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of encoding === "gzip" ? request.pipe(createGunzip()) : request) {
        pieces.push(piece as Buffer);
        length += (piece as Buffer).length;
        if (length > this.#maxBytes) throw new Refusal(413, `A request has at most ${this.#maxBytes} bytes`);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal(400, `The request could not be read: ${(error as Error).message}`);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  async #handle(events: readonly AnyEvent[]): Promise<void> {
    const { signal } = this.#stopping;
    for (const event of events) {
      for (const handler of this.#handlers.of(event)) {
        signal.throwIfAborted();
        await handler(event, { signal, attempt: 1, redelivered: false });
      }
    }
  }
}

/** The events of a request: `{"alerts": [...]}`, a list, a document, or lines of documents. */
function eventsOfBody(text: string): AnyEvent[] {
  try {
    return documentsOf(text).flatMap((document) => {
      if (!isDocument(document)) throw new ApiError("An event is a JSON object", { code: "MALFORMED_EVENT" });
      return readForwarded(document);
    });
  } catch (error) {
    throw new Refusal(400, (error as Error).message);
  }
}

function documentsOf(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line) as unknown]));
  }
  if (Array.isArray(value)) return value;
  const alerts = isDocument(value) ? value["alerts"] : undefined;
  return Array.isArray(alerts) ? alerts : [value];
}

function authorization(auth: ReceiverOptions["auth"]): string {
  const given: { token?: unknown; user?: unknown; password?: unknown } = auth ?? {};
  if (typeof given.token === "string" && given.token !== "") return `Bearer ${given.token}`;
  if (typeof given.user === "string" && typeof given.password === "string" && given.password !== "") {
    return `Basic ${Buffer.from(`${given.user}:${given.password}`).toString("base64")}`;
  }
  throw invalidArgument(
    "A receiver of events wants `auth`: a token, or a user and a password. Anybody could post otherwise",
  );
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
