import { raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import type { CloudContext } from "../context.js";
import type { SearchField, ValueTest } from "../search/index.js";
import type { HitRecord } from "./record.js";

const KIND = "o.kind = 'cloud_watchlist_hit' AND json_extract(o.record, '$.tagged')";

/** What a process says of a watchlist that has found it: watchlist, report, IOC and severity. */
const tagOf = ({ watchlist_id, report_id, ioc_id, severity }: HitRecord): string =>
  `${watchlist_id}:${report_id}:${ioc_id}:${severity}`;
const TAG = ["watchlist_id", "report_id", "ioc_id", "severity"].map((name) => `json_extract(o.record, '$.${name}')`);

/** What watchlists have found in these processes, by the ids of the processes; the oldest first. */
export function hitsOf(context: CloudContext, processIds: readonly string[]): Map<string, HitRecord[]> {
  const rows = context.store.database.all<{ id: string; record: string }>(
    `SELECT j.value AS id, o.record AS record FROM json_each(?) j CROSS JOIN object o
     ON ${KIND} AND o.key >= j.value || '/' AND o.key < j.value || '0' ORDER BY json_extract(o.record, '$.time'), o.key`,
    [JSON.stringify(processIds)],
  );
  const hits = new Map<string, HitRecord[]>();
  for (const { id, record } of rows) {
    const list = hits.get(id);
    const hit = JSON.parse(record) as HitRecord;
    if (list === undefined) hits.set(id, [hit]);
    else list.push(hit);
  }
  return hits;
}

/** Lets processes show what watchlists have found in them, and be searched by it. */
export function shareHits(context: CloudContext): void {
  const { shared } = context;
  shared.watchlistHitsOf = (ids) =>
    new Map([...hitsOf(context, ids)].map(([id, hits]) => [id, [...new Set(hits.map(tagOf))]]));
  const ofHit = (value: SqlText): SearchField => ({
    type: "keyword",
    having: (test: ValueTest) =>
      sql`p.id IN (SELECT substr(o.key, 1, instr(o.key, '/') - 1) FROM object o WHERE ${raw(KIND)} AND ${test(value)})`,
  });
  shared.processFields.set("watchlist_hit", ofHit(raw(TAG.join(" || ':' || "))));
  for (const name of ["watchlist_id", "watchlist_name", "report_id", "report_name", "ioc_id"]) {
    shared.processFields.set(name, ofHit(raw(`json_extract(o.record, '$.${name}')`)));
  }
}
