import { createInterface, type Interface } from "node:readline";
import type { Completion } from "./completion.js";

export interface TypedLinesOptions {
  /** The latest line first. */
  readonly history: readonly string[];
  /** Where the prompt is drawn. */
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  complete(line: string): Promise<Completion>;
  /** Ctrl-C while a line is being typed; `empty` when there is nothing in it. Returns whether to leave. */
  onInterrupt(empty: boolean): boolean;
}

/**
 * Lines that somebody types on the terminal, with editing, history and completion. Between two lines the terminal is as
 * programs find it: Ctrl-C is a signal, and what is typed ahead waits.
 */
export class TypedLines {
  readonly #lines: Interface;
  readonly #options: TypedLinesOptions;
  /** Lines that came with another one, out of a clipboard for example. */
  readonly #ahead: string[] = [];
  #ended = false;
  #deliver: (() => void) | undefined;

  constructor(options: TypedLinesOptions) {
    this.#options = options;
    this.#lines = createInterface({
      input: process.stdin,
      output: options.output,
      terminal: true,
      history: [...options.history],
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, completion: Completion) => void) => {
        options.complete(line).then(
          (completion) => done(null, completion),
          () => done(null, [[], line]),
        );
      },
    });
    this.#lines.on("line", (line) => {
      this.#ahead.push(line);
      this.#deliver?.();
    });
    this.#lines.on("close", () => this.#end());
    // A terminal that was closed cannot be read any more. The end of the session is then to come, not that of the program.
    this.#lines.on("error", () => this.#end());
    process.stdin.on("error", () => this.#end());
    this.#lines.on("SIGINT", () => this.#interrupt());
    options.signal.addEventListener("abort", () => this.#end(), { once: true });
    this.#rest();
  }

  /** The next line; undefined when there are no more: after Ctrl-D, or when everything is to end. */
  async next(prompt: string): Promise<string | undefined> {
    const waiting = this.#ahead.shift();
    if (waiting !== undefined) {
      this.#options.output.write(`${prompt}${waiting}\n`);
      return waiting;
    }
    if (this.#ended || this.#options.signal.aborted) return undefined;
    rawMode(true);
    this.#lines.resume();
    this.#lines.setPrompt(prompt);
    this.#lines.prompt();
    await new Promise<void>((resolve) => {
      this.#deliver = resolve;
    });
    this.#deliver = undefined;
    this.#rest();
    const line = this.#ahead.shift();
    if (line === undefined) this.#options.output.write("\n");
    return line;
  }

  close(): void {
    try {
      this.#lines.close();
    } catch {
      // Of a terminal that is gone.
    }
  }

  #rest(): void {
    if (this.#ended) return;
    this.#lines.pause();
    rawMode(false);
  }

  #interrupt(): void {
    const { line } = this.#lines;
    if (this.#options.onInterrupt(line === "")) {
      this.#end();
      return;
    }
    // As shells do: the line stays to be read, and a new one begins.
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#lines.prompt();
  }

  #end(): void {
    this.#ended = true;
    this.#deliver?.();
  }
}

/** Whether keys come one by one, or lines whole. */
function rawMode(on: boolean): void {
  try {
    process.stdin.setRawMode(on);
  } catch {
    // The terminal is gone: reading tells.
  }
}
