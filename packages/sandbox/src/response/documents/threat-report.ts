import type { FeedRecord, PublishedReport } from "../../domain/index.js";
import type { ReportRow } from "../../store/detection/reports.js";
import { solrTime } from "./time.js";

/** A report by itself, with its indicators as its feed publishes them. */
export function reportDocument(row: ReportRow, feed: FeedRecord): Record<string, unknown> {
  return { ...shared(row, feed), iocs: published(row).iocs };
}

/** A report as searches show it, with the indicators that searches look at. */
export function reportRow(row: ReportRow, feed: FeedRecord): Record<string, unknown> {
  const { md5 = [], dns = [], ipv4 = [], ipv6 = [] } = published(row).iocs;
  return { ...shared(row, feed), md5, domain: dns, ipaddr: [...ipv4, ...ipv6] };
}

const published = (row: ReportRow): PublishedReport => JSON.parse(row.record) as PublishedReport;

function shared(row: ReportRow, feed: FeedRecord): Record<string, unknown> {
  const { id, title, description = "", link, timestamp, score, tags = [], iocs } = published(row);
  return {
    ...{ feed_id: feed.id, id, title, description, link, timestamp, score, tags },
    create_time: solrTime(row.create_time),
    update_time: solrTime(row.update_time),
    feed_name: feed.name,
    feed_category: feed.category ?? "",
    is_ignored: row.is_ignored === 1,
    is_deleted: false,
    has_query: iocs.query !== undefined,
  };
}
