import { isDeepStrictEqual } from "node:util";
import type { WatchlistRecord } from "../../domain/index.js";
import { combine, type Query, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Steps } from "../../steps.js";
import { type Database, RowWriter } from "../../store/database.js";
import { ALERT_ACTION, actionsOf } from "../../store/detection/actions.js";
import { addAlerts } from "../../store/detection/alerts.js";
import type { TagScope } from "../../store/document-index.js";
import type { ResponseContext } from "../context.js";
import { compileSaved, findSaved, scopeOf, TABLE_OF } from "../saved-query.js";
import { alertsAbout, type Moment } from "./raise.js";

/** Watchlists run when so many ticks have gone by. */
export const WATCHLIST_TICKS = 30;

/** All hits of watchlists have this score. */
const SCORE = 75;
const RATING = 3;

/** When documents of a kind reached the server. */
const ARRIVED = { process: "d.last_server_update", binary: "d.last_seen" } as const;

/** How far the documents of a kind reach: the highest number, the latest arrival. */
interface Reach {
  doc: number;
  arrived: number;
}

interface Run {
  record: WatchlistRecord;
  scope: TagScope;
  query: Query;
  hits: readonly number[];
  /** What the record tells of the hits. */
  found?: Partial<WatchlistRecord>;
}

/** Runs the watchlists over what has come since each of them ran last, and notes what they found. */
export function* runWatchlists(context: ResponseContext, now: number, moment: Moment): Steps<void> {
  const { store } = context;
  const watchlists = store.collection("watchlist");
  const reach = { process: reachOf(context, "process"), binary: reachOf(context, "binary") };
  const searched: Run[] = [];
  for (const record of watchlists.all()) {
    if (!record.enabled) continue;
    const run = search(context, record, reach[scopeOf(record.index_type)]);
    if (run !== undefined) searched.push(run);
    yield;
  }
  // Another turn may have changed one, or deleted it: it runs again next time.
  const runs = searched.filter(({ record }) => isDeepStrictEqual(watchlists.get(record.id), record));
  const put = (): void => {
    for (const { record, scope, found } of runs) {
      // Documents whose partition is not mounted may have higher numbers.
      const highest = Math.max(record.searched, reach[scope].doc);
      watchlists.put(record.id, { ...record, ...found, search_timestamp: now, searched: highest });
    }
  };
  // Results of searches that were kept stay valid where nothing was found.
  if (runs.every(({ hits }) => hits.length === 0)) {
    if (runs.length > 0) store.transaction(put);
    return;
  }
  const raised: number[] = [];
  store.alter((database) => {
    for (const run of runs) {
      if (run.hits.length > 0) run.found = note(context, database, run, moment, raised);
    }
    put();
  });
  yield* context.bus.watchlistsFound(runs);
  yield* context.bus.alertsRaised(raised);
}

function reachOf(context: ResponseContext, scope: TagScope): Reach {
  const row = context.store.database.first<{ doc: number | null; arrived: number | null }>(
    `SELECT max(d.doc) AS doc, max(${ARRIVED[scope]}) AS arrived FROM ${TABLE_OF[scope]} d`,
  );
  return { doc: row?.doc ?? 0, arrived: row?.arrived ?? 0 };
}

/** Documents that are new to the watchlist and that it has not hit before; undefined when it cannot be run. */
function search(context: ResponseContext, record: WatchlistRecord, reach: Reach): Run | undefined {
  try {
    const { scope, query, where } = compileSaved(context, record.index_type, record.search_query);
    if (reach.doc <= record.searched && reach.arrived <= record.search_timestamp) {
      return { record, scope, query, hits: [] };
    }
    const arrived = { sql: ARRIVED[scope], params: [] };
    const tag = tagOf(record);
    const unknown = sql`NOT EXISTS (SELECT 1 FROM tag t WHERE t.scope = ${scope} AND t.name = ${tag} AND t.doc = d.doc)`;
    const fresh = sql`(d.doc > ${record.searched} OR ${arrived} > ${record.search_timestamp})`;
    return {
      ...{ record, scope, query },
      hits: findSaved(context, scope, combine("AND", [fresh, where, unknown])),
    };
  } catch (error) {
    // Another version of the server may not know a field that it had when the watchlist was made.
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

const tagOf = ({ id }: WatchlistRecord): string => `watchlist_${id}`;

/** Tags the documents and raises alerts, whose numbers it adds to `raised`. */
function note(
  context: ResponseContext,
  database: Database,
  run: Run,
  moment: Moment,
  raised: number[],
): Partial<WatchlistRecord> {
  const { record, scope, hits } = run;
  const list = JSON.stringify(hits);
  const arrivals = database.numbers(
    `SELECT json_group_array(arrived) AS list FROM
       (SELECT ${ARRIVED[scope]} AS arrived FROM json_each(?) j CROSS JOIN ${TABLE_OF[scope]} d ON d.doc = j.value ORDER BY j.key)`,
    [list],
  );
  const times = arrivals.map((arrived) => moment(arrived, record.date_added));
  const tags = new RowWriter(database, "tag", ["scope", "name", "doc", "value"]);
  hits.forEach((doc, index) => {
    tags.push(scope, tagOf(record), doc, times[index] ?? 0);
  });
  tags.write();
  raised.push(...alert(context, database, run, moment));
  const last = times.reduce((latest, time) => Math.max(latest, time), 0);
  return {
    last_hit: last,
    last_hit_count: times.filter((time) => time === last).length,
    total_hits: record.total_hits + hits.length,
    total_tags: record.total_tags + hits.length,
  };
}

function alert(context: ResponseContext, database: Database, run: Run, moment: Moment): number[] {
  const { record, scope, query, hits } = run;
  const { store } = context;
  const alerting = actionsOf(store, { watchlist: record.id }).some(({ action_type }) => action_type === ALERT_ACTION);
  if (!alerting || record.ignored) return [];
  const detector = {
    source: record.source,
    found: "query",
    since: record.date_added,
    watchlist_id: String(record.id),
    watchlist_name: record.name,
    feed_id: -1,
    feed_name: "My Watchlists",
    feed_rating: RATING,
    report_score: SCORE,
    description: record.description ?? "",
    link: "",
    query,
  } as const;
  const value = JSON.stringify({ index_type: record.index_type, search_query: record.search_query });
  const found = hits.map((doc) => ({ doc, ioc: { type: "query", value } }));
  return addAlerts(database, alertsAbout(context, scope, detector, found, moment));
}
