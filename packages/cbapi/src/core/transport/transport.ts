import { Readable } from "node:stream";
import type { Clock } from "../clock.js";
import type { Credentials } from "../credentials/types.js";
import { CbApiError, ConnectionError, TimeoutError } from "../errors.js";
import type { RequestContext } from "./context.js";
import { type Elsewhere, type ElsewhereRequest, parseElsewhere, withoutQuery } from "./elsewhere.js";
import { explainFailure } from "./failure.js";
import { clientLimits, type Limits, timeLimit } from "./limits.js";
import { RequestLog } from "./log.js";
import { type Opened, openWire } from "./opening.js";
import { type Prepared, prepare, withoutBody, withoutToken } from "./prepare.js";
import type { Environment } from "./proxy.js";
import { maskPath, Redactor } from "./redact.js";
import { redirectError, redirectTarget } from "./redirect.js";
import { TransportResponse } from "./response.js";
import { pauseBefore, type Repeat, repeatForStatus } from "./retry.js";
import { isWebPage, READ, refusedError, serverText, statusError } from "./status.js";
import type { ApiRequest, ApiResponse, CallOptions, QueryParameters, TransportSettings } from "./types.js";
import { waitFor } from "./wait.js";
import { WireFailure, type WireResponse } from "./wire.js";

const MAX_REDIRECTS = 10;
/** How long the text of an error is waited for, in milliseconds. */
const ERROR_TEXT_TIME = 2000;

export interface TransportOptions extends TransportSettings {
  /** Asked once, when the first request is sent. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly clock: Clock;
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
  readonly #limits: Limits;
  readonly #random: () => number;
  #opened: Opened | undefined;
  #opening: { readonly opened: Promise<Opened>; stop(error: Error): void } | undefined;
  #closed = false;
  #requests = 0;
  #repeated = 0;

  /** @throws CbApiError when an option has no meaning. */
  constructor(options: TransportOptions) {
    this.#options = options;
    this.#limits = clientLimits(options);
    this.#log = new RequestLog(options.logger);
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
   * As {@link Transport.exchange}; and where the body is a JSON object with an `errorMessage`, that is an error, as is a
   * web page in answer to a write.
   *
   * @throws ServerError with the server's text.
   */
  exchangeJson(request: ApiRequest): Promise<ApiResponse> {
    return this.#run(request, "json if any");
  }

  /**
   * Reads an absolute address that is not the client's server: `GET`, without the token. Resolves when the headers are
   * there, as {@link Transport.request}. Its query stays out of errors and logs, as it may be what signs the address.
   *
   * @throws CbApiError with code `INVALID_ADDRESS` when it is no https address.
   */
  async elsewhere(address: string, request: ElsewhereRequest = {}): Promise<ApiResponse> {
    const target = parseElsewhere(address, this.#options.allowHttp ?? false);
    return this.#run({ ...request, method: "GET", path: target.path, followCrossOrigin: true }, "nothing", target);
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

  /** A server's text without the client's secrets and the values of secret fields, cut to what an error keeps. */
  withoutSecrets(text: string): string {
    return serverText(text, this.#opened?.redactor ?? new Redactor());
  }

  /** Ends all connections. Exchanges that are still running fail. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#opening?.stop(closedError());
    await this.#opened?.wire.close();
  }

  async #run(request: ApiRequest, read: Read, elsewhere?: Elsewhere): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const { clock } = this.#options;
    const timeout = request.timeout === undefined ? this.#limits.timeout : timeLimit(request.timeout);
    const start = clock.now();
    let waited = false;
    let opened = this.#opened;
    if (opened === undefined) {
      waited = true;
      // A body that breaks off before anything reads it is met when it is read, and must not end the program meanwhile.
      if (request.body instanceof Readable) request.body.on("error", () => {});
      opened = await waitFor(this.#open(), request.signal, timeout, () =>
        noCredentials(request.method, elsewhere?.shown ?? maskPath(request.path), timeout),
      );
    }
    const { server, redactor } = opened;
    const prepared = prepare(request, elsewhere === undefined ? opened : abroad(opened));
    const origin = elsewhere?.origin ?? server.origin;
    const context: RequestContext = {
      method: prepared.method,
      path: redactor.path(elsewhere?.shown ?? prepared.path),
      server: elsewhere?.origin ?? server.url,
      origin,
      timeout,
      redactor,
    };
    let whole = !waited;
    // For the next exchange. The clock may be a test's and stand still, or have been set: never less than a moment, never
    // more than the limit.
    const left = (): number => {
      if (timeout === 0 || whole) {
        whole = false;
        return timeout;
      }
      return Math.min(timeout, Math.max(1, timeout - (clock.now() - start)));
    };
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(prepared, context, opened, read, attempt, left);
      if (!(outcome instanceof Failure)) return outcome;
      if (this.#closed) throw closedError(outcome.error);

      const again = outcome.repeat === "always" || (outcome.repeat === "idempotent" && prepared.idempotent);
      if (!again || !prepared.replayable || attempt > this.#limits.retries) throw outcome.error;
      const asked = outcome.error instanceof CbApiError ? outcome.error.retryAfter : undefined;
      const remaining = timeout === 0 ? Number.POSITIVE_INFINITY : timeout - (clock.now() - start);
      const pause = pauseBefore(attempt, asked, remaining, this.#random);
      if (pause === undefined) throw outcome.error;
      this.#log.repeating(prepared.method, context.path, pause, attempt + 1);
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
    left: () => number,
  ): Promise<TransportResponse | Failure> {
    let answer: WireResponse;
    try {
      answer = await this.#send(prepared, context.origin, opened, read, attempt, left);
    } catch (failure) {
      const error = explainFailure(failure, context);
      return new Failure(error, repeatForFailure(failure, error));
    }
    const response = new TransportResponse(answer, context);
    if (answer.status >= 300) return this.#refuse(response, context, prepared.request.signal, left());
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
      // Writes are answered with plain text at times, and raw calls fetch anything. But the beginning of a document is no
      // answer, and no server answers a write with a page: something on the way did, and may have kept the request.
      const cutOff = error instanceof ConnectionError;
      if (cutOff || (context.method !== "GET" && isWebPage(await response.text()))) throw error;
      return undefined;
    }
    if (typeof document !== "object" || document === null || !("errorMessage" in document)) return undefined;
    const { errorMessage } = document;
    if (errorMessage === null || errorMessage === undefined || errorMessage === "") return undefined;
    const text = typeof errorMessage === "string" ? errorMessage : JSON.stringify(errorMessage);
    return new Failure(refusedError(response.refused(text, 0), context), "never");
  }

  async #refuse(
    response: TransportResponse,
    context: RequestContext,
    signal: AbortSignal | undefined,
    timeout: number,
  ): Promise<Failure | TransportResponse> {
    const { status, headers } = response;
    if (status < 400) {
      if (headers["location"] === undefined) return response; // 304 and the like: for the caller to judge
      await response.discard();
      return new Failure(redirectError(status, headers["location"], context), "never");
    }
    const text = await response.beginning(READ, Math.min(timeout || ERROR_TEXT_TIME, ERROR_TEXT_TIME));
    if (signal?.aborted) return new Failure(signal.reason, "never");
    return new Failure(
      statusError(response.refused(text, this.#options.clock.now()), context),
      repeatForStatus(status),
    );
  }

  /** One request on the wire, and the redirects that are followed. */
  async #send(
    prepared: Prepared,
    first: string,
    opened: Opened,
    read: Read,
    attempt: number,
    left: () => number,
  ): Promise<WireResponse> {
    let { method } = prepared;
    const { signal, longPoll = false, followCrossOrigin, followWrite } = prepared.request;
    const { redactor } = opened;
    const mayBeLeft = read === "nothing";
    let { path, headers } = prepared;
    let origin = first;
    for (let redirects = 0; ; redirects++) {
      const shown = origin === opened.server.origin ? path : withoutQuery(path);
      const told = this.#log.active ? { method, path: redactor.path(shown), redactor, attempt } : undefined;
      const started = told === undefined ? 0 : performance.now();
      if (told !== undefined) this.#log.sending(told, prepared);
      const body = method === prepared.method ? prepared.body() : undefined;
      const timeout = left();
      this.#requests++;
      let answer: WireResponse;
      try {
        answer = await opened.wire.send({ origin, path, method, headers, body, signal, timeout, longPoll, mayBeLeft });
      } catch (error) {
        if (told !== undefined) this.#log.failed(told, plain(error), performance.now() - started);
        throw error;
      }
      if (told !== undefined) this.#log.answered(told, answer.status, performance.now() - started);
      const target = redirects < MAX_REDIRECTS ? redirectTarget(answer, method, origin + path, followWrite) : undefined;
      if (target === undefined) return answer;
      if (target.origin !== origin) {
        if (followCrossOrigin !== true || target.protocol !== "https:") return answer;
        headers = withoutToken(headers);
      }
      answer.body.discard();
      if (method !== "GET" && method !== "HEAD") {
        method = "GET";
        headers = withoutBody(headers);
      }
      origin = target.origin;
      path = target.pathname + target.search;
    }
  }

  /** Opens once for all who wait; a failure is not remembered: the file may be there next time. */
  #open(): Promise<Opened> {
    if (this.#opening === undefined) {
      let stop = (_: Error): void => {};
      const opened = new Promise<Opened>((resolve, reject) => {
        stop = reject; // a provider that hangs must not keep callers waiting for a closed client
        this.#openOnce().then(resolve, reject);
      });
      this.#opening = { opened, stop };
      const done = (): void => {
        this.#opening = undefined;
      };
      opened.then(done, done);
    }
    return this.#opening.opened;
  }

  async #openOnce(): Promise<Opened> {
    const options = this.#options;
    const credentials = await options.credentials();
    if (this.#closed) throw closedError();
    this.#opened = openWire(credentials, options, this.#limits, this.#log);
    return this.#opened;
  }
}

/** What a request elsewhere begins with: nothing of the client's own but its name. */
function abroad(opened: Opened): Opened {
  return { ...opened, prefix: "", headers: withoutToken(opened.headers) };
}

function noCredentials(given: string, path: string, timeout: number): TimeoutError {
  const method = given.toUpperCase();
  return new TimeoutError(
    `Timed out on ${method} ${path}: the credential provider did not answer within ${timeout} ms. Nothing was sent.`,
    { method, path, phase: "connect", timeout },
  );
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
