import { Readable } from "node:stream";
import type { EndpointMachine, StartedProgram } from "../../endpoint/machine.js";
import type { CommandKind } from "./command.js";

const listProcesses: CommandKind = {
  name: "process list",
  parameters: [],
  prepare: () => ({ run: ({ machine, show }) => show({ processes: machine.processes.list() }) }),
};

const kill: CommandKind = {
  name: "kill",
  parameters: [],
  prepare(fields) {
    const pid = fields.pid();
    return { run: ({ machine }) => machine.processes.kill(pid) };
  },
};

/** Starts a program, and waits for its end when told to. What it prints goes to a file of the endpoint. */
const createProcess: CommandKind = {
  name: "create process",
  parameters: ["wait", "working_directory", "output_file"],
  prepare(fields) {
    const commandLine = fields.path();
    const wait = fields.flag("wait");
    const workingDirectory = fields.text("working_directory");
    const outputFile = fields.text("output_file");
    return {
      async run({ machine, show, signal, background, watch }) {
        const program = machine.processes.start(
          commandLine,
          workingDirectory === undefined ? {} : { workingDirectory },
        );
        watch(program);
        show({ pid: program.pid });
        const printed = program.ended.then(() =>
          outputFile === undefined ? undefined : keepOutput(machine, program, outputFile),
        );
        // The program outlives a command that nobody waits for, or that is no longer waited for.
        background(printed);
        if (!wait) return;
        await unlessAborted(signal, printed);
        show({ return_code: await program.ended });
      },
    };
  },
};

async function keepOutput(machine: EndpointMachine, program: StartedProgram, path: string): Promise<void> {
  await machine.files.write(path, Readable.from([program.output()], { objectMode: false }));
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

export const PROCESS_COMMANDS = [listProcesses, kill, createProcess] as const;
