import { QuerySyntaxError } from "../../core/errors.js";
import type { CallOptions, QueryParameters } from "../../core/transport/types.js";
import type { CloudHost } from "../host.js";
import { type CloudCall, routeOf } from "../routes.js";
import { askForObject } from "../send.js";

/** The call by which the server says whether it can read a query: by `GET` with `q`, or by `POST` with `query`. */
export type ValidationCalls = CloudCall;

/** What the server says of a query. */
export interface Validation {
  readonly valid: boolean;
  /** Why it cannot be read. */
  readonly message: string | undefined;
  /** Where, counted in characters from 0. */
  readonly offset: number | undefined;
}

/** Asks the server whether it can read a query. */
export async function validation(
  host: CloudHost,
  call: ValidationCalls,
  text: string,
  parameters: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<Validation> {
  const { method } = routeOf(call, host.routes);
  const content =
    method === "GET" ? { query: { ...parameters, q: text } as QueryParameters } : { json: { query: text } };
  const answer = await askForObject(host, call, content, options);
  const { invalid_message: message, invalid_trigger_offset: offset } = answer;
  return {
    valid: answer["valid"] === true,
    message: typeof message === "string" && message !== "" ? message : undefined,
    offset: typeof offset === "number" ? offset : undefined,
  };
}

/** @throws QuerySyntaxError when the server cannot read the query */
export async function validateText(
  host: CloudHost,
  call: ValidationCalls,
  text: string,
  parameters: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<void> {
  const {
    valid,
    message = "the server gives no reason",
    offset,
  } = await validation(host, call, text, parameters, options);
  if (valid) return;
  const place =
    offset === undefined ? "" : ` (at character ${offset}, ${JSON.stringify(text.slice(offset, offset + 20))})`;
  throw new QuerySyntaxError(`Invalid query: ${text}: ${message}${place}`, { serverMessage: message });
}
