import type { StoredFile } from "../../../live-response/files.js";
import { locateFile } from "../../../live-response/locate.js";
import type { LiveSession } from "../../../live-response/session.js";
import { receiveFile, sendFile } from "../../../live-response/transfers.js";
import { HttpProblem, type Route, type SandboxReply } from "../../../server/product.js";
import { readObject } from "../../../server/write-body.js";
import { fileDocument } from "../documents.js";
import { type LiveResponseContext, PATH } from "./context.js";
import { locateOpen, sessionGone } from "./locate.js";

const gone = ({ id }: LiveSession): HttpProblem => sessionGone(id);

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
      handle: async (request) => {
        const session = locateOpen(sessions, request);
        const file = await receiveFile(session, request, { limit: sessions.settings.maxFileSize, gone });
        return { status: 200, body: fileDocument(session, file) };
      },
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
        return await sendFile(session, locateFile(session, request), request, gone);
      },
    },
  ];
}
