import type { Readable } from "node:stream";
import type { TimeoutPhase } from "../errors.js";

/** One exchange to carry out: no retries, no redirects, no meaning. */
export interface WireRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | Readable | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds for all of it; once the body is taken as a stream, only its pauses count. 0: no limit. */
  readonly timeout: number;
  readonly longPoll: boolean;
  /** Whether the body is handed out to somebody who may never take it. */
  readonly mayBeLeft: boolean;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WireBody;
}

/** A body that arrives. It is taken once, in one of these ways; failures are {@link WireFailure} or the abort reason. */
export interface WireBody {
  bytes(): Promise<Buffer>;
  /** `explain` turns a failure into the error with which the stream ends. */
  stream(explain: (failure: unknown) => Error): Readable;
  discard(): void;
}

/** What carries exchanges: sockets, or a function given by the application. */
export interface Wire {
  send(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}

/** Why an exchange broke, before it is explained to people. */
export class WireFailure extends Error {
  /** Set when time ran out, and where. */
  readonly phase: TimeoutPhase | undefined;
  /** Whether any part of the request may have reached the server. */
  readonly sent: boolean;

  constructor(cause: unknown, sent: boolean, phase?: TimeoutPhase) {
    super("The exchange failed", { cause: presentable(cause) });
    this.sent = sent;
    this.phase = phase;
  }
}

/**
 * Wraps what goes wrong while connecting. undici reconnects for ever after some kinds of error, which suits a server
 * that drops idle connections but not a proxy that drops tunnels; this kind it hands to the waiting requests.
 */
export class ConnectFailure extends Error {
  constructor(cause: unknown) {
    super("Connecting failed", { cause });
  }
}

/** The parser's errors carry a piece of the answer, which may hold anything: only what they say is kept. */
function presentable(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause.name !== "HTTPParserError") return cause;
  return Object.assign(new Error(cause.message), { code: "HPE_INVALID" });
}
