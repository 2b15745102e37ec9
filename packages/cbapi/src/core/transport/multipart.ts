import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";

/** A form written as multipart/form-data: its length is known beforehand, its files are read as they are sent. */
export interface MultipartBody {
  readonly contentType: string;
  readonly contentLength: number;
  /** A new stream of the whole body; may be taken again to repeat the request. */
  stream(): Readable;
}

const quote = (text: string): string =>
  text.replace(/["\r\n]/g, (c) => (c === '"' ? "%22" : c === "\r" ? "%0D" : "%0A"));

/** Writes a form. Servers of this kind want a `Content-Length`, so blobs are measured rather than sent in chunks. */
export function encodeMultipart(form: FormData): MultipartBody {
  const boundary = `----cbapi-${randomUUID()}`;
  const pieces: (Buffer | Blob)[] = [];
  for (const [name, value] of form.entries()) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"`;
    if (typeof value === "string") {
      pieces.push(Buffer.from(`${head}\r\n\r\n${value}\r\n`));
    } else {
      head += `; filename="${quote(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}`;
      pieces.push(Buffer.from(`${head}\r\n\r\n`), value, Buffer.from("\r\n"));
    }
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.size), 0),
    stream: () => Readable.from(read(pieces), { objectMode: false }),
  };
}

/** A form with one file in it whose content is a stream: it can be sent once. */
export interface StreamedForm {
  readonly contentType: string;
  /** Undefined when the length of the content is. */
  readonly contentLength: number | undefined;
  readonly stream: Readable;
}

/** Writes a form around a file as it is read. Nothing of it is held in memory. */
export function streamMultipart(
  name: string,
  file: { readonly name: string; readonly size: number | undefined; readonly content: AsyncIterable<Uint8Array> },
): StreamedForm {
  const boundary = `----cbapi-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"; filename="${quote(file.name)}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    yield* file.content;
    yield tail;
  };
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: file.size === undefined ? undefined : head.length + file.size + tail.length,
    stream: Readable.from(all(), { objectMode: false }),
  };
}

async function* read(pieces: readonly (Buffer | Blob)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else
      for await (const chunk of Readable.fromWeb(piece.stream() as Parameters<typeof Readable.fromWeb>[0]))
        yield chunk as Uint8Array;
  }
}
