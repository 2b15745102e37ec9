import type { ErrorDetails } from "../errors.js";
import type { Redactor } from "./redact.js";

/** The request that an error is about, for its message and its fields. */
export interface RequestContext {
  readonly method: string;
  /** With its query, secrets masked. */
  readonly path: string;
  /** The server's address, for people. */
  readonly server: string;
  /** Scheme, host and port: together with the path this is the full address. */
  readonly origin: string;
  /** The limit for the whole call in milliseconds, 0 for none. */
  readonly timeout: number;
  readonly redactor: Redactor;
}

/** What every error about a request carries. */
export function requestDetails({ method, path, origin }: RequestContext) {
  return { method, path, uri: origin + path } satisfies ErrorDetails;
}
