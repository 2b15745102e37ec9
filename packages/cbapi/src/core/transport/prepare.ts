import { Readable } from "node:stream";
import { CbApiError, CredentialError } from "../errors.js";
import { stringifySorted } from "./json.js";
import { isHeaderValue } from "./limits.js";
import { encodeMultipart } from "./multipart.js";
import { withQuery } from "./query.js";
import { type Redactor, SECRET_HEADER } from "./redact.js";
import type { ApiRequest } from "./types.js";

/** One request, ready to be sent as often as needed. */
export interface Prepared {
  readonly request: ApiRequest;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: () => string | Uint8Array | Readable | undefined;
  /** The length of a body that is written anew each time. */
  readonly length: number | undefined;
  /** Whether the body can be sent again. */
  readonly replayable: boolean;
  readonly idempotent: boolean;
}

/** What all requests of a client have in common. */
export interface Common {
  /** Stands before every path. */
  readonly prefix: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly redactor: Redactor;
  /** What the Cloud's addresses have in place of `{org}`. */
  readonly orgKey?: string | undefined;
}

/** Stands in paths of the Cloud for the organization key of the profile, which is known when a request is sent. */
const ORG = "/orgs/{org}";

/**
 * Puts a request together: address, headers, body.
 *
 * @throws CbApiError when the path or a header cannot be sent.
 */
export function prepare(given: ApiRequest, { prefix, headers: standard, redactor, orgKey }: Common): Prepared {
  const request = given.path.includes(ORG) ? { ...given, path: inOrganization(given.path, orgKey) } : given;
  const method = request.method.toUpperCase();
  if (!request.path.startsWith("/")) {
    const shown = redactor.path(request.path);
    throw new CbApiError(`The path "${shown}" must begin with a slash.`, { code: "INVALID_PATH" });
  }
  // Servers and proxies take such a part out together with what stands before it: the request would reach another route.
  if (/^[^?]*\/(\.|%2e){1,2}([/?]|$)/i.test(request.path)) {
    const shown = redactor.path(request.path);
    throw new CbApiError(
      `The path "${shown}" has a part that is "." or "..": no object can be addressed by that name.`,
      {
        code: "INVALID_PATH",
      },
    );
  }
  const path = encodePath(prefix + withQuery(request.path, request.query));
  const idempotent = request.idempotent ?? (method === "GET" || method === "HEAD");
  const { headers, body, length, replayable } = prepareBody(request, standard);
  return { request, method, path, headers, body, length, replayable, idempotent };
}

/** @throws CredentialError with code `NO_ORG_KEY` when the profile has no organization key. */
function inOrganization(path: string, orgKey: string | undefined): string {
  if (!orgKey) throw noOrgKey(path.replace(/\?.*/s, ""));
  return path.replaceAll(ORG, `/orgs/${encodeURIComponent(orgKey)}`);
}

/** The error for a profile without an organization key, where one is needed. */
export function noOrgKey(what: string): CredentialError {
  return new CredentialError(
    `No organization key specified: ${what} needs one. Write org_key=... into the profile, beside url and token; or set ` +
      "CBAPI_ORG_KEY with CBAPI_URL and CBAPI_TOKEN; or pass the option orgKey. The console shows it under Settings > API Access.",
    { code: "NO_ORG_KEY" },
  );
}

// Only what HTTP has no way to carry is escaped: the rest is as the caller wrote it.
function encodePath(path: string): string {
  return /[^\u0021-\u007e]/.test(path)
    ? path.replace(/[^\u0021-\u007e]+/g, (text) => encodeURIComponent(Buffer.from(text).toString()))
    : path;
}

function prepareBody(
  request: ApiRequest,
  standard: readonly string[],
): Pick<Prepared, "headers" | "body" | "length" | "replayable"> {
  const { body, json } = request;
  if (json !== undefined) {
    const text = stringifySorted(json);
    return {
      headers: merge(standard, request.headers, ["Content-Type", "application/json"]),
      body: () => text,
      length: undefined,
      replayable: true,
    };
  }
  if (body instanceof FormData) {
    const form = encodeMultipart(body);
    const own = ["Content-Type", form.contentType, "Content-Length", String(form.contentLength)];
    const { contentLength: length } = form;
    return { headers: merge(standard, request.headers, own), body: () => form.stream(), length, replayable: true };
  }
  const headers = merge(standard, request.headers);
  return { headers, body: () => body, length: undefined, replayable: !(body instanceof Readable) };
}

function merge(
  standard: readonly string[],
  given: Readonly<Record<string, string>> | undefined,
  own?: readonly string[],
): readonly string[] {
  if (given === undefined) return own === undefined ? standard : [...standard, ...own];
  const merged = new Map<string, [string, string]>();
  const all = own === undefined ? standard : [...standard, ...own];
  for (let index = 0; index < all.length; index += 2) {
    const name = all[index] ?? "";
    merged.set(name.toLowerCase(), [name, all[index + 1] ?? ""]);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+\-.^`|~\w]+$/.test(name) || !isHeaderValue(value)) {
      // The value is not repeated: it may be a secret.
      throw new CbApiError(
        `The header ${JSON.stringify(name)} cannot be sent: a name is a word, a value one line of text in Latin letters.`,
        { code: "INVALID_HEADER" },
      );
    }
    merged.set(name.toLowerCase(), [name, value]);
  }
  return [...merged.values()].flat();
}

/** The headers for another host. */
export function withoutToken(headers: readonly string[]): string[] {
  return without(headers, SECRET_HEADER);
}

/** The headers of a request that has no body any more. */
export function withoutBody(headers: readonly string[]): string[] {
  return without(headers, /^content-/i);
}

function without(headers: readonly string[], names: RegExp): string[] {
  return headers.filter((_, index) => !names.test(headers[index - (index % 2)] ?? ""));
}
