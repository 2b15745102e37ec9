import type { Store } from "../store.js";
import { changeAlertSources } from "./alerts.js";

/** The name under which a report's alerts are kept. */
export const reportSource = (feed: number, report: string): string => `feed/${feed}/${report}`;

/** The name under which the alerts of a watchlist are kept, of the first one that has this id. */
const watchlistSource = (id: number): string => `watchlist/${id}`;

/** The same for a new watchlist: alerts of another one that had its id before are not its own. */
export function freeWatchlistSource(store: Store, id: number): string {
  const first = watchlistSource(id);
  const taken = store.database.count(
    "SELECT count(DISTINCT source) AS n FROM alert WHERE source = ? OR source GLOB ?",
    [...[first, `${first}/*`]],
  );
  return taken === 0 ? first : `${first}/${taken}`;
}

/** Says of reports whether matches of them still raise alerts. */
export function ignoreReports(store: Store, docs: readonly number[], ignored: boolean): void {
  if (docs.length === 0) return;
  const list = JSON.stringify(docs);
  store.alter((database) => {
    database.run("UPDATE threat_report SET is_ignored = ? WHERE doc IN (SELECT value FROM json_each(?))", [
      ...[ignored ? 1 : 0, list],
    ]);
  });
  const rows = store.database.all<{ feed_id: number; report_id: string }>(
    "SELECT feed_id, report_id FROM threat_report WHERE doc IN (SELECT value FROM json_each(?))",
    [list],
  );
  changeAlertSources(
    store,
    rows.map(({ feed_id, report_id }) => reportSource(feed_id, report_id)),
    ignored,
  );
}

/** Says of what raised alerts, given by their sources, whether it still does. */
export function ignoreSources(store: Store, sources: readonly string[], ignored: boolean): void {
  const reports: number[] = [];
  for (const source of new Set(sources)) {
    const report = /^feed\/(\d+)\/(.*)$/s.exec(source);
    const watchlist = /^watchlist\/(\d+)/.exec(source);
    if (report !== null) {
      const row = store.database.first<{ doc: number }>(
        "SELECT doc FROM threat_report WHERE feed_id = ? AND report_id = ?",
        [Number(report[1]), report[2] ?? ""],
      );
      if (row !== undefined) reports.push(row.doc);
    } else if (watchlist !== null) {
      const watchlists = store.collection("watchlist");
      const record = watchlists.get(Number(watchlist[1]));
      // Another watchlist that has the id now has raised none of these.
      if (record?.source === source) watchlists.put(record.id, { ...record, ignored });
    }
  }
  ignoreReports(store, reports, ignored);
  changeAlertSources(store, sources, ignored);
}
