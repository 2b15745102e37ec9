import type { Streams } from "../program.js";
import { CommandSyntax } from "./read.js";
import type { Batch, BatchArguments, CommandShell } from "./shell.js";
import { LONGEST_LINE } from "./variables.js";

/** A batch file that is being carried out: where it stands, and what it was called with. */
export class BatchRun implements Batch {
  readonly given: BatchArguments;
  readonly text: string;
  readonly #shell: CommandShell;
  readonly #lines: readonly string[];
  /** Where it goes on from each label: the line behind the first of that name. */
  #labels: Map<string, number> | undefined;
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
    this.#labels ??= this.#findLabels();
    const found = this.#labels.get(wanted);
    this.end();
    if (found !== undefined) this.#at = found;
    return found !== undefined || wanted === "eof";
  }

  #findLabels(): Map<string, number> {
    const labels = new Map<string, number>();
    for (const [index, line] of this.#lines.entries()) {
      const name = /^\s*:\s*([^\s:&|<>]+)/.exec(line)?.[1]?.toLowerCase();
      if (name !== undefined && !labels.has(name)) labels.set(name, index + 1);
    }
    return labels;
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
    // One that is longer than a line may be is refused, and need not be read to its end.
    while (this.#at < this.#lines.length && text.length <= LONGEST_LINE && this.#isOpen(text)) {
      // Only a bracket can be the end of it: lines without one need not be looked at one by one.
      let more = "";
      do more += `\n${this.#take()}`;
      while (!more.includes(")") && this.#at < this.#lines.length && more.length <= LONGEST_LINE);
      text += more;
    }
    return text;
  }

  #take(): string {
    return (this.#lines[this.#at++] ?? "").trim();
  }

  #isOpen(text: string): boolean {
    if (!text.includes("(")) return false;
    try {
      this.#shell.script(text);
      return false;
    } catch (error) {
      return error instanceof CommandSyntax && error.incomplete;
    }
  }
}
