import { createInterface } from "node:readline";
import type { Context } from "../context.js";
import type { Shell } from "./shell.js";
import { commandsIn } from "./words.js";

/** A command that nobody types, and where it stands. */
export interface ScriptedCommand {
  readonly text: string;
  readonly place: string;
}

/** Commands of the command line. */
export function givenCommands(texts: readonly string[]): ScriptedCommand[] {
  return texts.flatMap(commandsIn).map((text, index) => ({ text, place: `command ${index + 1}` }));
}

/** Commands that come in on standard input, a line each. */
export async function* readCommands(signal: AbortSignal): AsyncGenerator<ScriptedCommand, void> {
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, signal });
  let number = 0;
  for await (const line of input) {
    number++;
    if (!/^\s*(#|$)/.test(line)) yield { text: line.trim(), place: `line ${number}` };
  }
}

/** Carries out commands until one fails, or all of them. Returns what the process ends with. */
export async function runCommands(
  shell: Shell,
  commands: Iterable<ScriptedCommand> | AsyncIterable<ScriptedCommand>,
  keepGoing: boolean,
  { terminal, interruption }: Context,
): Promise<number> {
  const { signal } = interruption;
  let failed = 0;
  for await (const { text, place } of commands) {
    const end = await shell.execute(text, signal);
    if (signal.aborted || end === "leave") break;
    if (end === "done") continue;
    failed++;
    terminal.noteUnsafe(`(${place}: ${text})`, terminal.errorColors.dim);
    if (!keepGoing) break;
  }
  return failed > 0 ? 1 : 0;
}
