import type { Steps } from "../../steps.js";
import { findSensor } from "../../store/endpoints.js";
import { findProcess } from "../../store/processes.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";
import { guidOf, idOf } from "../processes/guid.js";
import { catchUp, detectFirst, detectOnTick, isFirstLook } from "./detect.js";
import { deviceFacts, digits, iso, processFacts, uuidOf } from "./facts.js";
import type { NewAlert, WatchlistHit } from "./new-alert.js";
import type { AlertDocument, AlertRecord, ThreatRecord, Workflow } from "./record.js";

export type { NewAlert, WatchlistHit } from "./new-alert.js";

/** The alerts of the organisation, which all parts share. */
export const alertsOf = perContext((context) => new Alerts(context));

/** By what alerts are looked up. */
const INDEXES = (["number", "shown.process_guid", "shown.threat_id"] as const).map(
  (name) =>
    `CREATE INDEX IF NOT EXISTS cloud_alert_${name.replace("shown.", "")} ON object (json_extract(record, '$.${name}'))
     WHERE kind = 'cloud_alert'`,
);
const HIGHEST = `SELECT json_extract(record, '$.number') AS n FROM object WHERE kind = 'cloud_alert'
  ORDER BY json_extract(record, '$.number') DESC LIMIT 1`;
/** The alerts of the present service about processes, by the GUIDs of these. */
export const BY_PROCESS = `SELECT j.value AS guid, o.key AS id FROM json_each(?) j CROSS JOIN object o
  ON o.kind = 'cloud_alert' AND json_extract(o.record, '$.shown.process_guid') = j.value
  WHERE json_extract(o.record, '$.shown.type') <> 'VMWARE' ORDER BY json_extract(o.record, '$.number')`;

/** Keeps alerts and raises new ones. Those of what the organisation holds already are raised by {@link Alerts.find}. */
export class Alerts {
  readonly #context: CloudContext;
  #ready = false;
  #session = 0;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Differs whenever an organisation is taken up again: its ticks are counted from 1 once more. */
  get session(): number {
    return this.#session;
  }

  get(id: string): AlertRecord | undefined {
    return this.#kept.get(id);
  }

  /** Keeps what has changed of an alert. */
  put(record: AlertRecord): void {
    this.#kept.put(record.id, record);
  }

  /** In the order in which they were raised, from a number on. */
  raisedSince(number: number): AlertRecord[] {
    const rows = this.#context.store.database.all<{ record: string }>(
      `SELECT record FROM object WHERE kind = 'cloud_alert' AND json_extract(record, '$.number') > ?
       ORDER BY json_extract(record, '$.number')`,
      [number],
    );
    return rows.map(({ record }) => JSON.parse(record) as AlertRecord);
  }

  /** What is kept of a threat; nobody has said anything about most of them. */
  threat(id: string): ThreatRecord {
    return (
      this.#context.store.collection("cloud_threat").get(id) ?? { id, tags: [], notes: [], history: [], workflow: null }
    );
  }

  putThreat(record: ThreatRecord): void {
    this.#context.store.collection("cloud_threat").put(record.id, record);
  }

  /** The alerts of a threat. */
  ofThreat(id: string): AlertRecord[] {
    const rows = this.#context.store.database.all<{ record: string }>(
      "SELECT record FROM object WHERE kind = 'cloud_alert' AND json_extract(record, '$.shown.threat_id') = ? ORDER BY key",
      [id],
    );
    return rows.map(({ record }) => JSON.parse(record) as AlertRecord);
  }

  /** Which alerts are about which processes, by the ids of the processes; in the order in which they were raised. */
  ofProcesses(ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const { store, orgKey } = this.#context;
    const wanted = new Map(ids.map((id) => [guidOf(orgKey, id), id]));
    const rows = store.database.all<{ guid: string; id: string }>(BY_PROCESS, [JSON.stringify([...wanted.keys()])]);
    const found = new Map<string, string[]>();
    for (const { guid, id } of rows) {
      const process = wanted.get(guid) ?? "";
      const known = found.get(process);
      if (known === undefined) found.set(process, [id]);
      else known.push(id);
    }
    return found;
  }

  /** Raises WATCHLIST alerts: one for each report that was met in a process, however often. Returns those that are new. */
  raiseWatchlist(hits: readonly WatchlistHit[]): AlertRecord[] {
    const { store, orgKey } = this.#context;
    const drafts = hits.flatMap((hit): NewAlert[] => {
      const sensor = findSensor(store, hit.device_id);
      const id = idOf(orgKey, hit.process_guid);
      const process = id === undefined ? undefined : findProcess(store, id, { all: true });
      const [first] = hit.watchlists;
      if (sensor === undefined || first === undefined) return [];
      const { report, ioc, watchlists } = hit;
      const happened = process?.start ?? this.#context.now();
      return [
        {
          ...{ type: "WATCHLIST", severity: report.severity, sensor, first: happened },
          source: `watchlist/${first.id}/${report.id}/${hit.process_guid}`,
          threat: `watchlist/${report.id}/${ioc.id}`,
          reason: `Process ${process?.process_name ?? ""} was detected by the report "${report.name}" in watchlist "${first.name}"`,
          found: hit.time ?? this.#context.now(),
          ...(process === undefined ? {} : { process }),
          more: {
            ...{ watchlists, report_id: report.id, report_name: report.name, ioc_id: ioc.id, ioc_hit: ioc.hit },
            ...{
              reason_code: `${report.id}:${ioc.id}`,
              report_description: report.description ?? "",
              report_link: report.link ?? "",
            },
            ...{ report_tags: report.tags ?? [], ioc_field: ioc.field ?? null },
            ...{ ttps: [], run_state: "RAN", policy_applied: "NOT_APPLIED", sensor_action: "ALLOW" },
          },
          classic: {
            count: 0,
            threat_cause_vector: "UNKNOWN",
            category: "THREAT",
            document_guid: digits(hit.process_guid, 22),
          },
        },
      ];
    });
    return this.raise(drafts);
  }

  /** Raises alerts, those apart that are there already. Returns the new ones. */
  raise(drafts: readonly NewAlert[]): AlertRecord[] {
    const kept = this.#kept;
    const raised: AlertRecord[] = [];
    if (drafts.length === 0) return raised;
    let number = this.#context.store.database.count(HIGHEST);
    for (const draft of drafts) {
      const id = uuidOf(`${this.#context.orgKey}/${draft.source}`);
      if (kept.get(id) !== undefined) continue;
      number += 1;
      const record = this.#recordOf(draft, id, number);
      kept.put(id, record);
      raised.push(record);
    }
    return raised;
  }

  /** What happens at a tick, once everything before it has been raised. */
  tick(tick: number, now: number): void {
    if (this.#ready) detectOnTick(this.#context, this, tick, now);
  }

  /** Raises all that is to be raised by now, unless that has been done. Carries on what was given up on the way. */
  *find(): Steps<void> {
    if (this.#ready) return;
    const { clock, store } = this.#context;
    for (const index of INDEXES) {
      store.database.exec(index);
      yield;
    }
    if (isFirstLook(this.#context)) yield* detectFirst(this.#context, this);
    else this.#session = store.database.count(HIGHEST);
    yield* catchUp(this.#context, this, (tick) =>
      Math.min(this.#context.now(), clock.startTime + tick * clock.tickInterval),
    );
    // In the same step as the last tick was gone through: the next one is told of.
    this.#ready = true;
  }

  get #kept() {
    return this.#context.store.collection("cloud_alert");
  }

  #recordOf(draft: NewAlert, id: string, number: number): AlertRecord {
    const { orgKey, url } = this.#context;
    const { sensor, process, first, last = first, found } = draft;
    const threat = digits(`${orgKey}/${draft.threat}`, 32).toUpperCase();
    const known = this.threat(threat);
    const username = process?.username ?? "";
    const shown: AlertDocument = {
      ...{ id, org_key: orgKey, type: draft.type, threat_id: threat, severity: draft.severity, reason: draft.reason },
      ...{ reason_code: draft.threat.split("/")[0] ?? "", alert_url: `${url()}/alerts?s[c][query_string]=id:${id}` },
      ...{ primary_event_id: digits(`${id}/event`, 32), alert_origin: "ALERT_ORIGIN_SENSOR" },
      ...{ backend_timestamp: iso(found), backend_update_timestamp: iso(found), user_update_timestamp: null },
      ...{ detection_timestamp: iso(Math.min(found, last)), first_event_timestamp: iso(first) },
      ...{ last_event_timestamp: iso(last) },
      ...(deviceFacts(this.#context, sensor.id, username) as Pick<AlertDocument, "device_id" | "device_name">),
      ...(process === undefined ? {} : processFacts(this.#context, process)),
      ...{ tags: known.tags, alert_notes_present: false, threat_notes_present: known.notes.length > 0 },
      ...{ is_updated: false, mdr_alert: false, mdr_alert_notes_present: false, mdr_threat_notes_present: false },
      ...{ ml_classification_final_verdict: "NOT_CLASSIFIED", ttps: [] },
      ...draft.more,
    };
    const workflow: Workflow = known.workflow ?? {
      ...{ status: "OPEN", closure_reason: "NO_REASON", change_timestamp: iso(found) },
      ...{ changed_by: "ALERT_CREATION", changed_by_type: "SYSTEM", remediation: "", comment: "" },
    };
    const classic = { category: "THREAT", legacy_alert_id: digits(`${id}/legacy`, 8).toUpperCase(), ...draft.classic };
    return { id, number, raised: found, shown, classic, workflow, determination: null, notes: [], history: [] };
  }
}
