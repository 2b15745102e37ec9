import { TextDecoder } from "node:util";
import type { Terminal } from "../terminal.js";
import { safeText } from "../text-safety.js";

/** Lines longer than this are printed in pieces, so that a file without any does not fill the memory. */
const LONGEST = 8192;

/**
 * Prints bytes of an endpoint: as they are where the output is a file or a program, and on a screen as text in which
 * nothing can steer it.
 */
export class ContentPrinter {
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal | undefined;
  #decoder: TextDecoder | undefined;
  #rest = "";

  constructor(terminal: Terminal, signal?: AbortSignal) {
    this.#terminal = terminal;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#signal?.throwIfAborted();
    if (!this.#terminal.isScreen) {
      await this.#terminal.writeBytes(bytes, this.#signal);
      return;
    }
    this.#decoder ??= decoderFor(bytes);
    this.#print(this.#decoder.decode(bytes, { stream: true }), false);
    // A screen is slow, and Ctrl-C has to come through.
    await new Promise((resolve) => setImmediate(resolve));
  }

  end(): void {
    if (this.#decoder !== undefined) this.#print(this.#decoder.decode(), true);
  }

  #print(text: string, last: boolean): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    while (this.#rest.length > LONGEST) {
      this.#line(this.#rest.slice(0, LONGEST));
      this.#rest = this.#rest.slice(LONGEST);
    }
    if (last && this.#rest !== "") this.#line(this.#rest);
    if (last) this.#rest = "";
  }

  #line(line: string): void {
    this.#terminal.print(safeText(expandTabs(line.replace(/\r$/, ""))));
  }
}

/** By the mark at the beginning, which many files of Windows have; without one it is taken for UTF-8. */
function decoderFor(bytes: Uint8Array): TextDecoder {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le");
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}

function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let result = "";
  for (const part of line.split(/(\t)/)) result += part === "\t" ? " ".repeat(8 - (result.length % 8)) : part;
  return result;
}
