import type { GeneralDeparture } from "./departures.js";
import type { ReceivedRequest } from "./request.js";
import type { RecordedRequest } from "./vector.js";

// What may differ in any recording of the Cloud's searches for processes and events: what bodies repeat, and how many rows a
// page of results has.

const API = /^\/api\/investigate\/v\d\/orgs\//;

/** A request as it was recorded, and which departure that is; `undefined` for other requests. */
export function asRecorded(
  recorded: RecordedRequest,
  request: ReceivedRequest,
): readonly [GeneralDeparture, ReceivedRequest] | undefined {
  if (!API.test(request.path) || request.path !== recorded.path) return undefined;
  if (request.method === "POST") return withRepeatedQuery(recorded, request);
  if (!request.path.endsWith("/results")) return undefined;
  const rows = recorded.query.find(([name]) => name === "rows")?.[1];
  if (rows === undefined) return undefined;
  const query = request.query.map(([name, value]) => [name, name === "rows" ? rows : value] as const);
  return ["page size", { ...request, query }];
}

/** The recorded client sent the query text under two names. */
function withRepeatedQuery(
  recorded: RecordedRequest,
  request: ReceivedRequest,
): readonly [GeneralDeparture, ReceivedRequest] | undefined {
  const { q, query } = (recorded.json ?? {}) as { readonly q?: unknown; readonly query?: unknown };
  if (q === undefined || q !== query) return undefined;
  const body = JSON.parse(request.body.toString()) as object;
  return "q" in body ? undefined : ["query once", { ...request, body: Buffer.from(JSON.stringify({ ...body, q })) }];
}
