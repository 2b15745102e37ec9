import type { FeedRecord, PublishedReport } from "../../domain/index.js";
import { type Database, RowWriter } from "../database.js";
import type { TagScope } from "../document-index.js";
import { FIELD_STEP, Field, Kind, REPORT_IOCS } from "../schema.js";
import type { Store } from "../store.js";

/** A document in which a report's indicator was found. */
export interface FeedHit {
  report: number;
  doc: number;
  /** The indicator, and by what list of the report it was found; undefined for hits of queries. */
  ioc?: { type: string; value: string };
}

interface Lookup {
  ioc: number;
  kind: Kind;
  type: string;
  fields: Record<TagScope, readonly Field[]>;
}

/** Where each kind of indicators is looked up. */
const LOOKUPS: readonly Lookup[] = [
  {
    ...{ ioc: REPORT_IOCS.md5, kind: Kind.keyword, type: "md5" },
    fields: {
      process: [Field.process_md5, Field.childproc_md5, Field.modload_md5, Field.filewrite_md5],
      binary: [Field.binary_md5],
    },
  },
  {
    ...{ ioc: REPORT_IOCS.sha256, kind: Kind.keyword, type: "sha256" },
    fields: { process: [Field.process_sha256], binary: [Field.binary_sha256] },
  },
  {
    ...{ ioc: REPORT_IOCS.domain, kind: Kind.domain, type: "dns" },
    fields: { process: [Field.domain], binary: [] },
  },
  {
    ...{ ioc: REPORT_IOCS.ipaddr, kind: Kind.ipv4, type: "ipv4" },
    fields: { process: [Field.ipaddr], binary: [] },
  },
  {
    ...{ ioc: REPORT_IOCS.ipaddr, kind: Kind.ipv6, type: "ipv6" },
    fields: { process: [Field.ipaddr], binary: [] },
  },
];

/**
 * The documents that hold an indicator of a feed's reports and are not known as hits: of reports that wait for being
 * matched among all documents, of the others among those numbered above `seen`.
 */
export function newFeedHits(store: Store, feed: FeedRecord, scope: TagScope, seen: number): FeedHit[] {
  const hits: FeedHit[] = [];
  for (const { ioc, kind, type, fields } of LOOKUPS) {
    const bases = fields[scope].map((field) => `(${field * FIELD_STEP})`).join(",");
    if (bases === "") continue;
    // Handed over as one text: row by row would cost more than the search.
    const found = store.database.first<{ list: string }>(
      `SELECT json_group_array(json_array(report, doc, value)) AS list FROM (
         SELECT DISTINCT i.doc AS report, j.value AS doc, i.text AS value
         FROM threat_report r CROSS JOIN report_ioc i ON i.doc = r.doc AND i.field = ? AND i.kind = ?
         CROSS JOIN value v ON v.kind = i.kind AND v.key = i.key
         CROSS JOIN (VALUES ${bases}) b CROSS JOIN posting p ON p.term = b.column1 + v.id, json_each(p.docs) j
         WHERE r.feed_id = ? AND (r.pending = 1 OR j.value > ?)
           AND j.value IN (SELECT doc FROM ${scope === "process" ? "segment" : "binary"})
           AND NOT EXISTS (SELECT 1 FROM feed_hit h
             WHERE h.feed_id = r.feed_id AND h.scope = ? AND h.doc = j.value AND h.report = r.doc)
         ORDER BY j.value, i.doc)`,
      [ioc, kind, feed.id, seen, scope],
    );
    for (const [report, doc, value] of JSON.parse(found?.list ?? "[]") as [number, number, string][]) {
      hits.push({ report, doc, ioc: { type, value } });
    }
  }
  return hits;
}

/** Those of the hits whose documents and reports there still are. */
export function storedHits(store: Store, scope: TagScope, hits: readonly FeedHit[]): FeedHit[] {
  if (hits.length === 0) return [];
  const tables = scope === "process" ? ["segment", "cold_segment"] : ["binary"];
  const stored = (names: readonly string[], numbers: readonly number[]): Set<number> => {
    const rows = names.map((name) => `SELECT doc FROM ${name}`).join(" UNION ALL ");
    const list = JSON.stringify([...new Set(numbers)]);
    return new Set(
      store.database.numbers(`SELECT json_group_array(value) AS list FROM json_each(?) WHERE value IN (${rows})`, [
        list,
      ]),
    );
  };
  const docs = stored(
    tables,
    hits.map(({ doc }) => doc),
  );
  const reports = stored(
    ["threat_report"],
    hits.map(({ report }) => report),
  );
  return hits.filter(({ doc, report }) => docs.has(doc) && reports.has(report));
}

/** Notes hits. Must run within {@link Store.alter}, as must everything that follows. */
export function addFeedHits(database: Database, feed: FeedRecord, scope: TagScope, hits: readonly FeedHit[]): void {
  const rows = new RowWriter(database, "feed_hit", ["feed_id", "scope", "doc", "report"]);
  for (const { doc, report } of hits) rows.push(feed.id, scope, doc, report);
  rows.write();
  retag(database, feed, scope, [...new Set(hits.map(({ doc }) => doc))]);
}

/** Drops the hits of these reports, and what only they told of documents. */
export function removeFeedHits(database: Database, feed: FeedRecord, reports: readonly number[]): void {
  const which = "feed_id = ? AND scope = ? AND report IN (SELECT value FROM json_each(?))";
  for (const scope of ["process", "binary"] as const) {
    const bound = [feed.id, scope, JSON.stringify(reports)];
    const docs = database.numbers(
      `SELECT json_group_array(doc) AS list FROM (SELECT DISTINCT doc FROM feed_hit WHERE ${which})`,
      bound,
    );
    if (docs.length === 0) continue;
    database.run(`DELETE FROM feed_hit WHERE ${which}`, bound);
    retag(database, feed, scope, docs);
  }
}

/** Writes the feed's tags of these documents anew from the hits that there are. */
function retag(database: Database, feed: FeedRecord, scope: TagScope, docs: readonly number[]): void {
  const suffix = feed.name.toLowerCase();
  const names = ["score", "data", "link", "updated"].map((part) => `alliance_${part}_${suffix}`);
  const list = JSON.stringify(docs);
  database.run(
    `DELETE FROM tag WHERE scope = ? AND name IN (SELECT value FROM json_each(?))
       AND doc IN (SELECT value FROM json_each(?))`,
    [scope, JSON.stringify(names), list],
  );
  const found = database.first<{ list: string }>(
    `SELECT json_group_array(json_array(doc, report)) AS list FROM
       (SELECT doc, report FROM feed_hit WHERE feed_id = ? AND scope = ? AND doc IN (SELECT value FROM json_each(?))
        ORDER BY doc, report)`,
    [feed.id, scope, list],
  );
  const hits = new Map<number, number[]>();
  for (const [doc, report] of JSON.parse(found?.list ?? "[]") as [number, number][]) {
    const known = hits.get(doc);
    if (known === undefined) hits.set(doc, [report]);
    else known.push(report);
  }
  const reports = new Map<number, PublishedReport>();
  const reportOf = (doc: number): PublishedReport[] => {
    let report = reports.get(doc);
    if (report === undefined) {
      const row = database.first<{ record: string }>("SELECT record FROM threat_report WHERE doc = ?", [doc]);
      if (row === undefined) return [];
      report = JSON.parse(row.record) as PublishedReport;
      reports.set(doc, report);
    }
    return [report];
  };
  const tags = new RowWriter(database, "tag", ["scope", "name", "doc", "value"]);
  for (const [doc, numbers] of hits) {
    const told = numbers.flatMap(reportOf).sort((a, b) => b.score - a.score);
    const [worst] = told;
    if (worst === undefined) continue;
    const newest = Math.max(...told.map(({ timestamp }) => timestamp));
    const values = [
      ...[worst.score, JSON.stringify(told.map(({ id }) => id)), worst.link],
      new Date(newest * 1000).toISOString(),
    ];
    names.forEach((name, part) => {
      tags.push(scope, name, doc, values[part] ?? null);
    });
  }
  tags.write();
}
