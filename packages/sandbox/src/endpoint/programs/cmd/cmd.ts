import { setImmediate as nextTurn } from "node:timers/promises";
import { bytesContent } from "../../disk/content.js";
import { absolutePath } from "../../disk/paths.js";
import { failureText } from "../../failures.js";
import { EndpointError } from "../../machine.js";
import { NOWHERE, Output, OutputFull } from "../output.js";
import type { Call, Program, Streams } from "../program.js";
import { execute, type Shell } from "../script.js";
import { hasProgram } from "../search.js";
import { windowsArguments } from "../words.js";
import { commands } from "./commands.js";
import { CommandSyntax, putVariables, readLine } from "./read.js";

/** What a command that is built into the shell is given. */
export interface Inner extends Streams {
  shell: CommandShell;
  /** Everything behind the name, as it was written. */
  tail: string;
  words: string[];
}

const LONGEST_LINE = 8191;
const MOST_BATCHES = 16;

/** `cmd.exe`: `/c` or `/k` with a command line, or lines that come in. */
export const cmd: Program = async (call) => {
  const shell = new CommandShell(call);
  const wanted = /^((?:\/[adefqsuv](?::(?:on|off))?\s*)*)\/([ck])\s?(.*)$/is.exec(call.tail);
  if (wanted === null) return await shell.batch(Buffer.from(call.input).toString("utf8"), true);
  return await shell.line(unquoted(wanted[3] ?? "", /\/s/i.test(wanted[1] ?? "")));
};

/**
 * The quotation marks around a whole command line are taken away, unless they are around the name of a program and there
 * are no others and no special signs.
 */
function unquoted(line: string, always: boolean): string {
  const text = line.trim();
  if (!text.startsWith('"')) return text;
  const marks = text.split('"').length - 1;
  const inside = text.slice(1, text.indexOf('"', 1));
  if (!always && marks === 2 && /\s/.test(inside) && !/[&<>()@^|]/.test(inside)) return text;
  if (!always && marks === 2 && !text.endsWith('"')) return text;
  const last = text.lastIndexOf('"');
  return last === 0 ? text.slice(1) : text.slice(1, last) + text.slice(last + 1);
}

/** One run of `cmd.exe`, with where it stands and what it remembers. */
export class CommandShell implements Shell<string> {
  readonly call: Call;
  directory: string;
  exitCode = 0;
  #finished = false;
  #batches = 0;
  #lines = 0;

  constructor(call: Call) {
    this.call = call;
    this.directory = call.directory;
  }

  get finished(): boolean {
    return this.#finished || this.call.signal.aborted;
  }

  /** Ends the shell with an exit code. */
  exit(code: number): number {
    this.#finished = true;
    this.exitCode = code;
    return code;
  }

  /** Carries out a command line; returns the exit code of the shell. */
  async line(text: string, streams: Streams = this.call, batch = false): Promise<number> {
    // A batch file that calls itself must not keep everybody else from their turn.
    if (++this.#lines % 64 === 0) await nextTurn();
    try {
      if (text.length > LONGEST_LINE) throw new CommandSyntax("The input line is too long.");
      const line = putVariables(text, (name) => this.variable(name), batch);
      this.exitCode = await execute(readLine(line), this, streams);
    } catch (error) {
      if (!(error instanceof CommandSyntax)) throw error;
      streams.error.write(`${error.message}\r\n`);
      this.exitCode = 1;
    }
    return this.exitCode;
  }

  /** Carries out the lines of a batch file, one after the other. */
  async batch(text: string, quiet: boolean, streams: Streams = this.call): Promise<number> {
    if (this.#batches >= MOST_BATCHES) throw new CommandSyntax("The batch file calls itself too often.");
    this.#batches++;
    let echo = !quiet;
    for (const raw of text.split(/\r?\n/)) {
      const line = raw.trim();
      if (this.finished) break;
      if (line === "" || line.startsWith(":") || /^@?rem\b/i.test(line)) continue;
      const silent = /^@?echo (on|off)$/i.exec(line);
      if (silent !== null) {
        echo = silent[1]?.toLowerCase() === "on";
        continue;
      }
      if (echo && !line.startsWith("@")) streams.out.write(`\r\n${this.directory}>${line}\r\n`);
      await this.line(line, streams, true);
    }
    this.#batches--;
    return this.exitCode;
  }

  variable(name: string): string | undefined {
    const known = this.call.environment.get(name);
    if (known !== undefined) return known;
    const now = new Date(this.call.host.now()).toISOString();
    switch (name.toLowerCase()) {
      case "cd":
        return this.directory;
      case "errorlevel":
        return String(this.exitCode);
      case "date":
        return `${now.slice(5, 7)}/${now.slice(8, 10)}/${now.slice(0, 4)}`;
      case "time":
        return `${now.slice(11, 19)}.${now.slice(20, 22)}`;
      case "random":
        return String(this.call.process.pid % 32_768);
      default:
        return undefined;
    }
  }

  path(text: string): string {
    return absolutePath("windows", this.directory, text);
  }

  async command(written: string, streams: Streams): Promise<number> {
    const text = /^(echo|set)\b/i.test(written) ? written : written.trimEnd();
    const found = /^(echo(?=[.:([\]+,;/\\])|cd(?=[.\\/])|chdir(?=[.\\/])|[a-z]+(?=[\s/,;=]|$))(.*)$/is.exec(text);
    const own = found === null ? undefined : commands[(found[1] ?? "").toLowerCase()];
    try {
      if (own !== undefined && found !== null) {
        const tail = found[2] ?? "";
        this.exitCode = await own({ ...streams, shell: this, tail, words: windowsArguments(tail) });
      } else if (/^[a-z]:$/i.test(text)) {
        this.exitCode = this.#changeDrive(text, streams);
      } else this.exitCode = await this.#program(text, streams);
    } catch (error) {
      this.exitCode = this.complain(error, streams);
    }
    return this.exitCode;
  }

  read(target: string): Uint8Array {
    if (isNothing(target)) return new Uint8Array(0);
    const { content } = this.call.host.files.file(this.path(target));
    return content.slice(0, Math.min(content.size, 8 * 1024 * 1024));
  }

  open(target: string, append: boolean): { sink: Output | typeof NOWHERE; close: () => void } {
    if (isNothing(target)) return { sink: NOWHERE, close: () => {} };
    const path = this.path(target);
    const { files } = this.call.host;
    const sink = new Output();
    if (append && files.find(path)?.kind === "file") sink.write(this.read(target));
    // The file is there, or is emptied, as soon as the command begins.
    files.put(path, bytesContent(sink.bytes()));
    return { sink, close: () => files.put(path, bytesContent(sink.bytes())) };
  }

  complain(error: unknown, streams: Streams): number {
    if (error instanceof OutputFull || !(error instanceof EndpointError)) throw error;
    streams.error.write(`${failureText(error)}\r\n`);
    return 1;
  }

  async #program(text: string, streams: Streams): Promise<number> {
    const { call } = this;
    const command = { line: text, directory: this.directory, environment: call.environment };
    const name = windowsArguments(text)[0] ?? "";
    if (/\.(bat|cmd)$/i.test(name) && call.host.files.find(this.path(name))?.kind === "file") {
      return await this.batch(Buffer.from(this.read(name)).toString("utf8"), false, streams);
    }
    if (!hasProgram(call.host, command)) {
      streams.error.write(
        `'${name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`,
      );
      return 9009;
    }
    return await call.run(command, streams);
  }

  #changeDrive(text: string, streams: Streams): number {
    const root = `${text.toUpperCase()}\\`;
    if (!this.call.host.files.drives().includes(root)) {
      streams.error.write("The system cannot find the drive specified.\r\n");
      return 1;
    }
    this.directory = root;
    return 0;
  }
}

/** The device that takes everything and gives nothing, in whatever directory. */
const isNothing = (target: string): boolean => /^(.*[\\/])?nul:?$/i.test(target);
