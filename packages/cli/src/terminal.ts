import { once } from "node:events";
import type { WriteStream } from "node:tty";
import picocolors from "picocolors";
import { fit } from "./text-layout.js";
import { safeText } from "./text-safety.js";

type Colors = ReturnType<typeof picocolors.createColors>;
type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns" | "rows">>;

/** Lines longer than this are hard to read, however wide the window is. */
const WIDEST = 110;
const NARROWEST = 60;

/** Where results, and what is said beside them, are printed. Takes safe text only, except where it says otherwise. */
export class Terminal {
  /** Colours for standard output; they do nothing where there are none. */
  readonly colors: Colors;
  /** Colours for standard error. */
  readonly errorColors: Colors;
  /** Columns of a line of text. */
  readonly width: number;
  readonly #out: Output;
  readonly #error: Output;
  /** Lines on the screen that the next output replaces. */
  #live = 0;

  constructor(out: Output, error: Output, environment: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#error = error;
    this.colors = picocolors.createColors(coloured(out, environment));
    this.errorColors = picocolors.createColors(coloured(error, environment));
    this.width = Math.max(NARROWEST, Math.min(WIDEST, out.columns || WIDEST));
  }

  /** Whether results go to a screen. */
  get isScreen(): boolean {
    return this.#out.isTTY === true;
  }

  /** Whether somebody sees what is said beside the results. */
  get isWatched(): boolean {
    return this.#error.isTTY === true;
  }

  /** Lines that the window has; some tell 0. */
  get height(): number {
    return this.#error.rows || 24;
  }

  /**
   * Columns of the lines that `live()` takes: one less than the window has at the moment, as a line that fills it up is
   * followed by an empty one on some terminals.
   */
  get liveWidth(): number {
    return Math.max(1, Math.min(WIDEST, this.#columns - 1));
  }

  /** Whether there is something on the screen that the next output replaces. */
  get isLive(): boolean {
    return this.#live > 0;
  }

  /** Prints a line of the result. */
  print(line = ""): void {
    this.#endLive();
    this.#out.write(`${line}\n`);
  }

  /**
   * Writes bytes of the result as they are, when it does not go to a screen. Resolves when there is room for more; bytes
   * of an endpoint may be many.
   */
  async writeBytes(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (!this.#out.write(bytes)) await once(this.#out, "drain", { signal });
  }

  /** Prints a line beside the result, on standard error. */
  note(line: string): void {
    this.#endLive();
    this.#error.write(`${line}\n`);
  }

  /** Prints any text beside the result, whatever is in it. */
  noteUnsafe(text: string, style: (text: string) => string = (line) => line): void {
    this.note(style(safeText(text)));
  }

  /** Says what is being waited for, where somebody watches. The next line replaces it. */
  progress(text: string): void {
    this.live([this.errorColors.dim(`${fit(safeText(text), Math.max(1, this.#columns - 5))} ...`)]);
  }

  /**
   * Shows lines that the next output replaces, where somebody watches. They may have `liveWidth` columns; of more lines than
   * the window has the last ones are left out, as what has scrolled away cannot be replaced.
   */
  live(all: readonly string[]): void {
    if (this.#error.isTTY !== true) return;
    const lines = all.slice(0, Math.max(1, this.height - 1));
    const clear = this.#clearing();
    // In one piece, so that nothing flickers. The cursor stays behind the last line.
    this.#error.write(clear + lines.join("\n"));
    this.#live = lines.length;
  }

  /** Takes away what `progress()` and `live()` show. */
  clear(): void {
    this.#endLive();
  }

  /** Calls back when the output takes no more: because nobody reads it, as after `| head`, or for a real error. */
  onClosed(closed: (error: Error | undefined) => void): void {
    this.#out.on("error", (error: NodeJS.ErrnoException) => {
      closed(error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED" ? undefined : error);
    });
    // Without anybody to tell, there is nothing to say.
    this.#error.on("error", () => {});
  }

  get #columns(): number {
    return this.#error.columns || WIDEST;
  }

  #endLive(): void {
    if (this.#live > 0) this.#error.write(this.#clearing());
    this.#live = 0;
  }

  #clearing(): string {
    if (this.#live === 0) return "";
    // Line by line: tmux keeps what is cleared in one go from the top of the window in its history.
    return `\r\x1b[2K${"\x1b[1A\x1b[2K".repeat(this.#live - 1)}`;
  }
}

/** https://no-color.org first, then whoever insists on colours, then whether it is a terminal that has them. */
function coloured(output: Output, environment: NodeJS.ProcessEnv): boolean {
  if (environment["NO_COLOR"]) return false;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return output.isTTY === true && environment["TERM"] !== "dumb";
}
