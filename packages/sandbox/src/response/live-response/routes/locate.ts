import { isFound, shown } from "../../../live-response/locate.js";
import type { LiveSession } from "../../../live-response/session.js";
import type { LiveSessions } from "../../../live-response/sessions.js";
import { readId } from "../../../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../../../server/product.js";

/** The refusal of a session that does not exist, or no longer. Clients look at how it begins. */
export const sessionGone = (id: string | number | undefined): HttpProblem =>
  new HttpProblem(404, `Session ${shown(String(id))} not found`);

/** The session that the path names; one that timed out or was lost is not found any more. */
export function locateSession(sessions: LiveSessions, { params }: SandboxRequest): LiveSession {
  const id = readId(params["session"]);
  const session = id === undefined ? undefined : sessions.find(id);
  if (session === undefined || !isFound(session)) throw sessionGone(params["session"]);
  return session;
}

/** The session that the path names, as long as something can be done with it. */
export function locateOpen(sessions: LiveSessions, request: SandboxRequest): LiveSession {
  const session = locateSession(sessions, request);
  if (!session.isOpen) throw sessionGone(session.id);
  return session;
}
