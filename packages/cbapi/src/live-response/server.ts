import type { BaseApi } from "../core/client.js";
import type { LiveResponseDialect } from "./dialect.js";
import type { OwnSessions } from "./own-sessions.js";

/** A server, how to speak with it, and which of its sessions are one's own. */
export interface Server {
  readonly api: BaseApi;
  readonly dialect: LiveResponseDialect;
  readonly own: OwnSessions;
}
