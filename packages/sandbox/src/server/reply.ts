import { Readable } from "node:stream";
import type { SandboxReply } from "./product.js";

/** An answer down to its bytes: what goes over the wire, whichever wire that is. */
export interface RenderedReply {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer | Readable | undefined;
}

/** Turns a route's reply into bytes. The reply's own headers win over those that every answer of the product has. */
export function renderReply(reply: SandboxReply, common: Record<string, string> = {}): RenderedReply {
  const headers = { ...lowerCase(common), ...lowerCase(reply.headers ?? {}) };
  const own = new Set(Object.keys(lowerCase(reply.headers ?? {})));
  const stream = reply.stream ?? (reply.body instanceof Readable ? reply.body : undefined);
  if (stream !== undefined) {
    if (!own.has("content-type")) headers["content-type"] = "application/octet-stream";
    return { status: reply.status, headers, body: stream };
  }
  if (reply.status === 204 || reply.status === 304 || reply.body === undefined) {
    if (!own.has("content-type")) delete headers["content-type"];
    if (reply.status !== 204 && reply.status !== 304) headers["content-length"] = "0";
    return { status: reply.status, headers, body: undefined };
  }
  const { bytes, type } = encode(reply.body);
  // The product's usual content type speaks of JSON; text and bytes are what they are unless the route says otherwise.
  if (type === "application/json") headers["content-type"] ??= type;
  else if (!own.has("content-type")) headers["content-type"] = type;
  headers["content-length"] = String(bytes.length);
  return { status: reply.status, headers, body: bytes };
}

function encode(body: unknown): { bytes: Buffer; type: string } {
  if (typeof body === "string") return { bytes: Buffer.from(body), type: "text/plain; charset=utf-8" };
  if (Buffer.isBuffer(body)) return { bytes: body, type: "application/octet-stream" };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body), type: "application/octet-stream" };
  return { bytes: Buffer.from(JSON.stringify(body)), type: "application/json" };
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The body with its end cut off, as a complete answer. A stream is read to its end first. */
export async function truncated(reply: RenderedReply, bytes: number): Promise<RenderedReply> {
  if (reply.body === undefined) return reply;
  const whole = Buffer.isBuffer(reply.body) ? reply.body : await collect(reply.body);
  const body = whole.subarray(0, bytes);
  return { ...reply, headers: { ...reply.headers, "content-length": String(body.length) }, body };
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
