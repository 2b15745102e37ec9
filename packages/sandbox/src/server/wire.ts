import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { RenderedReply } from "./reply.js";

/** A request as a wire delivers it: an HTTP connection, or a call inside the process. */
export interface Incoming {
  method: string;
  /** Path with the query string, undecoded. */
  target: string;
  headers: IncomingHttpHeaders;
  remoteAddress: string | undefined;
  body: Readable | undefined;
  /** Aborted when the client goes away or the sandbox stops. */
  signal: AbortSignal;
}

/** What the wire is to do: send a reply, perhaps only its beginning, or drop the connection. */
export type Answer = { kind: "reply"; reply: RenderedReply; cutAfter?: number } | { kind: "none" };
