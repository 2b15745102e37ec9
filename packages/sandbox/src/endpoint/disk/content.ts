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
export const bytesContent = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  slice: (offset, count) => bytes.subarray(offset, offset + count),
});

/** Joined pieces up to this are one piece: what is written on again and again must not become a long chain. */
const ONE_PIECE = 8 * 1024 * 1024;

/** One content behind another. */
export function joinedContent(first: Content, second: Content): Content {
  if (second.size === 0) return first;
  if (first.size + second.size <= ONE_PIECE) {
    return bytesContent(Buffer.concat([first.slice(0, first.size), second.slice(0, second.size)]));
  }
  if (first instanceof Joined && first.second.size + second.size <= ONE_PIECE) {
    return new Joined(first.first, joinedContent(first.second, second));
  }
  return new Joined(first, second);
}

class Joined implements Content {
  constructor(
    readonly first: Content,
    readonly second: Content,
  ) {}

  get size(): number {
    return this.first.size + this.second.size;
  }

  slice(offset: number, count: number): Uint8Array {
    const { size } = this.first;
    if (offset >= size) return this.second.slice(offset - size, count);
    const start = this.first.slice(offset, Math.min(count, size - offset));
    if (offset + count <= size) return start;
    return Buffer.concat([start, this.second.slice(0, offset + count - size)]);
  }

  retain(): void {
    this.first.retain?.();
    this.second.retain?.();
  }

  release(): void {
    this.first.release?.();
    this.second.release?.();
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
