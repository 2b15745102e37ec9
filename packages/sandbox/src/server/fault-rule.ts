/** Which requests a fault meets; all of them when left out. */
export interface FaultMatch {
  /** Any when left out. */
  method?: string;
  /** Beginning of the decoded path. */
  path?: string;
  /** Source of a regular expression, tried on the path with its query string as sent. */
  pattern?: string;
  /** Lets this many matching requests through first. */
  after?: number;
  /** Meets this many requests and then no more. */
  times?: number;
  /** From 0 to 1: how likely a matching request is met. Drawn from a seeded generator. */
  probability?: number;
}

/** An answer in place of the real one. The route does not run. */
export interface StatusFault {
  status: number;
  /** Text as it is, anything else as JSON; the product's own form of error when left out. */
  body?: unknown;
  headers?: Record<string, string>;
  /** `Retry-After`: seconds, or text (a date is put into the form of HTTP). */
  retryAfter?: number | string;
}

/** Sends the header with the full length, then this many bytes of the body, and drops the connection. */
export interface CutFault {
  cut: number;
}

/** Sends a complete answer whose body ends after this many bytes: broken JSON. */
export interface TruncateFault {
  truncate: number;
}

/** Drops the connection instead of answering. */
export interface ResetFault {
  reset: true;
  /** Runs the route first: a write is carried out and its answer lost. */
  carriedOut?: boolean;
}

/** Never answers; ends when the client gives up or the sandbox stops. */
export interface HangFault {
  hang: true;
  /** As in {@link ResetFault.carriedOut}. */
  carriedOut?: boolean;
}

/** A login page, as a proxy or a console in front of the server would send it. */
export interface HtmlFault {
  html: true;
  /** 200 when left out. */
  status?: number;
}

/** What can become of a request instead of its answer. */
export type FaultOutcome = StatusFault | CutFault | TruncateFault | ResetFault | HangFault | HtmlFault;

/** What happens to a request: it waits (milliseconds), or has one of the outcomes, or both. */
export type FaultAction = { latency: number } | (FaultOutcome & { latency?: number });

/** One rule of misbehaviour. */
export interface FaultRule {
  match?: FaultMatch;
  do: FaultAction;
}
