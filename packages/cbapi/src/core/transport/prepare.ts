import { Readable } from "node:stream";
import { CbApiError } from "../errors.js";
import { stringifySorted } from "./json.js";
import { encodeMultipart } from "./multipart.js";
import { withQuery } from "./query.js";
import type { ApiRequest } from "./types.js";

/** One request, ready to be sent as often as needed. */
export interface Prepared {
  readonly request: ApiRequest;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: () => string | Uint8Array | Readable | undefined;
  /** Whether the body can be sent again. */
  readonly replayable: boolean;
  readonly idempotent: boolean;
}

/** Puts a request together: address, headers, body. `prefix` stands before every path, `standard` are the common headers. */
export function prepare(request: ApiRequest, prefix: string, standard: readonly string[]): Prepared {
  const method = request.method.toUpperCase();
  if (!request.path.startsWith("/"))
    throw new CbApiError(`The path "${request.path}" must begin with a slash.`, { code: "INVALID_PATH" });
  const path = encodePath(prefix + withQuery(request.path, request.query));
  const { headers, body, replayable } = prepareBody(request, standard);
  const idempotent = request.idempotent ?? (method === "GET" || method === "HEAD");
  return { request, method, path, headers, body, replayable, idempotent };
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
): Pick<Prepared, "headers" | "body" | "replayable"> {
  const { body, json } = request;
  if (json !== undefined) {
    const text = stringifySorted(json);
    return {
      headers: merge(standard, request.headers, ["Content-Type", "application/json"]),
      body: () => text,
      replayable: true,
    };
  }
  if (body instanceof FormData) {
    const form = encodeMultipart(body);
    const own = ["Content-Type", form.contentType, "Content-Length", String(form.contentLength)];
    return { headers: merge(standard, request.headers, own), body: () => form.stream(), replayable: true };
  }
  return { headers: merge(standard, request.headers), body: () => body, replayable: !(body instanceof Readable) };
}

function merge(
  standard: readonly string[],
  given: Readonly<Record<string, string>> | undefined,
  own?: readonly string[],
): readonly string[] {
  if (given === undefined) return own === undefined ? standard : [...standard, ...own];
  const merged = new Map<string, [string, string]>();
  const all = own === undefined ? standard : [...standard, ...own];
  for (let index = 0; index + 1 < all.length; index += 2) {
    const name = all[index] ?? "";
    merged.set(name.toLowerCase(), [name, all[index + 1] ?? ""]);
  }
  for (const [name, value] of Object.entries(given)) merged.set(name.toLowerCase(), [name, value]);
  return [...merged.values()].flat();
}

/** The headers for another host. */
export function withoutSecrets(headers: readonly string[]): string[] {
  return headers.filter(
    (_, index) => !/^(x-auth-token|authorization|cookie)$/i.test(headers[index - (index % 2)] ?? ""),
  );
}
