import type { LiveSessions } from "../../../live-response/sessions.js";

/** Where Live Response begins. */
export const PATH = "/api/v1/cblr/session";

/** What the routes share. */
export interface LiveResponseContext {
  sessions: LiveSessions;
  /** Whether result codes of Windows are sent as signed numbers. */
  signed(): boolean;
  /** Whether sessions name the group of their sensor. */
  withGroup: boolean;
}
