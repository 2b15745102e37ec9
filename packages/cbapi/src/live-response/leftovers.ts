import { CbApiError, LiveResponseError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import type { Commands, Issued } from "./commands.js";
import { stateOf } from "./dialect.js";
import type { SessionLink } from "./link.js";
import { poll } from "./polling.js";
import { isFields, send, sendForObject } from "./protocol.js";
import type { CommandData } from "./types.js";

/** Milliseconds between two looks at a command that runs longer than it was waited for. */
const LOOK = 15_000;
/** Milliseconds that clearing away may take, and for which closing a session waits for it. */
const CLEAR_TIME = 10_000;
/** The same behind a command that is not known to have ended. */
const CLOSING_TIME = 3000;

/** Removes a file that nobody else knows of, in the background: closing the session waits for it. */
export function clearNow({ link }: Commands, file: string): void {
  if (!link.isEnded) link.background(removeWholly(link, file));
}

/** Whether nobody waits any more for a command that may not have been carried out yet. */
export function isGivenUp({ link }: Commands, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || link.isClosed;
}

/** Whether a command that was waited for in vain may run yet: nobody has said how it ended. */
export function mayRun(commands: Commands, error: unknown, signal: AbortSignal | undefined): boolean {
  if (isGivenUp(commands, signal)) return true;
  return !(error instanceof LiveResponseError || (error instanceof CbApiError && error.code === "COMMAND_CANCELLED"));
}

/**
 * Removes a file when the command that writes it has ended, or tries to when the session is closed. Keeps no program
 * alive, and opens no session again that was lost: when others do, it goes on there.
 */
export function clearLater(commands: Commands, issued: Issued, file: string): void {
  const { link } = commands;
  if (link.isClosed) {
    if (!link.isEnded) link.background(removeWholly(link, file, CLOSING_TIME));
    return;
  }
  let timer: NodeJS.Timeout;
  const takeBack = link.beforeClosing(() => {
    clearInterval(timer);
    return removeWholly(link, file, CLOSING_TIME); // it comes after the command that still runs, which may never end
  });
  const look = async (): Promise<void> => {
    if (link.isLost || !(await hasEnded(link, issued)) || link.isClosed) return;
    takeBack();
    clearInterval(timer);
    await removeWholly(link, file).catch(() => {
      // The session was lost meanwhile, and maybe the command with it.
      if (link.isLost) clearLater(commands, issued, file);
    });
  };
  timer = setInterval(() => link.background(look()), LOOK).unref();
}

/** Whether a command does not run any more, or nobody can tell. What happens on the way to the server passes. */
async function hasEnded(link: SessionLink, { session, data }: Issued): Promise<boolean> {
  try {
    return isOver(await send(link.api, link.dialect.readCommand(session.id, data.id), { timeout: CLEAR_TIME }));
  } catch (error) {
    return error instanceof ObjectNotFoundError;
  }
}

/**
 * Sends the command past the queue, as it must also go out of a session that is being closed, and waits until the endpoint
 * has carried it out: a session that is closed before takes its commands with it.
 */
async function removeWholly(link: SessionLink, file: string, timeout: number = CLEAR_TIME): Promise<void> {
  const { api, dialect } = link;
  const { id: session, generation } = link.current;
  const body = { name: "delete file", ...dialect.subject(file), session_id: session };
  try {
    const { id } = await sendForObject<CommandData>(api, dialect.createCommand(session, body), { timeout });
    await poll(api, {
      request: dialect.readCommand(session, id),
      waits: dialect.waits.command,
      timeout,
      signal: undefined,
      read: (document) => (isOver(document) ? true : undefined),
      late: () => new TimeoutError(`${file} was left on endpoint ${link.endpoint.id}`, { timeout }),
    });
  } catch (error) {
    if (link.isGone(error)) link.lose(generation);
    throw error;
  }
}

/** Whether the server says of a command that it has ended, one way or the other. */
function isOver(document: unknown): boolean {
  return isFields(document) && stateOf(document["status"]) !== "waiting";
}
