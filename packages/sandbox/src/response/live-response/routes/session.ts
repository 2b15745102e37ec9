import { archiveOf } from "../../../live-response/archive.js";
import { holdFor } from "../../../live-response/hold.js";
import type { LiveSession, SessionTimeouts } from "../../../live-response/session.js";
import { readFlag } from "../../../server/parameters.js";
import { HttpProblem, type Route, type SandboxReply } from "../../../server/product.js";
import { readObject, type WriteBody, wrongType } from "../../../server/write-body.js";
import { commandDocument, sessionDocument } from "../documents.js";
import { type LiveResponseContext, PATH } from "./context.js";
import { locateOpen, locateSession } from "./locate.js";

/** Seconds after which a client that found no slot may ask again. */
const RETRY_AFTER = 5;
/** Seconds. Timers take no more than some three weeks. */
const LONGEST_TIMEOUT = 10 ** 6;

/** Sessions: all of them, one of them, its end and what is left of it. Everybody may see, use and close every session. */
export function sessionRoutes(context: LiveResponseContext): Route[] {
  const { sessions } = context;
  const shown = (session: LiveSession): SandboxReply => ({
    status: 200,
    body: sessionDocument(session, context.withGroup),
  });
  return [
    {
      method: "GET",
      path: PATH,
      handle: async (request) => {
        const wanted = (): LiveSession[] => sessions.list(readFlag(request.query, "active_only"));
        await holdFor(sessions, request, sessions.changes, () => wanted().every(({ status }) => status !== "pending"));
        return { status: 200, body: wanted().map((session) => sessionDocument(session, context.withGroup)) };
      },
    },
    {
      method: "POST",
      path: PATH,
      handle: (request) => {
        const body = readObject(request);
        body.require("sensor_id");
        const id = body.integer("sensor_id") ?? 0;
        const timeouts = readTimeouts(body);
        const sensor = sessions.sensor(id);
        if (sensor === undefined) throw new HttpProblem(404, `Sensor ${id} not found`);
        if (!sensor.supports_cblr) throw new HttpProblem(400, `Sensor ${id} does not support Live Response`);
        const session = sessions.open(sensor, request.user.username, timeouts);
        if (session === undefined) {
          const text = "Maximum number of live response sessions reached";
          throw new HttpProblem(503, text, undefined, RETRY_AFTER);
        }
        return shown(session);
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session`,
      handle: async (request) => {
        const session = locateSession(sessions, request);
        await holdFor(sessions, request, session.changes, () => session.status !== "pending");
        return shown(locateSession(sessions, request));
      },
    },
    {
      method: "PUT",
      path: `${PATH}/:session`,
      handle: (request) => {
        const session = locateSession(sessions, request);
        const body = readObject(request);
        body.require("status");
        const status = body.text("status");
        if (status !== "close" && status !== session.status) throw wrongType("status", "close");
        if (status === "close") session.end("close");
        return shown(session);
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/keepalive`,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        session.touch();
        return shown(session);
      },
    },
    {
      method: "GET",
      path: `${PATH}/:session/archive`,
      handle: (request) => {
        const session = locateOpen(sessions, request);
        const documents = new Map<string, unknown>([["session.json", sessionDocument(session, context.withGroup)]]);
        for (const command of session.commands.values()) {
          documents.set(`command-${command.id}.json`, commandDocument(session, command, context.signed()));
        }
        const archive = archiveOf(session, documents);
        const disposition = `attachment; filename="session-${session.id}.zip"`;
        return {
          status: 200,
          headers: { "Content-Type": "application/zip", "Content-Disposition": disposition },
          stream: archive,
        };
      },
    },
  ];
}

function readTimeouts(body: WriteBody): Partial<SessionTimeouts> {
  const seconds = (name: string): number | undefined => body.integer(name, 1, LONGEST_TIMEOUT);
  const [checkIn, sensorWait, command] = [
    seconds("checkin_timeout"),
    seconds("sensor_wait_timeout"),
    seconds("default_command_timeout"),
  ];
  return {
    ...(checkIn === undefined ? {} : { checkIn }),
    ...(sensorWait === undefined ? {} : { sensorWait }),
    ...(command === undefined ? {} : { command }),
  };
}
