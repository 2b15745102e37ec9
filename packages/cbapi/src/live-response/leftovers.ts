import { TimeoutError } from "../core/errors.js";
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

/**
 * Removes a file when the command that writes it has ended, or tries to when the session is closed. Keeps no program
 * alive.
 */
export function clearLater(commands: Commands, { session, data }: Issued, file: string): void {
  const { link } = commands;
  if (link.isClosed) {
    clearNow(commands, file); // closing waits for it
    return;
  }
  const { api, dialect } = link;
  let timer: NodeJS.Timeout;
  const takeBack = link.beforeClosing(() => {
    clearTimeout(timer);
    return removeWholly(link, file, CLOSING_TIME); // it comes after the command that still runs, which may never end
  });
  const done = (): void => {
    takeBack();
    clearTimeout(timer);
  };
  const hasEnded = async (): Promise<boolean> => {
    try {
      const document = await send(api, dialect.readCommand(session.id, data.id), { timeout: CLEAR_TIME });
      return isFields(document) && stateOf(document["status"]) !== "waiting";
    } catch (error) {
      // Nobody can tell any more; what happens on the way to the server passes.
      return link.isUnknown(error);
    }
  };
  const look = async (): Promise<void> => {
    if (!(await hasEnded())) return;
    done();
    await removeWholly(link, file);
  };
  timer = setInterval(() => link.background(look()), LOOK).unref();
}

/**
 * Sends the command past the queue, as it must also go out of a session that is being closed, and waits until the endpoint
 * has carried it out: a session that is closed before takes its commands with it.
 */
async function removeWholly(link: SessionLink, file: string, timeout: number = CLEAR_TIME): Promise<void> {
  const { api, dialect } = link;
  const session = link.data.id;
  const body = { name: "delete file", ...dialect.subject(file), session_id: session };
  const { id } = await sendForObject<CommandData>(api, dialect.createCommand(session, body), { timeout });
  await poll(api, {
    request: dialect.readCommand(session, id),
    waits: dialect.waits.command,
    timeout,
    signal: undefined,
    read: (document) => (isFields(document) && stateOf(document["status"]) !== "waiting" ? true : undefined),
    late: () => new TimeoutError(`${file} was left on endpoint ${link.endpoint.id}`, { timeout }),
  });
}
