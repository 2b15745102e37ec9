import { ApiError } from "../../core/errors.js";

/** A line with where it ends: how many bytes were before that. */
export interface Line {
  readonly text: string;
  readonly end: number;
}

const NEWLINE = 0x0a;

/** Cuts bytes into lines, whatever pieces they come in. What has no newline yet waits for the rest of it. */
export class LineCutter {
  #pieces: Buffer[] = [];
  #waiting = 0;
  #at: number;

  /**
   * @param at how many bytes were before the first
   * @param longest as many bytes as a line may have
   */
  constructor(
    at: number,
    private readonly longest: number,
  ) {
    this.#at = at;
  }

  /**
   * The lines that are complete with this piece. Empty ones are left out.
   * @throws ApiError with code `LINE_TOO_LONG`: what is being read is hardly a file of events
   */
  *add(piece: Buffer): Generator<Line> {
    let from = 0;
    for (let to = piece.indexOf(NEWLINE); to >= 0; to = piece.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...this.#pieces, piece.subarray(from, to)]);
      this.#pieces = [];
      this.#waiting = 0;
      this.#at += line.length + 1;
      from = to + 1;
      const text = line.toString("utf8").trim();
      if (text !== "") yield { text, end: this.#at };
    }
    if (from === piece.length) return;
    this.#pieces.push(Buffer.from(piece.subarray(from)));
    this.#waiting += piece.length - from;
    if (this.#waiting > this.longest) {
      throw new ApiError(`A line has more than ${this.longest} bytes: is this a file of events?`, {
        code: "LINE_TOO_LONG",
      });
    }
  }

  /** What is left without a newline, as a line. */
  rest(): Line | undefined {
    const text = Buffer.concat(this.#pieces).toString("utf8").trim();
    return text === "" ? undefined : { text, end: this.#at + this.#waiting };
  }
}
