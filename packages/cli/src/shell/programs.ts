import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LiveResponseError, TimeoutError } from "cbapi";
import type { LiveResponseSession } from "cbapi/response";
import { durationText } from "../draw/amounts.js";
import { CommandError } from "../shown-error.js";
import type { Attachment } from "./attachment.js";
import { attachmentOf, type Call } from "./command.js";
import { ContentPrinter } from "./content.js";
import { wordsOf } from "./words.js";

/** A program to be started on an endpoint. */
export interface Program {
  readonly commandLine: string;
  /** The file of the endpoint that takes what it writes. */
  readonly outputFile: string | undefined;
  readonly directory: string;
  /** Milliseconds to wait for its end. */
  readonly time: number;
}

/** Pauses between two looks whether a program runs, in milliseconds: from the first to the last. */
const FIRST_LOOK = 150;
const LAST_LOOK = 2000;
/** Milliseconds for putting things in order after Ctrl-C. */
const TIDYING = 10_000;

/** Puts the working directory before a program that is in it, by the rules of the endpoint's system. */
export async function localProgram(attached: Attachment, commandLine: string, signal: AbortSignal): Promise<string> {
  const { paths, session, directory } = attached;
  const [first] = wordsOf(commandLine, paths.style);
  if (first === undefined) return commandLine;
  const rest = commandLine.slice(first.end);
  const put = (path: string): string => `${/\s/.test(path) ? `"${path}"` : path}${rest}`;
  if (/[\\/]/.test(first.text)) {
    const relative = paths.style === "windows" ? /^\.{1,2}[\\/]/ : /^\.{0,2}[^/]*\/./;
    return relative.test(first.text) && !first.text.startsWith("/")
      ? put(paths.resolve(directory, first.text))
      : commandLine;
  }
  if (paths.style === "posix" || /[*?:]/.test(first.text)) return commandLine;
  const names = new Set(["", ".exe", ".com", ".bat", ".cmd"].map((end) => (first.text + end).toLowerCase()));
  const pattern = `${paths.join(directory, first.text)}*`;
  const entries = await session.listDirectory(pattern, { signal }).catch((error: unknown) => {
    if (error instanceof LiveResponseError) return [];
    throw error;
  });
  const found = entries.find(
    ({ filename, attributes }) => names.has(filename.toLowerCase()) && !attributes.includes("DIRECTORY"),
  );
  return found === undefined ? commandLine : put(paths.join(directory, found.filename));
}

/** Starts a program and leaves it alone. */
export async function startProgram(call: Call, program: Program): Promise<void> {
  const { pid } = await start(call, program, program.outputFile);
  call.terminal.print(pid === undefined ? "Started." : `Started process ${pid}.`);
}

/**
 * Waits for a program, prints what it wrote, and fails when it reports a failure. The session is taken by it: nothing else
 * can be asked of the endpoint before its end.
 */
export async function waitForProgram(call: Call, program: Program): Promise<void> {
  const { session } = attachmentOf(call);
  const { signal } = call;
  const { returnCode, output } = await session
    .runProcess(program.commandLine, {
      signal,
      waitTimeout: program.time,
      workingDirectory: program.directory,
      remoteOutputFileName: program.outputFile,
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof TimeoutError) || cause.code !== "STILL_RUNNING") throw cause;
      throw new CommandError(
        `${program.commandLine} did not end within ${durationText(program.time)}. It may run on; -t gives it more time.`,
        { cause },
      );
    });
  if (output !== undefined) await print(call, output);
  // A script has the exit status for it.
  if (call.shell.interactive && returnCode !== undefined) call.terminal.note(`Exit code ${returnCode}.`);
  if (returnCode !== undefined && returnCode !== 0) {
    throw new CommandError(`${program.commandLine} ended with exit code ${returnCode}.`);
  }
}

/**
 * Starts a program and looks whether it runs, so that the session stays free: Ctrl-C can end the program. Prints what it
 * wrote when it has ended.
 */
export async function watchProgram(call: Call, program: Program): Promise<void> {
  const { session, paths } = attachmentOf(call);
  const { terminal, signal } = call;
  const folder = paths.style === "windows" ? "c:\\windows\\temp\\" : "/tmp/";
  const file = program.outputFile ?? `${folder}cblr.${randomUUID().slice(0, 13)}.tmp`;
  const since = Date.now();
  const { pid } = await start(call, program, file);
  try {
    if (pid !== undefined) await untilEnded(call, pid, since, program.time, file);
  } catch (error) {
    if (!signal.aborted || pid === undefined) throw error;
    terminal.progress(`Ending process ${pid}`);
    if (!(await end(session, pid))) {
      terminal.noteUnsafe(`Process ${pid} could not be ended: it may run on. What it writes is in ${file} there.`);
      throw error;
    }
    terminal.note(`Process ${pid} was ended.`);
  }
  terminal.clear();
  try {
    const output = await outputOf(session, file, signal);
    if (output !== undefined) await print(call, output);
  } finally {
    if (program.outputFile === undefined) await session.deleteFile(file, { timeout: TIDYING }).catch(() => {});
  }
  signal.throwIfAborted();
}

function start(call: Call, program: Program, outputFile: string | undefined) {
  return attachmentOf(call).session.runProcess(program.commandLine, {
    signal: call.signal,
    waitForOutput: false,
    waitForCompletion: false,
    workingDirectory: program.directory,
    remoteOutputFileName: outputFile,
  });
}

async function untilEnded(call: Call, pid: number, since: number, time: number, file: string): Promise<void> {
  const { session } = attachmentOf(call);
  const { terminal, signal } = call;
  let known: string | undefined;
  for (let pause = FIRST_LOOK; ; pause = Math.min(LAST_LOOK, pause * 1.5)) {
    await sleep(pause, undefined, { signal });
    const processes = await session.listProcesses({ signal });
    // A number may have been given to another program meanwhile.
    const found = processes.find(
      (process) => process.pid === pid && (known ?? process.proc_guid) === process.proc_guid,
    );
    if (found === undefined) return;
    known = found.proc_guid;
    const ran = Date.now() - since;
    if (ran > time) {
      throw new CommandError(
        `Process ${pid} did not end within ${durationText(time)}. It runs on; what it writes is in ${file} there.`,
      );
    }
    terminal.progress(`Process ${pid} runs, ${durationText(ran)}. Ctrl-C ends it`);
  }
}

async function end(session: LiveResponseSession, pid: number): Promise<boolean> {
  try {
    return await session.killProcess(pid, { timeout: TIDYING });
  } catch {
    return false;
  }
}

/** What a program wrote; the file may come a moment after its end. Of one that was ended nobody waits long for it. */
async function outputOf(session: LiveResponseSession, file: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const ended = signal.aborted;
  for (let attempt = 1; ; attempt++) {
    try {
      return await session.getFile(file, ended ? { timeout: TIDYING } : { signal });
    } catch (error) {
      if (!(error instanceof LiveResponseError) || attempt >= (ended ? 3 : 6)) {
        if (ended) return undefined;
        throw error;
      }
      await sleep(100 * 2 ** attempt, undefined, ended ? {} : { signal });
    }
  }
}

async function print(call: Call, output: Buffer): Promise<void> {
  const printer = new ContentPrinter(call.terminal);
  await printer.write(output);
  printer.end();
}
