import type { Clock } from "../clock.js";
import type { Credentials } from "../credentials/types.js";
import { CbApiError, ConnectionError } from "../errors.js";
import { version } from "../version.js";
import { createConnector } from "./connector.js";
import { explainFailure, type RequestContext } from "./failure.js";
import { FetchWire } from "./fetch-wire.js";
import { RequestLog } from "./log.js";
import { type Prepared, prepare, withoutSecrets } from "./prepare.js";
import { type Environment, parseProxy, systemProxy } from "./proxy.js";
import { maskPath } from "./redact.js";
import { redirectError, redirectTarget } from "./redirect.js";
import { TransportResponse } from "./response.js";
import { DEFAULT_RETRIES, pauseBefore, type Repeat, repeatForStatus } from "./retry.js";
import { parseServerUrl, type ServerUrl } from "./server-url.js";
import { refusedError, statusError } from "./status.js";
import { tlsOptions } from "./tls.js";
import type { ApiRequest, ApiResponse, CallOptions, FetchLike, Logger, QueryParameters } from "./types.js";
import { UndiciWire } from "./undici-wire.js";
import { type Wire, WireFailure, type WireResponse } from "./wire.js";

/** The limit for a call when neither it nor the client names one, in milliseconds. */
export const DEFAULT_TIMEOUT = 120_000;
const CONNECT_TIMEOUT = 10_000;
const MAX_REDIRECTS = 10;

export interface TransportOptions {
  /** Asked once, when the first request is sent. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly clock: Clock;
  readonly timeout?: number | undefined;
  readonly maxRetries?: number | null | undefined;
  readonly integrationName?: string | undefined;
  readonly poolMaxsize?: number | undefined;
  readonly poolBlock?: boolean | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly logger?: Logger | undefined;
  readonly fetch?: FetchLike | undefined;
  /** The variables that name proxies. */
  readonly environment?: Environment | undefined;
  /** Between 0 and 1, for the jitter of pauses. */
  readonly random?: (() => number) | undefined;
}

/** Counts what a client has sent. */
export interface TransportStats {
  /** Exchanges sent, redirects and repetitions included. */
  readonly requests: number;
  /** How many of them repeated a failed one. */
  readonly retries: number;
}

/** How much of an answer is read before the call is done: nothing, all, all of it as JSON. */
type Read = "nothing" | "bytes" | "json" | "json if any";

/** What is known once the credentials are. */
interface Opened {
  readonly wire: Wire;
  readonly server: ServerUrl;
  readonly headers: readonly string[];
  readonly secrets: readonly string[];
}

/** An attempt that did not succeed. */
class Failure {
  constructor(
    readonly error: unknown,
    readonly repeat: Repeat,
  ) {}
}

/** Sends requests to one server: authentication, retries, redirects, time limits, and errors that explain themselves. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #log: RequestLog;
  readonly #retries: number;
  readonly #timeout: number;
  readonly #random: () => number;
  #opened: Opened | undefined;
  #opening: Promise<Opened> | undefined;
  #closed = false;
  #requests = 0;
  #repeated = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#log = new RequestLog(options.logger);
    this.#retries = options.maxRetries ?? DEFAULT_RETRIES;
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#random = options.random ?? Math.random;
  }

  get stats(): TransportStats {
    return { requests: this.#requests, retries: this.#repeated };
  }

  /**
   * Sends a request and resolves when the headers of a successful answer are there. Its body is still to be read.
   *
   * @throws the error for a status of 400 and above, a {@link CbApiError} for anything else that goes wrong, or the
   * reason of the caller's signal.
   */
  request(request: ApiRequest): Promise<ApiResponse> {
    return this.#run(request, "nothing");
  }

  /** As {@link Transport.request}, with the body read: a body that breaks off is repeated where that is safe. */
  exchange(request: ApiRequest): Promise<ApiResponse> {
    return this.#run(request, "bytes");
  }

  /**
   * As {@link Transport.exchange}; and where the body is a JSON object with an `errorMessage`, that is an error.
   *
   * @throws ServerError with the server's text.
   */
  exchangeJson(request: ApiRequest): Promise<ApiResponse> {
    return this.#run(request, "json if any");
  }

  /**
   * Sends a GET and returns its JSON document; undefined for an answer without content.
   *
   * @throws ServerError when the answer is not JSON or reports an error; otherwise as {@link Transport.request}.
   */
  async getJson(path: string, query?: QueryParameters, options?: CallOptions): Promise<unknown> {
    const response = await this.#run({ method: "GET", path, query, ...options }, "json");
    return (await isEmpty(response)) ? undefined : response.json();
  }

  /** Ends all connections. Exchanges that are still running fail. */
  async close(): Promise<void> {
    this.#closed = true;
    // A transport that failed to open has nothing to close.
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined));
    await opened?.wire.close();
  }

  async #run(request: ApiRequest, read: Read): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const { clock } = this.#options;
    const opened = this.#opened ?? (await this.#open());
    const prepared = prepare(request, opened.server.prefix, opened.headers);
    const timeout = request.timeout ?? this.#timeout;
    const context: RequestContext = {
      method: prepared.method,
      path: maskPath(prepared.path),
      server: opened.server.url,
      timeout,
    };
    const start = clock.now();
    for (let attempt = 1; ; attempt++) {
      // The clock may be a test's and stand still, or have been set: never less than a moment, never more than the limit.
      const left =
        timeout === 0 ? 0 : attempt === 1 ? timeout : Math.min(timeout, Math.max(1, timeout - (clock.now() - start)));
      const outcome = await this.#attempt(prepared, context, opened, read, attempt, left);
      if (!(outcome instanceof Failure)) return outcome;
      if (this.#closed) throw closedError(outcome.error);

      const again = outcome.repeat === "always" || (outcome.repeat === "idempotent" && prepared.idempotent);
      if (!again || !prepared.replayable || attempt > this.#retries) throw outcome.error;
      const asked = outcome.error instanceof CbApiError ? outcome.error.retryAfter : undefined;
      const remaining = timeout === 0 ? Number.POSITIVE_INFINITY : timeout - (clock.now() - start);
      const pause = pauseBefore(attempt, asked, remaining, this.#random);
      if (pause === undefined) throw outcome.error;
      this.#log.repeating(prepared.method, prepared.path, pause, attempt + 1);
      await clock.sleep(pause, request.signal);
      if (this.#closed) throw closedError(outcome.error);
      this.#repeated++;
    }
  }

  async #attempt(
    prepared: Prepared,
    context: RequestContext,
    opened: Opened,
    read: Read,
    attempt: number,
    timeout: number,
  ): Promise<TransportResponse | Failure> {
    let answer: WireResponse;
    try {
      answer = await this.#send(prepared, opened, attempt, timeout);
    } catch (failure) {
      const error = explainFailure(failure, context);
      return new Failure(error, repeatForFailure(failure, error));
    }
    const response = new TransportResponse(answer, context, opened.secrets);
    if (answer.status >= 300) return this.#refuse(response, context);
    if (read === "nothing") return response;
    try {
      await response.bytes();
      if (read === "bytes") return response;
      if (await isEmpty(response)) return response;
      return (await this.#checked(response, context, read)) ?? response;
    } catch (error) {
      // What ended or broke off on its way may be asked for again; what arrived whole is the server's word.
      const broken = error instanceof ConnectionError && error.retryable;
      return new Failure(error, broken ? "idempotent" : "never");
    }
  }

  /** Looks for an `errorMessage` in a document that came with a successful status. */
  async #checked(response: TransportResponse, context: RequestContext, read: Read): Promise<Failure | undefined> {
    let document: unknown;
    try {
      document = await response.json();
    } catch (error) {
      if (read === "json") throw error;
      return undefined; // raw calls also fetch what is not JSON
    }
    if (typeof document !== "object" || document === null || !("errorMessage" in document)) return undefined;
    const { errorMessage } = document;
    if (errorMessage === null || errorMessage === undefined || errorMessage === "") return undefined;
    const text = typeof errorMessage === "string" ? errorMessage : JSON.stringify(errorMessage);
    return new Failure(refusedError(response.refused(text, 0), context), "never");
  }

  async #refuse(response: TransportResponse, context: RequestContext): Promise<Failure | TransportResponse> {
    const { status, headers } = response;
    if (status < 400) {
      if (headers["location"] === undefined) return response; // 304 and the like: for the caller to judge
      await response.discard();
      return new Failure(redirectError(status, headers["location"], context), "never");
    }
    let text = "";
    try {
      text = await response.text();
    } catch {
      // The status says enough; a broken error page must not hide it.
    }
    return new Failure(
      statusError(response.refused(text, this.#options.clock.now()), context),
      repeatForStatus(status),
    );
  }

  /** One request on the wire, and the redirects that are followed. */
  async #send(prepared: Prepared, opened: Opened, attempt: number, timeout: number): Promise<WireResponse> {
    const { request, method } = prepared;
    let { path, headers } = prepared;
    let { origin } = opened.server;
    for (let redirects = 0; ; redirects++) {
      const log = this.#log.active;
      const started = log ? performance.now() : 0;
      const body = prepared.body();
      if (log) this.#log.sending(method, path, body);
      this.#requests++;
      let answer: WireResponse;
      try {
        const { signal, longPoll = false } = request;
        answer = await opened.wire.send({ origin, path, method, headers, body, signal, timeout, longPoll });
      } catch (error) {
        if (log) this.#log.failed(method, path, plain(error), performance.now() - started, attempt);
        throw error;
      }
      if (log) this.#log.answered(method, path, answer.status, performance.now() - started, attempt);
      const target = redirects < MAX_REDIRECTS ? redirectTarget(answer, method, origin + path) : undefined;
      if (target === undefined) return answer;
      if (target.origin !== origin) {
        if (request.followCrossOrigin !== true || target.protocol !== "https:") return answer;
        headers = withoutSecrets(headers);
      }
      answer.body.discard();
      origin = target.origin;
      path = target.pathname + target.search;
    }
  }

  #open(): Promise<Opened> {
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = undefined; // a failure is not remembered: the file may be there next time
    });
    return this.#opening;
  }

  async #openOnce(): Promise<Opened> {
    const options = this.#options;
    const credentials = await options.credentials();
    if (this.#closed) throw closedError();
    const server = parseServerUrl(credentials.url, options.allowHttp ?? false);
    const agent = `cbapi-ts/${version} Node/${process.versions.node}`;
    const headers = ["X-Auth-Token", credentials.token, "User-Agent", agent, "Accept", "*/*"];
    if (options.integrationName) headers[3] = `${agent} ${options.integrationName}`;
    const wire = options.fetch === undefined ? this.#connectors(credentials, server) : new FetchWire(options.fetch);
    this.#opened = { wire, server, headers, secrets: secretsOf(credentials) };
    return this.#opened;
  }

  #connectors(credentials: Credentials, server: ServerUrl): Wire {
    const options = this.#options;
    const proxy = credentials.proxy === undefined ? undefined : parseProxy(credentials.proxy, "proxy of the profile");
    const environment = options.environment ?? process.env;
    const connector = createConnector({
      origin: server.origin,
      tls: tlsOptions(credentials),
      proxyFor: (target) => proxy ?? (credentials.ignore_system_proxy ? undefined : systemProxy(target, environment)),
      timeout: Math.min(this.#timeout || CONNECT_TIMEOUT, CONNECT_TIMEOUT),
    });
    if (server.origin.startsWith("http:")) {
      this.#log.warn(`Requests to ${server.url}, with their token, are not encrypted (allowHttp)`);
    } else if (!credentials.ssl_verify) {
      this.#log.warn(
        `The certificate of ${server.url} is not verified (ssl_verify=false): anybody on the way can read the token`,
      );
    } else if (!credentials.ssl_verify_hostname) {
      this.#log.warn(`The host name in the certificate of ${server.url} is not verified (ssl_verify_hostname=false)`);
    }
    return new UndiciWire({ connector, connections: options.poolMaxsize ?? 10, block: options.poolBlock ?? false });
  }
}

function closedError(cause?: unknown): CbApiError {
  return new CbApiError("This client has been closed; make a new one.", { code: "CLOSED", cause });
}

function repeatForFailure(failure: unknown, error: unknown): Repeat {
  if (!(failure instanceof WireFailure) || !(error instanceof CbApiError) || !error.retryable) return "never";
  // The call's own time is up: nothing is left for another attempt.
  if (failure.phase !== undefined) return "never";
  return failure.sent ? "idempotent" : "always";
}

/** Whether the answer has no content, as opposed to content that should be JSON. A plain 200 always should. */
async function isEmpty(response: ApiResponse): Promise<boolean> {
  const { status } = response;
  return status === 204 || (status > 200 && status < 300 && (await response.bytes()).length === 0);
}

function plain(error: unknown): unknown {
  return error instanceof WireFailure ? (error.cause ?? new Error("time ran out")) : error;
}

function secretsOf(credentials: Credentials): string[] {
  // The Cloud's token is two parts, either of which may be echoed alone; short ones would mask ordinary words.
  return [credentials.token, ...credentials.token.split("/").filter((part) => part.length >= 8)];
}
