import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { Answer, Incoming } from "./wire.js";

/**
 * Answers a `Request` inside the process, without a socket. What drops a connection on the wire rejects here, as `fetch`
 * does: at once, or while the body is read.
 */
export async function dispatchFetch(
  request: Request,
  dispatch: (incoming: Incoming) => Promise<Answer>,
  signal: AbortSignal = request.signal,
): Promise<Response> {
  const url = new URL(request.url);
  const answer = await dispatch({
    method: request.method,
    target: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    remoteAddress: "127.0.0.1",
    body: request.body === null ? undefined : Readable.fromWeb(request.body as NodeReadableStream),
    signal,
  });
  if (answer.kind === "none") {
    signal.throwIfAborted();
    throw new TypeError("fetch failed", { cause: new Error("The sandbox dropped the connection") });
  }
  const { status, headers, body } = answer.reply;
  if (request.method === "HEAD" && body instanceof Readable) body.destroy();
  const empty = request.method === "HEAD" || body === undefined;
  return new Response(empty ? null : webBody(body, answer.cutAfter), { status, headers });
}

function webBody(
  body: Buffer | Readable,
  cutAfter: number | undefined,
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> {
  if (Buffer.isBuffer(body) && cutAfter === undefined) return new Uint8Array(body);
  const source = Buffer.isBuffer(body) ? Readable.from([body]) : body;
  const limited = cutAfter === undefined ? source : Readable.from(cut(source, cutAfter));
  return Readable.toWeb(limited) as ReadableStream<Uint8Array>;
}

async function* cut(source: Readable, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of source) {
    const part = Buffer.from(chunk as Uint8Array).subarray(0, left);
    left -= part.length;
    if (part.length > 0) yield part;
    if (left === 0) break;
  }
  throw new TypeError("terminated", { cause: new Error("The sandbox dropped the connection") });
}
