import type { ShellCommand } from "../command.js";
import { fileCommands } from "./files.js";
import { generalCommands } from "./general.js";
import { memoryCommands } from "./memory.js";
import { navigationCommands } from "./navigation.js";
import { processCommands } from "./processes.js";
import { registryCommands } from "./registry.js";
import { sessionCommands } from "./sessions.js";

/** All commands, in the order in which help lists them. */
export const commands: readonly ShellCommand[] = [
  ...navigationCommands,
  ...fileCommands,
  ...processCommands,
  ...registryCommands,
  ...memoryCommands,
  ...sessionCommands,
  ...generalCommands,
];

const byName = new Map(
  commands.flatMap((command) => [command.name, ...(command.aliases ?? [])].map((name) => [name, command])),
);

/** The command of a name or another spelling of it, in small letters. */
export function findCommand(name: string): ShellCommand | undefined {
  return byName.get(name);
}
