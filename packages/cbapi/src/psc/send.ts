import { ServerError } from "../core/errors.js";
import type { Document } from "../core/model/document.js";
import type { CallOptions, QueryParameters } from "../core/transport/types.js";
import type { CloudHost } from "./host.js";
import { type CloudCall, routeOf } from "./routes.js";

/** What goes with a call. */
export interface CallContent {
  /** What stands in the places of the path. */
  readonly values?: Readonly<Record<string, string | number>> | undefined;
  /** The body; calls by GET have none. */
  readonly json?: unknown;
  /** The parameters of the query string. */
  readonly query?: QueryParameters | undefined;
}

/**
 * @internal Makes a call that changes nothing, and so may be repeated, and gives the document that it is answered with;
 * `undefined` where the answer has no content.
 */
export function ask(host: CloudHost, call: CloudCall, content: CallContent, options: CallOptions): Promise<unknown> {
  return answerOf(host, call, content, { ...options, idempotent: true });
}

/**
 * @internal Makes a call that changes something, once, and gives the document that it is answered with; `undefined` where
 * the answer has no content.
 */
export function tell(host: CloudHost, call: CloudCall, content: CallContent, options: CallOptions): Promise<unknown> {
  return answerOf(host, call, content, options);
}

/** @internal The same where the answer has to be an object. */
export async function askForObject(
  host: CloudHost,
  call: CloudCall,
  content: CallContent,
  options: CallOptions,
): Promise<Document> {
  return objectIn(await ask(host, call, content, options), call);
}

/** @internal @throws ServerError when the answer is no object */
export function objectIn(answer: unknown, { call }: CloudCall): Document {
  if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) return answer as Document;
  throw new ServerError(`${call} was answered with something that is no object`, { code: "UNEXPECTED_ANSWER" });
}

async function answerOf(
  host: CloudHost,
  call: CloudCall,
  { values, json, query }: CallContent,
  options: CallOptions & { readonly idempotent?: boolean },
): Promise<unknown> {
  const { method, path } = routeOf(call, host.routes, values);
  if (method === "GET") return host.getObject(path, query, { signal: options.signal, timeout: options.timeout });
  const response = await host.apiJsonRequest(method, path, { ...options, query, json });
  if (response.status === 204 || (await response.bytes()).length === 0) return undefined;
  return response.json();
}
