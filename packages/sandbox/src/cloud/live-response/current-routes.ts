import { locateCommand, locateFile } from "../../live-response/locate.js";
import { receiveFile, sendFile } from "../../live-response/transfers.js";
import { HttpProblem } from "../../server/product.js";
import type { SignedFiles } from "../../server/signed-files.js";
import { readObject } from "../../server/write-body.js";
import type { CloudRoute } from "../part.js";
import { issueCommand } from "./commands.js";
import { currentCommand, currentSession } from "./documents.js";
import { type CloudSessions, sessionGone } from "./sessions.js";

const PATH = "/appservices/v6/orgs/:org/liveresponse/sessions";
const KEYS = { path: "path", pid: "pid" };
const RIGHT = "org.liveresponse.session";

/** Live Response of today. Content is read elsewhere, by a signed address. */
export function currentRoutes(sessions: CloudSessions, signed: SignedFiles): CloudRoute[] {
  return [
    {
      method: "POST",
      path: PATH,
      needs: `${RIGHT}(CREATE)`,
      handle: (request) => {
        const body = readObject(request);
        body.require("device_id");
        return { status: 201, body: currentSession(sessions.open(body.integer("device_id", 0) ?? 0, request)) };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session`,
      needs: `${RIGHT}(READ)`,
      handle: (request) => ({ status: 200, body: currentSession(sessions.locate(request)) }),
    },
    {
      method: "DELETE",
      path: `${PATH}/:session`,
      needs: `${RIGHT}(DELETE)`,
      handle: (request) => {
        sessions.locateOpen(request).end("close");
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/keepalive`,
      needs: `${RIGHT}(READ)`,
      handle: (request) => {
        sessions.locateOpen(request).touch();
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: `${PATH}/:session/commands`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        const command = issueCommand(session, request, { keys: KEYS, checksRights: true });
        return { status: 201, body: currentCommand(session, command) };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/commands/:command`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        return { status: 200, body: currentCommand(session, locateCommand(session, request)) };
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:session/commands/:command`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        const command = locateCommand(session, request);
        if (session.cancel(command)) return { status: 204 };
        throw new HttpProblem(
          400,
          `Only pending commands can be cancelled; command ${command.id} is ${command.status}`,
        );
      },
    },
    {
      method: "POST",
      path: `${PATH}/:session/files`,
      needs: "org.liveresponse.file(CREATE)",
      streamsBody: true,
      handle: async (request) => {
        const session = sessions.locateOpen(request);
        const file = await receiveFile(session, request, { limit: sessions.maxFileSize, gone: sessionGone });
        return { status: 201, body: { id: file.id } };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/files/:file/content`,
      needs: "org.liveresponse.file(READ)",
      handle: async (request) => {
        const session = sessions.locateOpen(request);
        const file = locateFile(session, request);
        session.files.complete(file.id);
        const address = await signed.address((reading) => sendFile(session, file, reading, sessionGone));
        return { status: 302, headers: { Location: address } };
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:session/files/:file`,
      needs: "org.liveresponse.file(DELETE)",
      handle: async (request) => {
        const session = sessions.locateOpen(request);
        await session.files.remove(locateFile(session, request));
        return { status: 204 };
      },
    },
  ];
}
