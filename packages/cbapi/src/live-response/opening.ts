import { CbApiError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import { timeLimit } from "../core/transport/limits.js";
import type { CallOptions } from "../core/transport/types.js";
import { waitFor } from "../core/transport/wait.js";
import { type Endpoint, isOpen, type LiveResponseDialect, stateOf } from "./dialect.js";
import { findLostSession, isFateUnknown } from "./lost-session.js";
import { poll } from "./polling.js";
import { fieldsIn, objectWithId, send, sendForObject } from "./protocol.js";
import type { Server } from "./server.js";
import type { SessionData, SessionOptions } from "./types.js";

/** Milliseconds until a session must be active, when the caller names no limit. */
const OPENING_TIME = 360_000;
/** Milliseconds that closing may take. */
const CLOSING_TIME = 30_000;
/** Milliseconds for which an answer is waited for that nobody wants any more. */
const ANSWER_TIME = 5000;
/** Pauses between requests for a slot when the server names none, in milliseconds: they double. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** How long a session may take to open, counted from one moment on. */
interface Limit {
  /** Milliseconds; 0 for none. */
  readonly whole: number;
  /** What is left of it; 0 when there is no limit, and never 0 when there is one. */
  left(): number;
}

export interface Opened {
  readonly data: SessionData;
  /** Whether it was opened here, and is to be closed here. */
  readonly owned: boolean;
}

/** How a session is opened, and what is of interest to jobs that wait for it. */
export interface OpeningOptions extends SessionOptions {
  /** Called when the server has given a slot; the endpoint is waited for then. */
  readonly onSlot?: (() => void) | undefined;
}

/** Work that goes on after the caller has been answered. */
export type Background = (work: Promise<unknown>) => void;

/**
 * Opens a session and waits until the endpoint is there. Whatever goes wrong, and whenever it is given up: what was opened
 * is closed.
 * @param since when the caller began to wait
 */
export async function openSession(
  server: Server,
  endpoint: Endpoint,
  options: OpeningOptions,
  background: Background,
  since: number = server.api.clock.now(),
): Promise<Opened> {
  const { clock } = server.api;
  const { signal, join = false } = options;
  const whole = options.timeout === undefined ? OPENING_TIME : timeLimit(options.timeout);
  const limit = { whole, left: () => (whole === 0 ? 0 : Math.max(1, whole - (clock.now() - since))) };
  if (join) {
    const joined = await joinSession(server, endpoint, limit, signal);
    if (joined !== undefined) return { data: joined, owned: false };
  }
  const data = await create(server, endpoint, limit, options, background);
  options.onSlot?.();
  if (stateOf(data.status) === "active") return { data, owned: true };
  try {
    return { data: await untilActive(server, endpoint, data, limit, signal), owned: true };
  } catch (error) {
    const closing = isOver(error) ? Promise.resolve() : closeSession(server, data).catch(() => {});
    server.own.delete(data.id);
    // Whoever gives up is not kept waiting.
    if (signal?.aborted) background(closing);
    else await closing;
    throw error;
  }
}

/** Whether the server itself has ended the session that was waited for. */
const over = new WeakSet<object>();
const isOver = (error: unknown): boolean => error instanceof CbApiError && over.has(error);

/**
 * Ends a session on the server.
 * @throws ObjectNotFoundError when it is gone
 */
export async function closeSession(
  { api, dialect, own }: Server,
  session: SessionData,
  { signal, timeout = CLOSING_TIME }: CallOptions = {},
): Promise<void> {
  own.delete(session.id);
  let data = session;
  if (dialect.closeNeedsSession) {
    const request = dialect.readSession(session.id);
    data = objectWithId(await send(api, request, { signal, timeout }), request);
    if (stateOf(data.status) === "ended") return;
  }
  // Closing twice does no harm, and a slot that stays taken does.
  await send(api, dialect.closeSession(session.id, data), { signal, timeout, idempotent: true });
}

/** The sessions that the server has. */
export async function listSessions(
  { api, dialect }: Server,
  activeOnly: boolean,
  options: CallOptions,
): Promise<SessionData[]> {
  if (dialect.listSessions === undefined) {
    throw new CbApiError("This kind of server does not list its sessions", { code: "NOT_OFFERED" });
  }
  const request = dialect.listSessions(activeOnly);
  return fieldsIn(await send(api, request, options)).map((document) => objectWithId<SessionData>(document, request));
}

/** A session that the server has with an endpoint; undefined when there is none, or it ends while it is waited for. */
async function joinSession(
  server: Server,
  endpoint: Endpoint,
  limit: Limit,
  signal: AbortSignal | undefined,
): Promise<SessionData | undefined> {
  const { dialect } = server;
  if (dialect.listSessions === undefined) return undefined;
  const sessions = await listSessions(server, true, { signal, timeout: limit.left() });
  const found = sessions.find((session) => dialect.endpointOf(session) === endpoint.id && isOpen(session.status));
  if (found === undefined) return undefined;
  try {
    return await untilActive(server, endpoint, found, limit, signal);
  } catch (error) {
    if (!isOver(error)) throw error;
    return undefined;
  }
}

/** Asks for a session until the server has a slot for it. */
async function create(
  server: Server,
  endpoint: Endpoint,
  limit: Limit,
  { signal, onWait }: SessionOptions,
  background: Background,
): Promise<SessionData> {
  const { api, dialect } = server;
  const { clock } = api;
  const start = clock.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(server, endpoint, limit, signal, background);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof CbApiError && error.status === 412) throw switchedOff(error);
      if (!isSlotsTaken(error)) throw error;
      // A server that says "at once" while it has none would be asked without a pause.
      const pause = error.retryAfter || Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
      if (limit.whole !== 0 && pause >= limit.left()) throw noSlot(dialect, endpoint, limit.whole, error);
      onWait?.({ attempt, pause, waited: clock.now() - start, error });
      await clock.sleep(pause, signal);
    }
  }
}

/**
 * Giving up does not stop a request that may have been carried out: its session is closed when the answer is there. One
 * whose answer is lost is looked for on the server, as it takes a slot all the same.
 */
async function createOnce(
  server: Server,
  endpoint: Endpoint,
  limit: Limit,
  signal: AbortSignal | undefined,
  background: Background,
): Promise<SessionData> {
  signal?.throwIfAborted();
  const { api, dialect, own } = server;
  const asked = api.clock.now();
  const request = dialect.createSession(endpoint.id);
  let isLate = false;
  const late = () => {
    isLate = true;
    return new TimeoutError(
      `Could not establish session with ${dialect.noun} ${endpoint.id}: the server did not answer within ${limit.whole} ms. A session that it opens yet is closed.`,
      { method: request.method, path: request.path, timeout: limit.whole },
    );
  };
  const drop = new AbortController();
  const answer = own.asked(endpoint.id, sendForObject<SessionData>(api, request, { signal: drop.signal }));
  const creating = own.opening(
    endpoint.id,
    answer.catch(async (error: unknown): Promise<SessionData> => {
      const found = isFateUnknown(error)
        ? await findLostSession(server, endpoint, asked).catch(() => undefined)
        : undefined;
      if (found === undefined) throw error;
      return found;
    }),
  );
  try {
    return await waitFor(creating, signal, limit.left(), late);
  } catch (error) {
    if (!isLate && signal?.aborted !== true) throw error;
    const answered = new AbortController();
    // An answer that does not come is not waited for: the session is looked for instead.
    api.clock.sleep(ANSWER_TIME, answered.signal).then(
      () => drop.abort(late()),
      () => {},
    );
    const closing = creating.then((session) => closeSession(server, session));
    background(closing.catch(() => {}).finally(() => answered.abort()));
    throw error;
  }
}

/** Whether all sessions that the server or the organisation may have at a time are in use. */
function isSlotsTaken(error: unknown): error is CbApiError {
  if (!(error instanceof CbApiError) || error.status === undefined) return false;
  if (error.status === 503 || error.status === 429) return true;
  return /\blimit\b.*\breached\b|\bmaximum number\b/i.test(error.serverMessage ?? "");
}

async function untilActive(
  { api, dialect }: Server,
  endpoint: Endpoint,
  session: SessionData,
  limit: Limit,
  signal: AbortSignal | undefined,
): Promise<SessionData> {
  const request = dialect.readSession(session.id);
  const details = { method: request.method, path: request.path, uri: request.path };
  const failed = (why: string, cause?: unknown): TimeoutError =>
    new TimeoutError(`Could not establish session with ${dialect.noun} ${endpoint.id}: ${why}`, {
      ...details,
      status: 404,
      timeout: limit.whole,
      cause,
    });
  const ended = <E extends CbApiError>(error: E): E => {
    over.add(error);
    return error;
  };
  const read = (document: unknown): SessionData | undefined => {
    const data = objectWithId<SessionData>(document, request);
    const state = stateOf(data.status);
    if (state === "active") return data;
    if (state === "waiting") return undefined;
    if (/^timeout$/i.test(data.status)) throw ended(failed(`it did not check in in time`));
    throw ended(
      new CbApiError(
        `Could not establish session with ${dialect.noun} ${endpoint.id}: the server reports its state as "${data.status}"`,
        { ...details, code: "SESSION_ENDED", retryable: true },
      ),
    );
  };
  const late = () =>
    failed(`it did not become active within ${limit.whole} ms. Is the endpoint switched on and connected?`);
  try {
    return await poll(api, { request, waits: dialect.waits.session, timeout: limit.left(), signal, read, late });
  } catch (error) {
    // The server answers so when the endpoint did not check in in time.
    if (error instanceof ObjectNotFoundError) throw ended(failed("the server has given the session up", error));
    throw error;
  }
}

function switchedOff(cause: CbApiError): CbApiError {
  return new CbApiError(
    "Cb server does not support Live Response: it is switched off in the server's settings (CbLREnabled)",
    { cause, code: "LIVE_RESPONSE_OFF", status: 412 },
  );
}

function noSlot(dialect: LiveResponseDialect, endpoint: Endpoint, timeout: number, cause: CbApiError): TimeoutError {
  return new TimeoutError(
    `No Live Response session came free for ${dialect.noun} ${endpoint.id} within ${timeout} ms: the server has as many as it allows.${dialect.listSessions === undefined ? "" : " See cb.liveResponse.listSessions()."}`,
    { cause, code: "SLOTS_TAKEN", timeout, status: cause.status, serverMessage: cause.serverMessage },
  );
}
