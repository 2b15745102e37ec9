import { readCommand } from "../../../live-response/commands/index.js";
import { holdFor } from "../../../live-response/hold.js";
import { hasEnded, type LiveCommand } from "../../../live-response/live-command.js";
import { locateCommand } from "../../../live-response/locate.js";
import type { LiveSession } from "../../../live-response/session.js";
import { readCount } from "../../../server/parameters.js";
import { HttpProblem, type Route, type SandboxReply } from "../../../server/product.js";
import { readObject, wrongType } from "../../../server/write-body.js";
import { commandDocument, commandStatus } from "../documents.js";
import { type LiveResponseContext, PATH } from "./context.js";
import { locateOpen, sessionGone } from "./locate.js";

/** On this server, whatever a command is about is its object. */
const KEYS = { path: "object", pid: "object" };

/** Commands of a session: asked for, looked at, taken back. */
export function commandRoutes(context: LiveResponseContext): Route[] {
  const { sessions } = context;
  const path = `${PATH}/:session/command`;
  const documentOf = (session: LiveSession, command: LiveCommand): Record<string, unknown> =>
    commandDocument(session, command, context.signed());
  const shown = (session: LiveSession, command: LiveCommand): SandboxReply => ({
    status: 200,
    body: documentOf(session, command),
  });
  return [
    {
      method: "GET",
      path,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        const status = request.query.get("status");
        const wanted = [...session.commands.values()].filter(
          (each) => status === null || commandStatus(each) === status,
        );
        const count = readCount(request.query, "count", wanted.length);
        // The latest ones, in the order in which they were asked for.
        return {
          status: 200,
          body: wanted.slice(wanted.length - Math.min(count, wanted.length)).map((each) => documentOf(session, each)),
        };
      },
    },
    {
      method: "POST",
      path,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        const body = readObject(request);
        const named = body.integer("session_id");
        if (named !== undefined && named !== session.id) {
          throw new HttpProblem(400, `session_id must be ${session.id}, as in the path`);
        }
        return shown(session, session.issue(readCommand(body, KEYS, session), request.user.username));
      },
    },
    {
      method: "GET",
      path: `${path}/:command`,
      handle: async (request) => {
        const session = locateOpen(sessions, request);
        const command = locateCommand(session, request);
        await holdFor(sessions, request, session.changes, () => hasEnded(command) || !session.isOpen);
        if (!session.isOpen) throw sessionGone(session.id);
        return shown(session, command);
      },
    },
    {
      method: "PUT",
      path: `${path}/:command`,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        const command = locateCommand(session, request);
        const body = readObject(request);
        body.require("status");
        if (body.text("status") !== "cancel") throw wrongType("status", "cancel");
        if (!session.cancel(command)) {
          const text = `Only pending commands can be cancelled; command ${command.id} is ${commandStatus(command)}`;
          throw new HttpProblem(400, text);
        }
        return shown(session, command);
      },
    },
  ];
}
