import { inspect } from "node:util";
import { type Clock, systemClock } from "./clock.js";
import { CredentialSource, type Credentials, type Product } from "./credentials/index.js";
import { ServerError, TimeoutError, UnauthorizedError } from "./errors.js";
import { type ClientOptions, checkOptions, transportSettings } from "./options.js";
import type { ElsewhereRequest } from "./transport/elsewhere.js";
import { stringifyMasked } from "./transport/json.js";
import { clientLimits, timeLimit } from "./transport/limits.js";
import { debugLogger } from "./transport/log.js";
import { maskUrl } from "./transport/redact.js";
import { Transport, type TransportStats } from "./transport/transport.js";
import type {
  ApiRequest,
  ApiResponse,
  CallOptions,
  Logger,
  QueryParameters,
  TransportSettings,
} from "./transport/types.js";
import { waitFor } from "./transport/wait.js";

/** Options of the raw reads. */
export interface ReadOptions extends CallOptions {
  /** Returned when the server answers without content. */
  default?: unknown;
  /** Added to the standard headers, which they replace where the names are equal. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of the raw writes. */
export interface RawRequestOptions extends CallOptions {
  /** Added to the standard headers, which they replace where the names are equal. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The parameters of the query string. */
  query?: QueryParameters | undefined;
  /** Whether the request may be repeated when its fate is unknown. */
  idempotent?: boolean | undefined;
}

/**
 * What the clients of all products have in common: credentials, a transport, and raw access to the server. Making one
 * does no input or output; the first call that needs the server connects.
 */
export abstract class BaseApi implements AsyncDisposable {
  /** Where this client takes the time from. */
  readonly clock: Clock;
  readonly #source: CredentialSource;
  readonly #settings: TransportSettings;
  readonly #logger: Logger | undefined;
  #transport: Transport | undefined;
  #connecting: Promise<void> | undefined;
  #connected = false;

  /**
   * @param extraOptions - the names of options that the product adds to the common ones.
   * @throws CbApiError when an option is unknown or has no meaning: a mistyped one must not be ignored.
   */
  protected constructor(product: Product, options: ClientOptions = {}, extraOptions: readonly string[] = []) {
    checkOptions(options, extraOptions);
    clientLimits(options);
    this.clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? debugLogger(process.env);
    this.#settings = { ...transportSettings(options), logger: this.#logger };
    this.#source = new CredentialSource(product, options, this.#logger);
  }

  /**
   * The server's address without a trailing slash. The first use reads the credentials.
   *
   * @throws CredentialError when there are none, or when an asynchronous provider has not been asked yet.
   * @throws ConnectionError when it is no address of a server, or plain http where that is not allowed.
   */
  get url(): string {
    return this.#source.url;
  }

  /**
   * The credentials in use. Printing them hides their secrets. The first use reads files or the environment.
   *
   * @throws CredentialError as for {@link BaseApi.url}.
   */
  get credentials(): Credentials {
    return this.#source.credentials;
  }

  /** The profile as it was asked for; undefined when none was, or when url and token were given outright. */
  get credentialProfileName(): string | undefined {
    return this.#source.profile;
  }

  /** The credentials, asked for when they are not known yet. */
  protected async findCredentials(): Promise<Credentials> {
    return this.#source.find();
  }

  /** How many requests this client has sent, and how many of them were repetitions. */
  get stats(): TransportStats {
    return this.#transport?.stats ?? { requests: 0, retries: 0 };
  }

  /** Sends requests. Made at the first use, shared by everything that belongs to this client. */
  protected get transport(): Transport {
    this.#transport ??= new Transport({
      ...this.#settings,
      credentials: () => this.#source.find(),
      clock: this.clock,
    });
    return this.#transport;
  }

  /**
   * Greets the server: checks address, token and version, and learns what later calls need to know. Done once; any call
   * that needs the answer does it first. A failure is not remembered.
   *
   * @param options - bound only the caller's own waiting: the greeting is shared by everybody who waits for it.
   * @throws UnauthorizedError when the server does not accept the token; ConnectionError and others as for any request.
   */
  async connect(options: CallOptions = {}): Promise<this> {
    options.signal?.throwIfAborted();
    if (this.#connected) return this;
    if (this.#connecting === undefined) {
      const connecting = this.#greet();
      this.#connecting = connecting;
      connecting.catch(() => {
        if (this.#connecting === connecting) this.#connecting = undefined;
      });
    }
    const timeout = options.timeout === undefined ? undefined : timeLimit(options.timeout);
    const late = () => new TimeoutError(`connect() did not end within ${timeout} ms.`, { timeout });
    await waitFor(this.#connecting, options.signal, timeout, late);
    this.#connected = true;
    return this;
  }

  /** Sends the requests of the product's greeting and keeps what it learns. Run by {@link BaseApi.connect}. */
  protected abstract hello(options: CallOptions): Promise<void>;

  /**
   * GET: the JSON document at a path.
   *
   * @param uri - the path, beginning with a slash.
   * @returns the document; `options.default` when the server answers without content.
   * @throws ServerError when the answer is not JSON or reports an error; otherwise the error for its status.
   */
  async getObject(uri: string, query?: QueryParameters, options: ReadOptions = {}): Promise<unknown> {
    const { headers, signal, timeout } = options;
    if (headers === undefined) {
      const value = await this.transport.getJson(
        uri,
        query,
        options.signal || options.timeout !== undefined ? { signal, timeout } : undefined,
      );
      return value === undefined ? options.default : value;
    }
    const response = await this.transport.exchangeJson({ method: "GET", path: uri, query, headers, signal, timeout });
    const empty = response.status !== 200 && (await response.text()) === "";
    return empty ? options.default : response.json();
  }

  /**
   * GET: the text at a path, whatever it is.
   *
   * @returns the body; `options.default` for status 204.
   */
  async getRawData(uri: string, query?: QueryParameters, options: ReadOptions = {}): Promise<unknown> {
    const { headers, signal, timeout } = options;
    const response = await this.transport.exchange({ method: "GET", path: uri, query, headers, signal, timeout });
    return response.status === 204 ? options.default : response.text();
  }

  /**
   * Sends a request with a JSON body. On POST, PUT and PATCH a missing body is sent as `{}`; other methods send none.
   *
   * @throws ServerError when the answer is a JSON object that reports an error, even with status 200.
   */
  apiJsonRequest(
    method: string,
    uri: string,
    options: RawRequestOptions & { json?: unknown } = {},
  ): Promise<ApiResponse> {
    const { json, ...rest } = options;
    const writes = /^(post|put|patch)$/i.test(method);
    const body = json === undefined && writes ? {} : json;
    return this.transport.exchangeJson({ ...rest, method, path: uri, ...(writes ? { json: body } : {}) });
  }

  /** POST with a JSON body, as {@link BaseApi.apiJsonRequest}. */
  postObject(uri: string, body: unknown, options: RawRequestOptions = {}): Promise<ApiResponse> {
    return this.apiJsonRequest("POST", uri, { ...options, json: body });
  }

  /** PUT with a JSON body, as {@link BaseApi.apiJsonRequest}. */
  putObject(uri: string, body: unknown, options: RawRequestOptions = {}): Promise<ApiResponse> {
    return this.apiJsonRequest("PUT", uri, { ...options, json: body });
  }

  /** DELETE, without a body. */
  deleteObject(uri: string, options: RawRequestOptions = {}): Promise<ApiResponse> {
    return this.apiJsonRequest("DELETE", uri, options);
  }

  /** Sends any request and resolves with the headers: for downloads (`stream()`), uploads, and what has no method here. */
  requestStream(request: ApiRequest): Promise<ApiResponse> {
    return this.transport.request(request);
  }

  /**
   * Reads an address that the server has given out and that leads elsewhere, as signed addresses of stored files do: `GET`
   * of an absolute https address, without the token. Resolves with the headers; the body is still to be read or discarded.
   * Neither errors nor logs repeat the address's query.
   *
   * @throws CbApiError with code `INVALID_ADDRESS` when it is no https address; otherwise as for any request.
   */
  requestElsewhere(address: string, request: ElsewhereRequest = {}): Promise<ApiResponse> {
    return this.transport.elsewhere(address, request);
  }

  /**
   * Checks an answer: status 200, and a JSON object with these values.
   *
   * @throws ServerError naming what is different.
   */
  async raiseUnlessJson(response: ApiResponse, expected: Readonly<Record<string, unknown>>): Promise<void> {
    const refuse = async (what: string, code?: string): Promise<never> => {
      const { status, path } = response;
      // Masked whole and as it came: it is no error answer, so nothing has looked at it yet.
      const serverMessage = this.withoutSecrets(await response.text());
      const message = `${path} was answered ${status}${what}: ${serverMessage}`;
      throw new ServerError(message, { status, path, serverMessage, code });
    };
    if (response.status !== 200) return refuse("; 200 was expected");
    const document = await response.json();
    const actual = typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {};
    for (const [key, value] of Object.entries(expected)) {
      if (Object.hasOwn(actual, key) && actual[key] === value) continue;
      await refuse(`, but "${key}" is not ${JSON.stringify(value)}`, "REFUSED");
    }
  }

  /**
   * A text of the server's, fit for an error or a log: without this client's secrets and the values of secret fields,
   * and not longer than a few thousand characters.
   *
   * @internal
   */
  withoutSecrets(text: string): string {
    return this.transport.withoutSecrets(text);
  }

  /**
   * Writes a line to the log, and a document behind it with its secrets masked.
   *
   * @internal
   */
  logDebug(message: string, document?: unknown): void {
    if (this.#logger === undefined) return;
    const text = document === undefined ? message : `${message} ${stringifyMasked(document)}`;
    this.#logger.debug(this.withoutSecrets(text));
  }

  /** Ends the connections. Calls that are still running fail. */
  async close(): Promise<void> {
    await this.#transport?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Names the class and the server, and nothing secret. Reads no files. */
  [inspect.custom](): string {
    const known = this.#source.givenUrl;
    return known === undefined
      ? `${this.constructor.name} (not connected)`
      : `${this.constructor.name} @ ${maskUrl(known).replace(/\/+$/, "")}`;
  }

  /** A client has no JSON form: only what tells it apart is given. */
  toJSON(): { client: string } {
    return { client: this[inspect.custom]() };
  }

  async #greet(): Promise<void> {
    try {
      await this.hello({});
    } catch (error) {
      const { found } = this.#source;
      if (!(error instanceof UnauthorizedError) || found === undefined) throw error;
      const { url } = this.#source;
      const { status, method, path, serverMessage } = error;
      throw new UnauthorizedError(
        `Invalid API token for server ${url} (${found.source}). Check token and url; tokens of other servers or products do not work here.`,
        { cause: error, status, method, path, serverMessage, uri: url },
      );
    }
  }
}
