import { combine, EVERYTHING, raw } from "../../query/index.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import type { CloudContext } from "../context.js";
import type { CloudPart, CloudRoute } from "../part.js";
import { idOf } from "../processes/guid.js";
import { validate } from "../processes/validation.js";
import {
  compileBody,
  compileText,
  countValues,
  DocumentSearch,
  inStretch,
  orderBy,
  readObject,
  readSort,
  readTerms,
  readText,
  readWindow,
} from "../search/index.js";
import { type EventDocument, eventDocuments } from "./documents.js";
import { EVENT_FIELDS } from "./fields.js";

const V2 = "/api/investigate/v2/orgs/:org/events";
const VALIDATION = "/api/investigate/v1/orgs/:org/events/search_validation";
const READ = "org.search.events(READ)";
const CREATE = "org.search.events(CREATE)";
/** So many rows come where no number is asked for. */
const USUAL_ROWS = 10;
const USUAL_VALUES = 100;
/** Segments of a process that have been looked through are remembered for so long. */
const REMEMBERED = 180_000;

/** The events of processes: a process at a time, and all of them only after its segments have been looked through. */
export function eventsPart(context: CloudContext): CloudPart {
  const bodyOf = (request: SandboxRequest): Record<string, unknown> => readObject(request.json());
  const segments = segmentsOf(context);

  const found = (request: SandboxRequest, body: Record<string, unknown>, order?: SqlText) => {
    const guid = request.params["guid"] ?? "";
    const id = idOf(context.orgKey, guid);
    const where = conditionOf(context, body);
    const documents = id === undefined ? [] : eventDocuments(context, id);
    const progress = segments(guid);
    // Bit by bit, as the segments are looked through.
    const share = progress.processed_segments / progress.total_segments;
    const there = share === 1 ? documents : documents.slice(0, Math.floor(documents.length * share));
    return { events: new DocumentSearch(context.store.database, there).find(where, order), progress };
  };

  const search = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const { skipped, rows } = readWindow(body, 0, USUAL_ROWS);
    const keys = readSort(body["sort"]);
    const { events, progress } = found(
      request,
      body,
      keys.length === 0 ? raw("d.key") : orderBy(keys, EVENT_FIELDS, "d.key"),
    );
    const available = Math.min(events.length, context.behaviour.searchWindow);
    const results = events.slice(0, available).slice(skipped, skipped + rows);
    return { status: 200, body: { results, num_found: events.length, num_available: available, ...progress } };
  };

  const facet = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const { fields, rows = USUAL_VALUES } = readTerms(body["terms"]);
    if (fields.length === 0) throw new HttpProblem(400, "terms.fields says what to count");
    const unknown = fields.find((field) => !EVENT_FIELDS.has(field));
    if (unknown !== undefined) throw new HttpProblem(400, `There is no field ${unknown} of events`);
    const { events, progress } = found(request, body);
    const terms = fields.map((field) => ({ field, values: countValues(valuesIn(events, field), rows) }));
    return { status: 200, body: { terms, ranges: [], num_found: events.length, ...progress } };
  };

  const validated = (text: string): SandboxReply => ({ status: 200, body: validate(context, text, EVENT_FIELDS) });
  const routes: CloudRoute[] = [
    { method: "POST", path: `${V2}/:guid/_search`, needs: CREATE, handle: search },
    { method: "POST", path: `${V2}/:guid/_facet`, needs: CREATE, handle: facet },
    {
      ...{ method: "GET", path: VALIDATION, needs: READ },
      handle: ({ query }) => validated(query.get("q") ?? query.get("query") ?? ""),
    },
    {
      ...{ method: "POST", path: VALIDATION, needs: READ },
      handle: (request) => validated(readText(bodyOf(request)["query"], "query") ?? ""),
    },
  ];
  return { routes };
}

function conditionOf(context: CloudContext, body: Record<string, unknown>): SqlText {
  const now = context.now();
  const text = readText(body["query"], "query") ?? readText(body["q"], "q");
  const rules = { fields: EVENT_FIELDS, now };
  const rest = compileBody({ criteria: body["criteria"], exclusions: body["exclusions"] }, rules, () => EVERYTHING);
  const conditions = [compileText(text, EVENT_FIELDS, { now, unknown: "refuse" }), rest];
  const range = readObject(body["time_range"], "`time_range`");
  const time = EVENT_FIELDS.get("event_timestamp");
  if (Object.keys(range).length > 0 && time !== undefined) conditions.push(inStretch(time, range, "time_range", now));
  return combine("AND", conditions);
}

function* valuesIn(events: readonly EventDocument[], field: string): Iterable<readonly [string, string]> {
  for (const event of events) {
    const value = event[field];
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (each !== undefined && each !== null) yield [String(each), String(each)];
    }
  }
}

interface Segments {
  readonly total_segments: number;
  readonly processed_segments: number;
}

/** How far the segments of a process have been looked through when it is asked for: a bit further each time. */
function segmentsOf(context: CloudContext): (guid: string) => Segments {
  const asked = new Map<string, { times: number; latest: number }>();
  return (guid) => {
    const now = context.now();
    for (const [key, { latest }] of asked) if (latest < now - REMEMBERED) asked.delete(key);
    const known = asked.get(guid) ?? { times: 0, latest: now };
    known.times += 1;
    known.latest = now;
    asked.set(guid, known);
    const { segmentPolls } = context.behaviour;
    const total = Math.max(1, Math.abs(segmentPolls));
    // A negative number of polls is never reached.
    const most = segmentPolls < 0 ? total - 1 : total;
    return { total_segments: total, processed_segments: Math.min(most, known.times) };
  };
}
