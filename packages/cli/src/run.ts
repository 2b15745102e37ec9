import { version } from "cbapi";
import { type Arguments, parseCommandLine, UsageError } from "./arguments.js";
import type { Context } from "./context.js";
import { Interruption } from "./interruption.js";
import { CommandError, debugText, errorText } from "./shown-error.js";
import { Terminal } from "./terminal.js";
import { safeText } from "./text-safety.js";
import { synopsis, usage } from "./usage.js";

/** How a command ended. */
export interface Outcome {
  /** 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
  readonly code: number;
  /** Whether it was ended from outside, by Ctrl-C for example. */
  readonly interrupted: boolean;
}

/** Runs the command that these arguments name, on the standard streams. Errors are printed, not thrown. */
export function run(args: readonly string[]): Promise<Outcome> {
  return runOn(new Terminal(process.stdout, process.stderr, process.env), args);
}

/** The same, with what it prints going elsewhere. */
export async function runOn(terminal: Terminal, args: readonly string[]): Promise<Outcome> {
  const interruption = new Interruption(terminal);
  try {
    const code = await dispatch(parseCommandLine(args), { terminal, interruption });
    return { code: interruption.exitCode || code, interrupted: interruption.signal.aborted };
  } catch (error) {
    // What breaks while everything is being stopped says nothing.
    if (interruption.signal.aborted) return { code: interruption.exitCode, interrupted: true };
    return { code: complain(error, terminal), interrupted: false };
  } finally {
    interruption.dispose();
  }
}

/** Returns what the process ends with, unless it is interrupted. */
async function dispatch(args: Arguments, context: Context): Promise<number> {
  switch (args.command) {
    case "help":
      context.terminal.print(usage[args.topic]);
      return 0;
    case "version":
      context.terminal.print(version);
      return 0;
    // Loaded when they are wanted: `--help` should not wait for a database.
    case "hunt":
      await (await import("./commands/hunt.js")).hunt(args, context);
      return 0;
    case "sandbox":
      await (await import("./commands/sandbox.js")).serve(args, context);
      return 0;
    case "lr":
      return (await import("./commands/live-response.js")).liveResponse(args, context);
    case "lr run":
      return (await import("./commands/live-response-run.js")).liveResponseRun(args, context);
    case "fleet":
      return (await import("./commands/fleet.js")).fleet(args, context);
  }
}

function complain(error: unknown, terminal: Terminal): number {
  const { red, dim } = terminal.errorColors;
  terminal.note(`${red("cbapi:")} ${safeText(errorText(error))}`);
  if (error instanceof UsageError) terminal.note(dim(synopsis[error.topic]));
  for (const line of debugText(error)?.split("\n") ?? []) terminal.noteUnsafe(line, dim);
  if (error instanceof UsageError) return 2;
  return error instanceof CommandError ? error.exitCode : 1;
}
