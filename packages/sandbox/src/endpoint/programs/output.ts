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

/** What programs have written, from its first byte to its latest. */
export class Output implements Sink {
  #chunks: Buffer[] = [];
  #size = 0;

  write(text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : Buffer.from(text);
    if (this.#size + bytes.length > MOST_OUTPUT)
      throw new OutputFull("Not enough memory resources are available to process this command.");
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }
}
