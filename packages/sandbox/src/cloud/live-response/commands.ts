import { readCommand, type SubjectKeys } from "../../live-response/commands/index.js";
import type { LiveCommand } from "../../live-response/live-command.js";
import type { LiveSession } from "../../live-response/session.js";
import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { readObject } from "../../server/write-body.js";
import { requireRight } from "../accounts.js";
import { rightFor } from "./rights.js";
import { sessionId } from "./sessions.js";

/** Issues the command in a request's body. */
export function issueCommand(
  session: LiveSession,
  request: SandboxRequest,
  { keys, checksRights }: { keys: SubjectKeys; checksRights: boolean },
): LiveCommand {
  const body = readObject(request);
  const named = body.text("session_id");
  if (named !== undefined && named !== sessionId(session)) {
    throw new HttpProblem(400, `session_id must be ${sessionId(session)}, as in the path`);
  }
  if (checksRights) requireRight(request.user, rightFor(body.text("name") ?? ""), 403);
  return session.issue(readCommand(body, keys, session), request.user.username);
}
