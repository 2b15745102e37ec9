import { CbApiError, TimeoutError } from "../core/errors.js";
import type { Commands, Issued } from "./commands.js";
import { deleteFile, requirePath } from "./files.js";
import { clearLater, clearNow, isGivenUp, mayRun } from "./leftovers.js";
import { temporaryName } from "./paths.js";
import { fieldsIn } from "./protocol.js";
import { getRawFile } from "./remote-file.js";
import type { CommandData, CommandOptions, CreateProcessOptions, ProcessInfo, ProcessResult } from "./types.js";

/** Milliseconds that the end of a process takes at most. */
const KILL_TIME = 10_000;
/** Milliseconds that a program may run when the caller names no limit. */
const PROCESS_TIME = 30_000;

export async function listProcesses(commands: Commands, options: CommandOptions): Promise<ProcessInfo[]> {
  const { result } = await commands.run({ name: "process list", reads: true }, options);
  return fieldsIn(result["processes"]).map((process) => commands.link.dialect.process(process));
}

export async function killProcess(commands: Commands, pid: number, options: CommandOptions): Promise<true> {
  if (!Number.isSafeInteger(pid) || pid < 0) {
    throw new CbApiError(`A process is named by its id, a whole number, not by ${String(pid)}`, {
      code: "INVALID_ARGUMENT",
    });
  }
  const { timeout = KILL_TIME } = options;
  try {
    // One that has not begun is taken back: carried out later, it might end another process that has the number by then.
    await commands.run({ name: "kill", subject: pid }, { ...options, timeout });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    const { path } = error;
    throw new TimeoutError(
      `The endpoint did not confirm within ${timeout} ms that it ended process ${pid}: it may run on, or have ended. listProcesses() tells.`,
      { cause: error, timeout, path, uri: path, code: "NOT_CONFIRMED" },
    );
  }
  return true;
}

export async function createProcess(
  commands: Commands,
  commandLine: string,
  options: CreateProcessOptions,
): Promise<Buffer | undefined> {
  return (await start(commands, commandLine, options, false)).output;
}

export function runProcess(
  commands: Commands,
  commandLine: string,
  options: CreateProcessOptions,
): Promise<ProcessResult> {
  return start(commands, commandLine, options, true);
}

/** @param started whether it is waited for that the program has been started, when not for its end */
function start(
  commands: Commands,
  commandLine: string,
  options: CreateProcessOptions,
  started: boolean,
): Promise<ProcessResult> {
  return commands.link.held(startAndWait(commands, commandLine, options, started));
}

async function startAndWait(
  commands: Commands,
  commandLine: string,
  options: CreateProcessOptions,
  started: boolean,
): Promise<ProcessResult> {
  requirePath(commandLine, "The program to start");
  const { waitForOutput = true, waitForCompletion = true, remoteOutputFileName, workingDirectory } = options;
  const { signal, timeout, onAccepted, waitTimeout = timeout ?? PROCESS_TIME } = options;
  const wait = waitForOutput || waitForCompletion;
  const generated = remoteOutputFileName === undefined && waitForOutput;
  const outputFile = remoteOutputFileName ?? (generated ? temporaryName(commands.link.endpoint.osType) : undefined);
  const body = {
    wait,
    ...(outputFile === undefined ? {} : { output_file: outputFile }),
    ...(workingDirectory === undefined ? {} : { working_directory: workingDirectory }),
  };
  const given = wait ? waitTimeout : timeout;
  const onAbandoned = (abandoned: Issued): void => {
    if (generated && outputFile !== undefined) clearLater(commands, abandoned, outputFile);
  };
  const issued = await commands.issue(
    { name: "create process", subject: commandLine, body, onAbandoned },
    { signal, timeout: given, onAccepted },
  );
  if (!wait && !started) return { pid: undefined, returnCode: undefined, output: undefined };
  let result: CommandData;
  try {
    result = await commands.wait(issued, { signal, timeout: given });
  } catch (error) {
    // The program may be running yet: its output is in the way when it has ended, and cannot be removed before.
    if (generated && outputFile !== undefined && mayRun(commands, error, signal)) {
      clearLater(commands, issued, outputFile);
    }
    throw wait && error instanceof TimeoutError && error.code === "TIMEOUT"
      ? runsOn(commandLine, waitTimeout, error)
      : error;
  }
  const output =
    waitForOutput && outputFile !== undefined
      ? await collect(commands, outputFile, generated, { signal, timeout })
      : undefined;
  return { pid: numberIn(result, "pid"), returnCode: numberIn(result, "return_code"), output };
}

/** Fetches the output; a file of our own making is removed, whatever came of that. */
async function collect(commands: Commands, file: string, generated: boolean, options: CommandOptions): Promise<Buffer> {
  let output: Buffer;
  try {
    output = await (await getRawFile(commands, file, options)).read(undefined, options);
  } catch (error) {
    if (generated) clearNow(commands, file);
    throw error;
  }
  if (generated) {
    // The output is here: that a file stayed behind must not hide it.
    await deleteFile(commands, file, options).catch((error: unknown) => {
      const { api, endpoint } = commands.link;
      if (isGivenUp(commands, options.signal)) clearNow(commands, file);
      else api.logDebug(`The output file ${file} was left on endpoint ${endpoint.id}: ${String(error)}`);
    });
  }
  return output;
}

function runsOn(commandLine: string, timeout: number, cause: TimeoutError): TimeoutError {
  const { path } = cause;
  const shown = commandLine.length > 200 ? `${commandLine.slice(0, 200)}...` : commandLine;
  return new TimeoutError(
    `${shown} did not end within ${timeout} ms. It may run on; give it more time by waitTimeout, or start it with waitForCompletion and waitForOutput set to false.`,
    { cause, timeout, path, uri: path, retryable: false, code: "STILL_RUNNING" },
  );
}

function numberIn(document: CommandData, name: string): number | undefined {
  const value = document[name];
  return typeof value === "number" ? value : undefined;
}
