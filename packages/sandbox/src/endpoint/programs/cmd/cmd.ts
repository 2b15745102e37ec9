import { absolutePath } from "../../disk/paths.js";
import { failureText } from "../../failures.js";
import { EndpointError } from "../../machine.js";
import { NOWHERE, OutputFull } from "../output.js";
import type { Call, Program, Streams } from "../program.js";
import { execute, type FileSink, fileSink, startOf } from "../script.js";
import { pause, toTheEnd } from "../waiting.js";
import { windowsArguments } from "../words.js";
import { BatchRun } from "./batch.js";
import { commands } from "./commands.js";
import { turnsOf } from "./for.js";
import { holds } from "./if.js";
import { CommandSyntax, type ForCommand, type LineCommand, readLine, type ShellCommand } from "./read.js";
import type { BatchArguments, CommandShell } from "./shell.js";
import { itemsOf, LONGEST_LINE, putLoopVariables, putVariables, TOO_LONG } from "./variables.js";

const MOST_BATCHES = 16;
/** Lines that `call` carries out within each other. */
const MOST_CALLS = 256;

/** `cmd.exe`: `/c` or `/k` with a command line, or lines that come in. */
export const cmd: Program = async (call) => {
  const shell = new Cmd(call);
  const wanted = /^((?:\/[adefqsuv](?::(?:on|off))?\s*)*)\/([ck])\s?(.*)$/is.exec(call.tail);
  if (wanted === null) {
    shell.echoes = false;
    return await shell.batch(Buffer.from(call.input).toString("utf8"), []);
  }
  return await shell.line(unquoted(call, wanted[3] ?? "", /\/s/i.test(wanted[1] ?? "")));
};

/**
 * The first and the last quotation mark of a command line that begins with one are taken away, unless there are just these
 * two, without special signs and with a blank in between, around the name of a program.
 */
function unquoted(call: Call, line: string, always: boolean): string {
  const { directory, environment } = call;
  const text = line.trim();
  if (!text.startsWith('"')) return text;
  const [, inside = "", ...others] = text.split('"');
  if (!always && others.length === 1 && /\s/.test(inside) && !/[&<>()@^|]/.test(inside)) {
    if (call.has({ line: `"${inside}"`, directory, environment })) return text;
  }
  const last = text.lastIndexOf('"');
  return last === 0 ? text.slice(1) : text.slice(1, last) + text.slice(last + 1);
}

/** One run of `cmd.exe`, with where it stands and what it remembers. */
class Cmd implements CommandShell {
  readonly call: Call;
  directory: string;
  exitCode = 0;
  echoes = true;
  readonly left: string[] = [];
  #finished = false;
  readonly #batches: BatchRun[] = [];
  /** What `for` has put into its variables. */
  readonly #loops = new Map<string, string>();
  #calls = 0;

  constructor(call: Call) {
    this.call = call;
    this.directory = call.directory;
  }

  get finished(): boolean {
    return this.#finished || this.call.signal.aborted || this.batchRun?.isLeaving === true;
  }

  get batchRun(): BatchRun | undefined {
    return this.#batches.at(-1);
  }

  exit(code: number): number {
    this.#finished = true;
    this.exitCode = code;
    return code;
  }

  async line(text: string, streams: Streams = this.call): Promise<number> {
    await this.pause();
    this.#calls++;
    try {
      if (text.length > LONGEST_LINE) throw new CommandSyntax(TOO_LONG);
      if (this.#calls > MOST_CALLS) throw new CommandSyntax("The line calls itself too often.");
      this.exitCode = await execute(this.script(text), this, streams);
    } catch (error) {
      if (!(error instanceof CommandSyntax)) throw error;
      streams.error.write(`${error.message}\r\n`);
      this.exitCode = 1;
    } finally {
      this.#calls--;
    }
    return this.exitCode;
  }

  script(text: string): ReturnType<typeof readLine> {
    return readLine(putVariables(text, this, this.batchRun?.given));
  }

  async batch(text: string, given: BatchArguments, streams: Streams = this.call, label?: string): Promise<number> {
    if (this.#batches.length >= MOST_BATCHES) throw new CommandSyntax("The batch file calls itself too often.");
    const run = new BatchRun(this, text, given);
    this.#batches.push(run);
    try {
      if (label !== undefined) run.goTo(label);
      return await run.carryOut(streams);
    } finally {
      this.#batches.pop();
    }
  }

  async pause(): Promise<void> {
    await pause(this.call);
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

  async command(command: ShellCommand, streams: Streams): Promise<number> {
    if (command.kind === "line") return await this.#carryOut(command, streams);
    if (command.kind === "for") return await this.#loop(command, streams);
    const { left, right, yes, no } = command;
    const chosen = holds(this, { ...command, left: this.expanded(left), right: this.expanded(right) }) ? yes : no;
    if (chosen !== undefined) this.exitCode = await execute(chosen, this, streams);
    return this.exitCode;
  }

  expanded(text: string): string {
    return putLoopVariables(text, this, this.#loops);
  }

  read(target: string): Uint8Array {
    const name = this.expanded(target);
    return isNothing(name) ? new Uint8Array(0) : startOf(this.call.host.files, this.path(name));
  }

  open(target: string, append: boolean): FileSink {
    const name = this.expanded(target);
    if (isNothing(name)) return { sink: NOWHERE, close: () => {} };
    return fileSink(this.call.host.files, this.path(name), append);
  }

  complain(error: unknown, streams: Streams): number {
    if (error instanceof OutputFull || !(error instanceof EndpointError)) throw error;
    streams.error.write(`${failureText(error)}\r\n`);
    return 1;
  }

  async #carryOut({ text: written }: LineCommand, streams: Streams): Promise<number> {
    const line = this.expanded(written);
    const text = /^(echo|set)\b/i.test(line) ? line : line.trimEnd();
    const found = /^(echo(?=[.:([\]+,;/\\])|cd(?=[.\\/])|chdir(?=[.\\/])|[a-z]+(?=[\s/,;=:]|$))(.*)$/is.exec(text);
    const own = found === null ? undefined : commands[(found[1] ?? "").toLowerCase()];
    try {
      if (own !== undefined && found !== null) {
        const tail = found[2] ?? "";
        this.exitCode = await toTheEnd(
          own({ ...streams, shell: this, tail, words: windowsArguments(tail) }),
          this.call,
        );
      } else if (/^[a-z]:$/i.test(text)) {
        this.exitCode = this.#changeDrive(text, streams);
      } else this.exitCode = await this.#program(text, streams);
    } catch (error) {
      this.exitCode = this.complain(error, streams);
    }
    return this.exitCode;
  }

  async #loop(command: ForCommand, streams: Streams): Promise<number> {
    const outer = [...this.#loops];
    try {
      for await (const values of turnsOf(this, command, streams)) {
        if (this.finished) break;
        await this.pause();
        for (const [name, value] of values) this.#loops.set(name, value);
        if (this.echoes && command.shown !== undefined) {
          streams.out.write(`\r\n${this.directory}>${this.expanded(command.shown)}\r\n`);
        }
        this.exitCode = await execute(command.body, this, streams);
      }
    } finally {
      this.#loops.clear();
      for (const [name, value] of outer) this.#loops.set(name, value);
    }
    return this.exitCode;
  }

  async #program(text: string, streams: Streams): Promise<number> {
    const { call } = this;
    const command = { line: text, directory: this.directory, environment: call.environment };
    const name = windowsArguments(text)[0] ?? "";
    if (/\.(bat|cmd)$/i.test(name) && call.host.files.find(this.path(name))?.kind === "file") {
      return await this.batch(Buffer.from(this.read(name)).toString("utf8"), itemsOf(text), streams);
    }
    if (!call.has(command)) {
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
