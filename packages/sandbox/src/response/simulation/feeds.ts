import type { FeedRecord, PublishedReport } from "../../detection-records.js";
import { combine, type Query, sql } from "../../query-language/index.js";
import { HttpProblem } from "../../server/product.js";
import { addAlerts } from "../../store/alerts.js";
import type { Database } from "../../store/database.js";
import { ALERT_ACTION, actionsOf, reportSource } from "../../store/detection.js";
import { addFeedHits, type FeedHit, newFeedHits } from "../../store/feed-hits.js";
import { type ReportRow, reportsByDocument, reportsWithQueries } from "../../store/reports.js";
import type { TagScope } from "../../store/store.js";
import type { ResponseContext } from "../context.js";
import { compileSaved, findSaved, TABLE_OF } from "../saved-query.js";
import { alertsAbout, type Moment } from "./raise.js";

const SCOPES = ["process", "binary"] as const satisfies TagScope[];

/** The hits of a feed among documents of one kind. */
interface Found {
  feed: FeedRecord;
  scope: TagScope;
  hits: FeedHit[];
  /** The queries that found something, by report. */
  queries: Map<number, { query: Query; text: string }>;
}

/**
 * Matches the reports of enabled feeds: those that are new against everything, the others against documents that have
 * come since.
 */
export function matchFeeds(context: ResponseContext, moment: Moment): void {
  const { store } = context;
  const feeds = store
    .collection("feed")
    .all()
    .filter((feed) => feed.enabled);
  if (feeds.length === 0) return;
  const reach = {
    process: store.database.count("SELECT max(doc) AS n FROM segment"),
    binary: store.database.count("SELECT max(doc) AS n FROM binary"),
  };
  const waiting = store.database.numbers(
    "SELECT json_group_array(feed_id) AS list FROM (SELECT DISTINCT feed_id FROM threat_report WHERE pending = 1)",
  );
  const due = feeds.filter(
    ({ id, matched }) => waiting.includes(id) || matched.process < reach.process || matched.binary < reach.binary,
  );
  if (due.length === 0) return;
  const found = due.flatMap((feed) => SCOPES.map((scope) => search(context, feed, scope)));
  const finish = (): void => {
    const kept = store.collection("feed");
    for (const feed of due) {
      // Documents whose partition is not mounted may have higher numbers.
      const process = Math.max(feed.matched.process, reach.process);
      kept.put(feed.id, { ...feed, matched: { process, binary: Math.max(feed.matched.binary, reach.binary) } });
    }
    const matched = JSON.stringify(due.map(({ id }) => id));
    store.database.run(
      "UPDATE threat_report SET pending = 0 WHERE pending = 1 AND feed_id IN (SELECT value FROM json_each(?))",
      [matched],
    );
  };
  if (found.every(({ hits }) => hits.length === 0)) store.transaction(finish);
  else {
    store.alter((database) => {
      for (const each of found) {
        if (each.hits.length > 0) note(context, database, each, moment);
      }
      finish();
    });
  }
}

function search(context: ResponseContext, feed: FeedRecord, scope: TagScope): Found {
  const { store } = context;
  const seen = feed.matched[scope];
  const hits = newFeedHits(store, feed, scope, seen);
  const queries: Found["queries"] = new Map();
  const fresh = store.database.count(`SELECT max(doc) AS n FROM ${TABLE_OF[scope]}`) > seen;
  for (const { doc: report, pending, query } of reportsWithQueries(store, feed.id)) {
    if ((!pending && !fresh) || (query.index_type === "events") !== (scope === "process")) continue;
    try {
      const compiled = compileSaved(context, query.index_type, query.search_query);
      const known = sql`SELECT doc FROM feed_hit WHERE feed_id = ${feed.id} AND scope = ${scope} AND report = ${report}`;
      const after = sql`d.doc > ${pending ? 0 : seen}`;
      const docs = findSaved(context, scope, combine("AND", [after, compiled.where, sql`d.doc NOT IN (${known})`]));
      if (docs.length > 0) queries.set(report, { query: compiled.query, text: JSON.stringify(query) });
      for (const doc of docs) hits.push({ report, doc });
    } catch (error) {
      // Another version of the server may not know a field of the query.
      if (!(error instanceof HttpProblem)) throw error;
    }
  }
  return { feed, scope, hits, queries };
}

function note(context: ResponseContext, database: Database, found: Found, moment: Moment): void {
  const { feed, scope, hits, queries } = found;
  addFeedHits(database, feed, scope, hits);
  const { store } = context;
  if (!actionsOf(store, { feed: feed.id }).some(({ action_type }) => action_type === ALERT_ACTION)) return;
  const byReport = new Map<number, FeedHit[]>();
  for (const hit of hits) {
    const list = byReport.get(hit.report);
    if (list === undefined) byReport.set(hit.report, [hit]);
    else list.push(hit);
  }
  const reports = reportsByDocument(store, [...byReport.keys()]);
  for (const row of reports) {
    if (row.is_ignored === 1) continue;
    const query = queries.get(row.doc);
    const value = { type: "query", value: query?.text ?? "" };
    const documents = (byReport.get(row.doc) ?? []).map(({ doc, ioc }) => ({ doc, ioc: ioc ?? value }));
    const detector = { ...detectorOf(feed, row), ...(query === undefined ? {} : { query: query.query }) };
    const kind = query === undefined ? "ingress" : "query";
    addAlerts(database, alertsAbout(context, scope, { ...detector, found: kind }, documents, moment));
  }
}

function detectorOf(feed: FeedRecord, row: ReportRow) {
  const report = JSON.parse(row.record) as PublishedReport;
  return {
    source: reportSource(feed.id, row.report_id),
    since: row.create_time,
    watchlist_id: report.id,
    watchlist_name: report.title,
    feed_id: feed.id,
    feed_name: feed.name,
    feed_rating: feed.local_rating ?? feed.provider_rating,
    report_score: report.score,
    description: report.description ?? "",
    link: report.link,
  };
}
