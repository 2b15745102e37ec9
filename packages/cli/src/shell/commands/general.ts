import { spawn } from "node:child_process";
import { CommandError } from "../../shown-error.js";
import type { ShellCommand } from "../command.js";

const shellCommand: ShellCommand = {
  name: "shell",
  usage: "COMMAND LINE",
  summary: "run something on this machine; !COMMAND LINE is the same",
  words: [1, 1],
  takesRest: true,
  arguments: ["local"],
  unattached: true,
  async run({ shell, rest, signal }) {
    shell.hasLocalProgram = shell.interactive;
    try {
      const code = await new Promise<number | string>((resolve, reject) => {
        const child = spawn(rest, {
          shell: true,
          stdio: [shell.interactive ? "inherit" : "ignore", "inherit", "inherit"],
        });
        const stop = (): void => void child.kill();
        signal.addEventListener("abort", stop, { once: true });
        child.on("error", reject);
        child.on("close", (status, name) => {
          signal.removeEventListener("abort", stop);
          resolve(status ?? name ?? "unknown");
        });
      });
      if (code !== 0) throw new CommandError(`The command on this machine ended with ${code}.`);
    } finally {
      shell.hasLocalProgram = false;
    }
  },
};

const help: ShellCommand = {
  name: "help",
  aliases: ["?"],
  usage: "[COMMAND]",
  summary: "list the commands, or tell about one",
  words: [0, 1],
  arguments: ["command"],
  unattached: true,
  async run({ shell, terminal, words }) {
    const [name] = words;
    const { bold, dim } = terminal.colors;
    if (name === undefined) {
      for (const command of shell.commands) {
        const names = [command.name, ...(command.aliases ?? [])].join(", ");
        terminal.print(`  ${bold(names.padEnd(24))} ${command.summary}`);
      }
      terminal.print(dim('Names with blanks are put in "quotes". -h after a command tells about it.'));
      return;
    }
    const command = shell.find(name.toLowerCase());
    if (command === undefined) throw new CommandError(`There is no command ${name}. help lists them.`);
    terminal.print(`${bold("Usage:")} ${command.name} ${command.usage}`.trimEnd());
    terminal.print(`  ${command.summary}`);
    for (const line of command.details ?? []) terminal.print(`  ${line}`);
    if (command.aliases !== undefined) terminal.print(dim(`  Also: ${command.aliases.join(", ")}`));
  },
};

const exit: ShellCommand = {
  name: "exit",
  aliases: ["quit"],
  usage: "",
  summary: "close the session and leave",
  words: [0, 0],
  unattached: true,
  async run({ shell }) {
    shell.leaving = true;
  },
};

export const generalCommands: readonly ShellCommand[] = [shellCommand, help, exit];
