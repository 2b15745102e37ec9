import { absolutePath } from "../../disk/paths.js";
import { hasWildcards } from "../../disk/wildcards.js";
import { failureOf, failureText } from "../../failures.js";
import { EndpointError } from "../../machine.js";
import { NOWHERE, OutputFull } from "../output.js";
import type { Call, Program, Streams } from "../program.js";
import { execute, type FileSink, fileSink, type Shell, startOf } from "../script.js";
import { pause } from "../waiting.js";
import { readScript, ScriptSyntax, type Word } from "./read.js";

/** Letters of a script. */
const LONGEST_SCRIPT = 256 * 1024;
/** So many letters a command has at most, after all that stands for something else has been put in. */
const MOST_LETTERS = 2 * 1024 * 1024;
/** What a word takes besides its letters. */
const OF_EACH = 8;

/** `sh -c SCRIPT [NAME ARGUMENTS...]`, `sh FILE [ARGUMENTS...]`, or a script that comes in. */
export const sh: Program = async (call) => {
  const words = call.arguments.filter((word) => !/^-[eiluvx]+$|^--(login|norc)$/.test(word));
  const at = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (at >= 0) return await new UnixShell(call, words.slice(at + 3)).run(words[at + 1] ?? "");
  const [file, ...rest] = words;
  if (file === undefined) return await new UnixShell(call, []).run(Buffer.from(call.input).toString("utf8"));
  try {
    const { content } = call.host.files.file(absolutePath(call.host.sensor.os_type, call.directory, file));
    return await new UnixShell(call, rest).run(Buffer.from(content.slice(0, LONGEST_SCRIPT + 1)).toString("utf8"));
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    call.error.write(`${call.name}: 0: cannot open ${file}: ${failureText(error)}\n`);
    return 2;
  }
};

class UnixShell implements Shell<Word[]> {
  readonly #call: Call;
  readonly #given: readonly string[];
  #directory: string;
  #code = 0;
  #exited = false;

  constructor(call: Call, given: readonly string[]) {
    this.#call = call;
    this.#given = given;
    this.#directory = call.directory;
  }

  get finished(): boolean {
    return this.#exited || this.#call.signal.aborted;
  }

  async run(text: string): Promise<number> {
    // Before anything of it is done, all of it is taken apart.
    if (text.length > LONGEST_SCRIPT) throw failureOf(this.#call.host.sensor.os_type, "noMemory");
    try {
      this.#code = await execute(readScript(text), this, this.#call);
    } catch (error) {
      if (!(error instanceof ScriptSyntax)) throw error;
      this.#call.error.write(`${this.#call.name}: 1: ${error.message}\n`);
      return 2;
    }
    return this.#code;
  }

  async pause(): Promise<void> {
    await pause(this.#call);
  }

  async command(words: Word[], streams: Streams): Promise<number> {
    try {
      return await this.#carryOut(words, streams);
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      streams.error.write(`${this.#call.name}: 1: ${failureText(error)}\n`);
      this.#code = 2;
      return this.#code;
    }
  }

  async #carryOut(words: readonly Word[], streams: Streams): Promise<number> {
    const { environment } = this.#call;
    let rest: readonly Word[] = words;
    const set: [string, string][] = [];
    for (let first = rest[0]; first !== undefined; first = rest[0]) {
      const text = this.#text(first);
      const equals = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
      if (equals === null || first[0]?.bare !== true) break;
      set.push([equals[1] ?? "", equals[2] ?? ""]);
      rest = rest.slice(1);
    }
    const [name, ...given] = await this.#meanings(rest);
    // Before a command they are its own, alone they are the shell's.
    if (name === undefined) {
      for (const [key, value] of set) environment.set(key, value);
      return 0;
    }
    const inner = await this.#inner(name, given, streams);
    if (inner !== undefined) this.#code = inner;
    else {
      const own = environment.copy();
      for (const [key, value] of set) own.set(key, value);
      const command = {
        line: [name, ...given].join(" "),
        words: [name, ...given],
        directory: this.#directory,
        environment: own,
      };
      if (this.#call.has(command)) this.#code = await this.#call.run(command, streams);
      else {
        streams.error.write(
          `${this.#call.name}: 1: ${name}: ${name.includes("/") ? "No such file or directory" : "not found"}\n`,
        );
        this.#code = 127;
      }
    }
    return this.#code;
  }

  read(target: string): Uint8Array {
    return target === "/dev/null" ? new Uint8Array(0) : startOf(this.#call.host.files, this.#path(target));
  }

  open(target: string, append: boolean): FileSink {
    if (target === "/dev/null") return { sink: NOWHERE, close: () => {} };
    return fileSink(this.#call.host.files, this.#path(target), append);
  }

  complain(error: unknown, streams: Streams): number {
    if (error instanceof OutputFull || !(error instanceof EndpointError)) throw error;
    streams.error.write(`${this.#call.name}: 1: cannot open or create: ${failureText(error)}\n`);
    return 2;
  }

  /** The commands that a shell carries out itself; undefined for all others. */
  async #inner(name: string, given: readonly string[], streams: Streams): Promise<number | undefined> {
    const { environment, host } = this.#call;
    switch (name) {
      case "cd": {
        const target = given[0] ?? environment.get("HOME") ?? "/";
        try {
          host.files.directory(this.#path(target));
          this.#directory = host.files.spelling(this.#path(target));
          environment.set("PWD", this.#directory);
          return 0;
        } catch {
          streams.error.write(`${this.#call.name}: 1: cd: can't cd to ${target}\n`);
          return 2;
        }
      }
      case "exit":
        this.#exited = true;
        return given[0] === undefined ? this.#code : Number(given[0]) & 255;
      case "export":
        for (const each of given) {
          const [key = "", ...value] = each.split("=");
          if (value.length > 0) environment.set(key, value.join("="));
        }
        return 0;
      case "unset":
        for (const each of given) environment.set(each, undefined);
        return 0;
      case "pwd":
        streams.out.write(`${this.#directory}\n`);
        return 0;
      case ":":
        return 0;
      default:
        return undefined;
    }
  }

  #path(target: string): string {
    return absolutePath(this.#call.host.sensor.os_type, this.#directory, target);
  }

  #text(word: Word): string {
    return word.map((piece) => (piece.expands ? this.#expanded(piece.text) : piece.text)).join("");
  }

  async #meanings(words: readonly Word[]): Promise<string[]> {
    const meanings: string[] = [];
    let letters = 0;
    for (const word of words) {
      // Each may have a directory looked through.
      if (this.#call.turn.isOver) await pause(this.#call);
      for (const meaning of this.#meaning(word)) {
        letters += meaning.length + OF_EACH;
        if (letters > MOST_LETTERS) throw this.#tooLong();
        meanings.push(meaning);
      }
    }
    return meanings;
  }

  #tooLong(): Error {
    return failureOf(this.#call.host.sensor.os_type, "tooManyArguments");
  }

  /** What a word stands for: of a variable without quotation marks several words or none, of a pattern the files that fit. */
  #meaning(word: Word): string[] {
    const text = this.#text(word);
    if (!word.some(({ bare }) => bare)) return [text];
    if (word.every(({ bare }) => bare) && word.some(({ text: each }) => each.includes("$"))) {
      return text.split(/\s+/).filter((each) => each !== "");
    }
    if (!word.some(({ bare, text: each }) => bare && hasWildcards(each)) || text.startsWith("-")) {
      return [
        text === "~" || text.startsWith("~/") ? (this.#call.environment.get("HOME") ?? "~") + text.slice(1) : text,
      ];
    }
    const found = this.#filesLike(text);
    return found.length === 0 ? [text] : found;
  }

  /** Patterns are understood in the last part of a path. */
  #filesLike(pattern: string): string[] {
    const start = pattern.slice(0, pattern.lastIndexOf("/") + 1);
    try {
      return this.#call.host.files
        .entries(this.#path(pattern))
        .filter(
          ([node, , name]) =>
            name === undefined && (!node.name.startsWith(".") || pattern.slice(start.length).startsWith(".")),
        )
        .map(([node]) => start + node.name);
    } catch {
      return [];
    }
  }

  #expanded(text: string): string {
    let letters = 0;
    return text.replace(/\$(?:\{([A-Za-z_]\w*|[0-9?#$@*])\}|([A-Za-z_]\w*|[0-9?#$@*]))/g, (_, braced, plain) => {
      const value = this.#value(String(braced ?? plain));
      letters += value.length;
      if (letters > MOST_LETTERS) throw this.#tooLong();
      return value;
    });
  }

  #value(name: string): string {
    if (name === "?") return String(this.#code);
    if (name === "$") return String(this.#call.process.pid);
    if (name === "#") return String(this.#given.length);
    if (name === "@" || name === "*") return this.#given.join(" ");
    if (/^\d$/.test(name)) return name === "0" ? this.#call.name : (this.#given[Number(name) - 1] ?? "");
    return this.#call.environment.get(name) ?? "";
  }
}
