import { closeSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Content } from "./content.js";
import { BytesContent, bytesContent, keptContent } from "./content.js";

/** What is written and is smaller stays in memory, */
const IN_MEMORY = 65_536;
/** as long as there is not more than this of it. */
const MOST_IN_MEMORY = 64 * 1024 * 1024;

const folders = new Set<string>();
let cleansUp = false;

/**
 * Where contents that clients wrote are kept on the real disk: a folder of its own, for this user only, whose files are
 * numbered, so that no name of a client ever becomes a real path. Removed at {@link dispose}, or with the process.
 */
export class SpillFolder {
  readonly #parent: string;
  #path: string | undefined;
  #files = 0;
  #held = 0;

  /** @param parent the folder to make it in; that for temporary files when left out */
  constructor(parent?: string) {
    this.#parent = parent ?? tmpdir();
  }

  /** A name for the next file; the folder is made when it is first needed. */
  next(): string {
    if (this.#path === undefined) {
      this.#path = mkdtempSync(join(this.#parent, "cbapi-endpoints-"));
      folders.add(this.#path);
      if (!cleansUp) process.once("exit", removeAll);
      cleansUp = true;
    }
    this.#files += 1;
    return join(this.#path, String(this.#files));
  }

  /** Finds a place for what is in memory: small pieces stay there as long as there is room, all others go into files. */
  keep(content: Content): Content {
    return keptContent(content, (piece) => (piece instanceof BytesContent ? this.#place(piece.bytes) : piece));
  }

  #place(bytes: Uint8Array): Content {
    if (bytes.length <= IN_MEMORY && this.#held + bytes.length <= MOST_IN_MEMORY) {
      return new HeldContent(bytes, (change) => {
        this.#held += change;
      });
    }
    const path = this.next();
    writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
    return new SpilledContent(path, bytes.length);
  }

  /** The folder while there is one; for tests and for those who look after disk space. */
  get path(): string | undefined {
    return this.#path;
  }

  dispose(): void {
    if (this.#path === undefined) return;
    folders.delete(this.#path);
    rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

function removeAll(): void {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}

/** A content that is being written: in memory at first, then in a file of the spill folder. */
export class Draft {
  readonly #folder: SpillFolder;
  #chunks: Uint8Array[] = [];
  #file: { path: string; descriptor: number } | undefined;
  #size = 0;

  constructor(folder: SpillFolder) {
    this.#folder = folder;
  }

  get size(): number {
    return this.#size;
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#file === undefined) {
      this.#chunks.push(chunk);
      if (this.#size <= IN_MEMORY) return;
      const path = this.#folder.next();
      this.#file = { path, descriptor: openSync(path, "wx", 0o600) };
      for (const each of this.#chunks) writeFully(this.#file.descriptor, each);
      this.#chunks = [];
      return;
    }
    writeFully(this.#file.descriptor, chunk);
  }

  /** What was written, as a content that nobody has yet. */
  finish(): Content {
    if (this.#file === undefined) return bytesContent(Buffer.concat(this.#chunks));
    const { path, descriptor } = this.#file;
    this.#file = undefined;
    closeSync(descriptor);
    return new SpilledContent(path, this.#size);
  }

  /** Gives up what was written. */
  drop(): void {
    this.#chunks = [];
    if (this.#file === undefined) return;
    closeSync(this.#file.descriptor);
    rmSync(this.#file.path, { force: true });
    this.#file = undefined;
  }
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** A small content in memory, counted as long as somebody has it. */
class HeldContent implements Content {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #count: (change: number) => void;
  #holders = 0;

  constructor(bytes: Uint8Array, count: (change: number) => void) {
    // Of its own: what it was cut from may be larger.
    this.#bytes = Buffer.from(bytes);
    this.size = bytes.length;
    this.#count = count;
  }

  slice(offset: number, count: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + count);
  }

  retain(): void {
    if (this.#holders++ === 0) this.#count(this.size);
  }

  release(): void {
    if (--this.#holders === 0) this.#count(-this.size);
  }
}

class SpilledContent implements Content {
  readonly #path: string;
  #holders = 0;

  constructor(
    path: string,
    readonly size: number,
  ) {
    this.#path = path;
  }

  slice(offset: number, count: number): Uint8Array {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(count, this.size - offset)));
    const descriptor = openSync(this.#path, "r");
    try {
      let at = 0;
      while (at < bytes.length) {
        const read = readSync(descriptor, bytes, at, bytes.length - at, offset + at);
        if (read === 0) break;
        at += read;
      }
      return bytes.subarray(0, at);
    } finally {
      closeSync(descriptor);
    }
  }

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // The folder it was in is gone already.
    }
  }
}
