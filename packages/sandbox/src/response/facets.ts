import { readFlag } from "../server/parameters.js";
import { FIELD_STEP, Field } from "../store/schema.js";
import type { Store } from "../store/store.js";
import { readFacetFields } from "./parameters.js";
import { compareValues, type Target } from "./query-language/index.js";

/** So many values of a field are shown at most by a search. */
export const MOST_VALUES = 200;

/** What is counted: an expression over the document `d` and what `joins` adds. */
interface Facet {
  expression: string;
  joins?: string;
}

/** A value and how often it occurs. */
export interface FacetValue {
  name: string;
  value: number;
  /** Of the most frequent value's count. */
  percent: number;
  /** Of all documents found; text. */
  ratio: string;
}

const day = (expression: string): string => `date(${expression} / 1000, 'unixepoch')`;
const process = "JOIN process p ON p.proc = d.proc";
const sensor = "JOIN sensor h ON h.id = d.sensor_id";
const group = `${sensor} JOIN sensor_group g ON g.id = h.group_id`;
const binaryHosts = "JOIN binary_host x ON x.md5_value = d.md5_value JOIN sensor h ON h.id = x.sensor_id";

const PROCESS_FACETS: Readonly<Record<string, Facet>> = {
  process_md5: { expression: "p.md5", joins: process },
  process_name: { expression: "p.process_name", joins: process },
  parent_name: { expression: "p.parent_name", joins: process },
  path_full: { expression: "p.path", joins: process },
  username_full: { expression: "p.username", joins: process },
  username: { expression: "p.username", joins: process },
  hostname: { expression: "h.computer_name", joins: sensor },
  host_type: { expression: "h.host_type", joins: sensor },
  os_type: { expression: "h.os_type", joins: sensor },
  group: { expression: "g.folded", joins: group },
  hour_of_day: { expression: "CAST(CAST(strftime('%H', d.start / 1000, 'unixepoch') AS INTEGER) AS TEXT)" },
  day_of_week: { expression: "strftime('%w', d.start / 1000, 'unixepoch')" },
  start: { expression: day("d.start") },
};

const fromRecord = (name: string): Facet => ({ expression: `json_extract(d.record, '$.${name}')` });

const BINARY_FACETS: Readonly<Record<string, Facet>> = {
  product_name_facet: fromRecord("product_name"),
  file_version_facet: fromRecord("file_version"),
  company_name_facet: fromRecord("company_name"),
  digsig_publisher_facet: fromRecord("digsig_publisher"),
  digsig_result: fromRecord("digsig_result"),
  os_type: fromRecord("os_type"),
  digsig_sign_time: { expression: day("d.digsig_sign_time") },
  server_added_timestamp: { expression: day("d.server_added_timestamp") },
  observed_filename_facet: { expression: "o.value", joins: "JOIN json_each(d.record, '$.observed_filename') o" },
  hostname: { expression: "h.computer_name", joins: binaryHosts },
  group: { expression: "g.name", joins: `${binaryHosts} JOIN sensor_group g ON g.id = h.group_id` },
};

const recorded = (...names: string[]): Record<string, Facet> =>
  Object.fromEntries(names.map((name) => [name, fromRecord(name)]));

const ALERT_FACETS: Readonly<Record<string, Facet>> = {
  ...recorded("feed_name", "watchlist_name", "hostname", "group", "username", "os_type", "ioc_type", "md5"),
  process_name: { expression: "json_extract(d.record, '$.process.name')" },
  process_path: { expression: "json_extract(d.record, '$.process.path')" },
  ...Object.fromEntries(
    ["alert_type", "status", "assigned_to", "alert_severity", "report_score", "feed_id", "watchlist_id"].map((name) => [
      name,
      { expression: `d.${name}` },
    ]),
  ),
  created_time: { expression: day("d.created_time") },
};

const REPORT_FACETS: Readonly<Record<string, Facet>> = {
  feed_id: { expression: "d.feed_id" },
  feed_name: {
    expression: "json_extract(f.record, '$.name')",
    joins: "JOIN object f ON f.kind = 'feed' AND f.key = d.feed_id",
  },
  feed_category: {
    expression: "json_extract(f.record, '$.category')",
    joins: "JOIN object f ON f.kind = 'feed' AND f.key = d.feed_id",
  },
  is_ignored: { expression: "CASE d.is_ignored WHEN 1 THEN 'true' ELSE 'false' END" },
  score: { expression: "d.score" },
  tags: { expression: "o.value", joins: "JOIN json_each(d.record, '$.tags') o" },
  create_time: { expression: day("d.create_time") },
};

const COUNTED: Readonly<Record<Target, { table: string; facets: Readonly<Record<string, Facet>> }>> = {
  process: { table: "segment", facets: PROCESS_FACETS },
  binary: { table: "binary", facets: BINARY_FACETS },
  alert: { table: "alert", facets: ALERT_FACETS },
  threat_report: { table: "threat_report", facets: REPORT_FACETS },
};

/** Counts the values of the fields over these documents. A field that cannot be counted has an empty list. */
function countFacets(
  store: Store,
  target: Target,
  fields: readonly string[],
  documents: readonly number[],
): Record<string, FacetValue[]> {
  const { table, facets: known } = COUNTED[target];
  const list = JSON.stringify(documents);
  const answer: Record<string, FacetValue[]> = {};
  for (const field of fields) {
    const facet = Object.hasOwn(known, field) ? known[field] : tagFacet(target, field);
    if (facet === undefined) {
      answer[field] = [];
      continue;
    }
    const rows = store.database.all<{ name: string | number; value: number }>(
      `SELECT ${facet.expression} AS name, count(*) AS value
       FROM json_each(?) j CROSS JOIN ${table} d ON d.doc = j.value ${facet.joins ?? ""}
       WHERE ${facet.expression} IS NOT NULL AND ${facet.expression} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MOST_VALUES}`,
      [list],
    );
    answer[field] = facetValues(rows, documents.length);
  }
  return answer;
}

/** Counts values by hand, the most frequent first. */
export function countValues(values: Iterable<string | number>): { name: string | number; value: number }[] {
  const counts = new Map<string | number, number>();
  for (const each of values) counts.set(each, (counts.get(each) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || compareValues(a, b));
  return sorted.map(([name, value]) => ({ name, value }));
}

/** Counts, the highest first, as answers show them. */
export function facetValues(counts: readonly { name: unknown; value: number }[], documents: number): FacetValue[] {
  const highest = counts[0]?.value ?? 1;
  return counts.map(({ name, value }) => ({
    name: String(name),
    value,
    percent: Math.round((1000 * value) / highest) / 10,
    ratio: ((100 * value) / Math.max(1, documents)).toFixed(1),
  }));
}

/** The facets that a request asks for; none when it does not. */
export function requestedFacets(
  store: Store,
  target: Target,
  parameters: URLSearchParams,
  documents: readonly number[],
): Record<string, FacetValue[]> {
  return readFlag(parameters, "facet") ? countFacets(store, target, readFacetFields(parameters), documents) : {};
}

/** The name goes into the SQL, so only plain ones are taken. */
function tagFacet(target: Target, field: string): Facet | undefined {
  if (target !== "process" && target !== "binary") return undefined;
  if (!/^alliance_score_[a-z0-9_]+$/.test(field)) return undefined;
  return {
    expression: "t.value",
    joins: `JOIN tag t ON t.doc = d.doc AND t.scope = '${target}' AND t.name = '${field}'`,
  };
}

/** How many sensors and documents have a file, and how many documents there are. */
export function frequencyOf(store: Store, md5: string): { hostCount: number; globalCount: number; numDocs: number } {
  const { database } = store;
  const terms = [Field.process_md5, Field.modload_md5].map((field) => `${field * FIELD_STEP} + v.id`).join(", ");
  return {
    hostCount: database.count(
      "SELECT count(*) AS n FROM binary_host x JOIN value v ON v.id = x.md5_value WHERE v.kind = 1 AND v.key = ?",
      [md5],
    ),
    globalCount: database.count(
      `SELECT count(DISTINCT j.value) AS n FROM value v JOIN posting p ON p.term IN (${terms}), json_each(p.docs) j
       WHERE v.kind = 1 AND v.key = ? AND j.value IN (SELECT doc FROM segment)`,
      [md5],
    ),
    numDocs: database.count("SELECT count(*) AS n FROM segment"),
  };
}
