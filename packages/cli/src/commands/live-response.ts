import type { ShellArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { type EndpointServer, openEndpoints } from "../endpoints/open.js";
import { unlessInterrupted } from "../interruption.js";
import { History, historyFile } from "../shell/history.js";
import { interact } from "../shell/interactive.js";
import { givenCommands, readCommands, runCommands } from "../shell/scripted.js";
import { Shell } from "../shell/shell.js";
import { errorText } from "../shown-error.js";
import { safeText } from "../text-safety.js";

/** Milliseconds that a script waits for an endpoint that is offline, unless told otherwise. */
const SCRIPT_WAIT = 360_000;
/** How many endpoints of a sandbox are named. */
const NAMED = 5;
const LOOKED_AT = 50;

/** `cbapi lr` */
export async function liveResponse(args: ShellArguments, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const { signal } = interruption;
  const interactive = args.commands.length === 0 && process.stdin.isTTY === true;
  const server = await openEndpoints(args, context, () => terminal.progress("Connecting"));
  try {
    terminal.clear();
    const wait = args.wait ?? (interactive ? Number.POSITIVE_INFINITY : SCRIPT_WAIT);
    const shell = new Shell({ endpoints: server.endpoints, terminal, interactive, wait });
    try {
      if (args.host !== undefined) await unlessInterrupted(signal, shell.connect(args.host, signal));
      else if (interactive) await nameSome(server, context);
      if (interactive) return await interact(shell, context, historyOf(args));
      const commands = args.commands.length > 0 ? givenCommands(args.commands) : readCommands(signal);
      return await unlessInterrupted(signal, runCommands(shell, commands, args.keepGoing, context));
    } finally {
      await leave(shell, context);
    }
  } finally {
    await server.close();
  }
}

function historyOf({ history }: ShellArguments): History {
  return new History(history ? historyFile(process.env) : undefined);
}

/** The slot is freed whatever has happened; what stands in the way of that is said. */
async function leave(shell: Shell, { terminal }: Context): Promise<void> {
  try {
    await shell.detach();
  } catch (error) {
    terminal.note(`The session could not be closed: ${safeText(errorText(error))} The server ends it after a while.`);
  }
}

/** Nobody knows the endpoints of a sandbox that has just been made. */
async function nameSome({ endpoints, sandbox }: EndpointServer, { terminal, interruption }: Context): Promise<void> {
  if (sandbox === undefined) return;
  const some = await endpoints.some(interruption.signal, LOOKED_AT);
  const ids = await endpoints.liveResponse.findOnline(
    some.map(({ id }) => id),
    { signal: interruption.signal },
  );
  const online = some.filter(({ id }) => ids.includes(id)).slice(0, NAMED);
  terminal.print(
    `Sandbox at ${sandbox.url}. Some of its endpoints: ${safeText(online.map(({ hostname }) => hostname).join(", "))}`,
  );
}
