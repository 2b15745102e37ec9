import { ConnectionError, ServerError, TimeoutError } from "../core/errors.js";
import { type Endpoint, isOpen } from "./dialect.js";
import { fieldsIn } from "./protocol.js";
import type { Server } from "./server.js";
import type { SessionData } from "./types.js";

/** Milliseconds that looking for it may take. */
const LOOKING_TIME = 30_000;
/** Milliseconds by which a server's times may be off: `Date` tells whole seconds only. */
const BLUR = 2000;

/** Whether a request may have been carried out although its answer does not say so, or never came. */
export function isFateUnknown(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.kind === "reset" || error.kind === "closed";
  if (error instanceof TimeoutError) return error.phase !== "connect";
  // 503 is the server's own word, and REFUSED says in words that it did not.
  return error instanceof ServerError && error.status !== 503 && error.code !== "REFUSED";
}

/**
 * Looks on the server for a session that was asked for and whose answer was lost. Only one that can be nobody else's is
 * taken: with this endpoint, not known here, and opened since the request was sent, by the server's own time.
 * @param asked when the request was sent, by the client's clock
 * @returns undefined when there is none, or it cannot be told which it is
 */
export function findLostSession(
  { api, dialect, own }: Server,
  endpoint: Endpoint,
  asked: number,
): Promise<SessionData | undefined> {
  return own.lookFor(endpoint.id, async (lost) => {
    const request = dialect.listSessions?.(true);
    if (request === undefined) return undefined;
    await own.answered(endpoint.id);
    const { method, path, query } = request;
    const answer = await api.apiJsonRequest(method, path, { query, timeout: LOOKING_TIME });
    // NaN when the server does not tell its time: then none is later.
    const since = Date.parse(answer.headers["date"] ?? "") - (api.clock.now() - asked) - BLUR;
    const found = fieldsIn(await answer.json()).filter((document): document is SessionData => {
      const session = document as SessionData;
      const openedAt = dialect.openedAt(session);
      return (
        dialect.endpointOf(session) === endpoint.id &&
        isOpen(session.status) &&
        !own.has(session.id) &&
        openedAt !== undefined &&
        openedAt >= since
      );
    });
    const [session] = found;
    if (session === undefined || found.length > lost()) return undefined;
    own.add(session.id);
    api.logDebug(`The answer with Live Response session ${session.id} was lost, and the session found on the server`);
    return session;
  });
}
