import { createHash } from "node:crypto";
import { type Database, RowWriter } from "../database.js";
import { ALERT_COLUMNS } from "../schema.js";
import type { Store } from "../store.js";
import { fold, normalisePath, reversedPath } from "../tokens.js";

/** The states that an alert can be in. */
export const ALERT_STATUSES = ["Unresolved", "In Progress", "Resolved", "False Positive"] as const;
/** One of {@link ALERT_STATUSES}. */
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** What is shown of an alert besides what can change: about the document that was hit and about what hit it. */
export interface AlertRecord {
  watchlist_name: string;
  feed_name: string;
  feed_rating: number;
  sensor_criticality: number;
  ioc_confidence: number;
  description: string;
  link: string;
  ioc_type: string;
  ioc_value: string;
  /** An object. */
  ioc_attr: Record<string, unknown>;
  sensor_id: number;
  hostname: string;
  group: string;
  username: string;
  os_type: string;
  md5: string;
  sha256?: string;
  total_hosts: number;
  /** Of a process. */
  process?: {
    id: string;
    segment_id: number;
    ordinal: number;
    name: string;
    path: string;
    /** `modload_count` and its like. */
    counts: Record<string, number>;
    address: string;
  };
  /** Of a binary. */
  observed_filename?: string[];
}

/** An alert that is to be raised. */
export interface NewAlert {
  /** What raises it; together with `document` it has one alert. */
  source: string;
  /** What was hit, by a name that stays: the id of a segment of a process, the hash of a binary. */
  document: string;
  /** A number that no other document hit by this source has. */
  number: number;
  alert_type: string;
  created_time: number;
  alert_severity: number;
  report_score: number;
  feed_id: number;
  watchlist_id: string;
  record: AlertRecord;
}

/** An alert as it is stored. */
export interface AlertRow {
  doc: number;
  unique_id: string;
  alert_type: string;
  status: AlertStatus;
  created_time: number;
  resolved_time: number | null;
  assigned_to: string;
  report_ignored: number;
  alert_severity: number;
  report_score: number;
  feed_id: number;
  watchlist_id: string;
  /** JSON of an {@link AlertRecord}. */
  record: string;
}

const SHOWN = [
  ...["doc", "unique_id", "alert_type", "status", "created_time", "resolved_time", "assigned_to", "report_ignored"],
  ...["alert_severity", "report_score", "feed_id", "watchlist_id", "record"],
];

/**
 * Raises alerts, those apart that their source has raised already. Must run within {@link Store.alter}. Returns the numbers
 * of those that were raised.
 */
export function addAlerts(database: Database, alerts: readonly NewAlert[]): number[] {
  const raised = new Map<string, Set<string>>();
  const raisedBy = (source: string): Set<string> => {
    let documents = raised.get(source);
    if (documents === undefined) {
      const found = database.first<{ list: string }>(
        "SELECT json_group_array(document) AS list FROM alert WHERE source = ?",
        [source],
      );
      documents = new Set(JSON.parse(found?.list ?? "[]") as string[]);
      raised.set(source, documents);
    }
    return documents;
  };
  const rows = new RowWriter(database, "alert", ALERT_COLUMNS);
  let doc = database.count("SELECT max(doc) AS n FROM alert");
  const added: number[] = [];
  for (const alert of alerts) {
    const documents = raisedBy(alert.source);
    if (documents.has(alert.document)) continue;
    documents.add(alert.document);
    doc += 1;
    added.push(doc);
    const { record } = alert;
    const user = record.username;
    const path = record.process?.path ?? "";
    rows.push(
      ...[doc, uniqueId(alert), alert.source, alert.document, alert.alert_type, "Unresolved", alert.created_time],
      ...[null, "", "", 0, alert.alert_severity, alert.report_score, alert.feed_id, fold(record.feed_name)],
      ...[fold(alert.watchlist_id), fold(record.watchlist_name), fold(record.hostname), fold(record.group)],
      ...[reversedPath(user), `\\${normalisePath(user)}`, fold(record.md5), fold(record.process?.name ?? "")],
      ...[reversedPath(path), `\\${normalisePath(path)}`, fold(record.ioc_value)],
      JSON.stringify((record.observed_filename ?? []).map(fold)),
      JSON.stringify(record),
    );
  }
  rows.write();
  return added;
}

/** In the form of a UUID, and the same whenever the same organisation is made again. */
function uniqueId({ source, number, document }: NewAlert): string {
  const hash = createHash("md5").update(`${source}/${number}/${document}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20)}`;
}

/** The alerts of these numbers, in their order. */
export function alertsByDocument(store: Store, docs: readonly number[]): AlertRow[] {
  return store.database.all<AlertRow>(
    `SELECT ${SHOWN.map((name) => `a.${name}`).join(", ")}
     FROM json_each(?) j CROSS JOIN alert a ON a.doc = j.value ORDER BY j.key`,
    [JSON.stringify(docs)],
  );
}

/** The numbers and sources of those alerts of these ids that there are. */
export function findAlerts(store: Store, ids: readonly string[]): { doc: number; source: string }[] {
  return store.database.all<{ doc: number; source: string }>(
    "SELECT doc, source FROM alert WHERE unique_id IN (SELECT lower(value) FROM json_each(?))",
    [JSON.stringify(ids)],
  );
}

/** What somebody did with alerts. */
export interface AlertChange {
  status?: AlertStatus;
  /** Empty: nobody any more. */
  assigned_to?: string;
}

/**
 * Notes a change. Alerts are shown from the search index, which {@link applyAlertChanges} brings up to date at the next
 * tick.
 */
export function changeAlerts(store: Store, docs: readonly number[], change: AlertChange, time: number): void {
  const { status, assigned_to: assignee } = change;
  // No result depends on what waits, so kept ones stay valid.
  store.database.run(
    `INSERT INTO alert_change (alert, status, assigned_to, assigned_folded, time)
     SELECT value, ?, ?, ?, ? FROM json_each(?) WHERE true
     ON CONFLICT (alert) DO UPDATE SET status = coalesce(excluded.status, status),
       assigned_to = coalesce(excluded.assigned_to, assigned_to),
       assigned_folded = coalesce(excluded.assigned_folded, assigned_folded),
       time = CASE WHEN excluded.status IS NULL THEN time ELSE excluded.time END`,
    [status ?? null, assignee ?? null, assignee === undefined ? null : fold(assignee), time, JSON.stringify(docs)],
  );
}

/** Notes that the alerts of these sources are, or are no longer, shown as those of an ignored report. */
export function changeAlertSources(store: Store, sources: readonly string[], ignored: boolean): void {
  store.database.run("INSERT OR REPLACE INTO report_change (source, ignored) SELECT value, ? FROM json_each(?)", [
    ...[ignored ? 1 : 0, JSON.stringify(sources)],
  ]);
}

/** Shows what was noted since it was called last. */
export function applyAlertChanges(store: Store): void {
  const waiting = store.database.count(
    "SELECT (SELECT count(*) FROM alert_change) + (SELECT count(*) FROM report_change) AS n",
  );
  if (waiting === 0) return;
  store.alter((database) => {
    database.run(
      `UPDATE alert SET status = coalesce(c.status, alert.status), assigned_to = coalesce(c.assigned_to, alert.assigned_to),
         assigned_folded = coalesce(c.assigned_folded, alert.assigned_folded),
         resolved_time = CASE WHEN c.status IS NULL THEN resolved_time WHEN c.status = 'Resolved' THEN c.time END
       FROM alert_change c WHERE c.alert = alert.doc`,
    );
    database.run("UPDATE alert SET report_ignored = c.ignored FROM report_change c WHERE c.source = alert.source");
    database.run("DELETE FROM alert_change");
    database.run("DELETE FROM report_change");
  });
}
