import { brandOf, nameError } from "./error-class.js";

/** What every error of the library may carry besides its message. */
export interface ErrorDetails {
  /** The error underneath. */
  readonly cause?: unknown;
  /** A stable text to branch on, when it says more than the class's own. */
  readonly code?: string | undefined;
  /** Whether the same call may succeed when it is repeated later, unchanged. */
  readonly retryable?: boolean | undefined;
  /** The HTTP status of the answer. */
  readonly status?: number | undefined;
  /** The HTTP method of the request. */
  readonly method?: string | undefined;
  /** The path of the request, with its query. */
  readonly path?: string | undefined;
  /** The full address of the request. */
  readonly uri?: string | undefined;
  /** What the server said, cut to a few thousand characters. */
  readonly serverMessage?: string | undefined;
  /** For how long the server asked callers to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
}

/** The details that become properties as they are. */
const facts = ["status", "method", "path", "uri", "serverMessage", "retryAfter"] as const;

/**
 * The root of all errors of the library. Branch on the class, on `code`, or on the fields; the message is for people.
 * No error ever holds an API token or a password.
 */
export class CbApiError extends Error {
  /** A stable text for this kind of failure, such as `OBJECT_NOT_FOUND`. */
  readonly code: string;
  /** Whether the same call may succeed when it is repeated later, unchanged. */
  readonly retryable: boolean;
  /** The HTTP status of the answer. */
  declare readonly status?: number;
  /** The HTTP method of the request. */
  declare readonly method?: string;
  /** The path of the request, with its query. */
  declare readonly path?: string;
  /** The full address of the request. */
  declare readonly uri?: string;
  /** What the server said, cut to a few thousand characters. */
  declare readonly serverMessage?: string;
  /** For how long the server asked callers to wait, in milliseconds. */
  declare readonly retryAfter?: number;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code ?? "API_ERROR";
    this.retryable = details.retryable ?? false;
    // Only what is known becomes a property: an error without a request prints without a row of undefined.
    for (const name of facts) if (details[name] !== undefined) Object.assign(this, { [name]: details[name] });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const brand = brandOf(this);
    if (brand !== undefined) return typeof value === "object" && value !== null && brand in value;
    return Function.prototype[Symbol.hasInstance].call(this, value); // a class derived by an application
  }
}
nameError(CbApiError, "CbApiError");

/** The name that the Python library gives to the root of its errors. The same class as {@link CbApiError}. */
export { CbApiError as ApiError };

/** The server refused the request as it stands: a status from 400 to 499 that has no class of its own. */
export class ClientError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "CLIENT_ERROR", ...details });
  }
}
nameError(ClientError, "ClientError");

/** The server did not understand the text of a search. */
export class QuerySyntaxError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "QUERY_SYNTAX", ...details });
  }
}
nameError(QuerySyntaxError, "QuerySyntaxError");

/** The server failed (500 and above), or reported success in a way that says that the work was not done. */
export class ServerError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "SERVER_ERROR", ...details });
  }
}
nameError(ServerError, "ServerError");

/** The object does not exist, or the server has no such route. */
export class ObjectNotFoundError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "OBJECT_NOT_FOUND", ...details });
  }
}
nameError(ObjectNotFoundError, "ObjectNotFoundError");

/** What ran out of time: reaching the server, its first answer, a pause inside the answer, or the call as a whole. */
export type TimeoutPhase = "connect" | "headers" | "body" | "total";

/** A call took longer than it was allowed to. */
export class TimeoutError extends CbApiError {
  /** What ran out of time. */
  readonly phase: TimeoutPhase;
  /** The limit that was exceeded, in milliseconds. */
  declare readonly timeout?: number;

  constructor(
    message: string,
    details: ErrorDetails & { readonly phase?: TimeoutPhase; readonly timeout?: number | undefined } = {},
  ) {
    super(message, { code: "TIMEOUT", retryable: true, ...details });
    this.phase = details.phase ?? "total";
    if (details.timeout !== undefined) this.timeout = details.timeout;
  }
}
nameError(TimeoutError, "TimeoutError");

/**
 * The server does not accept the API token, or not for this: where its answer names a permission that the token's user
 * lacks, `code` is `MISSING_PERMISSION`.
 */
export class UnauthorizedError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "UNAUTHORIZED", ...details });
  }
}
nameError(UnauthorizedError, "UnauthorizedError");

/**
 * Why the server could not be talked to. `closed`: the connection ended before the answer was complete. `url`: the
 * address itself cannot be used.
 */
export type ConnectionErrorKind = "dns" | "refused" | "reset" | "tls" | "proxy" | "closed" | "url";

/** The server could not be reached, or the connection to it broke. */
export class ConnectionError extends CbApiError {
  /** Why there was no connection. */
  readonly kind: ConnectionErrorKind;

  constructor(message: string, details: ErrorDetails & { readonly kind?: ConnectionErrorKind } = {}) {
    super(message, { code: "CONNECTION_FAILED", ...details });
    this.kind = details.kind ?? "closed";
  }
}
nameError(ConnectionError, "ConnectionError");

/** No usable credentials were found. The message lists where they were looked for and what was wrong there. */
export class CredentialError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "CREDENTIALS", ...details });
  }
}
nameError(CredentialError, "CredentialError");

/** An object cannot be saved as it is, for example because required fields are missing. */
export class InvalidObjectError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "INVALID_OBJECT", ...details });
  }
}
nameError(InvalidObjectError, "InvalidObjectError");

/** `one()` did not find exactly one result: none, or more than one. */
export class MoreThanOneResultError extends CbApiError {
  /** How many results there are: 0, or at least 2. */
  readonly count: number;

  constructor(message: string, details: ErrorDetails & { readonly count: number }) {
    super(message, { code: "MORE_THAN_ONE_RESULT", ...details });
    this.count = details.count;
  }
}
nameError(MoreThanOneResultError, "MoreThanOneResultError");

/** A text is not a hash of the kind that is needed. */
export class InvalidHashError extends CbApiError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: "INVALID_HASH", ...details });
  }
}
nameError(InvalidHashError, "InvalidHashError");

/** What a {@link LiveResponseError} tells of the command that failed. Fields have the names that the server gives them. */
export interface LiveResponseFailure {
  /** The command: `get file`. */
  readonly command?: string | undefined;
  /** What it was about: a path, a process id, a command line. */
  readonly object?: string | number | undefined;
  /** The Windows error as an unsigned HRESULT: 0x80070002. */
  readonly win32_error?: number | undefined;
  /** Its name: `ERROR_FILE_NOT_FOUND`. */
  readonly decoded_win32_error?: string | undefined;
  /** What `result_code` is: `WinHresult` on Windows, `CbError` elsewhere. */
  readonly result_type?: string | undefined;
  /** The code as the server sent it. */
  readonly result_code?: number | undefined;
  /** The endpoint's own words. */
  readonly result_desc?: string | undefined;
  /** The name of an error number of Linux or macOS: `ENOENT`. */
  readonly errno?: string | undefined;
  /** The whole command as the server described it. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

const failureFacts = [
  "command",
  "object",
  "win32_error",
  "decoded_win32_error",
  "result_type",
  "result_code",
  "result_desc",
  "errno",
] as const;

/** A Live Response command failed on the endpoint: it was asked, and it refused. */
export class LiveResponseError extends CbApiError {
  /** The command that failed, by its name: `get file`. */
  declare readonly command?: string;
  /** What the command was about: a path, a key, a process id. */
  declare readonly object?: string | number;
  /** The code of Windows behind the failure, where there is one. */
  declare readonly win32_error?: number;
  /** Its name: `ERROR_FILE_NOT_FOUND`. */
  declare readonly decoded_win32_error?: string;
  /** What `result_code` is: `WinHresult`, `CbError` ... */
  declare readonly result_type?: string;
  /** The code that the endpoint gave. */
  declare readonly result_code?: number;
  /** What the endpoint wrote beside the code. */
  declare readonly result_desc?: string;
  /** The failure in the words of Node: `ENOENT`, `EACCES` ... */
  declare readonly errno?: string;
  /** The whole command as the server described it; not printed with the error. */
  declare readonly details?: Readonly<Record<string, unknown>>;

  constructor(message: string, details: ErrorDetails & LiveResponseFailure = {}) {
    super(message, { code: "LIVE_RESPONSE", ...details });
    for (const name of failureFacts) if (details[name] !== undefined) Object.assign(this, { [name]: details[name] });
    if (details.details !== undefined) Object.defineProperty(this, "details", { value: details.details });
  }
}
nameError(LiveResponseError, "LiveResponseError");
