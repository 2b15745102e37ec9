import { EVENT_KINDS, type SensorRecord } from "../../domain/index.js";
import type { TagRow } from "../../store/detection/tags.js";
import type { EventCounts, ProcessRow, SegmentRow } from "../../store/processes.js";
import { ipv4Number } from "../../store/tokens.js";
import type { VersionTraits } from "../version.js";
import { tagFields, watchlistEntries } from "./tags.js";
import { isoTime } from "./time.js";

/** The segment that stands for "some segment, whichever" in ids of relatives. */
const PSEUDO_SEGMENT = 1;

/** A process on the wire. */
export type ProcessDocument = Record<string, unknown>;

/** `GUID-0178ef5dc528`, or `GUID-00000001` where segments are counted. */
export function uniqueId(traits: VersionTraits, id: string, segment: number): string {
  return `${id}-${segment.toString(16).padStart(traits.immutableSegments ? 12 : 8, "0")}`;
}

/** The id under which parents, children and siblings are named. */
function relativeId(traits: VersionTraits, id: string): string {
  return uniqueId(traits, id, PSEUDO_SEGMENT);
}

/** The number under which a version shows a segment. */
export function shownSegment(traits: VersionTraits, segment: { segment_id: number; ordinal: number }): number {
  return traits.immutableSegments ? segment.segment_id : segment.ordinal;
}

/** A process as search rows and summaries show it. */
export function processDocument(traits: VersionTraits, row: ProcessRow, tags: readonly TagRow[] = []): ProcessDocument {
  if (row.placeholder === 1) return placeholderDocument(traits, row.id, row.process_name, row);
  const segment = shownSegment(traits, { segment_id: row.segment_id ?? 1, ordinal: row.ordinal ?? 1 });
  const document: ProcessDocument = {
    id: row.id,
    unique_id: uniqueId(traits, row.id, segment),
    segment_id: segment,
    ...hostFields(traits, row),
    process_name: row.process_name,
    path: row.path,
    cmdline: row.cmdline,
    username: row.username,
    process_md5: row.md5,
    process_pid: row.pid,
    parent_name: row.parent_name,
    parent_pid: row.parent_pid,
    parent_id: row.parent_id,
    parent_unique_id: row.parent_id === null ? null : relativeId(traits, row.parent_id),
    parent_md5: "000000000000000000000000000000",
    start: isoTime(row.start),
    terminated: row.ended !== null,
    ...times(row),
    ...counts(row),
    emet_count: 0,
    emet_config: "",
    filtering_known_dlls: false,
    ...tagFields(tags),
    ...watchlistEntries(tags),
  };
  if (row.uid !== null) document["uid"] = row.uid;
  if (row.tampered === 1) document["tampered"] = true;
  if (traits.immutableSegments && row.ended !== null) document["end"] = isoTime(row.ended);
  if (traits.sha256) {
    document["fileless_scriptload_count"] = 0;
    if (row.sha256 !== null) document["process_sha256"] = row.sha256;
  }
  return document;
}

/** The document of a summary or of events, which also tells how far the process's segments reach. */
export function fullDocument(traits: VersionTraits, row: ProcessRow, tags: readonly TagRow[]): ProcessDocument {
  const document = processDocument(traits, row, tags);
  for (const name of [
    "min_last_update",
    "max_last_update",
    "min_last_server_update",
    "max_last_server_update",
  ] as const) {
    const time = row[name];
    if (time !== null) document[name] = isoTime(time);
  }
  return document;
}

/** A child or a sibling in a summary. */
export function relativeDocument(traits: VersionTraits, row: ProcessRow, tags: readonly TagRow[]): ProcessDocument {
  return {
    ...processDocument(traits, row, tags),
    unique_id: relativeId(traits, row.id),
    segment_id: PSEUDO_SEGMENT,
    child_proc_type: row.os_type === "windows" ? "" : "exec",
    is_suppressed: row.suppressed === 1,
  };
}

/** What is told of a process that only its relatives name. */
export function placeholderDocument(
  traits: VersionTraits,
  id: string,
  name: string,
  host: Pick<ProcessRow, "sensor_id" | "computer_name" | "host_type" | "os_type" | "group_name" | "interfaces">,
): ProcessDocument {
  return {
    id,
    unique_id: relativeId(traits, id),
    segment_id: PSEUDO_SEGMENT,
    ...hostFields(traits, host),
    process_name: name,
    path: "",
    cmdline: "",
    username: "",
    process_md5: "",
    process_pid: -1,
    parent_pid: -1,
    parent_name: "",
    parent_id: null,
    parent_unique_id: null,
    terminated: false,
    ...counts({}),
  };
}

/** A line of the list of a process's segments. */
export function segmentEntry(traits: VersionTraits, id: string, segment: SegmentRow): ProcessDocument {
  return {
    unique_id: uniqueId(traits, id, shownSegment(traits, segment)),
    segment_id: shownSegment(traits, segment),
    last_update: isoTime(segment.last_update),
    last_server_update: isoTime(segment.last_server_update),
    event_counts: Object.fromEntries(EVENT_KINDS.map((kind) => [kind, segment[`${kind}_count`]])),
  };
}

/** An IPv4 address as the signed number that servers before 7.0 send. */
export function signedAddress(address: string): number {
  return (ipv4Number(address) ?? 0) | 0;
}

function hostFields(
  traits: VersionTraits,
  row: Pick<ProcessRow, "sensor_id" | "computer_name" | "host_type" | "os_type" | "group_name" | "interfaces">,
): ProcessDocument {
  const interfaces = JSON.parse(row.interfaces ?? "[]") as SensorRecord["interfaces"];
  const address = interfaces[0]?.ip ?? "0.0.0.0";
  const shown = traits.dottedAddresses ? address : signedAddress(address);
  return {
    sensor_id: row.sensor_id,
    hostname: row.computer_name ?? "",
    group: (row.group_name ?? "").toLowerCase(),
    host_type: row.host_type ?? "workstation",
    os_type: row.os_type ?? "windows",
    comms_ip: shown,
    interface_ip: shown,
  };
}

function times(row: ProcessRow): ProcessDocument {
  const times: ProcessDocument = {};
  if (row.last_update !== null) times["last_update"] = isoTime(row.last_update);
  if (row.last_server_update !== null) times["last_server_update"] = isoTime(row.last_server_update);
  return times;
}

function counts(row: Partial<EventCounts>): ProcessDocument {
  return Object.fromEntries(EVENT_KINDS.map((kind) => [`${kind}_count`, row[`${kind}_count`] ?? 0]));
}
