import type { Call, Program, Streams } from "../program.js";
import type { Script, Shell } from "../script.js";
import type { ShellCommand } from "./read.js";

/** The words behind the name of a batch file, for `%1` and the others; `%0` first. */
export type BatchArguments = readonly string[];

/** A batch file that is being carried out, as commands in it see it. */
export interface Batch {
  /** Its name and the words behind it. */
  readonly given: BatchArguments;
  readonly text: string;
  /** Ends the file, and not the shell. */
  end(): void;
  /** Goes on at a label; `:eof` is the end of every file. False when there is none of that name. */
  goTo(label: string): boolean;
}

/** One run of `cmd.exe`, as its commands and batch files see it. */
export interface CommandShell extends Shell<ShellCommand> {
  readonly call: Call;
  directory: string;
  exitCode: number;
  /** Whether batch files, and what loops do, are shown before they are carried out. */
  echoes: boolean;
  /** The directories that `pushd` has left, the latest last. */
  readonly left: string[];
  /** The batch file that is being carried out. */
  readonly batchRun: Batch | undefined;
  /** Ends the shell with an exit code. */
  exit(code: number): number;
  /** Carries out a command line; returns the exit code of the shell. */
  line(text: string, streams?: Streams): Promise<number>;
  /** Takes a line apart, with the values of its variables as they are now. */
  script(text: string): Script<ShellCommand>;
  /** Carries out a batch file from a label on, or from its beginning. */
  batch(text: string, given: BatchArguments, streams?: Streams, label?: string): Promise<number>;
  variable(name: string): string | undefined;
  /** The whole path of what was written. */
  path(text: string): string;
  /** With the variables of the loops around it put in. */
  expanded(text: string): string;
}

/** What a command that is built into the shell is given. */
export interface Inner extends Streams {
  shell: CommandShell;
  /** Everything behind the name, as it was written. */
  tail: string;
  words: string[];
}

/** A command of the shell itself. */
export type InnerCommand = (inner: Inner) => ReturnType<Program>;
