import { hash32 } from "../../organisation/random.js";
import { combine, EVERYTHING, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Steps } from "../../steps.js";
import type { SqlText } from "../../store/database.js";
import { alertsOf, type WatchlistHit } from "../alerts/alerts.js";
import type { CloudContext } from "../context.js";
import { SHOWN } from "../processes/fields.js";
import { guidOf } from "../processes/guid.js";
import { stretches } from "../stretches.js";
import type { Intelligence, PlacedReport } from "./intelligence.js";
import { allIocs, compileIoc, since } from "./iocs.js";
import type { HitRecord, Ioc, WatchlistRecord } from "./record.js";

/** A process in which something was met. */
interface Met {
  readonly id: string;
  readonly sensor_id: number;
  /** The highest number of its documents, and when the server learnt of it. */
  readonly doc: number;
  readonly arrived: number;
}

interface Found {
  readonly placed: PlacedReport;
  readonly ioc: Ioc;
  readonly met: readonly Met[];
}

/** So many processes of one IOC are noted: one that all processes meet tells nothing. */
const MOST_MET = 10_000;

/**
 * Looks for what watchlists look for: those that are new or have changed in all processes, the others in what has come since.
 * One that is changed while it is looked after waits for the next time.
 */
export function* matchWatchlists(context: CloudContext, intelligence: Intelligence): Steps<void> {
  const { reach } = intelligence;
  // The same report may be that of several watchlists.
  const known = new Map<string, readonly Met[]>();
  for (const watchlist of intelligence.watchlists.all()) {
    const { id, matched, tags_enabled, alerts_enabled } = watchlist;
    if (matched >= reach || !(tags_enabled || alerts_enabled)) continue;
    const found: Found[] = [];
    for (const placed of intelligence.reportsOf(watchlist)) {
      const { ignored, ignored_iocs } = intelligence.settings(placed.name);
      if (ignored) continue;
      for (const ioc of allIocs(context, placed.report)) {
        if (ignored_iocs.includes(ioc.id)) continue;
        const key = `${placed.name}/${ioc.id}/${matched}`;
        const met = known.get(key) ?? (yield* findMet(context, ioc, matched));
        known.set(key, met);
        if (met.length > 0) found.push({ placed, ioc, met });
        yield;
      }
    }
    const present = intelligence.watchlists.get(id);
    if (present === undefined || JSON.stringify(present) !== JSON.stringify(watchlist)) continue;
    if (yield* note(context, intelligence, present, found)) {
      intelligence.watchlists.put(id, { ...present, matched: reach });
    }
    yield;
  }
}

function* findMet(context: CloudContext, ioc: Ioc, seen: number): Steps<Met[]> {
  try {
    return yield* processesWith(context, combine("AND", [since(seen), compileIoc(context, ioc)]));
  } catch (error) {
    // A query may have been readable once: fields come and go.
    if (error instanceof HttpProblem) return [];
    throw error;
  }
}

type MetRow = readonly [start: number, id: string, sensor: number, doc: number | null, arrived: number];

/** The processes that meet a condition over rows `p`; stretch by stretch where each of them has to be looked at. */
export function* processesWith({ store: { database } }: CloudContext, condition: SqlText): Steps<Met[]> {
  const within = (stretch: SqlText): SqlText =>
    sql`SELECT json_group_array(json_array(start, id, sensor_id, doc, arrived)) AS list FROM
      (SELECT p.start AS start, p.id AS id, p.sensor_id AS sensor_id,
         (SELECT max(s.doc) FROM segment s WHERE s.proc = p.proc) AS doc,
         coalesce((SELECT max(s.last_server_update) FROM segment s WHERE s.proc = p.proc), p.start) AS arrived
       FROM process p WHERE ${SHOWN} AND ${stretch} AND ${condition} ORDER BY p.start, p.id LIMIT ${MOST_MET})`;
  const read = (stretch: SqlText): MetRow[] => {
    const found = within(stretch);
    const row = database.first<{ list: string }>(found.sql, found.params);
    return JSON.parse(row?.list ?? "[]") as MetRow[];
  };
  const rows: MetRow[] = [];
  if (!looksAtEach(condition)) rows.push(...read(EVERYTHING));
  else {
    for (const [first, last] of stretches(database)) {
      for (const row of read(sql`p.proc BETWEEN ${first} AND ${last}`)) rows.push(row);
      yield;
    }
    rows.sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1));
  }
  return rows.slice(0, MOST_MET).map(([, id, sensor_id, doc, arrived]) => ({ id, sensor_id, doc: doc ?? 0, arrived }));
}

/**
 * Whether a condition has to look at each process. What names processes by a list (of those that have posted something) is
 * looked up at once, and in stretches the list would be made for each of them.
 */
const looksAtEach = (condition: SqlText): boolean => !/\bp\.(?:proc|id) IN \(/.test(condition.sql);

/** So many processes are noted in a step. */
const AT_A_TIME = 8;

/** Notes what is new of it, and raises alerts; whether the watchlist was as it is until the end. */
function* note(
  context: CloudContext,
  intelligence: Intelligence,
  watchlist: WatchlistRecord,
  found: readonly Found[],
): Steps<boolean> {
  const same = JSON.stringify(watchlist);
  for (const { placed, ioc, met } of found) {
    for (let first = 0; first < met.length; first += AT_A_TIME) {
      // Somebody may have changed it, or removed it with all that it has found.
      if (JSON.stringify(intelligence.watchlists.get(watchlist.id)) !== same) return false;
      noteMet(context, intelligence, watchlist, { placed, ioc, met: met.slice(first, first + AT_A_TIME) });
      yield;
    }
  }
  return JSON.stringify(intelligence.watchlists.get(watchlist.id)) === same;
}

function noteMet(
  context: CloudContext,
  intelligence: Intelligence,
  watchlist: WatchlistRecord,
  { placed, ioc, met }: Found,
): void {
  const { hits } = intelligence;
  const { report, feed, name } = placed;
  const severity = intelligence.settings(name).severity ?? report.severity;
  const raised: WatchlistHit[] = [];
  context.store.transaction(() => {
    for (const { id, sensor_id, doc, arrived } of met) {
      const time = foundAt(context, id, arrived);
      const key = `${id}/${watchlist.id}/${name}/${ioc.id}`;
      const before = hits.get(key);
      const alerts = watchlist.alerts_enabled && doc > watchlist.alerts_from;
      if (before !== undefined && (before.tagged || !watchlist.tags_enabled)) continue;
      hits.put(key, {
        ...{ device_id: sensor_id, watchlist_id: watchlist.id, watchlist_name: watchlist.name, feed_id: feed },
        ...{ report_id: name, report_name: report.title, ioc_id: ioc.id, ioc_field: ioc.field ?? null, severity },
        ...{ time, tagged: watchlist.tags_enabled },
      } satisfies HitRecord);
      if (!alerts || before !== undefined) continue;
      raised.push({
        ...{ device_id: sensor_id, process_guid: guidOf(context.orgKey, id), time },
        ioc: { id: ioc.id, hit: hitText(ioc), ...(ioc.field ? { field: ioc.field } : {}) },
        report: {
          ...{ id: name, name: report.title, description: report.description, severity },
          ...{ tags: report.tags ?? [], ...(report.link === null ? {} : { link: report.link }) },
        },
        watchlists: [{ id: watchlist.id, name: watchlist.name }],
      });
    }
    alertsOf(context).raiseWatchlist(raised);
  });
}

const DAY = 86_400_000;

/**
 * When something was found: soon after the server learnt of it, as if it had been looked for all along. What is older than what
 * anybody looks at was found while the past of the organisation was gone through.
 */
function foundAt({ presence, now, seed }: CloudContext, process: string, arrived: number): number {
  if (arrived >= presence.start - 14 * DAY) return Math.min(now(), arrived);
  return presence.start - (hash32(`${seed}/cloud/watchlist/${process}`) % (13 * DAY));
}

/** What was looked for, as one text. */
const hitText = ({ match_type, field, values }: Ioc): string =>
  match_type === "query" ? (values[0] ?? "") : `${field}:${values.join(" OR ")}`;
