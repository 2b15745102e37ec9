import type { BaseApi } from "../core/client.js";
import { CbApiError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import { timeLimit } from "../core/transport/limits.js";
import { waitFor } from "../core/transport/wait.js";
import { type Endpoint, type LiveResponseDialect, type ProtocolRequest, stateOf } from "./dialect.js";
import { poll } from "./polling.js";
import { fieldsIn, objectWithId, send, sendForObject } from "./protocol.js";
import type { SessionData, SessionOptions } from "./types.js";

/** Milliseconds until a session must be active, when the caller names no limit. */
const OPENING_TIME = 360_000;
/** Milliseconds that closing may take. */
const CLOSING_TIME = 30_000;
/** Pauses between requests for a slot when the server names none, in milliseconds: they double. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** A server and how to speak with it. */
export interface Server {
  readonly api: BaseApi;
  readonly dialect: LiveResponseDialect;
}

export interface Opened {
  readonly data: SessionData;
  /** Whether it was opened here, and is to be closed here. */
  readonly owned: boolean;
}

/** Work that goes on after the caller has been answered. */
export type Background = (work: Promise<unknown>) => void;

/**
 * Opens a session and waits until the endpoint is there. Whatever goes wrong, and whenever it is given up: what was opened
 * is closed.
 */
export async function openSession(
  server: Server,
  endpoint: Endpoint,
  options: SessionOptions,
  background: Background,
): Promise<Opened> {
  const { api } = server;
  const { signal, join = false } = options;
  const limit = options.timeout === undefined ? OPENING_TIME : timeLimit(options.timeout);
  const start = api.clock.now();
  const left = () => (limit === 0 ? 0 : Math.max(1, limit - (api.clock.now() - start)));
  if (join) {
    const joined = await findSession(server, endpoint, { signal, timeout: left() });
    if (joined !== undefined) {
      return { data: await untilActive(server, endpoint, joined, limit, left(), signal), owned: false };
    }
  }
  const data = await create(server, endpoint, { ...options, timeout: limit }, background);
  if (stateOf(data.status) === "active") return { data, owned: true };
  try {
    return { data: await untilActive(server, endpoint, data, limit, left(), signal), owned: true };
  } catch (error) {
    const closing = isOver(error) ? Promise.resolve() : closeSession(server, data).catch(() => {});
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
  { api, dialect }: Server,
  session: SessionData,
  { signal, timeout = CLOSING_TIME }: { signal?: AbortSignal | undefined; timeout?: number | undefined } = {},
): Promise<void> {
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
  options: { signal?: AbortSignal | undefined; timeout?: number | undefined },
): Promise<SessionData[]> {
  if (dialect.listSessions === undefined) {
    throw new CbApiError("This kind of server does not list its sessions", { code: "NOT_OFFERED" });
  }
  const request = dialect.listSessions(activeOnly);
  return fieldsIn(await send(api, request, options)).map((document) => objectWithId<SessionData>(document, request));
}

async function findSession(
  server: Server,
  endpoint: Endpoint,
  options: { signal: AbortSignal | undefined; timeout: number },
): Promise<SessionData | undefined> {
  if (server.dialect.listSessions === undefined) return undefined;
  const sessions = await listSessions(server, true, options);
  return sessions.find(
    (session) =>
      server.dialect.endpointOf(session) === endpoint.id && /^(active|waiting)$/.test(stateOf(session.status)),
  );
}

/** Asks for a session until the server has a slot for it. */
async function create(
  server: Server,
  endpoint: Endpoint,
  { timeout = 0, signal, onWait }: SessionOptions,
  background: Background,
): Promise<SessionData> {
  const { api, dialect } = server;
  const { clock } = api;
  const start = clock.now();
  const request = dialect.createSession(endpoint.id);
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(server, request, signal, background);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof CbApiError && error.status === 412) throw switchedOff(error);
      if (!isSlotsTaken(error)) throw error;
      const waited = clock.now() - start;
      const pause = error.retryAfter ?? Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
      if (timeout !== 0 && waited + pause >= timeout) throw noSlot(dialect, endpoint, timeout, error);
      onWait?.({ attempt, pause, waited, error });
      await clock.sleep(pause, signal);
    }
  }
}

/** Giving up does not stop a request that may have been carried out: its session is closed when the answer is there. */
async function createOnce(
  server: Server,
  request: ProtocolRequest,
  signal: AbortSignal | undefined,
  background: Background,
): Promise<SessionData> {
  signal?.throwIfAborted();
  const creating = sendForObject<SessionData>(server.api, request);
  try {
    return await waitFor(creating, signal, undefined, () => new Error());
  } catch (error) {
    if (signal?.aborted) {
      background(
        creating.then(
          (session) => closeSession(server, session).catch(() => {}),
          () => {},
        ),
      );
    }
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
  limit: number,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<SessionData> {
  const request = dialect.readSession(session.id);
  const details = { method: request.method, path: request.path, uri: request.path };
  const failed = (why: string, cause?: unknown): TimeoutError =>
    new TimeoutError(`Could not establish session with ${dialect.noun} ${endpoint.id}: ${why}`, {
      ...details,
      status: 404,
      timeout: limit,
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
    if (data.status.toLowerCase() === "timeout") throw ended(failed(`it did not check in in time`));
    throw ended(
      new CbApiError(
        `Could not establish session with ${dialect.noun} ${endpoint.id}: the server reports its state as "${data.status}"`,
        { ...details, code: "SESSION_ENDED", retryable: true },
      ),
    );
  };
  const late = () => failed(`it did not become active within ${limit} ms. Is the endpoint switched on and connected?`);
  try {
    return await poll(api, { request, waits: dialect.waits.session, timeout, signal, read, late });
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
    `No Live Response session came free for ${dialect.noun} ${endpoint.id} within ${timeout} ms: the server has as many as it allows. See cb.liveResponse.sessions().`,
    { cause, code: "SLOTS_TAKEN", timeout, status: cause.status, serverMessage: cause.serverMessage },
  );
}
