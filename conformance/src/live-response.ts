import { describeRequest, type ReceivedRequest } from "./request.js";
import type { RecordedRequest } from "./vector.js";

// What may differ in any recording of Live Response: how its state is asked for, and names that chance makes.

const SESSIONS = "/api/v1/cblr/session";
const CLOUD_SESSIONS = "/integrationServices/v3/cblr/session";
const POLL = new RegExp(`^(${SESSIONS}|${CLOUD_SESSIONS})/[\\w:]+(/command/\\w+)?$`);
const randomName = /cblr\.[A-Za-z0-9]{12}\.tmp/;

/** Whether a request asks how far a session or a command is: how often, and after which pauses, is the client's choice. */
export function isPoll(request: RecordedRequest): boolean {
  return request.method === "GET" && POLL.test(request.path);
}

/** Whether a request reads the list of sessions, which only those need who take one over. */
export function readsSessions(request: RecordedRequest): boolean {
  return describeRequest(request) === `GET ${SESSIONS}?active_only=true`;
}

/**
 * Whether a request belongs to the closing of a session: its state is read, and sent back as closed. Of jobs on several
 * endpoints at once the recordings end before that.
 */
export function closesSession(request: ReceivedRequest): boolean {
  if (!/^\/api\/v1\/cblr\/session\/\w+$/.test(request.path)) return false;
  if (request.method === "GET") return request.query.length === 0;
  return request.method === "PUT" && /"status":\s*"close"/.test(request.body.toString());
}

/** The session, by the path of its state, that a request to the classic Cloud closes; `undefined` for other requests. */
export function closesCloudSession({ method, path, body }: ReceivedRequest): string | undefined {
  if (method !== "PUT" || path !== CLOUD_SESSIONS) return undefined;
  const { session_id, status } = JSON.parse(body.toString()) as { session_id?: unknown; status?: unknown };
  return status === "CLOSE" ? `${CLOUD_SESSIONS}/${String(session_id)}` : undefined;
}

/** A poll without the wish that the server holds its answer back; `undefined` for other requests. */
export function withoutWish(request: ReceivedRequest): ReceivedRequest | undefined {
  if (request.method !== "GET" || !request.path.startsWith(`${SESSIONS}/`)) return undefined;
  const query = request.query.filter(([name, value]) => name !== "wait" || value !== "true");
  return query.length === request.query.length ? undefined : { ...request, query };
}

/** Puts recorded names in the place of those that chance made: the same one for the same one. */
export class RandomNames {
  readonly #recorded = new Map<string, string>();

  translate(recorded: RecordedRequest, request: ReceivedRequest): ReceivedRequest | undefined {
    const body = request.body.toString();
    const given = randomName.exec(body)?.[0];
    const wanted = randomName.exec(JSON.stringify(recorded.json) ?? "")?.[0];
    if (given === undefined || wanted === undefined) return undefined;
    if ((this.#recorded.get(given) ?? wanted) !== wanted) return undefined;
    this.#recorded.set(given, wanted);
    return { ...request, body: Buffer.from(body.replaceAll(given, wanted)) };
  }
}
