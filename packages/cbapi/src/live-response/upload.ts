import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { CbApiError, TimeoutError } from "../core/errors.js";
import { isSystemError } from "../core/local-file.js";
import { firstOf } from "../core/signals.js";
import { streamMultipart } from "../core/transport/multipart.js";
import type { Commands } from "./commands.js";
import { listDirectory, requirePath } from "./files.js";
import type { Current } from "./link.js";
import { isPassing, objectWithId } from "./protocol.js";
import type { CommandOptions, PutFileOptions, SessionId, Transferred, UploadSource } from "./types.js";

/** How often an upload that was cut is tried again. */
const ATTEMPTS = 5;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
/** Milliseconds in which at least something must have been taken by the server, or answered. */
const STALL = 120_000;
const PIECE = 256 * 1024;

/** What is uploaded, as it can be read. */
interface Content {
  /** How the form names the file. */
  readonly name: string;
  readonly size: number | undefined;
  /** Whether it can be read more than once. */
  readonly repeatable: boolean;
  read(): AsyncIterable<Uint8Array>;
}

export async function putFile(
  commands: Commands,
  source: UploadSource,
  remotePath: string,
  options: PutFileOptions,
): Promise<Transferred> {
  if (!(source instanceof Readable)) return put(commands, source, remotePath, options);
  // A stream may fail before its turn has come, when nobody listens to it yet; and one that is not read holds its file open.
  source.on("error", () => {});
  try {
    return await put(commands, source, remotePath, options);
  } finally {
    source.destroy();
  }
}

async function put(
  commands: Commands,
  source: UploadSource,
  remotePath: string,
  { onProgress, verify = false, signal, timeout, onAccepted }: PutFileOptions,
): Promise<Transferred> {
  requirePath(remotePath, "The file to write");
  let content: Content | undefined;
  let sent: Transferred | undefined;
  // All of it when its turn has come: what is called after this is sent after it.
  const body = async (session: Current, stop: AbortSignal) => {
    content ??= await contentOf(source);
    if (sent !== undefined && !content.repeatable) throw readOnce();
    const upload = new Upload(commands, content, onProgress);
    const id = await upload.send(session, stop);
    sent = upload.transferred;
    return { file_id: id };
  };
  await commands.run({ name: "put file", subject: remotePath, body }, { signal, timeout, onAccepted });
  const done = sent ?? { size: 0, sha256: "" };
  if (verify) await verifySize(commands, remotePath, done.size, { signal, timeout });
  return done;
}

/** One file on its way to a session's store. */
class Upload {
  transferred: Transferred | undefined;
  readonly #commands: Commands;
  readonly #content: Content;
  readonly #onProgress: PutFileOptions["onProgress"];

  constructor(commands: Commands, content: Content, onProgress: PutFileOptions["onProgress"]) {
    this.#commands = commands;
    this.#content = content;
    this.#onProgress = onProgress;
  }

  /** A form that got lost is sent anew: the store gives it another number, and nobody asks for the first. */
  async send(session: Current, signal: AbortSignal): Promise<SessionId> {
    const { clock } = this.#commands.link.api;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(session, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isSystemError(error)) throw notRead(this.#content.name, error);
        if (attempt >= ATTEMPTS || !this.#content.repeatable || !isPassing(error)) throw error;
        await clock.sleep(Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE), signal);
      }
    }
  }

  async #sendOnce(session: Current, signal: AbortSignal): Promise<SessionId> {
    const { api, dialect } = this.#commands.link;
    const { method, path } = dialect.uploadFile(session.id);
    const stalled = new AbortController();
    const watch = setTimeout(() => stalled.abort(stall(path)), STALL);
    const stop = firstOf(signal, stalled.signal);
    const hash = createHash("sha256");
    let size = 0;
    let broken: unknown;
    const { name, size: total } = this.#content;
    const read = this.#content.read();
    const progress = this.#onProgress;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of read) {
          watch.refresh();
          hash.update(piece);
          size += piece.length;
          progress?.({ transferred: size, total });
          yield piece;
        }
        if (total !== undefined && size !== total) throw shrunk(name, total, size);
      } catch (error) {
        // What the wire makes of it does not tell that the file could not be read.
        broken = error;
        throw error;
      }
    };
    const form = streamMultipart("file", { name, size: total, content: pieces() });
    const headers = {
      "Content-Type": form.contentType,
      ...(form.contentLength === undefined ? {} : { "Content-Length": String(form.contentLength) }),
    };
    try {
      // Only a pause is limited in time: how long a large file takes nobody knows.
      const options = { signal: stop.signal, timeout: 0 };
      const response = await api.requestStream({ method, path, headers, body: form.stream, ...options });
      const request = { method, path } as const;
      const { id } = objectWithId<{ readonly id: SessionId }>(await response.json(), request);
      this.transferred = { size, sha256: hash.digest("hex") };
      this.#commands.link.touch();
      return id;
    } catch (error) {
      throw broken ?? error;
    } finally {
      form.stream.on("error", () => {}).destroy();
      clearTimeout(watch);
      stop.release();
    }
  }
}

async function contentOf(source: UploadSource): Promise<Content> {
  if (source instanceof Uint8Array) {
    return { name: "file", size: source.length, repeatable: true, read: () => inPieces(source) };
  }
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) {
      return { name: "file", size: undefined, repeatable: false, read: () => asBytes(source) };
    }
    if ("path" in source && typeof source.path === "string") return localFile(source.path);
  }
  throw new CbApiError("putFile() takes bytes, a stream, or a local file as { path }", { code: "INVALID_ARGUMENT" });
}

async function localFile(path: string): Promise<Content> {
  const name = basename(path);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw Object.assign(new Error("it is no file"), { code: "EISDIR", syscall: "open" });
    const { size } = found;
    // A file that grows meanwhile is sent as long as it was.
    const read = () => (size === 0 ? inPieces(new Uint8Array()) : createReadStream(path, { end: size - 1 }));
    return { name, size, repeatable: true, read };
  } catch (error) {
    throw isSystemError(error) ? notRead(path, error) : error;
  }
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* asBytes(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    if (piece instanceof Uint8Array) yield piece;
    else if (typeof piece === "string") yield Buffer.from(piece);
    else throw new CbApiError("The stream to upload must give bytes or text", { code: "INVALID_ARGUMENT" });
  }
}

/** Compares the size that the endpoint reports of a file with what was sent. */
async function verifySize(commands: Commands, path: string, size: number, options: CommandOptions): Promise<void> {
  const [file] = await listDirectory(commands, path, options);
  if (file?.size === size) return;
  const found = file === undefined ? "is not there" : `has ${file.size} bytes`;
  throw new CbApiError(`${path} was written with ${size} bytes and ${found} on the endpoint`, {
    code: "VERIFY_FAILED",
  });
}

function readOnce(): CbApiError {
  return new CbApiError(
    "The session was lost after the upload, and a stream can be read only once. Upload the file by its path, or its bytes.",
    { code: "READ_ONCE" },
  );
}

function notRead(path: string, cause: NodeJS.ErrnoException): CbApiError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "this user may not read it",
    EISDIR: "it is no file",
  };
  return new CbApiError(`Cannot read ${path}: ${reasons[cause.code ?? ""] ?? cause.message}`, {
    code: "NOT_READ",
    cause,
  });
}

function shrunk(name: string, before: number, now: number): CbApiError {
  return new CbApiError(
    `${name} became shorter while it was read: it had ${before} bytes, and ends after ${now}. Nothing was written; upload it again when it is at rest.`,
    { code: "NOT_READ", retryable: true },
  );
}

function stall(path: string): TimeoutError {
  return new TimeoutError(`The server took nothing of the upload to ${path} for ${STALL} ms`, {
    phase: "body",
    timeout: STALL,
    method: "POST",
    path,
  });
}
