import type { ActionRecord } from "../detection-records.js";
import { changeAlertSources } from "./alerts.js";
import type { Store } from "./store.js";

/** The action that raises alerts; the others would leave the server. */
export const ALERT_ACTION = 3;

/** Whose action an action is. */
export type ActionOwner = { feed: number } | { watchlist: number };

/** The actions of a feed or a watchlist, in the order of their making. */
export function actionsOf(store: Store, owner: ActionOwner): ActionRecord[] {
  return store
    .collection("action")
    .all()
    .filter((action) => ("feed" in owner ? action.group_id === owner.feed : action.watchlist_id === owner.watchlist));
}

/** Removes the actions of a feed or a watchlist that goes. */
export function removeActions(store: Store, owner: ActionOwner): void {
  for (const { id } of actionsOf(store, owner)) store.collection("action").remove(id);
}

/** The name under which a watchlist's alerts are kept. */
export const watchlistSource = (id: number): string => `watchlist/${id}`;

/** The name under which a report's alerts are kept. */
export const reportSource = (feed: number, report: string): string => `feed/${feed}/${report}`;

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
    const watchlist = /^watchlist\/(\d+)$/.exec(source);
    if (report !== null) {
      const row = store.database.first<{ doc: number }>(
        "SELECT doc FROM threat_report WHERE feed_id = ? AND report_id = ?",
        [Number(report[1]), report[2] ?? ""],
      );
      if (row !== undefined) reports.push(row.doc);
    } else if (watchlist !== null) {
      const watchlists = store.collection("watchlist");
      const record = watchlists.get(Number(watchlist[1]));
      if (record !== undefined) watchlists.put(record.id, { ...record, ignored });
    }
  }
  ignoreReports(store, reports, ignored);
  changeAlertSources(store, sources, ignored);
}

/** Removes a tag from all documents: of a watchlist that goes. */
export function removeWatchlistTags(store: Store, id: number): void {
  const name = `watchlist_${id}`;
  if (store.database.count("SELECT count(*) AS n FROM tag WHERE name = ?", [name]) === 0) return;
  store.alter((database) => database.run("DELETE FROM tag WHERE name = ?", [name]));
}
