import { baseName } from "../paths.js";
import { HttpProblem } from "../server/product.js";

/** The one part of an upload. */
export interface FilePart {
  /** Without the folders that a client may have sent along. */
  fileName: string;
  /** Throws an {@link HttpProblem} where the body is not what it has to be, its end included. */
  content: AsyncIterable<Uint8Array>;
}

const MOST_HEADERS = 16 * 1024;
const LONGEST_NAME = 255;
const NEW_LINE = Buffer.from("\r\n");
const EMPTY_LINE = Buffer.from("\r\n\r\n");

/**
 * Reads a `multipart/form-data` body with exactly one part, named `file`, as it arrives: no more of it is held than a chunk
 * and the length of a boundary. Everything else is refused.
 */
export async function readFilePart(
  source: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): Promise<FilePart> {
  const boundary = readBoundary(contentType ?? "");
  const inflow = new Inflow(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  // The first boundary has no line of its own before it.
  inflow.unread(NEW_LINE);
  await inflow.take(delimiter, MOST_HEADERS, "The body does not begin with the boundary that Content-Type names");
  if (await endsHere(inflow)) throw new HttpProblem(400, "The body has no parts");
  inflow.unread(NEW_LINE);
  const headers = await inflow.take(EMPTY_LINE, MOST_HEADERS, "The headers of the part have no end");
  return { fileName: readFileName(headers.toString("utf8")), content: contentOf(inflow, delimiter) };
}

async function* contentOf(inflow: Inflow, delimiter: Buffer): AsyncGenerator<Uint8Array> {
  yield* inflow.upTo(delimiter);
  if (!(await endsHere(inflow))) throw new HttpProblem(400, "There must be one part only, named file");
  await inflow.drain();
}

/** What follows a boundary: two dashes at the end of all, or else the line's end. */
async function endsHere(inflow: Inflow): Promise<boolean> {
  if ((await inflow.peek(2)) === "--") return true;
  const rest = await inflow.take(NEW_LINE, 256, "There is something behind a boundary");
  if (!/^[ \t]*$/.test(rest.toString("latin1"))) throw new HttpProblem(400, "There is something behind a boundary");
  return false;
}

function readBoundary(contentType: string): string {
  const [type = ""] = contentType.split(";");
  if (type.trim().toLowerCase() !== "multipart/form-data") {
    throw new HttpProblem(400, "A file is sent as multipart/form-data, in one part named file");
  }
  const boundary = parametersOf(contentType).get("boundary") ?? "";
  if (!/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) {
    throw new HttpProblem(400, "Content-Type names no boundary");
  }
  return boundary;
}

function readFileName(headers: string): string {
  const lines = headers.split("\r\n");
  const value = (name: string): string | undefined =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const disposition = value("content-disposition") ?? "";
  const parameters = parametersOf(disposition);
  if (!/^form-data\s*(;|$)/i.test(disposition) || parameters.get("name") !== "file") {
    throw new HttpProblem(400, "The part must be named file");
  }
  if (!/^(|7bit|8bit|binary)$/i.test(value("content-transfer-encoding") ?? "")) {
    throw new HttpProblem(400, "The part must be sent as it is, without a transfer encoding");
  }
  const written = parameters.get("filename") ?? "";
  const name = baseName(written.replace(/%22/g, '"').replace(/%0D|%0A/gi, " "))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    .replace(/[\u0000-\u001f\u007f]/g, "")
    .slice(0, LONGEST_NAME);
  return name === "" ? "file" : name;
}

/** `a; b="c"; d=e` as a map of b and d. */
function parametersOf(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain] of header.matchAll(
    /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g,
  )) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(["\\])/g, "$1") ?? plain ?? "");
  }
  return parameters;
}

const BROKEN_OFF = "The body ends before the last boundary";

/** Bytes as they come, searched for marks. */
class Inflow {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Puts bytes back before those that come next. */
  unread(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  /** The next characters, which are not taken. */
  async peek(count: number): Promise<string> {
    while (this.#held.length < count) await this.#more();
    return this.#held.toString("latin1", 0, count);
  }

  /** Everything up to the mark, which is dropped. */
  async take(mark: Buffer, limit: number, problem: string): Promise<Buffer> {
    for (let from = 0; ; ) {
      const at = this.#held.indexOf(mark, from);
      if (at > limit || (at < 0 && this.#held.length > limit + mark.length)) throw new HttpProblem(400, problem);
      if (at >= 0) {
        const taken = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + mark.length);
        return taken;
      }
      from = Math.max(0, this.#held.length - mark.length + 1);
      await this.#more();
    }
  }

  /** Everything up to the mark, in pieces; the mark is dropped. */
  async *upTo(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      // What could be the beginning of a mark waits for the rest of it.
      const sure = at >= 0 ? at : Math.max(0, this.#held.length - mark.length + 1);
      const piece = this.#held.subarray(0, sure);
      this.#held = this.#held.subarray(at >= 0 ? at + mark.length : sure);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.#more();
    }
  }

  /** Lets the rest through unread. */
  async drain(): Promise<void> {
    this.#held = Buffer.alloc(0);
    while ((await this.#iterator.next()).done !== true);
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#iterator.next();
    if (done === true) throw new HttpProblem(400, BROKEN_OFF);
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }
}
