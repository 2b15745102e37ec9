import { ApiError } from "../../../core/errors.js";
import type { Document, Key } from "../../../core/model/document.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";

/** A threat report by its feed, and by its name in that feed. */
export interface ReportName {
  readonly feed: string;
  readonly report: string;
}

/**
 * `5:CVE-2010-0001` taken apart. A colon in a report's own name is written `%3A` there, so that there is one only, and a
 * `%` before `3A` or `25` is written `%25`.
 * @throws ApiError when it is no such key
 */
export function splitReportKey(key: Key): ReportName {
  const [feed = "", report = "", ...more] = String(key).trim().split(":");
  if (feed === "" || report === "" || more.length > 0) {
    throw new ApiError(
      `ThreatReport ID must be in form '<feed_id>:<report_id>', got ${JSON.stringify(key)}. A colon in the report_id itself is written %3A`,
    );
  }
  return { feed, report: report.replaceAll(/%(3A|25)/gi, (code) => (code === "%25" ? "%" : ":")) };
}

/** The key of the report that this is a document of. */
export function reportKey({ feed_id, id }: Document): string | undefined {
  if (
    (typeof feed_id !== "number" && typeof feed_id !== "string") ||
    (typeof id !== "string" && typeof id !== "number")
  ) {
    return undefined;
  }
  return `${feed_id}:${String(id)
    .replaceAll(/%(?=3A|25)/gi, "%25")
    .replaceAll(":", "%3A")}`;
}

/** Where the route for many reports is. */
export const REPORTS = "/api/v1/threat_report";

/** Has the server ignore these reports, or no longer. */
export function ignoreReports(keys: readonly Key[], flag: boolean): WriteRequest {
  const ids: Record<string, string[]> = {};
  for (const { feed, report } of keys.map(splitReportKey)) {
    ids[feed] ??= [];
    ids[feed].push(report);
  }
  return { method: "POST", path: REPORTS, body: { ids, updates: { is_ignored: flag } } };
}
