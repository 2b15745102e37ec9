import { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { CbApiError, ConnectionError, type ServerError } from "../errors.js";
import { explainFailure, type RequestContext } from "./failure.js";
import { notJsonError, type RefusedAnswer } from "./status.js";
import type { ApiResponse } from "./types.js";
import type { WireBody, WireResponse } from "./wire.js";

const decoders: Readonly<Record<string, (data: Buffer) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, Buffer>(gunzip),
  deflate: promisify<Buffer, Buffer>(inflate),
  br: promisify<Buffer, Buffer>(brotliDecompress),
};

/** An answer and the means to explain what goes wrong while its body is read. */
export class TransportResponse implements ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #context: RequestContext;
  readonly #secrets: readonly string[];
  readonly #body: WireBody;
  #taken = false;
  #bytes: Buffer | undefined;
  #reading: Promise<Buffer> | undefined;
  #document: { readonly value: unknown } | undefined;

  constructor(response: WireResponse, context: RequestContext, secrets: readonly string[]) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = response.body;
    this.#context = context;
    this.#secrets = secrets;
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
    return this.#body.stream((failure) => {
      const error = explainFailure(failure, this.#context);
      return error instanceof Error ? error : new Error("The download was stopped", { cause: error });
    });
  }

  async discard(): Promise<void> {
    if (this.#taken) return;
    this.#taken = true;
    this.#body.discard();
  }

  /** What an error about this answer needs. Only for bodies that have been read. */
  refused(text: string, now: number): RefusedAnswer {
    return { status: this.status, headers: this.headers, text, secrets: this.#secrets, now };
  }

  #take(): void {
    if (this.#taken) {
      throw new CbApiError(
        `The body of ${this.#context.method} ${this.#context.path} was already taken as a stream or dropped.`,
        {
          code: "BODY_TAKEN",
        },
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
    // Compression is never asked for, but something between may apply it all the same.
    const encoding = this.headers["content-encoding"];
    const decoder = encoding === undefined ? undefined : decoders[encoding.toLowerCase()];
    if (decoder !== undefined && bytes.length > 0) {
      try {
        bytes = await decoder(bytes);
      } catch (cause) {
        throw this.#truncated(cause);
      }
    }
    this.#bytes = bytes;
    return bytes;
  }

  #invalid(text: string, cause: unknown): ConnectionError | ServerError {
    if (isTruncated(text, cause)) return this.#truncated(cause);
    return notJsonError(this.refused(text, 0), this.#context, plainCause(cause));
  }

  #truncated(cause: unknown): ConnectionError {
    const { method, path, server } = this.#context;
    return new ConnectionError(
      `The answer to ${method} ${server}${path} is cut off: it ends in the middle of its data. The server or a proxy stopped sending; try again.`,
      {
        cause: plainCause(cause),
        kind: "closed",
        code: "TRUNCATED_ANSWER",
        retryable: true,
        method,
        path,
        uri: server + path,
      },
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
