import { EVENT_KINDS, type EventKind, type ProcessEvents } from "../domain/index.js";
import type { PackedEvents } from "./event-codec.js";
import type { Store } from "./store.js";

/** How many events of each kind. */
export type EventCounts = Record<`${EventKind}_count`, number>;

/** A process with the segment that is looked at, or with all of them put together. */
export interface ProcessRow extends EventCounts {
  proc: number;
  id: string;
  sensor_id: number;
  pid: number;
  parent_id: string | null;
  parent_pid: number;
  parent_name: string;
  start: number;
  ended: number | null;
  process_name: string;
  path: string;
  cmdline: string;
  username: string;
  uid: string | null;
  md5: string;
  sha256: string | null;
  placeholder: number;
  suppressed: number;
  /** JSON. */
  alliance: string | null;
  computer_name: string | null;
  host_type: string | null;
  os_type: string | null;
  group_name: string | null;
  interfaces: string | null;
  /** The segment's document, or the latest one's; null for a process without documents. */
  doc: number | null;
  segment_id: number | null;
  ordinal: number | null;
  last_update: number | null;
  last_server_update: number | null;
  min_last_update: number | null;
  max_last_update: number | null;
  min_last_server_update: number | null;
  max_last_server_update: number | null;
  tampered: number | null;
}

/** Which segments of a process are meant: all put together, one by its time, or one by its number from 1. */
export type SegmentChoice = { all: true } | { segment_id: number } | { ordinal: number };

const PROCESS_PART = `p.*, h.computer_name, h.host_type, h.os_type, g.name AS group_name,
  json_extract(h.record, '$.interfaces') AS interfaces`;
const PROCESS_JOINS = `process p LEFT JOIN sensor h ON h.id = p.sensor_id LEFT JOIN sensor_group g ON g.id = h.group_id`;
const TIMES = ["last_update", "last_server_update"] as const;

const oneSegment = [
  "s.doc, s.segment_id, s.ordinal, s.tampered, s.last_update, s.last_server_update",
  ...TIMES.flatMap((time) => [`s.${time} AS min_${time}`, `s.${time} AS max_${time}`]),
  ...EVENT_KINDS.map((kind) => `s.${kind}_count`),
].join(", ");

// SQLite takes the bare columns of an aggregate with one max() from the row that holds the maximum: here the latest.
const allSegments = [
  "s.doc, max(s.segment_id) AS segment_id, s.ordinal, total(s.tampered) > 0 AS tampered",
  "s.last_update, s.last_server_update",
  // As subqueries, because a second min() or max() beside the first would undo that.
  ...TIMES.flatMap((time) =>
    ["min", "max"].map((edge) => `(SELECT ${edge}(${time}) FROM segment e WHERE e.proc = p.proc) AS ${edge}_${time}`),
  ),
  ...EVENT_KINDS.map((kind) => `CAST(total(s.${kind}_count) AS INTEGER) AS ${kind}_count`),
].join(", ");

const MERGED = `SELECT ${PROCESS_PART}, ${allSegments} FROM ${PROCESS_JOINS} LEFT JOIN segment s ON s.proc = p.proc`;

/** Nothing is told of a process whose events are all in partitions that are not mounted. */
const SHOWN = `p.placeholder = 1 OR p.suppressed = 1 OR EXISTS (SELECT 1 FROM segment e WHERE e.proc = p.proc)`;

/** The rows of these documents, in their order. */
export function processRowsByDocument(store: Store, docs: readonly number[]): ProcessRow[] {
  return store.database.all<ProcessRow>(
    `SELECT ${PROCESS_PART}, ${oneSegment} FROM json_each(?) j CROSS JOIN segment s ON s.doc = j.value
     JOIN ${PROCESS_JOINS.replace("process p", "process p ON p.proc = s.proc")} ORDER BY j.key`,
    [JSON.stringify(docs)],
  );
}

/** A process by its GUID; undefined when it, or the segment, is not known. */
export function findProcess(store: Store, id: string, choice: SegmentChoice): ProcessRow | undefined {
  if ("all" in choice) {
    return store.database.first<ProcessRow>(`${MERGED} WHERE p.id = ? AND (${SHOWN}) GROUP BY p.proc`, [id]);
  }
  const [column, value] = "ordinal" in choice ? ["ordinal", choice.ordinal] : ["segment_id", choice.segment_id];
  return store.database.first<ProcessRow>(
    `SELECT ${PROCESS_PART}, ${oneSegment} FROM ${PROCESS_JOINS} JOIN segment s ON s.proc = p.proc
     WHERE p.id = ? AND s.${column} = ?`,
    [id, value],
  );
}

/** Children by start, merged over their segments. `except` leaves one out, which turns children into siblings. */
export function findChildren(store: Store, parentId: string, limit: number, except?: string): ProcessRow[] {
  const chosen = `SELECT proc FROM process p
    WHERE parent_id = ? AND id <> ? AND placeholder = 0 AND (${SHOWN}) ORDER BY start, id LIMIT ?`;
  return store.database.all<ProcessRow>(
    `${MERGED} WHERE p.proc IN (${chosen}) GROUP BY p.proc ORDER BY p.start, p.id`,
    [parentId, except ?? "", limit],
  );
}

/** A child of a process that is not known itself: it tells who the unknown one was. */
export function findOrphan(store: Store, parentId: string): ProcessRow | undefined {
  return findChildren(store, parentId, 1)[0];
}

/** A segment with its counts. */
export interface SegmentRow extends EventCounts {
  doc: number;
  segment_id: number;
  ordinal: number;
  last_update: number;
  last_server_update: number;
}

/** The segments of a process in the order of their ids. */
export function segmentsOf(store: Store, proc: number): SegmentRow[] {
  const counts = EVENT_KINDS.map((kind) => `${kind}_count`).join(", ");
  return store.database.all<SegmentRow>(
    `SELECT doc, segment_id, ordinal, last_update, last_server_update, ${counts} FROM segment WHERE proc = ?
     ORDER BY segment_id`,
    [proc],
  );
}

/** The events of the chosen segments, each kind ordered by time. */
export function eventsOf(store: Store, row: ProcessRow, choice: SegmentChoice): ProcessEvents {
  const docs = "all" in choice ? segmentsOf(store, row.proc).map((segment) => segment.doc) : [row.doc];
  const lists: Partial<Record<EventKind, { time: number }[]>> = {};
  for (const doc of docs) {
    const stored = store.database.first<{ events: string }>("SELECT events FROM segment_event WHERE doc = ?", [doc]);
    if (stored === undefined) continue;
    const events = store.codec.unpack(JSON.parse(stored.events) as PackedEvents, row.start);
    for (const kind of EVENT_KINDS) {
      const more = events[kind];
      if (more === undefined) continue;
      const list = lists[kind];
      if (list === undefined) lists[kind] = [...more];
      else list.push(...more);
    }
  }
  for (const list of Object.values(lists)) list.sort((a, b) => a.time - b.time);
  return lists as ProcessEvents;
}
