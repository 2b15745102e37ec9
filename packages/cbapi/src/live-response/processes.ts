import { CbApiError, TimeoutError } from "../core/errors.js";
import type { Commands, Issued } from "./commands.js";
import { stateOf } from "./dialect.js";
import { deleteFile, requirePath } from "./files.js";
import { temporaryName } from "./paths.js";
import { fieldsIn, isFields, send } from "./protocol.js";
import { getRawFile } from "./remote-file.js";
import type { CommandData, CommandOptions, CreateProcessOptions, ProcessInfo, ProcessResult } from "./types.js";

/** Milliseconds that the end of a process takes at most. */
const KILL_TIME = 10_000;
/** Milliseconds that a program may run when the caller names no limit. */
const PROCESS_TIME = 30_000;
/** Milliseconds between two looks at a program that ran longer than it was waited for. */
const LEFTOVER_LOOK = 15_000;
/** Milliseconds that clearing away may take. */
const CLEAR_TIME = 10_000;

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
    await commands.run({ name: "kill", subject: pid }, { ...options, timeout, leave: true });
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
async function start(
  commands: Commands,
  commandLine: string,
  options: CreateProcessOptions,
  started: boolean,
): Promise<ProcessResult> {
  requirePath(commandLine, "The program to start");
  const { waitForOutput = true, waitForCompletion = true, remoteOutputFileName, workingDirectory, signal } = options;
  const { waitTimeout = PROCESS_TIME } = options;
  const wait = waitForOutput || waitForCompletion;
  const generated = remoteOutputFileName === undefined && waitForOutput;
  const outputFile = remoteOutputFileName ?? (generated ? temporaryName(commands.link.endpoint.osType) : undefined);
  const body = {
    wait,
    ...(outputFile === undefined ? {} : { output_file: outputFile }),
    ...(workingDirectory === undefined ? {} : { working_directory: workingDirectory }),
  };
  const issued = await commands.issue({ name: "create process", subject: commandLine, body }, signal);
  if (!wait && !started) return { pid: undefined, returnCode: undefined, output: undefined };
  let result: CommandData;
  try {
    result = await commands.wait(issued, wait ? { signal, timeout: waitTimeout } : { signal });
  } catch (error) {
    // The program may be running yet: its output is in the way when it has ended, and cannot be removed before.
    const mayRun = error instanceof TimeoutError || signal?.aborted === true;
    if (mayRun && generated && outputFile !== undefined) clearLater(commands, issued, outputFile);
    throw error instanceof TimeoutError && error.code === "TIMEOUT" ? runsOn(commandLine, waitTimeout, error) : error;
  }
  const output =
    waitForOutput && outputFile !== undefined ? await collect(commands, outputFile, generated, signal) : undefined;
  return { pid: numberIn(result, "pid"), returnCode: numberIn(result, "return_code"), output };
}

/** Fetches the output; a file of our own making is removed, whatever came of that. */
async function collect(
  commands: Commands,
  file: string,
  generated: boolean,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  let output: Buffer;
  try {
    output = await (await getRawFile(commands, file, { signal })).bytes({ signal });
  } catch (error) {
    if (generated) commands.link.background(deleteFile(commands, file, { timeout: CLEAR_TIME }));
    throw error;
  }
  if (generated) {
    // The output is here: that a file stayed behind must not hide it.
    await deleteFile(commands, file, { signal }).catch((error: unknown) => {
      const { api, endpoint } = commands.link;
      api.logDebug(`The output file ${file} was left on endpoint ${endpoint.id}: ${String(error)}`);
    });
  }
  return output;
}

/** Removes the output of a program when it has ended, or tries to when the session is closed. Keeps no program alive. */
function clearLater(commands: Commands, { session, data }: Issued, file: string): void {
  const { link } = commands;
  if (link.isClosed) return;
  const { api, dialect } = link;
  const remove = () =>
    send(
      api,
      dialect.createCommand(link.data.id, { name: "delete file", ...dialect.subject(file), session_id: link.data.id }),
      {
        timeout: CLEAR_TIME,
      },
    );
  let timer: NodeJS.Timeout;
  const takeBack = link.beforeClosing(() => {
    clearTimeout(timer);
    return remove();
  });
  const done = (): void => {
    takeBack();
    clearTimeout(timer);
  };
  const look = async (): Promise<void> => {
    try {
      const document = await send(api, dialect.readCommand(session.id, data.id), { timeout: CLEAR_TIME });
      if (isFields(document) && stateOf(String(document["status"])) === "waiting") return;
      done();
      await remove();
    } catch {
      if (link.isClosed) done();
    }
  };
  timer = setInterval(() => link.background(look()), LEFTOVER_LOOK).unref();
}

function runsOn(commandLine: string, timeout: number, cause: TimeoutError): TimeoutError {
  const { path } = cause;
  const shown = commandLine.length > 200 ? `${commandLine.slice(0, 200)}...` : commandLine;
  return new TimeoutError(
    `${shown} did not end within ${timeout} ms. It runs on; give it more time by waitTimeout, or start it with waitForCompletion and waitForOutput set to false.`,
    { cause, timeout, path, uri: path, retryable: false },
  );
}

function numberIn(document: CommandData, name: string): number | undefined {
  const value = document[name];
  return typeof value === "number" ? value : undefined;
}
