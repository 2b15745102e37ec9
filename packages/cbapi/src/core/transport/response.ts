import { finished, pipeline, Readable } from "node:stream";
import { type InspectOptions, inspect } from "node:util";
import { CbApiError, ConnectionError, type ServerError } from "../errors.js";
import { type RequestContext, requestDetails } from "./context.js";
import { type Decoder, decoderFor } from "./encoding.js";
import { explainFailure } from "./failure.js";
import { MASK, SECRET_HEADER } from "./redact.js";
import { notJsonError, type RefusedAnswer } from "./status.js";
import type { ApiResponse } from "./types.js";
import type { WireBody, WireResponse } from "./wire.js";

/** An answer and the means to explain what goes wrong while its body is read. */
export class TransportResponse implements ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #context: RequestContext;
  readonly #body: WireBody;
  #taken = false;
  #bytes: Buffer | undefined;
  #reading: Promise<Buffer> | undefined;
  #document: { readonly value: unknown } | undefined;

  constructor(response: WireResponse, context: RequestContext) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = response.body;
    this.#context = context;
  }

  get path(): string {
    return this.#context.path;
  }

  async bytes(): Promise<Buffer> {
    if (this.#bytes !== undefined) return this.#bytes;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async text(): Promise<string> {
    return decode(this.#bytes ?? (await this.bytes()));
  }

  async json(): Promise<unknown> {
    if (this.#document !== undefined) return this.#document.value;
    const text = decode(this.#bytes ?? (await this.bytes()));
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#invalid(text, error);
    }
    this.#document = { value };
    return value;
  }

  stream(): Readable {
    if (this.#bytes !== undefined) return Readable.from([this.#bytes], { objectMode: false });
    this.#take();
    const raw = this.#body.stream((failure) => {
      const error = explainFailure(failure, this.#context);
      return error instanceof Error ? error : new Error("The download was stopped", { cause: error });
    });
    const decoder = this.#decoder();
    return decoder === undefined ? raw : this.#decoded(raw, decoder);
  }

  async discard(): Promise<void> {
    if (this.#taken) return;
    this.#taken = true;
    this.#body.discard();
  }

  /**
   * The beginning of the body, for an error: no more of it than this many bytes, and no more than arrives in time. What
   * a server says about its failure must not cost more than the failure.
   */
  async beginning(length: number, milliseconds: number): Promise<string> {
    const stream = this.stream();
    const chunks: Buffer[] = [];
    let size = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= length) resolve();
      });
      // However it ends: the status says enough, and a broken error page must not hide it.
      finished(stream, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    stream.on("error", () => {}).destroy();
    return decode(Buffer.concat(chunks).subarray(0, length));
  }

  /** What it is an answer to, for a log: without the body, and without secrets that the server put into its headers. */
  toJSON(): { status: number; path: string; headers: Readonly<Record<string, string>> } {
    const { redactor } = this.#context;
    const shown = Object.entries(this.headers).map(([name, value]): [string, string] => {
      return [name, SECRET_HEADER.test(name) ? MASK : redactor.text(value)];
    });
    return { status: this.status, path: this.path, headers: Object.fromEntries(shown) };
  }

  [inspect.custom](_: number, options: InspectOptions): string {
    return `ApiResponse ${inspect(this.toJSON(), options)}`;
  }

  /** What an error about this answer needs. */
  refused(text: string, now: number): RefusedAnswer {
    return { status: this.status, headers: this.headers, text, now };
  }

  #take(): void {
    if (this.#taken) {
      throw new CbApiError(
        `The body of ${this.#context.method} ${this.#context.path} was already taken as a stream or dropped.`,
        { code: "BODY_TAKEN" },
      );
    }
    this.#taken = true;
  }

  async #read(): Promise<Buffer> {
    this.#take();
    let bytes: Buffer;
    try {
      bytes = await this.#body.bytes();
    } catch (failure) {
      throw explainFailure(failure, this.#context);
    }
    const decoder = bytes.length === 0 ? undefined : this.#decoder();
    if (decoder !== undefined) {
      try {
        bytes = await decoder.whole(bytes);
      } catch (cause) {
        throw this.#truncated(cause);
      }
    }
    this.#bytes = bytes;
    return bytes;
  }

  #decoder(): Decoder | undefined {
    // These have the headers of a body and no body.
    return this.#context.method === "HEAD" || this.status === 304 ? undefined : decoderFor(this.headers);
  }

  /** As the plain body: what is not read is not fetched, and what is given up is ended on the wire. */
  #decoded(raw: Readable, decoder: Decoder): Readable {
    const decoding = decoder.stream();
    const decoded = new Readable({
      read: () => decoding.resume(),
      destroy: (error, callback) => {
        raw.destroy();
        callback(error);
      },
    });
    decoding.on("data", (chunk: Buffer) => {
      if (!decoded.push(chunk)) decoding.pause();
    });
    decoding.pause();
    // The wire's own failures are explained already; the rest is what the decoder could not make sense of.
    decoding.on("error", (error) => decoded.destroy(raw.errored ?? this.#truncated(error)));
    pipeline(raw, decoding, () => {}); // what goes wrong arrives as the decoder's error, also after its last input
    decoding.once("end", () => decoded.push(null));
    return decoded;
  }

  #invalid(text: string, cause: unknown): ConnectionError | ServerError {
    if (isTruncated(text, cause)) return this.#truncated(plainCause(cause));
    return notJsonError(this.refused(text, 0), this.#context, plainCause(cause));
  }

  #truncated(cause: unknown): ConnectionError {
    const details = requestDetails(this.#context);
    const next = details.method === "GET" ? "try again" : "look what the server has before you send it again";
    return new ConnectionError(
      `The answer to ${details.method} ${details.uri} is cut off: it ends in the middle of its data. The server or a proxy stopped sending; ${next}.`,
      { ...details, cause, kind: "closed", code: "TRUNCATED_ANSWER", retryable: true },
    );
  }
}

// The parser's message quotes the document, which may hold secrets: only its kind is kept.
function plainCause(cause: unknown): Error {
  return new SyntaxError(/position \d+/.exec(cause instanceof Error ? cause.message : "")?.[0] ?? "invalid JSON");
}

function decode(bytes: Buffer): string {
  // A byte order mark is not part of the text; JSON.parse refuses it.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.toString("utf8", 3);
  return bytes.toString();
}

/** Whether a text began as JSON and the parser ran out of it. */
function isTruncated(text: string, error: unknown): boolean {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return false;
  const message = error instanceof Error ? error.message : "";
  const position = /at position (\d+)/.exec(message)?.[1];
  return (
    /end of JSON input|Unterminated/.test(message) ||
    !/[\]}]$/.test(trimmed) ||
    Number(position) >= text.trimEnd().length
  );
}
