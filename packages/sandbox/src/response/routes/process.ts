import { readCount } from "../../server/parameters.js";
import { HttpProblem, type Route, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import { signatureSummaries } from "../../store/binaries.js";
import { mergedTags, type TagRow, tagsByDocument, tagsOf } from "../../store/detection/tags.js";
import {
  eventsOf,
  findChildren,
  findOrphan,
  findProcess,
  type ProcessRow,
  type SegmentChoice,
  segmentsOf,
} from "../../store/processes.js";
import type { ResponseContext } from "../context.js";
import { elapsedSince } from "../documents/envelope.js";
import { eventArrays } from "../documents/events.js";
import {
  fullDocument,
  type ProcessDocument,
  placeholderDocument,
  relativeDocument,
  segmentEntry,
} from "../documents/process.js";
import { feedHits } from "../documents/tags.js";
import { marksOf } from "../highlights.js";
import { parseQuery } from "../query-language/index.js";

const MOST_CHILDREN = 1_000;
const USUAL_RELATIVES = 15;
const PREVIEWED_EVENTS = 10;

/** What is asked of one process: summary, segments, events, preview, hits of feeds. */
export function processRoutes(context: ResponseContext): Route[] {
  const { traits } = context;
  const json =
    (handle: (request: SandboxRequest) => unknown) =>
    (request: SandboxRequest): SandboxReply => ({
      status: 200,
      body: handle(request),
    });
  const one = "/:id/:segment";
  const routes: Route[] = [];
  if (traits.immutableSegments) {
    routes.push({ method: "GET", path: "/api/v1/process/:id/segment", handle: json((r) => segments(context, r)) });
  }
  routes.push(
    { method: "GET", path: `/api/v1/process${one}`, handle: json((request) => summary(context, request)) },
    { method: "GET", path: `/api/v2/process${one}`, handle: json((request) => bare(context, request)) },
    { method: "GET", path: `/api/v1/process${one}/preview`, handle: json((request) => preview(context, request)) },
    {
      method: "GET",
      path: `/api/v1/process${one}/threat_intel_hits`,
      handle: json((request) => {
        if (context.behaviour.sharingEnabled === false) throw new HttpProblem(500, "Threat intelligence is not shared");
        return feedHits(tagsFor(context, locate(context, request)));
      }),
    },
  );
  for (let version = 1; version <= traits.newestEventRoute; version += 1) {
    routes.push({
      method: "GET",
      path: `/api/v${version}/process${one}/event`,
      handle: json((request) => events(context, request, version)),
    });
  }
  return routes;
}

interface Located {
  row: ProcessRow;
  choice: SegmentChoice;
}

/** A process that is stored, in the segment of the path. */
function locate(context: ResponseContext, { params }: SandboxRequest): Located {
  const choice = readSegment(context, params["segment"] ?? "");
  const row = choice === undefined ? undefined : findProcess(context.store, guidOf(params["id"]), choice);
  if (row === undefined || choice === undefined || row.suppressed === 1)
    throw new HttpProblem(404, "Process not found");
  return { row, choice };
}

/** The tags of the segment, or of all segments where they are shown as one. */
function tagsFor({ store }: ResponseContext, { row, choice }: Located): TagRow[] {
  if (!("all" in choice)) return tagsOf(store, "process", row.doc);
  const docs = segmentsOf(store, row.proc).map(({ doc }) => doc);
  return mergedTags(store, "process", docs);
}

/** The GUID of an id, which may carry its segment; anything else is the id of no process. */
function guidOf(text = ""): string {
  const id = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(?:[0-9a-f]{8}|[0-9a-f]{12}))?$/i.exec(text)?.[1];
  return id?.toLowerCase() ?? "";
}

function readSegment({ traits }: ResponseContext, text: string): SegmentChoice | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  if (!traits.immutableSegments) return { ordinal: number };
  // 1 is what ids of relatives carry when no segment in particular is meant.
  return number <= 1 ? { all: true } : { segment_id: number };
}

/** The process's own document. One that is only named by its children is answered with what they know of it. */
function documentOf(
  context: ResponseContext,
  request: SandboxRequest,
): { row?: ProcessRow; document: ProcessDocument } {
  const { traits, store } = context;
  const id = guidOf(request.params["id"]);
  const known = findProcess(store, id, { all: true });
  if (known === undefined) {
    const child = findOrphan(store, id);
    if (child === undefined) throw new HttpProblem(404, "Process not found");
    return { document: placeholderDocument(traits, id, child.parent_name, child) };
  }
  if (known.placeholder === 1) return { row: known, document: fullDocument(traits, known, []) };
  const located = locate(context, request);
  const { row } = located;
  return { row, document: fullDocument(traits, row, tagsFor(context, located)) };
}

function bare(context: ResponseContext, request: SandboxRequest): ProcessDocument {
  return documentOf(context, request).document;
}

function summary(context: ResponseContext, request: SandboxRequest): Record<string, unknown> {
  const { traits, store } = context;
  const { row, document } = documentOf(context, request);
  const asked = request.query.get("children") ?? "";
  const limit = /^\d{1,4}$/.test(asked) && Number(asked) <= MOST_CHILDREN ? Number(asked) : USUAL_RELATIVES;
  const id = guidOf(request.params["id"]);
  const relatives = (rows: ProcessRow[]): ProcessDocument[] => {
    const docs = rows.flatMap((row) => row.doc ?? []);
    const tags = tagsByDocument(store, "process", docs);
    return rows.map((row) => relativeDocument(traits, row, tags.get(row.doc ?? 0) ?? []));
  };
  const parentId = row?.parent_id ?? null;
  return {
    process: document,
    parent: row === undefined ? {} : parentDocument(context, row),
    children: relatives(findChildren(store, id, limit)),
    siblings: parentId === null ? [] : relatives(findChildren(store, parentId, USUAL_RELATIVES, id)),
  };
}

function parentDocument(context: ResponseContext, child: ProcessRow): ProcessDocument {
  if (child.parent_id === null) return {};
  const parent = findProcess(context.store, child.parent_id, { all: true });
  if (parent === undefined) return placeholderDocument(context.traits, child.parent_id, child.parent_name, child);
  return fullDocument(context.traits, parent, tagsOf(context.store, "process", parent.doc));
}

function events(context: ResponseContext, request: SandboxRequest, version: number): Record<string, unknown> {
  const began = performance.now();
  const { row, choice } = locate(context, request);
  const stored = eventsOf(context.store, row, choice);
  const hashes = new Set([row.md5, ...(stored.modload ?? []).map((event) => event.md5)]);
  return {
    process: {
      ...fullDocument(context.traits, row, tagsFor(context, { row, choice })),
      binaries: signatureSummaries(context.store, hashes),
      ...cut(eventArrays(stored, version), request, version),
    },
    elapsed: elapsedSince(began),
  };
}

/** From version 3 on, a part of each kind of events can be asked for. */
function cut(arrays: Record<string, unknown[]>, { query }: SandboxRequest, version: number): Record<string, unknown[]> {
  if (version < 3) return arrays;
  const start = readCount(query, "cb.event_start", 0);
  const count = readCount(query, "cb.event_count", Number.POSITIVE_INFINITY);
  if (start === 0 && count === Number.POSITIVE_INFINITY) return arrays;
  const parts = Object.entries(arrays).map(([name, list]) => [name, list.slice(start, start + count)] as const);
  return Object.fromEntries(parts.filter(([, list]) => list.length > 0));
}

function segments(context: ResponseContext, request: SandboxRequest): Record<string, unknown> {
  const row = findProcess(context.store, guidOf(request.params["id"]), { all: true });
  if (row === undefined || row.doc === null) throw new HttpProblem(404, "Process not found");
  const entries = segmentsOf(context.store, row.proc).map((segment) => segmentEntry(context.traits, row.id, segment));
  return { process: { segments: entries } };
}

/** The document with a few of its events, those that hold a term of the query first and with the term in brackets. */
function preview(context: ResponseContext, request: SandboxRequest): ProcessDocument {
  const { row, choice } = locate(context, request);
  const marks = marksOf(parseQuery(request.query.get("q") ?? ""));
  const mark = (entry: unknown): unknown => {
    if (typeof entry !== "string") return undefined;
    for (const each of marks) {
      const marked = each(entry);
      if (marked !== undefined) return marked;
    }
    return undefined;
  };
  const document = fullDocument(context.traits, row, tagsFor(context, { row, choice }));
  const arrays = eventArrays(eventsOf(context.store, row, choice), context.traits.newestEventRoute);
  for (const [name, list] of Object.entries(arrays)) {
    const marked = list.map(mark).filter((entry) => entry !== undefined);
    const others = list.filter((entry) => mark(entry) === undefined);
    document[name] = [...marked, ...others].slice(0, PREVIEWED_EVENTS);
  }
  for (const field of ["process_name", "path", "cmdline", "username"])
    document[field] = mark(document[field]) ?? document[field];
  return document;
}
