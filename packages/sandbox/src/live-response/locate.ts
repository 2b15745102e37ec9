import { readId } from "../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../server/product.js";
import type { StoredFile } from "./files.js";
import type { LiveCommand } from "./live-command.js";
import type { LiveSession } from "./session.js";

/** A part of a path as it is repeated to whoever sent it. */
export const shown = (text = ""): string => text.slice(0, 40);

/** Whether a session is there for whoever asks: one that timed out or was lost is not found any more. */
export const isFound = ({ isOpen, status }: LiveSession): boolean => isOpen || status === "close";

/** The command that the path names. */
export function locateCommand(session: LiveSession, { params }: SandboxRequest): LiveCommand {
  const id = readId(params["command"]);
  const command = id === undefined ? undefined : session.commands.get(id);
  if (command === undefined) throw new HttpProblem(404, `Command ${shown(params["command"])} not found`);
  return command;
}

/** The file that the path names. */
export function locateFile(session: LiveSession, { params }: SandboxRequest): StoredFile {
  const id = readId(params["file"]);
  const file = id === undefined ? undefined : session.files.find(id);
  if (file === undefined) throw new HttpProblem(404, `File ${shown(params["file"])} not found`);
  return file;
}
