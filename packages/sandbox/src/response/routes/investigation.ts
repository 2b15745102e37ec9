import type { TaggedEventRecord } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import {
  LONGEST_NAME,
  LONGEST_TEXT,
  readObject,
  type WriteBody,
  writtenTime,
  wrongType,
} from "../../server/write-body.js";
import { findProcess, type SegmentChoice } from "../../store/processes.js";
import type { ResponseContext } from "../context.js";
import { investigationDocument, type TaggedProcess, taggedEventDocument } from "../documents/investigation.js";
import { found } from "../found.js";
import { SUCCESS } from "../success.js";

/** A GUID alone, or with a segment: counted ones have 8 digits, times have 12. */
const PROCESS_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-([0-9a-f]{8}|[0-9a-f]{12}))?$/i;

/** What analysts have marked for an investigation, or written down for it. Whoever has a token may. */
export function investigationRoutes(context: ResponseContext): Route[] {
  const { store, traits } = context;
  const investigations = store.collection("investigation");
  const events = store.collection("tagged_event");
  const documentOf = (record: TaggedEventRecord): Record<string, unknown> =>
    taggedEventDocument(traits, record, record.process === null ? undefined : taggedProcess(context, record.process));
  /** The investigation that a body names: one that is not there is the mistake of the body, not of the path. */
  const named = (body: WriteBody): number | undefined => {
    const id = body.integer("investigation_id");
    if (id !== undefined && investigations.get(id) === undefined) {
      throw wrongType("investigation_id", `the id of an investigation; there is no investigation ${id}`);
    }
    return id;
  };
  const locate = (request: SandboxRequest): TaggedEventRecord => found(events, request, "Tagged event");
  const touch = (id: number): void => {
    const record = investigations.get(id);
    if (record !== undefined) investigations.put(id, { ...record, last_updated: context.now() });
  };
  const list = (belongs: (record: TaggedEventRecord) => boolean): SandboxReply => {
    const found = events.all().filter(belongs);
    return { status: 200, body: found.map(documentOf) };
  };

  return [
    {
      method: "GET",
      path: "/api/investigations",
      handle: () => ({ status: 200, body: investigations.all().map(investigationDocument) }),
    },
    {
      method: "GET",
      path: "/api/tagged_event/:id",
      handle: (request) => {
        const { id } = found(investigations, request, "Investigation");
        return list((record) => record.investigation_id === id);
      },
    },
    {
      method: "GET",
      path: "/api/tagged_events/:process",
      handle: ({ params }) => {
        const guid = PROCESS_ID.exec(params["process"] ?? "")?.[1]?.toLowerCase();
        if (guid === undefined || findProcess(store, guid, { all: true }) === undefined) {
          throw new HttpProblem(404, "Process not found");
        }
        return list((record) => record.process?.id === guid);
      },
    },
    {
      method: "POST",
      path: "/api/tagged_event",
      handle: (request) => {
        const body = readObject(request);
        body.require("investigation_id");
        const investigation_id = named(body) ?? 0;
        const now = context.now();
        const record: TaggedEventRecord = {
          ...{ event_id: null, event_type: null, event_data: {}, notes: "", process: null, start_date: now },
          ...readEvent(context, body),
          id: events.nextKey(),
          investigation_id,
          tagged_by_user_id: context.accounts.of(request).id,
          date_tagged: now,
        };
        events.put(record.id, record);
        touch(investigation_id);
        return { status: 200, body: documentOf(record) };
      },
    },
    {
      method: "PUT",
      path: "/api/tagged_event/:id",
      handle: (request) => {
        const record = locate(request);
        const body = readObject(request);
        const moved = named(body);
        const changed = {
          ...record,
          ...readEvent(context, body),
          ...(moved === undefined ? {} : { investigation_id: moved }),
        };
        events.put(record.id, changed);
        for (const id of new Set([record.investigation_id, changed.investigation_id])) touch(id);
        return { status: 200, body: documentOf(changed) };
      },
    },
    {
      method: "DELETE",
      path: "/api/tagged_event/:id",
      handle: (request) => {
        const record = locate(request);
        events.remove(record.id);
        touch(record.investigation_id);
        return SUCCESS;
      },
    },
  ];
}

/** What a client says of an event, checked; who tagged it and when is for the server to say. */
function readEvent(context: ResponseContext, body: WriteBody): Partial<TaggedEventRecord> {
  const event: Partial<TaggedEventRecord> = {};
  const data = body.value("event_data");
  if (data !== undefined) {
    if (typeof data !== "object" || Array.isArray(data)) throw wrongType("event_data", "an object");
    event.event_data = { ...data };
  }
  const type = body.text("event_type", LONGEST_NAME);
  if (type !== undefined) event.event_type = type;
  const number = body.integer("event_id");
  if (number !== undefined) event.event_id = number;
  const notes = body.text("notes", LONGEST_TEXT);
  if (notes !== undefined) event.notes = notes;
  const start = body.read("start_date", writtenTime);
  if (start !== undefined) event.start_date = start;
  const process = readProcess(context, body);
  if (process !== undefined) event.process = process;
  return event;
}

/** `unique_id`, with its segment in itself or in `segment_id`; without one, the latest segment. */
function readProcess(context: ResponseContext, body: WriteBody): TaggedEventRecord["process"] | undefined {
  const text = body.text("unique_id");
  const given = body.integer("segment_id", 0);
  if (text === undefined) return undefined;
  const [, guid, hex] = PROCESS_ID.exec(text) ?? [];
  if (guid === undefined) throw wrongType("unique_id", "the id of a process, with or without its segment");
  const id = guid.toLowerCase();
  const segment = hex === undefined ? given : Number.parseInt(hex, 16);
  const choice: SegmentChoice =
    segment === undefined
      ? { all: true }
      : context.traits.immutableSegments
        ? { segment_id: segment }
        : { ordinal: segment };
  const row = findProcess(context.store, id, choice);
  if (row === undefined || row.segment_id === null) throw new HttpProblem(400, `There is no process ${text}`);
  return { id, segment_id: row.segment_id };
}

function taggedProcess(
  context: ResponseContext,
  process: { id: string; segment_id: number },
): TaggedProcess | undefined {
  const row = findProcess(context.store, process.id, { segment_id: process.segment_id });
  if (row === undefined || row.segment_id === null || row.ordinal === null) return undefined;
  return { pid: row.pid, segment_id: row.segment_id, ordinal: row.ordinal };
}
