import type { CloudContext } from "../context.js";
import { devicesOf } from "../devices/devices.js";
import { EVENT_COUNTS, LAST_ARRIVED, LAST_SEEN, PARENT_PATH, reputationSql } from "./fields.js";
import { guidOf } from "./guid.js";

/** A process as it is answered. What is empty is left out. */
export type ProcessDocument = Readonly<Record<string, unknown>> & { readonly process_guid: string };

/** A process as the database has it, with what is counted of it. */
interface Row {
  readonly id: string;
  readonly sensor_id: number;
  readonly pid: number;
  readonly parent_id: string | null;
  readonly parent_pid: number;
  readonly parent_path: string | null;
  readonly parent_md5: string | null;
  readonly parent_sha256: string | null;
  readonly start: number;
  readonly ended: number | null;
  readonly path: string;
  readonly cmdline: string;
  readonly username: string;
  readonly md5: string;
  readonly sha256: string | null;
  readonly reputation: string;
  readonly last_seen: number;
  readonly last_arrived: number;
  readonly children: number;
  /** The numbers of events, in the order of {@link EVENT_COUNTS}. */
  readonly counts: readonly number[];
}

const COUNTS = [...EVENT_COUNTS.values()].map((name) => `CAST(total(s.${name}) AS INTEGER)`).join(", ");
const COLUMNS = {
  ...{ id: "p.id", sensor_id: "p.sensor_id", pid: "p.pid", parent_id: "p.parent_id", parent_pid: "p.parent_pid" },
  ...{ parent_path: PARENT_PATH, parent_md5: "q.md5", parent_sha256: "q.sha256", start: "p.start", ended: "p.ended" },
  ...{ path: "p.path", cmdline: "p.cmdline", username: "p.username", md5: "p.md5", sha256: "p.sha256" },
  ...{
    reputation: reputationSql("p.md5", "p.md5_value", "p.alliance"),
    last_seen: LAST_SEEN,
    last_arrived: LAST_ARRIVED,
  },
  children: "EXISTS (SELECT 1 FROM process c WHERE c.parent_id = p.id)",
  counts: `(SELECT json_array(${COUNTS}) FROM segment s WHERE s.proc = p.proc)`,
};
const ROW = Object.entries(COLUMNS)
  .map(([name, expression]) => `'${name}', ${expression}`)
  .join(", ");

/** All rows come as one text: handing them over one by one is what would take longest. */
const ROWS = `SELECT json_group_array(json(line)) AS list FROM
  (SELECT json_object(${ROW}) AS line FROM json_each(?) j CROSS JOIN process p ON p.proc = j.value
   LEFT JOIN process q ON q.id = p.parent_id AND q.placeholder = 0 ORDER BY j.key)`;

/** The documents of processes by their numbers, with all that is known of them, in the order of the numbers. */
export function processDocuments(context: CloudContext, processes: readonly number[]): ProcessDocument[] {
  if (processes.length === 0) return [];
  const { store, shared, orgKey } = context;
  const read = store.database.first<{ list: string }>(ROWS, [JSON.stringify(processes)]);
  const rows = JSON.parse(read?.list ?? "[]") as Row[];
  const ids = rows.map(({ id }) => id);
  const alerts = shared.alertsOf(ids);
  const hits = shared.watchlistHitsOf(ids);
  const devices = devicesOf(context).byId();
  const now = context.now();
  return rows.map((row) => {
    const device = devices.get(row.sensor_id);
    const counts = [...EVENT_COUNTS].map(([kind, name], at) => [kind, name, row.counts[at] ?? 0] as const);
    const document: Record<string, unknown> = {
      alert_id: alerts.get(row.id),
      backend_timestamp: isoTime(row.last_arrived),
      ...Object.fromEntries(counts.map(([, name, count]) => [name, count])),
      device_external_ip: device?.["last_external_ip_address"],
      device_group: undefined,
      device_group_id: device?.["ad_group_id"] ?? 0,
      device_id: row.sensor_id,
      device_internal_ip: device?.["last_internal_ip_address"],
      device_name: device?.name,
      device_os: device?.["os"],
      device_policy: device?.["policy_name"],
      device_policy_id: device?.["policy_id"],
      device_timestamp: isoTime(row.last_seen),
      enriched: false,
      event_type: counts.filter(([, , count]) => count > 0).map(([kind]) => kind),
      has_children: row.children === 1,
      ingress_time: row.last_arrived,
      legacy: false,
      org_id: orgKey,
      parent_guid: row.parent_id === null ? undefined : guidOf(orgKey, row.parent_id),
      parent_hash: [row.parent_md5, row.parent_sha256].filter((hash) => hash !== null && hash !== ""),
      parent_name: row.parent_path ?? "",
      parent_pid: row.parent_pid,
      process_cmdline: row.cmdline === "" ? [] : [row.cmdline],
      process_effective_reputation: row.reputation,
      process_guid: guidOf(orgKey, row.id),
      process_hash: [row.md5, row.sha256].filter((hash) => hash !== null && hash !== ""),
      process_name: row.path,
      process_pid: [row.pid],
      process_reputation: row.reputation,
      process_start_time: isoTime(row.start),
      process_terminated: row.ended !== null && row.ended <= now,
      process_username: row.username === "" ? [] : [row.username],
      scriptload_count: 0,
      watchlist_hit: hits.get(row.id),
    };
    for (const [name, value] of Object.entries(document)) {
      const isEmpty =
        value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
      if (isEmpty) delete document[name];
    }
    return document as ProcessDocument;
  });
}

const isoTime = (time: number): string => new Date(time).toISOString();

/** What rows of a search have without being asked for more. */
const USUAL = new Set([
  ...["alert_id", "backend_timestamp", "childproc_count", "crossproc_count", "device_group_id", "device_id"],
  ...["device_name", "device_policy_id", "device_timestamp", "enriched", "enriched_event_type", "event_type"],
  ...["filemod_count", "has_children", "ingress_time", "legacy", "modload_count", "netconn_count", "org_id"],
  ...["parent_guid", "parent_pid", "process_guid", "process_hash", "process_name", "process_pid", "process_terminated"],
  ...["process_username", "regmod_count", "scriptload_count", "watchlist_hit"],
]);

/**
 * A document with the fields that somebody wants: those that rows usually have for `*`, or where none are named, and those
 * that are named. The key is always there.
 */
export function chosen<D extends Readonly<Record<string, unknown>>>(
  document: D,
  fields: readonly string[],
  key = "process_guid",
  usual: ReadonlySet<string> = USUAL,
): Record<string, unknown> {
  const named = new Set(fields);
  const all = named.size === 0 || named.has("*");
  return Object.fromEntries(
    Object.entries(document).filter(([name]) => name === key || named.has(name) || (all && usual.has(name))),
  );
}
