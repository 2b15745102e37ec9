import type { GeneralDeparture } from "./departures.js";
import type { ReceivedRequest } from "./request.js";
import type { RecordedRequest } from "./vector.js";

// What may differ in any recording of App Control: how many settings are asked for, and in what order rows come.

const API = "/api/bit9platform/v1/";

/** A request without what may be added to the recorded one, and which departure that is; `undefined` for other requests. */
export function withoutAdditions(
  recorded: RecordedRequest,
  request: ReceivedRequest,
): readonly [GeneralDeparture, ReceivedRequest] | undefined {
  if (request.method !== "GET" || !request.path.startsWith(API)) return undefined;
  const named = new Set(recorded.query.map(([name]) => name));
  const [departure, addition]: readonly [GeneralDeparture, string] =
    request.path === `${API}serverConfig` ? ["all settings", "limit=0"] : ["order by id", "sort=id ASC"];
  const query = request.query.filter(([name, value]) => named.has(name) || `${name}=${value}` !== addition);
  return query.length === request.query.length ? undefined : [departure, { ...request, query }];
}
