import { archiveOf } from "../../live-response/archive.js";
import { locateCommand, locateFile } from "../../live-response/locate.js";
import { receiveFile, sendFile } from "../../live-response/transfers.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import { readObject, wrongType } from "../../server/write-body.js";
import type { CloudRoute } from "../part.js";
import { issueCommand } from "./commands.js";
import { classicCommand, classicFile, classicSession } from "./documents.js";
import { type CloudSessions, SessionNotFound, sessionGone } from "./sessions.js";

const PATH = "/integrationServices/v3/cblr/session";
const KEYS = { path: "object", pid: "object" };
const RETIRED = "use /appservices/v6/orgs/{org_key}/liveresponse/sessions";

/** Live Response as it was before v6: EDR's words below another address. */
export function classicRoutes(sessions: CloudSessions): CloudRoute[] {
  const ok = (body: unknown): SandboxReply => ({ status: 200, body });
  const routes: CloudRoute[] = [
    {
      method: "POST",
      path: `${PATH}/:session`,
      handle: (request) => {
        const device = readId(request.params["session"]);
        const named = readObject(request).integer("sensor_id", 0);
        if (device === undefined)
          throw new HttpProblem(404, `Device ${request.params["session"]?.slice(0, 40)} not found`);
        if (named !== undefined && named !== device) throw wrongType("sensor_id", `${device}, as in the path`);
        return ok(classicSession(sessions.open(device, request)));
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session`,
      handle: (request) => ok(classicSession(sessions.locate(request))),
    },
    {
      method: "PUT",
      path: PATH,
      handle: (request) => {
        const body = readObject(request);
        body.require("session_id", "status");
        if (body.text("status")?.toUpperCase() !== "CLOSE") throw wrongType("status", "CLOSE");
        sessions.find(body.text("session_id")).end("close");
        return ok({ success: true });
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/keepalive`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        session.touch();
        return ok(classicSession(session));
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/archive`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        const documents = new Map<string, unknown>([["session.json", classicSession(session)]]);
        for (const command of session.commands.values()) {
          documents.set(`command-${command.id}.json`, classicCommand(session, command));
        }
        return { status: 200, headers: { "Content-Type": "application/zip" }, stream: archiveOf(session, documents) };
      },
    },
    {
      method: "POST",
      path: `${PATH}/:session/command`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        return ok(classicCommand(session, issueCommand(session, request, { keys: KEYS, checksRights: false })));
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/command/:command`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        return ok(classicCommand(session, locateCommand(session, request)));
      },
    },
    {
      method: "POST",
      path: `${PATH}/:session/file`,
      streamsBody: true,
      handle: async (request) => {
        const session = sessions.locateOpen(request);
        const file = await receiveFile(session, request, { limit: sessions.maxFileSize, gone: sessionGone });
        return ok(classicFile(session, file));
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/file/:file`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        return ok(classicFile(session, locateFile(session, request)));
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:session/file/:file`,
      handle: async (request) => {
        const session = sessions.locateOpen(request);
        const file = locateFile(session, request);
        await session.files.remove(file);
        return ok(classicFile(session, file));
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/file/:file/content`,
      handle: (request) => {
        const session = sessions.locateOpen(request);
        return sendFile(session, locateFile(session, request), request, sessionGone);
      },
    },
  ];
  return routes.map((route) => ({
    ...route,
    kind: "LIVE_RESPONSE",
    retired: RETIRED,
    handle: tellingGone(route.handle),
  }));
}

/** That a session is gone has a form of its own, by which clients know to open another one. */
function tellingGone(handle: CloudRoute["handle"]): CloudRoute["handle"] {
  return async (request: SandboxRequest) => {
    try {
      return await handle(request);
    } catch (error) {
      if (!(error instanceof SessionNotFound)) throw error;
      request.stream?.on("error", () => {}).resume();
      return { status: 404, body: { status: "NOT_FOUND", success: false, message: error.message } };
    }
  };
}
