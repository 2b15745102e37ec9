import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { CbApiError, ConnectionError, ObjectNotFoundError, ServerError } from "../core/errors.js";
import { firstBytes } from "../core/first-bytes.js";
import { firstOf } from "../core/signals.js";
import type { CallOptions } from "../core/transport/types.js";
import type { Commands, Issued } from "./commands.js";
import { requirePath } from "./files.js";
import { isFields, isPassing, send } from "./protocol.js";
import type { CommandData, GetFileOptions, TransferProgress } from "./types.js";

/** How often in a row a transfer is taken up again without a byte more. */
const ATTEMPTS = 5;
/** How often it is taken up again at all. */
const RESUMPTIONS = 100;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** Up to which length a server is taken at its word before the bytes are there. */
const ANNOUNCED = 2 ** 31;

/** How a file that is on the server is read. */
export interface ReadFileOptions extends CallOptions {
  /** Milliseconds in which the server must answer, or send more, each time. Default that of the client. */
  timeout?: number | undefined;
  /** Called as bytes arrive. Default that of `getRawFile()`. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** Where the bytes of a transfer come from at the moment. */
interface Source {
  readonly issued: Issued;
  readonly fileId: string | number;
  /** How many bytes of the transfer lie before the first one of this source. */
  readonly start: number;
}

/**
 * A file of an endpoint that the server holds for the session. Each reading asks the server anew and takes the bytes as
 * they come. One that is cut goes on at the byte that it has reached: in the same copy, or, when the server has lost that,
 * in another one that the endpoint sends from there on.
 */
export class RemoteFile implements AsyncIterable<Buffer> {
  /** Where it is on the endpoint. */
  readonly path: string;
  readonly #commands: Commands;
  readonly #options: GetFileOptions;
  #source: Source;
  #size: number | undefined;
  #sha256: string | undefined;

  /** @internal Made by `session.getRawFile()`. */
  constructor(commands: Commands, path: string, options: GetFileOptions, source: Source) {
    this.path = path;
    this.#commands = commands;
    this.#options = options;
    this.#source = source;
  }

  /** How many bytes there are to read; known once the first of them arrive. */
  get size(): number | undefined {
    return this.#size;
  }

  /** The hash of the bytes, in small hexadecimal letters; known once all of them have been read. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  /** The command as the server described it when it was done. */
  get command(): CommandData {
    return this.#source.issued.data;
  }

  /**
   * The bytes as a stream, from the beginning (`GET .../file/{id}/content`). Destroying it ends the transfer at once.
   * @throws as its `error` event: ConnectionError when the transfer gets no further; ApiError with code `FILE_CHANGED` when
   * the file has another size meanwhile; the session's error when that is closed
   */
  stream(options: ReadFileOptions = {}): Readable {
    const gone = new AbortController();
    const { signal, release } = firstOf(options.signal, gone.signal);
    const stream = Readable.from(this.#read({ ...options, signal }), { objectMode: false });
    const { _destroy: end } = stream;
    // While bytes are waited for, the generator cannot be ended from outside: it would be waited for in turn.
    stream._destroy = (error, callback) => {
      gone.abort(new Error("The stream was destroyed"));
      release();
      end.call(stream, error, callback);
    };
    return stream;
  }

  /**
   * The first `length` bytes, or all of them: held in memory. Once they are here the transfer is given up. Fails as
   * {@link RemoteFile.stream} does.
   */
  async read(length?: number, options: ReadFileOptions = {}): Promise<Buffer> {
    if (length !== undefined) return firstBytes(this.#read(options), length);
    const chunks: Buffer[] = [];
    let whole: Buffer | undefined;
    let filled = 0;
    for await (const chunk of this.#read(options)) {
      // The length was announced: written to its place at once, the file is held once and not twice.
      if (filled === 0 && this.#size !== undefined && this.#size <= ANNOUNCED) whole = Buffer.allocUnsafe(this.#size);
      if (whole === undefined) chunks.push(chunk);
      else chunk.copy(whole, filled);
      filled += chunk.length;
    }
    return whole?.subarray(0, filled) ?? Buffer.concat(chunks, filled);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    return this.#read({});
  }

  async *#read({
    signal,
    timeout,
    onProgress = this.#options.onProgress,
  }: ReadFileOptions): AsyncGenerator<Buffer, void> {
    const { clock } = this.#commands.link.api;
    const stop = firstOf(signal, this.#options.signal, this.#commands.link.ended);
    const hash = createHash("sha256");
    const transfer = new Transfer(this.#commands, { signal: stop.signal, timeout });
    try {
      for (let failures = 0, resumed = 0; ; ) {
        // The reader's own errors come out where bytes are handed over: they must not pass for the transfer's.
        let chunk: Buffer | undefined;
        try {
          chunk = await transfer.next(this.#source);
          this.#size = transfer.total;
        } catch (error) {
          stop.signal.throwIfAborted();
          if (!isResumable(error) || ++failures > ATTEMPTS || ++resumed > RESUMPTIONS) throw error;
          transfer.drop();
          await clock.sleep(Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE), stop.signal);
          if (error instanceof ObjectNotFoundError) this.#source = await this.#again(transfer.reached, stop.signal);
          continue;
        }
        if (chunk === undefined) break;
        failures = 0;
        hash.update(chunk);
        onProgress?.({ transferred: transfer.reached, total: transfer.total });
        yield chunk;
      }
      this.#finish(transfer, hash, onProgress);
    } finally {
      transfer.drop();
      stop.release();
    }
  }

  #finish(transfer: Transfer, hash: Hash, onProgress: GetFileOptions["onProgress"]): void {
    this.#size = transfer.reached;
    this.#sha256 = hash.digest("hex");
    if (transfer.reached === 0) onProgress?.({ transferred: 0, total: 0 });
  }

  /** Has the endpoint send the rest once more: the server has lost what it had of the file. */
  async #again(reached: number, signal: AbortSignal): Promise<Source> {
    const { offset = 0, count, timeout } = this.#options;
    // A session that is gone is opened again by the command itself.
    const rest = { offset: offset + reached, count: count === undefined ? undefined : count - reached };
    return fetchFile(this.#commands, this.path, { ...rest, timeout, signal }, reached);
  }
}

/** The bytes on their way: one answer after the other, until all are here. */
class Transfer {
  /** How many bytes have been handed out. */
  reached = 0;
  /** How many there are in all, as far as it is known. */
  total: number | undefined;
  readonly #commands: Commands;
  readonly #options: CallOptions;
  #body: Readable | undefined;
  #chunks: AsyncIterator<Buffer> | undefined;
  /** Bytes that come once more, because the server does not answer parts. */
  #skip = 0;

  constructor(commands: Commands, options: CallOptions) {
    this.#commands = commands;
    this.#options = options;
  }

  async next(source: Source): Promise<Buffer | undefined> {
    if (this.total !== undefined && this.reached >= this.total) return undefined;
    this.#chunks ??= await this.#open(source);
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      if (this.#skip >= value.length) {
        this.#skip -= value.length;
        continue;
      }
      const chunk = this.#skip === 0 ? value : value.subarray(this.#skip);
      this.#skip = 0;
      this.reached += chunk.length;
      return chunk;
    }
    if (this.#skip > 0 || (this.total !== undefined && this.reached < this.total)) throw cut(this.reached, this.total);
    return undefined;
  }

  /** Gives up the answer that is being read. */
  drop(): void {
    this.#body?.on("error", () => {}).destroy();
    this.#body = undefined;
    this.#chunks = undefined;
    this.#skip = 0;
  }

  async #open(source: Source): Promise<AsyncIterator<Buffer>> {
    const { api, dialect } = this.#commands.link;
    const { method, path, query } = dialect.readContent(source.issued.session.id, source.fileId);
    const from = this.reached - source.start;
    const response = await api.requestStream({
      method,
      path,
      query,
      ...(from > 0 ? { headers: { Range: `bytes=${from}-` } } : {}),
      followCrossOrigin: dialect.contentElsewhere,
      ...this.#options,
    });
    const partial = response.status === 206 ? startOf(response.headers["content-range"]) : 0;
    if (partial === undefined || partial > from) {
      await response.discard();
      throw new ServerError(`${path} was answered with another part than the one that was asked for`, {
        code: "UNEXPECTED_ANSWER",
        path,
        status: response.status,
      });
    }
    this.#skip = from - partial;
    const length = plainLength(response.headers);
    const size = length === undefined ? undefined : partial + length;
    if (/^text\/html\b/i.test(response.headers["content-type"] ?? "") && !(await this.#isStored(source, size))) {
      await response.discard();
      throw new ServerError(
        `${path} was answered with a web page in place of the file. A proxy on the way may want a login.`,
        { code: "UNEXPECTED_ANSWER", path, status: response.status },
      );
    }
    const total = size === undefined ? undefined : source.start + size;
    if (total !== undefined && this.total !== undefined && total !== this.total) {
      await response.discard();
      throw new CbApiError(
        `The file changed while it was read: it had ${this.total} bytes and now has ${total}. Read it again from the beginning.`,
        { code: "FILE_CHANGED", retryable: true },
      );
    }
    this.total ??= total;
    this.#body = response.stream();
    this.#commands.link.touch();
    return this.#body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Whether the server has a file of this size: what looks like a page may be one that was asked for. */
  async #isStored({ issued, fileId }: Source, size: number | undefined): Promise<boolean> {
    const { api, dialect } = this.#commands.link;
    const request = dialect.readStoredFile?.(issued.session.id, fileId);
    if (request === undefined) return size !== undefined && size === dialect.fileSizeOf(issued.data);
    try {
      const document = await send(api, request, this.#options);
      return size !== undefined && isFields(document) && Number(document["size"]) === size;
    } catch {
      this.#options.signal?.throwIfAborted();
      return false;
    }
  }
}

/**
 * Has the endpoint send a file to the server, and waits until it has.
 * @param prepare done when the command's turn has come, before it is sent
 */
export async function getRawFile(
  commands: Commands,
  path: string,
  options: GetFileOptions,
  prepare?: () => Promise<void>,
): Promise<RemoteFile> {
  requirePath(path, "The file to read");
  requireCount(options.offset, "offset");
  requireCount(options.count, "count");
  return new RemoteFile(commands, path, options, await fetchFile(commands, path, options, 0, prepare));
}

async function fetchFile(
  commands: Commands,
  path: string,
  options: GetFileOptions,
  start: number,
  prepare?: () => Promise<void>,
): Promise<Source> {
  const { offset = 0, count, signal, timeout, onAccepted } = options;
  const part = { ...(offset > 0 ? { offset } : {}), ...(count === undefined ? {} : { get_count: count }) };
  const body = async () => {
    await prepare?.();
    return part;
  };
  const issued = await commands.run(
    { name: "get file", subject: path, body, reads: true },
    { signal, timeout, onAccepted },
  );
  const { dialect } = commands.link;
  const fileId = dialect.fileIdOf(issued.data) ?? dialect.fileIdOf(issued.result);
  if (fileId === undefined) {
    throw new ServerError(`The server does not tell under which number it keeps ${path} (file_id is missing)`, {
      code: "UNEXPECTED_ANSWER",
    });
  }
  return { issued: { ...issued, data: issued.result }, fileId, start };
}

function isResumable(error: unknown): boolean {
  return error instanceof ObjectNotFoundError || isPassing(error);
}

/** The first byte of a part: `bytes 100-199/200`. */
function startOf(range: string | undefined): number | undefined {
  const start = /^bytes (\d+)-/.exec(range ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}

/** The length of a body, unless it is compressed on the way. */
function plainLength(headers: Readonly<Record<string, string>>): number | undefined {
  const length = headers["content-length"];
  const encoding = headers["content-encoding"] ?? "identity";
  return length === undefined || encoding !== "identity" || !/^\d+$/.test(length) ? undefined : Number(length);
}

function cut(reached: number, total: number | undefined): ConnectionError {
  const of = total === undefined ? "" : ` of ${total}`;
  return new ConnectionError(`The transfer was cut off after ${reached}${of} bytes`, {
    kind: "closed",
    code: "TRUNCATED_ANSWER",
    retryable: true,
  });
}

function requireCount(value: unknown, name: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)) return;
  throw new CbApiError(`${name} must be a whole number of bytes, not ${String(value)}`, { code: "INVALID_ARGUMENT" });
}
