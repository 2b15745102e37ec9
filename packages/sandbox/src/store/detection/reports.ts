import type { FeedDocument, FeedRecord, IndexType, PublishedReport } from "../../domain/index.js";
import { type Database, RowWriter } from "../database.js";
import { Kind, REPORT_IOCS, REPORT_TEXTS, WORD_STEP } from "../schema.js";
import type { Store } from "../store.js";
import { domainKey, fold, ipv4Number, ipv6Digits, storedWords } from "../tokens.js";

/** A threat report as it is stored. */
export interface ReportRow {
  doc: number;
  feed_id: number;
  report_id: string;
  create_time: number;
  update_time: number;
  is_ignored: number;
  /** JSON of a {@link PublishedReport}. */
  record: string;
}

const COLUMNS = [
  ...["doc", "feed_id", "report_id", "folded_id", "feed_name", "create_time", "update_time", "is_ignored"],
  ...["has_query", "score", "pending", "record"],
] as const;
const SHOWN = "doc, feed_id, report_id, create_time, update_time, is_ignored, record";

/** Writes the reports of one load of a feed. Must run within {@link Store.alter}. */
class ReportWriter {
  readonly #reports: RowWriter;
  readonly #words: RowWriter;
  readonly #iocs: RowWriter;

  constructor(
    private readonly database: Database,
    private readonly feed: FeedRecord,
  ) {
    this.#reports = new RowWriter(database, "threat_report", COLUMNS);
    this.#words = new RowWriter(database, "report_word", ["field", "text", "place"]);
    this.#iocs = new RowWriter(database, "report_ioc", ["doc", "field", "kind", "key", "text"]);
  }

  add(doc: number, report: PublishedReport, record: string, created: number, ignored: number): void {
    const { feed } = this;
    const query = report.iocs.query === undefined ? 0 : 1;
    this.#reports.push(
      ...[doc, feed.id, report.id, fold(report.id), fold(feed.name), created, report.timestamp * 1000, ignored],
      ...[query, report.score, 1, record],
    );
    this.#text(doc, REPORT_TEXTS.title, report.title);
    this.#text(doc, REPORT_TEXTS.description, report.description ?? "");
    this.#text(doc, REPORT_TEXTS.feed_category, feed.category ?? "");
    this.#text(doc, REPORT_TEXTS.tags, (report.tags ?? []).join(" "));
    const { md5 = [], sha256 = [], dns = [], ipv4 = [], ipv6 = [] } = report.iocs;
    for (const text of md5) this.#ioc(doc, REPORT_IOCS.md5, Kind.keyword, fold(text), text);
    for (const text of sha256) this.#ioc(doc, REPORT_IOCS.sha256, Kind.keyword, fold(text), text);
    for (const text of dns) this.#ioc(doc, REPORT_IOCS.domain, Kind.domain, domainKey(text), text);
    for (const text of ipv4) this.#ioc(doc, REPORT_IOCS.ipaddr, Kind.ipv4, ipv4Number(text) ?? null, text);
    for (const text of ipv6) this.#ioc(doc, REPORT_IOCS.ipaddr, Kind.ipv6, ipv6Digits(text) ?? null, text);
  }

  /** Takes away all that is searched of these reports. */
  forget(docs: readonly number[]): void {
    if (docs.length === 0) return;
    const list = JSON.stringify(docs);
    const among = "IN (SELECT value FROM json_each(?))";
    this.database.run(`DELETE FROM report_ioc WHERE doc ${among}`, [list]);
    this.database.run(`DELETE FROM report_word WHERE place / ${WORD_STEP} ${among}`, [list]);
    this.database.run(`DELETE FROM threat_report WHERE doc ${among}`, [list]);
  }

  write(): void {
    for (const rows of [this.#reports, this.#words, this.#iocs]) rows.write();
  }

  #text(doc: number, field: number, text: string): void {
    for (const word of storedWords("prose", text)) {
      if (word.position < WORD_STEP) this.#words.push(field, word.text, doc * WORD_STEP + word.position);
    }
  }

  #ioc(doc: number, field: number, kind: Kind, key: string | number | null, text: string): void {
    this.#iocs.push(doc, field, kind, key, text);
  }
}

/**
 * Puts the reports of a feed in the place of those that it had; new ones and those that have changed wait for being
 * matched, or all of them if `again`. Returns the numbers of the reports whose earlier hits do not hold any more. Must run
 * within {@link Store.alter}.
 */
export function replaceReports(
  database: Database,
  feed: FeedRecord,
  document: FeedDocument,
  options: { again: boolean },
): number[] {
  const known = new Map(
    database
      .all<ReportRow>(`SELECT ${SHOWN} FROM threat_report WHERE feed_id = ?`, [feed.id])
      .map((row) => [row.report_id, row]),
  );
  const writer = new ReportWriter(database, feed);
  const stale: number[] = [];
  const wanted: { report: PublishedReport; record: string; row: ReportRow | undefined }[] = [];
  for (const report of document.reports) {
    const row = known.get(report.id);
    const record = JSON.stringify(report);
    known.delete(report.id);
    if (row?.record === record) continue;
    if (row !== undefined) stale.push(row.doc);
    wanted.push({ report, record, row });
  }
  for (const row of known.values()) stale.push(row.doc);
  // Numbers of reports are not given out again while hits may still name them.
  let next = database.count("SELECT max(doc) AS n FROM threat_report") + 1;
  writer.forget(stale);
  for (const { report, record, row } of wanted) {
    const created = row?.create_time ?? report.timestamp * 1000;
    writer.add(row?.doc ?? next++, report, record, created, row?.is_ignored ?? 0);
  }
  writer.write();
  if (options.again) database.run("UPDATE threat_report SET pending = 1 WHERE feed_id = ?", [feed.id]);
  return stale;
}

/** Removes a feed's reports. Must run within {@link Store.alter}. */
export function removeReports(database: Database, feed: FeedRecord): number[] {
  const docs = database.numbers("SELECT json_group_array(doc) AS list FROM threat_report WHERE feed_id = ?", [feed.id]);
  new ReportWriter(database, feed).forget(docs);
  return docs;
}

/** The reports of these numbers, in their order. */
export function reportsByDocument(store: Store, docs: readonly number[]): ReportRow[] {
  const columns = SHOWN.replace(/\b\w+/g, (name) => `r.${name}`);
  return store.database.all<ReportRow>(
    `SELECT ${columns} FROM json_each(?) j CROSS JOIN threat_report r ON r.doc = j.value ORDER BY j.key`,
    [JSON.stringify(docs)],
  );
}

export function findReport(store: Store, feed: number, id: string): ReportRow | undefined {
  return store.database.first<ReportRow>(`SELECT ${SHOWN} FROM threat_report WHERE feed_id = ? AND report_id = ?`, [
    feed,
    id,
  ]);
}

/** The reports of a feed that hold a query, with whether they wait for being matched against everything. */
export function reportsWithQueries(store: Store, feed: number): { doc: number; pending: boolean; query: IocQuery }[] {
  const rows = store.database.all<{ doc: number; pending: number; record: string }>(
    "SELECT doc, pending, record FROM threat_report WHERE feed_id = ? AND has_query = 1 ORDER BY doc",
    [feed],
  );
  return rows.flatMap(({ doc, pending, record }) => {
    const queries = (JSON.parse(record) as PublishedReport).iocs.query ?? [];
    return queries.map((query) => ({ doc, pending: pending === 1, query }));
  });
}

/** A query as an indicator. */
export interface IocQuery {
  index_type: IndexType;
  search_query: string;
}
