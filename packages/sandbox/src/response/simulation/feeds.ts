import type { FeedRecord, PublishedReport } from "../../domain/index.js";
import { combine, type Query, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Steps } from "../../steps.js";
import type { Database } from "../../store/database.js";
import { ALERT_ACTION, actionsOf } from "../../store/detection/actions.js";
import { addAlerts } from "../../store/detection/alerts.js";
import { addFeedHits, type FeedHit, newFeedHits, storedHits } from "../../store/detection/feed-hits.js";
import { type ReportRow, reportsByDocument, reportsWithQueries } from "../../store/detection/reports.js";
import { reportSource } from "../../store/detection/sources.js";
import type { TagScope } from "../../store/document-index.js";
import type { ResponseContext } from "../context.js";
import { compileSaved, findSaved, TABLE_OF } from "../saved-query.js";
import { alertsAbout, type Moment } from "./raise.js";

const SCOPES = ["process", "binary"] as const satisfies TagScope[];

/** How far the documents of each kind reach: their highest number. */
type Reach = FeedRecord["matched"];

/** The hits of a feed among documents of one kind. */
interface Found {
  scope: TagScope;
  hits: FeedHit[];
  /** The queries that found something, by report. */
  queries: Map<number, { query: Query; text: string }>;
}

/**
 * Matches the reports of enabled feeds: those that are new against everything, the others against documents that have
 * come since. Feeds follow each other, and a feed that is changed while it is searched is left for the next time.
 */
export function* matchFeeds(context: ResponseContext, moment: Moment): Steps<void> {
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
  for (const feed of due) {
    const found: Found[] = [];
    for (const scope of SCOPES) found.push(yield* search(context, feed, scope));
    // Another turn may have deleted it, loaded it anew, or disabled it.
    const present = store.collection("feed").get(feed.id);
    if (present?.enabled === true && present.loads === feed.loads)
      yield* settle(context, present, found, reach, moment);
    yield;
  }
}

/** Notes what was found, and that the feed has been searched for up to here: all of it or nothing. */
function* settle(
  context: ResponseContext,
  feed: FeedRecord,
  found: readonly Found[],
  reach: Reach,
  moment: Moment,
): Steps<void> {
  const { store } = context;
  // What was deleted since is no hit any more.
  const hits = found.map((each) => ({ ...each, hits: storedHits(store, each.scope, each.hits) }));
  const finish = (): void => {
    // Documents whose partition is not mounted may have higher numbers.
    const process = Math.max(feed.matched.process, reach.process);
    const binary = Math.max(feed.matched.binary, reach.binary);
    store.collection("feed").put(feed.id, { ...feed, matched: { process, binary } });
    store.database.run("UPDATE threat_report SET pending = 0 WHERE pending = 1 AND feed_id = ?", [feed.id]);
  };
  // Results of searches that were kept stay valid where nothing was found.
  if (hits.every((each) => each.hits.length === 0)) store.transaction(finish);
  else {
    const raised = store.alter((database) => {
      const alerts = hits.flatMap((each) => (each.hits.length > 0 ? note(context, database, feed, each, moment) : []));
      finish();
      return alerts;
    });
    yield* context.bus.feedFound(feed, hits);
    yield* context.bus.alertsRaised(raised);
  }
}

function* search(context: ResponseContext, feed: FeedRecord, scope: TagScope): Steps<Found> {
  const { store } = context;
  const seen = feed.matched[scope];
  const hits = newFeedHits(store, feed, scope, seen);
  yield;
  const queries: Found["queries"] = new Map();
  const fresh = store.database.count(`SELECT max(doc) AS n FROM ${TABLE_OF[scope]}`) > seen;
  for (const { doc: report, pending, query } of reportsWithQueries(store, feed.id)) {
    if ((!pending && !fresh) || (query.index_type === "events") !== (scope === "process")) continue;
    yield;
    try {
      const compiled = compileSaved(context, query.index_type, query.search_query);
      const after = sql`d.doc > ${pending ? 0 : seen}`;
      const unknown = sql`NOT EXISTS (SELECT 1 FROM feed_hit h
        WHERE h.feed_id = ${feed.id} AND h.scope = ${scope} AND h.doc = d.doc AND h.report = ${report})`;
      const docs = findSaved(context, scope, combine("AND", [after, compiled.where, unknown]));
      if (docs.length > 0) queries.set(report, { query: compiled.query, text: JSON.stringify(query) });
      for (const doc of docs) hits.push({ report, doc });
    } catch (error) {
      // Another version of the server may not know a field of the query.
      if (!(error instanceof HttpProblem)) throw error;
    }
  }
  return { scope, hits, queries };
}

/** Notes the hits and raises alerts; returns the numbers of these. */
function note(context: ResponseContext, database: Database, feed: FeedRecord, found: Found, moment: Moment): number[] {
  const { scope, hits, queries } = found;
  addFeedHits(database, feed, scope, hits);
  const { store } = context;
  if (!actionsOf(store, { feed: feed.id }).some(({ action_type }) => action_type === ALERT_ACTION)) return [];
  const byReport = new Map<number, FeedHit[]>();
  for (const hit of hits) {
    const list = byReport.get(hit.report);
    if (list === undefined) byReport.set(hit.report, [hit]);
    else list.push(hit);
  }
  const raised: number[] = [];
  const reports = reportsByDocument(store, [...byReport.keys()]);
  for (const row of reports) {
    if (row.is_ignored === 1) continue;
    const query = queries.get(row.doc);
    const value = { type: "query", value: query?.text ?? "" };
    const documents = (byReport.get(row.doc) ?? []).map(({ doc, ioc }) => ({ doc, ioc: ioc ?? value }));
    const detector = { ...detectorOf(feed, row), ...(query === undefined ? {} : { query: query.query }) };
    const kind = query === undefined ? "ingress" : "query";
    raised.push(...addAlerts(database, alertsAbout(context, scope, { ...detector, found: kind }, documents, moment)));
  }
  return raised;
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
