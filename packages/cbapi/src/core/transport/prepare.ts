import { Readable } from "node:stream";
import { CbApiError } from "../errors.js";
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
}

/**
 * Puts a request together: address, headers, body.
 *
 * @throws CbApiError when the path or a header cannot be sent.
 */
export function prepare(request: ApiRequest, { prefix, headers: standard, redactor }: Common): Prepared {
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
  return headers.filter((_, index) => !SECRET_HEADER.test(headers[index - (index % 2)] ?? ""));
}
