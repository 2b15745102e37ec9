import { HttpProblem, type SandboxReply, type SandboxRequest } from "../server/product.js";
import type { StoredFile } from "./files.js";
import { readFilePart } from "./multipart.js";
import { readRange } from "./ranges.js";
import type { LiveSession } from "./session.js";

/** How the refusal of a session that has ended is worded. */
export type SessionGone = (session: LiveSession) => HttpProblem;

/** Takes an upload. A refused one is let through unread, so that the client gets to see why. */
export async function receiveFile(
  session: LiveSession,
  request: SandboxRequest,
  { limit, gone }: { limit: number; gone: SessionGone },
): Promise<StoredFile> {
  const { stream, headers, signal } = request;
  if (stream === undefined) throw new HttpProblem(400, "There is no file");
  const source = stream.iterator({ destroyOnReturn: false });
  try {
    const type = headers["content-type"];
    const part = await readFilePart(source, typeof type === "string" ? type : undefined);
    return await session.upload(part.fileName, { content: part.content, limit, tooLarge: () => tooLarge(limit) });
  } catch (error) {
    if (signal.aborted) throw error;
    stream.on("error", () => {});
    // The iterator lets go of the stream first: nothing would flow otherwise.
    void source.return?.().then(() => stream.resume());
    if (!session.isOpen) throw gone(session);
    throw error;
  }
}

const tooLarge = (limit: number): HttpProblem =>
  new HttpProblem(413, `The file is larger than the ${limit} bytes that this server takes`);

/** Sends a file that a session has, or the part of it that is asked for. */
export async function sendFile(
  session: LiveSession,
  file: StoredFile,
  request: Pick<SandboxRequest, "headers">,
  gone: SessionGone,
): Promise<SandboxReply> {
  session.files.complete(file.id);
  const { size } = file;
  const tag = `"${session.id}-${file.id}-${size}"`;
  const same = request.headers["if-range"] ?? tag;
  const range = same === tag ? readRange(request.headers["range"], size) : undefined;
  const headers = { "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", ETag: tag };
  if (range === "none") {
    const text = { "Content-Type": "text/plain; charset=utf-8", "Content-Range": `bytes */${size}` };
    return { status: 416, headers: text, body: `File ${file.id} has ${size} bytes` };
  }
  const { start, length } = range ?? { start: 0, length: size };
  const end = start + length - 1;
  const partial = range === undefined ? {} : { "Content-Range": `bytes ${start}-${end}/${size}` };
  const status = range === undefined ? 200 : 206;
  if (length === 0) return { status, headers, body: Buffer.alloc(0) };
  const handle = await session.files.open(file).catch((error: unknown) => {
    if (session.isOpen && session.files.find(file.id) !== undefined) throw error;
    throw session.isOpen ? new HttpProblem(404, `File ${file.id} not found`) : gone(session);
  });
  const content = handle.createReadStream({ start, end });
  const release = session.hold();
  content.once("close", release);
  return { status, headers: { ...headers, ...partial, "Content-Length": String(length) }, stream: content };
}
