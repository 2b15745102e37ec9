import type { Readable } from "node:stream";

/** One value of a query string. A date is sent as ISO 8601; `null` and `undefined` are left out. */
export type QueryValue = string | number | boolean | null | undefined | Date;

/** The parameters of a query string, as an object (a list repeats its key) or as pairs. They are sent sorted. */
export type QueryParameters =
  | Readonly<Record<string, QueryValue | readonly QueryValue[]>>
  | readonly (readonly [string, QueryValue])[];

/**
 * What every call that reaches the server takes.
 *
 * Every such call may reject with CredentialError, UnauthorizedError, ConnectionError, TimeoutError, ClientError or
 * ServerError. The descriptions of the calls name what comes beside these, or has a meaning of its own.
 */
export interface CallOptions {
  /** Stops the call: it rejects with the signal's reason, as `fetch` does. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that the whole call may take, its retries and pauses included. 0 or Infinity means no limit. */
  timeout?: number | undefined;
}

/** One request, as the library's own rooms describe it. */
export interface ApiRequest extends CallOptions {
  /** The HTTP method. */
  method: string;
  /** Begins with a slash. It may hold a query of its own; `query` is then added to it. */
  path: string;
  /** The parameters of the query string. */
  query?: QueryParameters | undefined;
  /** Added to the standard headers, which they replace where the names are equal. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON with sorted keys. `null` is sent as the literal; `undefined` means no body. */
  json?: unknown;
  /** Sent as given. A stream can be sent only once, so a request with one is never repeated. */
  body?: string | Uint8Array | Readable | FormData | undefined;
  /** Whether repeating the request does no harm. GET and HEAD always are. */
  idempotent?: boolean | undefined;
  /** Whether a redirect to another host is followed, without the token. Otherwise it is an error. */
  followCrossOrigin?: boolean | undefined;
  /** Whether a redirect that answers a write is followed by reading where it leads to. Otherwise it is an error. */
  followWrite?: boolean | undefined;
  /**
   * Whether the server is expected to hold its answer back (long polls). Such requests use extra connections unless
   * the pool is told to block, so that they do not starve the others.
   */
  longPoll?: boolean | undefined;
}

/**
 * An answer below 400. Its body arrives as it is read: read it, or `discard()` it, to free the connection. A body that
 * nobody asks for does not keep the program alive.
 */
export interface ApiResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Names in lower case; repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The path that was asked for, with its query. */
  readonly path: string;
  /** The body as text (UTF-8). May be read again, also in another form. */
  text(): Promise<string>;
  /**
   * The body parsed as JSON.
   *
   * @throws ServerError when it is not JSON.
   */
  json(): Promise<unknown>;
  /** The whole body in memory. */
  bytes(): Promise<Uint8Array>;
  /** The body as it arrives, decompressed where something on the way compressed it. From here on only pauses between pieces are limited in time, not the whole. */
  stream(): Readable;
  /** Drops the body and frees its connection. */
  discard(): Promise<void>;
}

/** How a client's requests are carried. */
export interface TransportSettings {
  /** A name for the application, added to the `User-Agent` header. */
  integrationName?: string | undefined;
  /** Milliseconds that one call may take, repetitions included. Default 120 000; 0 or Infinity means no limit. */
  timeout?: number | undefined;
  /** How often a request that is safe to repeat is repeated. Default (also `null`) 4; 0 turns repetitions off. */
  maxRetries?: number | null | undefined;
  /** Connections per server. Default 10. */
  poolMaxsize?: number | undefined;
  /** Whether long polls, too, wait for one of these connections rather than open extra ones. Default false. */
  poolBlock?: boolean | undefined;
  /** Takes the log lines. Without it, `CBAPI_DEBUG=1` in the environment prints them to standard error. */
  logger?: Logger | undefined;
  /** Carries all requests in place of the library's own connections; TLS and proxy settings then have no effect. */
  fetch?: FetchLike | undefined;
  /**
   * Lets `http://` addresses through, for this machine only and never by a proxy. The token is then sent without
   * encryption.
   */
  allowHttp?: boolean | undefined;
}

/** Takes the library's log lines. `console` is one. */
export interface Logger {
  /** Every exchange with the server, and what the library does by itself. */
  debug(message: string): void;
  /** A request that is sent once more, as somebody may wait for it. */
  info(message: string): void;
  /** What weakens the connection: a check of certificates that is switched off, a token that is sent in the clear. */
  warn(message: string): void;
  /** Nothing is written at this level. */
  error?(message: string): void;
}

/** What is published on the diagnostics channel `cbapi:request`, once for each exchange with the server. */
export interface RequestDiagnostics {
  /** The HTTP method. */
  readonly method: string;
  /** With its query; secret values are masked. */
  readonly path: string;
  /** Absent when no answer came. */
  readonly status: number | undefined;
  /** Milliseconds until the headers of the answer arrived, or until the failure. */
  readonly duration: number;
  /** 1 for the first time, 2 for the first repetition, and so on. */
  readonly attempt: number;
  /** Why no answer came. */
  readonly error: Error | undefined;
}

/** A function like the global `fetch`, which then carries every request. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;
