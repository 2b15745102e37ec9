import type { Steps, Turn } from "../../steps.js";
import type { EndpointProcess } from "../machine.js";
import type { Environment } from "./environment.js";
import type { ProgramHost } from "./host.js";
import type { Sink } from "./output.js";

/** What a program that runs on an endpoint is given. */
export interface Call {
  readonly host: ProgramHost;
  readonly process: EndpointProcess;
  /** As it was called, without directory and extension, in lower case on Windows. */
  readonly name: string;
  readonly arguments: readonly string[];
  /** Everything behind the program's name, as it was written. */
  readonly tail: string;
  /** All that comes in; empty when nothing does. */
  readonly input: Uint8Array;
  readonly out: Sink;
  readonly error: Sink;
  /** Where it was started. */
  readonly directory: string;
  readonly environment: Environment;
  /** Aborted when the process is ended from outside; nothing that the program does then is seen any more. */
  readonly signal: AbortSignal;
  /** For what cannot be done in steps: when the turn of the process is over. */
  readonly turn: Turn;
  /** Whether there is such a program; for shells, which say so themselves. */
  has(command: Command): boolean;
  /** Starts another program and waits until it has ended. Refuses when there is none. */
  run(command: Command, streams?: Partial<Streams>): Promise<number>;
}

/** Where a program reads and writes. */
export interface Streams {
  input: Uint8Array;
  out: Sink;
  error: Sink;
}

/** What is to be started: a command line, or the words of one. */
export interface Command {
  line: string;
  /** On Unix: the words, after what the shell does with them. */
  words?: readonly string[];
  directory: string;
  environment: Environment;
}

/**
 * A program that is built in: its exit code is what it returns. What may take long (all files below a directory, all lines of
 * a file) is done in steps, between which others have their turn and the program can be ended.
 */
export type Program = (call: Call) => number | Promise<number> | Steps<number>;
