import { setImmediate as nextTurn } from "node:timers/promises";
import { processGuid } from "../../organisation/ids.js";
import { Turn } from "../../steps.js";
import { failureOf } from "../failures.js";
import { EndpointError, type StartedProgram } from "../machine.js";
import type { OwnProcess } from "../processes.js";
import { Environment } from "./environment.js";
import type { ProgramHost } from "./host.js";
import { Output, OutputFull } from "./output.js";
import type { Call, Command, Streams } from "./program.js";
import { type Found, findProgram, hasProgram } from "./search.js";
import { toTheEnd } from "./waiting.js";

/** Shells that start shells that start shells: somewhere it ends. */
const DEEPEST = 32;
/** What runs at the same time on an endpoint because somebody started it from here. */
const MOST_PROGRAMS = 256;
/** What one command line starts in all: each is told to the server, which keeps it. */
const MOST_STARTED = 2_500;
const KILLED = { windows: 1, linux: 137, osx: 137 } as const;
const OUT_OF_MEMORY = 8;

/** Starts a command line in the name of the sensor, as Live Response does. */
export function startProgram(host: ProgramHost, commandLine: string, directory: string): StartedProgram {
  const line = commandLine.trim();
  const { os_type } = host.sensor;
  if (line === "" || line.includes("\0")) throw failureOf(os_type, "invalid");
  if (line.length > 32_767) throw failureOf(os_type, "tooLong");
  if (host.files.find(directory)?.kind !== "directory") throw failureOf(os_type, "notDirectory");
  const { sensor } = host.table;
  const output = new Output();
  const streams = { input: new Uint8Array(0), out: output, error: output };
  const command = { line, directory, environment: systemEnvironment(host) };
  const family: Family = {
    parent: { guid: sensor.proc_guid, pid: sensor.pid, told: false },
    depth: 0,
    started: { count: 0 },
  };
  const { process, ended } = begin(host, command, streams, family);
  return {
    pid: process.pid,
    ended,
    output: () => output.bytes(),
    kill: () => process.kill(),
  };
}

/** What starts something; `told` when the server knows of it. */
interface Parent {
  guid: string;
  pid: number;
  told: boolean;
}

/** Where a program stands among all that one command line has started. */
interface Family {
  parent: Parent;
  depth: number;
  /** One count for all of them. */
  started: { count: number };
}

interface Begun {
  process: OwnProcess;
  ended: Promise<number>;
}

function begin(host: ProgramHost, command: Command, streams: Streams, family: Family, above?: AbortSignal): Begun {
  const { os_type } = host.sensor;
  const { parent, depth, started } = family;
  if (depth > DEEPEST || host.table.started >= MOST_PROGRAMS || started.count >= MOST_STARTED) {
    throw failureOf(os_type, "noMemory");
  }
  const found = findProgram(host, command);
  const username = host.isWindows ? "SYSTEM" : "root";
  const told = host.options.onStart?.({
    ...{ sensorId: host.sensor.id, path: found.path, commandLine: command.line, username },
    ...(found.md5 === undefined ? {} : { md5: found.md5 }),
    ...(parent.told ? { parentGuid: parent.guid } : {}),
  });
  if (told === "blocked") throw failureOf(os_type, "blocked");
  started.count++;
  const create_time = host.now();
  const pid = told?.pid ?? host.table.freePid();
  const stop = new AbortController();
  const process: OwnProcess = {
    ...{
      pid,
      parent: parent.pid,
      path: found.path,
      command_line: command.line,
      ...host.table.account(username),
      create_time,
    },
    proc_guid: told?.guid ?? processGuid(host.sensor.id, pid, create_time),
    parent_guid: parent.guid,
    kill: () => stop.abort(),
  };
  // Whatever is started by something ends with it.
  const giveUp = (): void => stop.abort();
  if (above?.aborted === true) giveUp();
  above?.addEventListener("abort", giveUp, { once: true });
  host.table.add(process);
  const below = { parent: { guid: process.proc_guid, pid, told: told !== undefined }, depth: depth + 1, started };
  const ended = finish(host, found, command, streams, process, stop.signal, below).finally(() => {
    above?.removeEventListener("abort", giveUp);
    host.table.remove(process);
  });
  return { process, ended };
}

/** Runs a program to its end, or until somebody ends it. Its exit code; never rejects. */
async function finish(
  host: ProgramHost,
  found: Found,
  command: Command,
  streams: Streams,
  process: OwnProcess,
  signal: AbortSignal,
  below: Family,
): Promise<number> {
  const killed = new Promise<number>((resolve) => {
    const end = (): void => resolve(KILLED[host.sensor.os_type]);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
  const guard = (sink: Streams["out"]): Streams["out"] => ({
    write: (text) => {
      if (!signal.aborted) sink.write(text);
    },
  });
  const own = { input: streams.input, out: guard(streams.out), error: guard(streams.error) };
  const turn = new Turn(() => host.table.started);
  const call: Call = {
    ...{ host, process, name: found.name, arguments: found.words, tail: found.tail, ...own, signal, turn },
    ...{ directory: command.directory, environment: command.environment.copy() },
    has: (next) => hasProgram(host, next),
    run: (next, changes = {}) => begin(host, next, { ...own, ...changes }, below, signal).ended,
  };
  const work = async (): Promise<number> => {
    // Nothing has happened yet when the caller gets to know of the process, and everybody else has had a turn.
    await nextTurn();
    if (signal.aborted) return 0;
    try {
      return await toTheEnd(found.program(call), call);
    } catch (error) {
      return ended(error, own, host);
    }
  };
  return await Promise.race([work(), killed]);
}

/** What a program says, and returns, that could not go on. */
function ended(error: unknown, { error: sink }: Streams, host: ProgramHost): number {
  const text = error instanceof Error ? error.message : String(error);
  try {
    sink.write(host.isWindows ? `${text}\r\n` : `${text}\n`);
  } catch {
    // That there is no room left is what it was going to say.
  }
  if (error instanceof OutputFull) return OUT_OF_MEMORY;
  return error instanceof EndpointError ? error.code : 1;
}

/** The variables of the system's own account. */
function systemEnvironment(host: ProgramHost): Environment {
  const { facts } = host;
  if (!host.isWindows) {
    const home = host.sensor.os_type === "linux" ? "/root" : "/var/root";
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return new Environment(
      host.sensor.os_type,
      Object.entries({
        HOME: home,
        LANG: "C.UTF-8",
        LOGNAME: "root",
        PATH: path,
        PWD: host.workingDirectory,
        SHELL: "/bin/sh",
        USER: "root",
      }),
    );
  }
  return new Environment(
    "windows",
    Object.entries({
      ...{ ALLUSERSPROFILE: "C:\\ProgramData", COMPUTERNAME: facts.hostname.toUpperCase().slice(0, 15) },
      ...{ ComSpec: "C:\\Windows\\system32\\cmd.exe", NUMBER_OF_PROCESSORS: "4", OS: "Windows_NT" },
      ...{ Path: "C:\\Windows\\system32;C:\\Windows;C:\\Windows\\System32\\Wbem", PATHEXT: ".COM;.EXE;.BAT;.CMD" },
      ...{ PROCESSOR_ARCHITECTURE: facts.windows.is64bit ? "AMD64" : "x86", ProgramData: "C:\\ProgramData" },
      ...{ ProgramFiles: "C:\\Program Files", PROMPT: "$P$G", PUBLIC: "C:\\Users\\Public", SystemDrive: "C:" },
      ...{ SystemRoot: "C:\\Windows", TEMP: "C:\\Windows\\TEMP", TMP: "C:\\Windows\\TEMP", USERDOMAIN: facts.domain },
      ...{ USERNAME: `${facts.hostname}$`, USERPROFILE: "C:\\Windows\\system32\\config\\systemprofile" },
      windir: "C:\\Windows",
    }),
  );
}
