import type { WriteStream } from "node:tty";
import picocolors from "picocolors";
import { safeText } from "./text-safety.js";

type Colors = ReturnType<typeof picocolors.createColors>;
type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;

/** Lines longer than this are hard to read, however wide the window is. */
const WIDEST = 110;
const NARROWEST = 60;

/** Where results, and what is said beside them, are printed. Takes safe text only, except where it says otherwise. */
export class Terminal {
  /** Colours for standard output; they do nothing where there are none. */
  readonly colors: Colors;
  /** Colours for standard error. */
  readonly errorColors: Colors;
  /** Columns of a line. */
  readonly width: number;
  readonly #out: Output;
  readonly #error: Output;
  #progress = false;

  constructor(out: Output, error: Output, environment: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#error = error;
    this.colors = picocolors.createColors(coloured(out, environment));
    this.errorColors = picocolors.createColors(coloured(error, environment));
    this.width = Math.max(NARROWEST, Math.min(WIDEST, out.columns ?? WIDEST));
  }

  /** Prints a line of the result. */
  print(line = ""): void {
    this.#endProgress();
    this.#out.write(`${line}\n`);
  }

  /** Prints a line beside the result, on standard error. */
  note(line: string): void {
    this.#endProgress();
    this.#error.write(`${line}\n`);
  }

  /** Prints any text beside the result, whatever is in it. */
  noteUnsafe(text: string, style: (text: string) => string = (line) => line): void {
    this.note(style(safeText(text)));
  }

  /** Says what is being waited for, where somebody watches. The next line replaces it. */
  progress(text: string): void {
    if (this.#error.isTTY !== true) return;
    this.#endProgress();
    this.#error.write(this.errorColors.dim(`${safeText(text)} ...`));
    this.#progress = true;
  }

  /** Calls back when the output takes no more: because nobody reads it, as after `| head`, or for a real error. */
  onClosed(closed: (error: Error | undefined) => void): void {
    this.#out.on("error", (error: NodeJS.ErrnoException) => {
      closed(error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED" ? undefined : error);
    });
    // Without anybody to tell, there is nothing to say.
    this.#error.on("error", () => {});
  }

  #endProgress(): void {
    if (!this.#progress) return;
    this.#progress = false;
    this.#error.write("\r\x1b[2K");
  }
}

/** https://no-color.org first, then whoever insists on colours, then whether it is a terminal that has them. */
function coloured(output: Output, environment: NodeJS.ProcessEnv): boolean {
  if (environment["NO_COLOR"]) return false;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return output.isTTY === true && environment["TERM"] !== "dumb";
}
