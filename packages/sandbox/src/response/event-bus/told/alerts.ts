import { findBinary } from "../../../store/binaries.js";
import { type AlertRecord, type AlertRow, alertsByDocument } from "../../../store/detection/alerts.js";
import type { ResponseContext } from "../../context.js";
import { binaryDocument } from "../../documents/binary.js";
import { shownSegment, uniqueId } from "../../documents/process.js";
import { isoTime } from "../../documents/time.js";
import type { BusEvent } from "../bus-event.js";
import { secondsOf } from "./head.js";
import { slices } from "./slices.js";

type Document = Record<string, unknown>;

/** So many are looked up at once. */
const MOST_ALERTS = 200;

/** The alerts of these numbers, as they are told: nearly all that they say is text. */
export function* alertEvents(context: ResponseContext, docs: readonly number[]): Generator<readonly BusEvent[]> {
  const time = context.now();
  for (const slice of slices(docs, MOST_ALERTS)) {
    yield alertsByDocument(context.store, slice).map((row) => alertEvent(context, row, time));
  }
}

function alertEvent(context: ResponseContext, row: AlertRow, time: number): BusEvent {
  const record = JSON.parse(row.record) as AlertRecord;
  const document = {
    ...texts({
      ...{ unique_id: row.unique_id, alert_type: row.alert_type, alert_severity: row.alert_severity },
      ...{ status: row.status, created_time: isoTime(row.created_time) },
      ...raisedBy(row, record),
      ...{ report_score: row.report_score, ioc_confidence: record.ioc_confidence, ioc_type: record.ioc_type },
      ...{ sensor_criticality: record.sensor_criticality, hostname: record.hostname, os_type: record.os_type },
      ...processFields(context, record),
    }),
    ...binaryFields(context, record),
    event_timestamp: secondsOf(time),
  };
  return { key: `alert.${row.alert_type}`, subject: row.unique_id, time, document };
}

/** A watchlist, or the report of a feed. */
function raisedBy(row: AlertRow, record: AlertRecord): Document {
  const feed = { feed_id: row.feed_id, feed_name: record.feed_name, feed_rating: record.feed_rating };
  if (row.feed_id < 0) return { ...feed, watchlist_id: row.watchlist_id, watchlist_name: record.watchlist_name };
  return { ...feed, report_id: row.watchlist_id, ioc_value: record.ioc_value };
}

function processFields({ traits }: ResponseContext, record: AlertRecord): Document {
  const { process } = record;
  if (process === undefined) return { md5: record.md5.toUpperCase() };
  const segment = shownSegment(traits, process);
  return {
    ...{ md5: record.md5.toLowerCase(), sensor_id: record.sensor_id, group: record.group, username: record.username },
    ...{ process_id: uniqueId(traits, process.id, segment), segment_id: segment },
    ...{ process_name: process.name, process_path: process.path, ioc_attr: JSON.stringify(record.ioc_attr) },
    ...process.counts,
    ...{ comms_ip: process.address, interface_ip: process.address },
  };
}

/** What is text as well, but for its lists. */
function binaryFields({ store, traits }: ResponseContext, record: AlertRecord): Document {
  if (record.process !== undefined) return {};
  const row = findBinary(store, record.md5);
  const names = record.observed_filename ?? [];
  const hosts = row?.hosts.map(({ computer_name }) => computer_name) ?? [];
  return {
    ...(row === undefined ? {} : { digsig_result: binaryDocument(traits, row, [])["digsig_result"] }),
    host_count: String(record.total_hosts),
    observed_filename: names,
    observed_filename_total_count: String(names.length),
    other_hostnames: hosts.filter((name) => name !== record.hostname),
  };
}

function texts(fields: Document): Document {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
