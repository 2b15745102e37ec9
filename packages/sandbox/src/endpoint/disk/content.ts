import { Readable } from "node:stream";
import { hash32 } from "../../organisation/random.js";

/**
 * The bytes of a file, readable at any place. A content may be that of several files at once and never changes: writing
 * a file gives it another content.
 */
export interface Content {
  readonly size: number;
  /** The bytes from `offset` on, `count` of them or as many as there are. */
  slice(offset: number, count: number): Uint8Array;
  /** One more file or reader has it, or one fewer: what is kept outside of memory goes with the last. */
  retain?(): void;
  release?(): void;
}

const CHUNK = 65_536;

/** A content as a stream; nothing is read before somebody wants it. */
export class ContentStream extends Readable {
  readonly #content: Content;
  readonly #end: number;
  #at: number;

  constructor(content: Content, offset = 0, count = Number.POSITIVE_INFINITY) {
    super({ highWaterMark: CHUNK });
    content.retain?.();
    this.#content = content;
    this.#at = Math.min(offset, content.size);
    this.#end = Math.min(content.size, offset + count);
  }

  override _read(): void {
    const count = Math.min(CHUNK, this.#end - this.#at);
    if (count <= 0) {
      this.push(null);
      return;
    }
    try {
      const bytes = this.#content.slice(this.#at, count);
      this.#at += bytes.length;
      this.push(bytes);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#content.release?.();
    done(error);
  }
}

/** Bytes that are in memory. */
export class BytesContent implements Content {
  constructor(readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  slice(offset: number, count: number): Uint8Array {
    return this.bytes.subarray(offset, offset + count);
  }
}

export const bytesContent = (bytes: Uint8Array): Content => new BytesContent(bytes);

/** Joined pieces up to this are one piece: what is written on again and again must not become a long chain. */
const ONE_PIECE = 8 * 1024 * 1024;

/** One content behind another. */
export function joinedContent(first: Content, second: Content): Content {
  if (second.size === 0) return first;
  if (first.size + second.size <= ONE_PIECE) {
    return bytesContent(Buffer.concat([first.slice(0, first.size), second.slice(0, second.size)]));
  }
  const parts = first instanceof Joined ? [...first.parts] : [first];
  const last = parts.at(-1);
  if (parts.length > 1 && last !== undefined && last.size + second.size <= ONE_PIECE) {
    parts[parts.length - 1] = joinedContent(last, second);
    return new Joined(parts);
  }
  return new Joined([...parts, ...(second instanceof Joined ? second.parts : [second])]);
}

/** The same content with each piece of it that `keep` knows a better place for there. */
export function keptContent(content: Content, keep: (piece: Content) => Content): Content {
  return content instanceof Joined ? new Joined(content.parts.map(keep)) : keep(content);
}

/** Contents one behind another; a list, as there may be thousands of them. */
class Joined implements Content {
  readonly parts: readonly Content[];
  readonly size: number;

  constructor(parts: readonly Content[]) {
    this.parts = parts;
    this.size = parts.reduce((sum, part) => sum + part.size, 0);
  }

  slice(offset: number, count: number): Uint8Array {
    const found: Uint8Array[] = [];
    let start = 0;
    for (const part of this.parts) {
      const from = Math.max(0, offset - start);
      const length = Math.min(part.size, offset + count - start) - from;
      if (length > 0) found.push(part.slice(from, length));
      start += part.size;
      if (start >= offset + count) break;
    }
    const [only] = found;
    return found.length === 1 && only !== undefined ? only : Buffer.concat(found);
  }

  retain(): void {
    for (const part of this.parts) part.retain?.();
  }

  release(): void {
    for (const part of this.parts) part.release?.();
  }
}

/** A text that is made when it is first asked for. */
export function textContent(make: () => string): Content {
  let bytes: Uint8Array | undefined;
  const get = (): Uint8Array => {
    bytes ??= Buffer.from(make(), "utf8");
    return bytes;
  };
  return {
    get size() {
      return get().length;
    },
    slice: (offset, count) => get().subarray(offset, offset + count),
  };
}

/** Bytes that are computed anew each time: a large file that is seldom read takes no memory. */
export const computedContent = (size: number, make: () => Uint8Array): Content => ({
  size,
  slice: (offset, count) => make().subarray(offset, offset + count),
});

/**
 * A content of any size that exists nowhere: blocks of noise that differ by their number and by whose they are, so that a
 * piece which is missing, doubled or out of place is seen.
 */
export function noiseContent(seed: string, size: number): Content {
  const own = hash32(seed).toString(16).padStart(8, "0");
  return {
    size,
    slice: (offset, count) => {
      const end = Math.min(size, offset + count);
      const out = new Uint8Array(Math.max(0, end - offset));
      for (let at = offset; at < end; ) {
        const within = at % CHUNK;
        const length = Math.min(CHUNK - within, end - at);
        out.set(noise().subarray(within, within + length), at - offset);
        const mark = `${own}${Math.floor(at / CHUNK)
          .toString(16)
          .padStart(MARK - own.length, "0")}`;
        for (let i = within; i < Math.min(MARK, length + within); i++)
          out[at - offset + i - within] = mark.charCodeAt(i);
        at += length;
      }
      return out;
    },
  };
}

/** With how many letters each block begins. */
const MARK = 20;
let block: Uint8Array | undefined;

/** The block that all noise is made of, made when it is first needed. */
function noise(): Uint8Array {
  if (block !== undefined) return block;
  const words = new Uint32Array(CHUNK / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  block = new Uint8Array(words.buffer);
  return block;
}
