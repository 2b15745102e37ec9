import { durationOf } from "../../arguments/options.js";
import { drawProcessDetails, drawProcesses } from "../../draw/process-list.js";
import { CommandError } from "../../shown-error.js";
import { safeData } from "../../text-safety.js";
import { attachmentOf, type Call, remotePath, type ShellCommand, ShellUsageError } from "../command.js";
import { localProgram, startProgram, waitForProgram, watchProgram } from "../programs.js";

const ps: ShellCommand = {
  name: "ps",
  aliases: ["tasklist"],
  usage: "[-v] [-p PID]",
  summary: "list the endpoint's processes",
  details: ["-v  all that is known of each", "-p  this process only"],
  options: { v: "flag", p: "value" },
  words: [0, 0],
  async run(call) {
    const { session } = attachmentOf(call);
    const { terminal } = call;
    const wanted = call.value("p");
    const pid = wanted === undefined ? undefined : processId(wanted, ps);
    const all = safeData(await session.listProcesses({ signal: call.signal }));
    const processes = pid === undefined ? all : all.filter((process) => process.pid === pid);
    if (pid !== undefined && processes.length === 0) throw new CommandError(`There is no process ${pid}.`);
    const lines = call.flag("v") ? drawProcessDetails(processes) : drawProcesses(processes, terminal.width);
    for (const line of lines) terminal.print(line);
  },
};

const kill: ShellCommand = {
  name: "kill",
  aliases: ["taskkill"],
  usage: "PID...",
  summary: "end processes of the endpoint",
  words: [1, 100],
  arguments: ["none"],
  async run(call) {
    const { session } = attachmentOf(call);
    const ids = call.words.map((word) => processId(word, kill));
    for (const pid of ids) await session.killProcess(pid, { signal: call.signal });
  },
};

const exec: ShellCommand = {
  name: "exec",
  usage: "[-w] [-x] [-o FILE] [-d DIRECTORY] [-t TIME] COMMAND LINE",
  summary: "start a program on the endpoint",
  details: [
    "-w  wait for its end and print what it wrote; typed, Ctrl-C then ends the program",
    "-x  the same, and tell its exit code; the endpoint does nothing else meanwhile, and Ctrl-C lets the program run on",
    "-o  what it writes goes to this file of the endpoint, which stays",
    "-d  it runs in this directory (by default the working directory)",
    "-t  wait so long at most, such as 90s or 10m; it runs on then",
    "A program that is in the working directory goes before others of its name.",
  ],
  options: { w: "flag", x: "flag", o: "value", d: "value", t: "value" },
  words: [1, 1],
  takesRest: true,
  arguments: ["remote"],
  changesFiles: true,
  run: (call) => execute(call, exec, call.flag("w")),
};

const execfg: ShellCommand = {
  ...exec,
  name: "execfg",
  usage: "[-x] [-o FILE] [-d DIRECTORY] [-t TIME] COMMAND LINE",
  summary: "as exec -w: start a program, wait for its end and print what it wrote",
  details: ["help exec tells the options."],
  run: (call) => execute(call, execfg, true),
};

async function execute(call: Call, command: ShellCommand, waits: boolean): Promise<void> {
  const { paths, directory } = attachmentOf(call);
  const limit = call.value("t");
  const time = limit === undefined ? Number.POSITIVE_INFINITY : durationOf(limit);
  if (time === undefined) throw new ShellUsageError(`-t wants a time such as 90s or 10m, not ${limit}.`, command);
  const file = call.value("o");
  const where = call.value("d");
  const program = {
    commandLine: await localProgram(attachmentOf(call), call.rest, call.signal),
    outputFile: file === undefined ? undefined : remotePath(call, file),
    directory: where === undefined ? directory : paths.directory(remotePath(call, where)),
    time,
  };
  // Whoever types can stop it; a script wants to know how it ended.
  if (call.flag("x") || (waits && !call.shell.interactive)) return waitForProgram(call, program);
  return waits ? watchProgram(call, program) : startProgram(call, program);
}

function processId(text: string, command: ShellCommand): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new ShellUsageError(`${text} is no process id.`, command);
}

export const processCommands: readonly ShellCommand[] = [ps, kill, exec, execfg];
