import type { InvestigationRecord, TaggedEventRecord } from "../../domain/index.js";
import type { VersionTraits } from "../version.js";
import { shownSegment, uniqueId } from "./process.js";
import { serverTime } from "./time.js";

export function investigationDocument(record: InvestigationRecord): Record<string, unknown> {
  return {
    id: record.id,
    name: record.name,
    notes: record.notes,
    created_by_user_id: String(record.created_by_user_id),
    date_started: serverTime(record.date_started),
    last_updated: serverTime(record.last_updated),
  };
}

/** What a tagged event says of its process. */
export interface TaggedProcess {
  pid: number;
  segment_id: number;
  ordinal: number;
}

/** A tagged event; `process` is undefined when it is the event of none, or of one that is no more. */
export function taggedEventDocument(
  traits: VersionTraits,
  record: TaggedEventRecord,
  process: TaggedProcess | undefined,
): Record<string, unknown> {
  const segment = process === undefined ? null : shownSegment(traits, process);
  return {
    id: record.id,
    investigation_id: record.investigation_id,
    event_id: record.event_id,
    event_type: record.event_type,
    event_data: record.event_data,
    notes: record.notes,
    process_id: process?.pid ?? null,
    unique_id: record.process === null || segment === null ? null : uniqueId(traits, record.process.id, segment),
    segment_id: segment,
    tagged_by_user_id: String(record.tagged_by_user_id),
    date_tagged: serverTime(record.date_tagged),
    start_date: serverTime(record.start_date),
  };
}
