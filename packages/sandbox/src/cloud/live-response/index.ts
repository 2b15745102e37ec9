import type { CloudContext } from "../context.js";
import type { CloudPart } from "../part.js";
import { classicRoutes } from "./classic-routes.js";
import { currentRoutes } from "./current-routes.js";
import { CloudSessions } from "./sessions.js";

/**
 * Live Response of both generations. Its sessions are among those that EDR keeps for all products, which also ends them
 * and lets time go by for them; here are only slots, addresses and documents of its own.
 */
export function liveResponsePart(context: CloudContext): CloudPart {
  const room = context.liveSessions();
  if (room === undefined) return { routes: [] };
  const sessions = new CloudSessions(context, room);
  return { routes: [...classicRoutes(sessions), ...currentRoutes(sessions, context.signed)] };
}
