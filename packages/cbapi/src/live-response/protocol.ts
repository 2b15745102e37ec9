import type { BaseApi } from "../core/client.js";
import { CbApiError, ConnectionError, ServerError, TimeoutError } from "../core/errors.js";
import type { CallOptions } from "../core/transport/types.js";
import type { ProtocolRequest } from "./dialect.js";

/** A document of the server's. */
export type Fields = Readonly<Record<string, unknown>>;

export interface SendOptions extends CallOptions {
  /** Whether the request does no harm when it is repeated. */
  readonly idempotent?: boolean;
}

/** Sends a request and gives the answer's JSON; undefined for an answer without content. */
export async function send(api: BaseApi, request: ProtocolRequest, options: SendOptions = {}): Promise<unknown> {
  const { method, path, query, json } = request;
  const { signal, timeout, idempotent } = options;
  const response = await api.apiJsonRequest(method, path, { query, json, signal, timeout, idempotent });
  if (response.status === 204 || (await response.text()).trim() === "") return undefined;
  return response.json();
}

/** As {@link send}, for answers that must be an object with an id. */
export async function sendForObject<T extends { readonly id: unknown }>(
  api: BaseApi,
  request: ProtocolRequest,
  options: SendOptions = {},
): Promise<T> {
  return objectWithId(await send(api, request, options), request);
}

/** @throws ServerError when the document is no object with an id */
export function objectWithId<T extends { readonly id: unknown }>(document: unknown, request: ProtocolRequest): T {
  const id: unknown = isFields(document) ? document["id"] : undefined;
  if (typeof id === "number" || typeof id === "string") return document as T;
  throw new ServerError(`${request.method} ${request.path} was answered without an id`, {
    code: "UNEXPECTED_ANSWER",
    method: request.method,
    path: request.path,
  });
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list that a command gave; nothing when the server left it out. */
export function fieldsIn(list: unknown): Fields[] {
  return Array.isArray(list) ? list.filter(isFields) : [];
}

/** Whether a failure comes from the way to the server or from its restart, so that a read may be tried again. */
export function isPassing(error: unknown): error is CbApiError {
  if (error instanceof ConnectionError)
    return error.kind === "reset" || error.kind === "closed" || error.kind === "refused";
  if (error instanceof ServerError) return error.status !== undefined && error.status >= 500;
  return error instanceof TimeoutError || (error instanceof CbApiError && error.status === 429);
}
