import type { AlertRecord, AlertRow } from "../../store/detection/alerts.js";
import type { VersionTraits } from "../version.js";
import { shownSegment, uniqueId } from "./process.js";
import { solrTime } from "./time.js";

/** An alert on the wire. */
export function alertDocument(traits: VersionTraits, row: AlertRow): Record<string, unknown> {
  const record = JSON.parse(row.record) as AlertRecord;
  const { process, observed_filename } = record;
  const document: Record<string, unknown> = {
    unique_id: row.unique_id,
    alert_type: row.alert_type,
    status: row.status,
    created_time: solrTime(row.created_time),
    resolved_time: row.resolved_time === null ? null : solrTime(row.resolved_time),
    assigned_to: row.assigned_to === "" ? null : row.assigned_to,
    alert_severity: row.alert_severity,
    report_score: row.report_score,
    report_ignored: row.report_ignored === 1,
    feed_id: row.feed_id,
    watchlist_id: row.watchlist_id,
    ...{ watchlist_name: record.watchlist_name, feed_name: record.feed_name, feed_rating: record.feed_rating },
    ...{ sensor_criticality: record.sensor_criticality, ioc_confidence: record.ioc_confidence },
    ...{ description: record.description, link: record.link },
    ...{ ioc_type: record.ioc_type, ioc_value: record.ioc_value, ioc_attr: JSON.stringify(record.ioc_attr) },
    ...{ sensor_id: record.sensor_id, hostname: record.hostname, group: record.group, username: record.username },
    ...{ os_type: record.os_type, md5: record.md5.toUpperCase(), total_hosts: record.total_hosts },
    _version_: row.doc,
  };
  if (traits.sha256 && record.sha256 !== undefined) document["sha256"] = record.sha256;
  if (observed_filename !== undefined) document["observed_filename"] = observed_filename;
  if (process !== undefined) {
    const segment = shownSegment(traits, process);
    Object.assign(document, {
      ...{ process_id: process.id, process_unique_id: uniqueId(traits, process.id, segment) },
      // One version keeps the lower half only.
      segment_id: traits.truncatedAlertSegments ? segment % 2 ** 32 : segment,
      ...{ process_name: process.name, process_path: process.path },
      ...process.counts,
      ...{ comms_ip: process.address, interface_ip: process.address },
    });
  }
  return document;
}
