import type { EndpointMachine, EndpointProcess, FileEntry, RegistryValue } from "../../endpoint/machine.js";
import { HttpProblem } from "../../server/product.js";
import { type WriteBody, wrongType } from "../../server/write-body.js";
import type { SessionFiles } from "../files.js";

/** What a command has to tell; a client sees it in the words of its server's dialect. */
export interface CommandOutput {
  files?: FileEntry[];
  processes?: EndpointProcess[];
  values?: RegistryValue[];
  sub_keys?: string[];
  value?: RegistryValue;
  pid?: number;
  return_code?: number;
  complete?: boolean;
  compressing?: boolean;
  dumping?: boolean;
  percentdone?: number;
}

/** What a command works with on the endpoint. */
export interface CommandWork {
  readonly machine: EndpointMachine;
  readonly files: SessionFiles;
  /** Aborted when the session ends or the command takes too long. */
  readonly signal: AbortSignal;
  /** Largest file in bytes. */
  readonly maxFileSize: number;
  /** Adds to what the command tells, also while it runs. */
  show(output: CommandOutput): void;
  /** As long as a command takes on the endpoint. */
  pause(): Promise<void>;
  /** What goes on after the command has ended. */
  background(work: Promise<unknown>): void;
  /** Makes sure that a program that was started ends with the sandbox. */
  watch(program: { readonly ended: Promise<number>; kill(): void }): void;
}

/** A command whose parameters have been read. */
export interface PreparedCommand {
  /** The file of the session that it is about, if any. */
  readonly fileId?: number;
  run(work: CommandWork): void | Promise<void>;
  /** It will not be run. */
  drop?(): void;
}

/** One kind of command. */
export interface CommandKind {
  readonly name: string;
  /** The parameters that it takes beside what it is about. */
  readonly parameters: readonly string[];
  /** Reads the parameters; refuses with an {@link HttpProblem}. */
  prepare(fields: CommandFields, files: SessionFiles): PreparedCommand;
}

/** Windows itself knows no longer path. */
const LONGEST_TEXT = 32_767;
const HIGHEST_PID = 2 ** 32 - 1;

/** How a dialect names what a command is about. */
export interface SubjectKeys {
  path: string;
  pid: string;
}

/** The parameters of a command as the client sent them. */
export class CommandFields {
  readonly #body: WriteBody;
  readonly #keys: SubjectKeys;

  constructor(body: WriteBody, keys: SubjectKeys) {
    this.#body = body;
    this.#keys = keys;
  }

  /** A path, a registry key or a command line. */
  path(): string {
    this.#body.require(this.#keys.path);
    return checkText(this.#keys.path, this.#body.text(this.#keys.path) ?? "");
  }

  pid(): number {
    this.#body.require(this.#keys.pid);
    return this.#body.integer(this.#keys.pid, 0, HIGHEST_PID) ?? 0;
  }

  text(name: string): string | undefined {
    const text = this.#body.text(name);
    return text === undefined ? undefined : checkText(name, text);
  }

  flag(name: string): boolean {
    return this.#body.flag(name) ?? false;
  }

  count(name: string): number | undefined {
    return this.#body.integer(name, 0);
  }

  require(...names: string[]): void {
    this.#body.require(...names);
  }

  value(name: string): unknown {
    return this.#body.value(name);
  }
}

function checkText(name: string, text: string): string {
  if (text === "") throw wrongType(name, "a text that is not empty");
  if (text.length > LONGEST_TEXT) throw wrongType(name, `of ${LONGEST_TEXT} characters at most`);
  if (text.includes("\0")) throw new HttpProblem(400, `${name} must not contain a zero character`);
  return text;
}
