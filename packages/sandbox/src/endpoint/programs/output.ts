/** Where a program writes. */
export interface Sink {
  write(text: string | Uint8Array): void;
}

/** What nobody reads. */
export const NOWHERE: Sink = { write: () => {} };

/** A program wrote more than anybody is going to read. */
export class OutputFull extends Error {
  override readonly name = "OutputFull";
}

/** So much output is kept in memory; what writes more than that is ended. */
const MOST_OUTPUT = 8 * 1024 * 1024;

/** What programs have written, from its first byte to its latest: in one piece, as they write a few bytes at a time. */
export class Output implements Sink {
  #bytes = Buffer.alloc(0);
  #size = 0;

  write(text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
    const size = this.#size + bytes.length;
    if (size > MOST_OUTPUT) throw new OutputFull("Not enough memory resources are available to process this command.");
    if (size > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(MOST_OUTPUT, Math.max(FIRST_ROOM, 2 * size)));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** What is written from now on is not in it. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }
}

const FIRST_ROOM = 256;
