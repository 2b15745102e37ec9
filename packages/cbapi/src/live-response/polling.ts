import type { BaseApi } from "../core/client.js";
import { TimeoutError } from "../core/errors.js";
import type { ProtocolRequest } from "./dialect.js";
import { withExactNumbers } from "./exact-numbers.js";
import { isPassing } from "./protocol.js";

/** How long the server may hold back an answer, in milliseconds; it answers after 120 s at the latest. */
const HOLD = 130_000;
/** An answer that took this long was held back: it may be asked for again at once. */
const HELD = 1000;
/** Pauses between questions to a server that answers at once, in milliseconds: they double. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
/** Pauses after failures. */
const FIRST_RETRY = 500;
const LONGEST_RETRY = 10_000;
/** How often in a row a question may fail. The transport has repeated each of them by itself. */
const FAILURES = 8;

export interface Poll<T> {
  /** What is asked for. */
  readonly request: ProtocolRequest;
  /** Whether `wait=true` is added, so that the server answers when there is news. */
  readonly waits: boolean;
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** What an answer comes to; undefined to ask again. What it throws ends the poll. */
  readonly read: (document: unknown) => T | undefined;
  /** The error for when time is up. */
  readonly late: () => Error;
}

/**
 * Asks until there is an answer that will do. Where the server holds its answers back, one question does; otherwise the
 * pauses between questions grow. Questions that fail on their way are asked again.
 */
export async function poll<T>(api: BaseApi, options: Poll<T>): Promise<T> {
  const { clock } = api;
  const { timeout, signal, read, late } = options;
  const start = clock.now();
  let pause = FIRST_PAUSE;
  let failures = 0;
  for (;;) {
    const asked = clock.now();
    const left = timeout === 0 ? Number.POSITIVE_INFINITY : timeout - (asked - start);
    const answer = await ask(api, options, Math.max(1000, Math.min(left, HOLD)));
    if (answer.failure === undefined) {
      // Outside: what it throws is about the answer and not about the way that it came.
      const result = read(answer.document);
      if (result !== undefined) return result;
      failures = 0;
    } else if (answer.expired) {
      // The question itself was given all the time that was left, by a real clock.
      if (left <= HOLD) throw late();
    } else if (++failures > FAILURES) throw answer.failure;
    const now = clock.now();
    const remaining = timeout === 0 ? Number.POSITIVE_INFINITY : timeout - (now - start);
    if (remaining <= 0) throw late();
    if (failures > 0) {
      await clock.sleep(Math.min(FIRST_RETRY * 2 ** (failures - 1), LONGEST_RETRY, remaining), signal);
    } else if (options.waits && now - asked >= HELD) {
      pause = FIRST_PAUSE;
    } else {
      await clock.sleep(Math.min(pause, remaining), signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/** An answer, or why there is none; only failures after which it may be asked again. */
type Answer =
  | { readonly document: unknown; readonly failure?: undefined }
  | { readonly failure: Error /** Whether it used up its time. */; readonly expired: boolean };

async function ask<T>(api: BaseApi, { request, waits, signal }: Poll<T>, timeout: number): Promise<Answer> {
  const { method, path } = request;
  const query = waits ? { ...request.query, wait: true } : request.query;
  const began = performance.now();
  try {
    const response = await api.requestStream({ method, path, query, signal, timeout, longPoll: waits });
    const text = await response.text();
    const exact = withExactNumbers(text);
    return { document: exact === text ? await response.json() : JSON.parse(exact) };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isPassing(error)) throw error;
    // A connection that does not come about ends sooner, and says nothing of the command.
    return { failure: error, expired: error instanceof TimeoutError && performance.now() - began >= timeout * 0.9 };
  }
}
