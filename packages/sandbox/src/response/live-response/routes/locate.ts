import type { StoredFile } from "../../../live-response/files.js";
import type { LiveCommand } from "../../../live-response/live-command.js";
import type { LiveSession } from "../../../live-response/session.js";
import type { LiveSessions } from "../../../live-response/sessions.js";
import { readId } from "../../../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../../../server/product.js";

const shown = (text = ""): string => text.slice(0, 40);

/** The refusal of a session that does not exist, or no longer. Clients look at how it begins. */
export const sessionGone = (id: string | number | undefined): HttpProblem =>
  new HttpProblem(404, `Session ${shown(String(id))} not found`);

/** The session that the path names; one that timed out or was lost is not found any more. */
export function locateSession(sessions: LiveSessions, { params }: SandboxRequest): LiveSession {
  const id = readId(params["session"]);
  const session = id === undefined ? undefined : sessions.find(id);
  if (session === undefined || !(session.isOpen || session.status === "close")) throw sessionGone(params["session"]);
  return session;
}

/** The session that the path names, as long as something can be done with it. */
export function locateOpen(sessions: LiveSessions, request: SandboxRequest): LiveSession {
  const session = locateSession(sessions, request);
  if (!session.isOpen) throw sessionGone(session.id);
  return session;
}

export function locateCommand(session: LiveSession, { params }: SandboxRequest): LiveCommand {
  const id = readId(params["command"]);
  const command = id === undefined ? undefined : session.commands.get(id);
  if (command === undefined) throw new HttpProblem(404, `Command ${shown(params["command"])} not found`);
  return command;
}

export function locateFile(session: LiveSession, { params }: SandboxRequest): StoredFile {
  const id = readId(params["file"]);
  const file = id === undefined ? undefined : session.files.find(id);
  if (file === undefined) throw new HttpProblem(404, `File ${shown(params["file"])} not found`);
  return file;
}
