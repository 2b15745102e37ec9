import type { Readable } from "node:stream";

/**
 * The seam between the HTTP server and the products it serves: a product is a list of routes, and a route is a function
 * from a request to a reply. The server does TLS, tokens, faults, the request log and everything else that is the same
 * for all of them.
 */

/** Who a token belongs to and what it may do. */
export interface TokenRecord {
  token: string;
  username: string;
  /** Whether everything is allowed. */
  globalAdmin: boolean;
  /** What else is allowed, in the words of the product that the token is for. */
  rights?: readonly string[];
  /** Of those that a product serves apart from each other, the one that the token belongs to. */
  organisation?: string;
}

/** A request that has passed the token check. */
export interface SandboxRequest {
  method: string;
  /** Decoded path without the query string. */
  path: string;
  /** The values of `:name` parts of the route's path. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  /** The whole body; empty when the route takes it as a stream. */
  body: Buffer;
  /** The body as it arrives, for routes with {@link Route.streamsBody}. */
  stream?: Readable;
  /** The body as JSON; throws {@link HttpProblem} 400 when it is not. An empty body reads as undefined. */
  json(): unknown;
  user: TokenRecord;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** What a route answers. `body` is sent as it is when text, bytes or a stream, as JSON otherwise; undefined sends none. */
export interface SandboxReply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  stream?: Readable;
}

/** A refusal: thrown by a route, turned into the product's own form of error body by {@link Product.problem}. */
export class HttpProblem extends Error {
  readonly status: number;
  /** A machine-readable reason where the product has one (`query_malformed_syntax`). */
  readonly reason: string | undefined;
  /** Seconds for the `Retry-After` header; 429 and 503 carry one in any case. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, reason?: string, retryAfter?: number) {
    super(message);
    this.name = "HttpProblem";
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** A path, a method, and what answers them. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/api/v1/sensor/:id`; a part that begins with a colon takes any text without a slash. */
  path: string;
  /** Takes the body of any size as {@link SandboxRequest.stream} instead of having it read and limited. */
  streamsBody?: boolean;
  /** Whether the fixed parts of the path are taken in capitals and small letters alike. */
  anyCase?: boolean;
  handle(request: SandboxRequest): SandboxReply | Promise<SandboxReply>;
}

/** The switches of a product by which it departs from its best behaviour, each at its best: see {@link Behaviour}. */
export type Switches = Readonly<Record<string, unknown>>;

/** A server product: its routes and its manners. */
export interface Product {
  /** As named in messages: `response`. */
  name: string;
  /** Whether this path belongs to the product, so that unknown routes and refused tokens are answered in its form. */
  owns(path: string): boolean;
  /**
   * What its paths begin with: `/api/`. Where several products own a path, the one with the longest of these answers; those
   * with equally long ones are tried in turn, and one that has none comes last.
   */
  prefixes?: readonly string[];
  routes: Route[];
  /** The switches that it obeys. */
  behaviour?: Switches;
  /** What happens on the server and its endpoints by themselves: called once per tick of the simulated clock. */
  tick?(tick: number, now: number): void | Promise<void>;
  /** Headers that every answer of this product carries. */
  headers: Record<string, string>;
  /** What a missing or unknown token is told; `Method not allowed, unauthorized` when left out. */
  unauthorized?: string;
  /**
   * Who asks, where the product has accounts of its own: sees the token, and whom the sandbox itself knows by it. Undefined
   * turns the request away; the record that the sandbox has says that there is nothing to add. Left out: whoever the
   * sandbox knows.
   */
  identify?(token: string | undefined, known: TokenRecord | undefined): TokenRecord | undefined;
  /** The product's form of an error answer. */
  problem(problem: HttpProblem, request: { method: string; path: string }): SandboxReply;
}
