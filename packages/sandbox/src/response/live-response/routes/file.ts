import { HttpProblem, type Route, type SandboxReply, type SandboxRequest } from "../../../server/product.js";
import { readObject } from "../../../server/write-body.js";
import { fileDocument } from "../documents.js";
import type { StoredFile } from "../files.js";
import { readFilePart } from "../multipart.js";
import { readRange } from "../ranges.js";
import type { LiveSession } from "../session.js";
import { type LiveResponseContext, PATH } from "./context.js";
import { locateFile, locateOpen, sessionGone } from "./locate.js";

/** The files of a session: uploaded, listed, read in whole or in part, deleted. */
export function fileRoutes({ sessions }: LiveResponseContext): Route[] {
  const path = `${PATH}/:session/file`;
  const remove = async (session: LiveSession, file: StoredFile): Promise<SandboxReply> => {
    await session.files.remove(file);
    return { status: 200, body: fileDocument(session, file) };
  };
  return [
    {
      method: "GET",
      path,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        return { status: 200, body: session.files.list().map((file) => fileDocument(session, file)) };
      },
    },
    {
      method: "POST",
      path,
      streamsBody: true,
      handle: async (request) => await receive(locateOpen(sessions, request), request, sessions.settings.maxFileSize),
    },
    {
      method: "GET",
      path: `${path}/:file`,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        return { status: 200, body: fileDocument(session, locateFile(session, request)) };
      },
    },
    {
      method: "PUT",
      path: `${path}/:file`,
      handle: async (request) => {
        const session = locateOpen(sessions, request);
        const file = locateFile(session, request);
        if (readObject(request).flag("delete") !== true) throw new HttpProblem(400, "A file can be deleted only");
        return await remove(session, file);
      },
    },
    {
      method: "DELETE",
      path: `${path}/:file`,
      handle: async (request) => {
        const session = locateOpen(sessions, request);
        return await remove(session, locateFile(session, request));
      },
    },
    {
      method: "GET",
      path: `${path}/:file/content`,
      handle: async (request) => {
        const session = locateOpen(sessions, request);
        return await contentOf(session, locateFile(session, request), request);
      },
    },
  ];
}

/** Takes an upload. A refused one is let through unread, so that the client gets to see why. */
async function receive(session: LiveSession, request: SandboxRequest, limit: number): Promise<SandboxReply> {
  const { stream, headers, signal } = request;
  if (stream === undefined) throw new HttpProblem(400, "There is no file");
  const source = stream.iterator({ destroyOnReturn: false });
  try {
    const type = headers["content-type"];
    const part = await readFilePart(source, typeof type === "string" ? type : undefined);
    const file = await session.upload(part.fileName, { content: part.content, limit, tooLarge: () => tooLarge(limit) });
    return { status: 200, body: fileDocument(session, file) };
  } catch (error) {
    if (signal.aborted) throw error;
    stream.on("error", () => {});
    // The iterator lets go of the stream first: nothing would flow otherwise.
    void source.return?.().then(() => stream.resume());
    if (!session.isOpen) throw sessionGone(session.id);
    throw error;
  }
}

const tooLarge = (limit: number): HttpProblem =>
  new HttpProblem(413, `The file is larger than the ${limit} bytes that this server takes`);

async function contentOf(session: LiveSession, file: StoredFile, request: SandboxRequest): Promise<SandboxReply> {
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
    throw session.isOpen ? new HttpProblem(404, `File ${file.id} not found`) : sessionGone(session.id);
  });
  const content = handle.createReadStream({ start, end });
  const release = session.hold();
  content.once("close", release);
  return { status, headers: { ...headers, ...partial, "Content-Length": String(length) }, stream: content };
}
