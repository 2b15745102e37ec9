import type { Streams } from "../program.js";
import { CommandSyntax } from "./read.js";
import type { Batch, BatchArguments, CommandShell } from "./shell.js";

/** A batch file that is being carried out: where it stands, and what it was called with. */
export class BatchRun implements Batch {
  readonly given: BatchArguments;
  readonly text: string;
  readonly #shell: CommandShell;
  readonly #lines: readonly string[];
  #at = 0;
  #leaving = false;

  constructor(shell: CommandShell, text: string, given: BatchArguments) {
    this.#shell = shell;
    this.text = text;
    this.given = given;
    this.#lines = text.split(/\r?\n/);
  }

  /** Whether the rest of the line that is being carried out is left out, as it goes on elsewhere or nowhere. */
  get isLeaving(): boolean {
    return this.#leaving;
  }

  end(): void {
    this.#at = this.#lines.length;
    this.#leaving = true;
  }

  goTo(label: string): boolean {
    const wanted = label.replace(/^:/, "").toLowerCase();
    const names = this.#lines.map((line) => /^\s*:\s*([^\s:&|<>]+)/.exec(line)?.[1]?.toLowerCase());
    const found = names.indexOf(wanted);
    this.end();
    if (found >= 0) this.#at = found + 1;
    return found >= 0 || wanted === "eof";
  }

  /** Carries out line after line; returns the exit code of the last. */
  async carryOut(streams: Streams): Promise<number> {
    const shell = this.#shell;
    for (this.#leaving = false; this.#at < this.#lines.length && !shell.finished; this.#leaving = false) {
      const line = this.#next();
      if (line === "" || line.startsWith(":") || /^@?rem\b/i.test(line)) continue;
      if (shell.echoes && !line.startsWith("@")) streams.out.write(`\r\n${shell.directory}>${line}\r\n`);
      await shell.line(line, streams);
    }
    return shell.exitCode;
  }

  /** The next line, with those behind it for as long as a bracket is open. */
  #next(): string {
    let text = this.#take();
    while (text.includes("(") && this.#at < this.#lines.length && this.#isOpen(text)) text += `\n${this.#take()}`;
    return text;
  }

  #take(): string {
    return (this.#lines[this.#at++] ?? "").trim();
  }

  #isOpen(text: string): boolean {
    try {
      this.#shell.script(text);
      return false;
    } catch (error) {
      return error instanceof CommandSyntax && error.incomplete;
    }
  }
}
