import { TextDecoder } from "node:util";

/** A piece of a log that should be one JSON value; `undefined` for one that is longer than allowed. */
export type Piece = string | undefined;

/**
 * Cuts a log into the texts of its JSON values: the lines of JSON lines, or the elements of one array, or objects
 * printed over several lines one after the other. Told by how the text begins. Holds one value at a time.
 */
export async function* jsonPieces(chunks: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<Piece> {
  let decoder: TextDecoder | undefined;
  let cutter: Cutter | undefined;
  let head = "";
  for await (const chunk of chunks) {
    decoder ??= decoderFor(chunk);
    let text = decoder.decode(chunk, { stream: true });
    if (cutter === undefined) {
      head += text;
      cutter = cutterFor(head, maxLength);
      if (cutter === undefined) continue;
      text = head;
      head = "";
    }
    yield* cutter.add(text);
  }
  const rest = head + (decoder?.decode() ?? "");
  cutter ??= new LineCutter(maxLength);
  yield* cutter.add(rest);
  yield* cutter.end();
}

interface Cutter {
  add(text: string): Iterable<Piece>;
  end(): Iterable<Piece>;
}

/** Windows tools like to write UTF-16 with a mark; everything else is taken as UTF-8. */
function decoderFor(chunk: Uint8Array): TextDecoder {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return new TextDecoder("utf-16le");
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}

/** Undefined while too little of the text is known. */
function cutterFor(text: string, maxLength: number): Cutter | undefined {
  const begin = /\S/.exec(text);
  if (begin === null) return text.length > maxLength ? new LineCutter(maxLength) : undefined;
  if (begin[0] === "[") return new ObjectCutter(maxLength);
  if (begin[0] !== "{") return new LineCutter(maxLength);
  // An object that goes on over the end of its first line right after the brace is printed with indentation.
  const after = /\{[ \t]*(\r?\n|\S)/.exec(text.slice(begin.index));
  if (after === null) return text.length > maxLength ? new LineCutter(maxLength) : undefined;
  return after[1]?.endsWith("\n") ? new ObjectCutter(maxLength) : new LineCutter(maxLength);
}

class LineCutter implements Cutter {
  readonly #maxLength: number;
  #parts: string[] = [];
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  *add(text: string): Iterable<Piece> {
    let from = 0;
    for (;;) {
      const newline = text.indexOf("\n", from);
      if (newline < 0) break;
      this.#keep(text.slice(from, newline));
      yield* this.end();
      from = newline + 1;
    }
    this.#keep(text.slice(from));
  }

  *end(): Iterable<Piece> {
    const tooLong = this.#length > this.#maxLength;
    const line = tooLong ? "" : this.#parts.join("").trim();
    this.#parts = [];
    this.#length = 0;
    if (tooLong) yield undefined;
    else if (line !== "") yield line;
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxLength) this.#parts = [];
    else this.#parts.push(text);
  }
}

/** Finds objects by counting braces outside of strings; commas and brackets between them are passed over. */
class ObjectCutter implements Cutter {
  readonly #maxLength: number;
  #parts: string[] = [];
  #length = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;
  #stray = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  *add(text: string): Iterable<Piece> {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.#depth === 0) {
        if (code === 0x7b) {
          yield* this.#strayPiece();
          from = i;
          this.#depth = 1;
        } else if (code > 0x20 && code !== 0x2c && code !== 0x5b && code !== 0x5d && code !== 0xfeff)
          this.#stray = true;
      } else if (this.#escaped) this.#escaped = false;
      else if (this.#quoted) {
        if (code === 0x5c) this.#escaped = true;
        else if (code === 0x22) this.#quoted = false;
      } else if (code === 0x22) this.#quoted = true;
      else if (code === 0x7b) this.#depth++;
      else if (code === 0x7d && --this.#depth === 0) {
        this.#keep(text.slice(from, i + 1));
        yield this.#length > this.#maxLength ? undefined : this.#parts.join("");
        this.#parts = [];
        this.#length = 0;
      }
    }
    if (this.#depth === 0) return;
    this.#keep(text.slice(from));
    if (this.#length <= this.#maxLength) return;
    // Braces that never close must not swallow the rest of the log: give this one up and look for the next.
    yield undefined;
    this.#parts = [];
    this.#length = 0;
    this.#depth = 0;
    this.#quoted = false;
    this.#escaped = false;
  }

  *end(): Iterable<Piece> {
    yield* this.#strayPiece();
    if (this.#depth > 0) yield this.#length > this.#maxLength ? undefined : this.#parts.join("");
  }

  /** Something between the objects that is no object: one malformed piece, whatever its length. */
  *#strayPiece(): Iterable<Piece> {
    if (this.#stray) yield undefined;
    this.#stray = false;
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxLength) this.#parts = [];
    else this.#parts.push(text);
  }
}
