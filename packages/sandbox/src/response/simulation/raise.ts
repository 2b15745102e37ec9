import { EVENT_KINDS, type GroupRecord, type NetconnRecord, type SensorRecord } from "../../domain/index.js";
import type { Query } from "../../query/index.js";
import { binaryRowsByDocument } from "../../store/binaries.js";
import type { AlertRecord, NewAlert } from "../../store/detection/alerts.js";
import type { TagScope } from "../../store/document-index.js";
import { findGroups } from "../../store/endpoints.js";
import { eventsOf, type ProcessRow, processRowsByDocument } from "../../store/processes.js";
import type { Store } from "../../store/store.js";
import { domainKey } from "../../store/tokens.js";
import type { ResponseContext } from "../context.js";
import { highlightsOf } from "../highlights.js";

/** When something was found that reached the server at `arrived`, by something that was set up at `since`. */
export type Moment = (arrived: number, since: number) => number;

/** What raises alerts, as their documents tell it. */
export interface Detector {
  /** See {@link NewAlert.source}. */
  source: string;
  /** Found as it came in, or by a query. */
  found: "ingress" | "query";
  since: number;
  watchlist_id: string;
  watchlist_name: string;
  feed_id: number;
  feed_name: string;
  feed_rating: number;
  report_score: number;
  description: string;
  link: string;
  /** What was searched, where a query found it: matches are shown in the alert. */
  query?: Query;
}

/** A document that was hit, and by what. */
export interface Hit {
  doc: number;
  ioc: { type: string; value: string };
}

const CONFIDENCE = 0.5;
const USUAL_CRITICALITY = 3;

/** The alerts that a detector raises about these documents. */
export function alertsAbout(
  context: ResponseContext,
  scope: TagScope,
  detector: Detector,
  hits: readonly Hit[],
  moment: Moment,
): NewAlert[] {
  const criticality = criticalities(context.store);
  const make = (
    hit: Hit,
    document: string,
    arrived: number,
    facts: Omit<AlertRecord, keyof ReturnType<typeof told> | "sensor_criticality" | `ioc_${string}`> & {
      ioc_attr: Record<string, unknown>;
    },
  ): NewAlert => {
    const importance = criticality.get(facts.group) ?? USUAL_CRITICALITY;
    return {
      source: detector.source,
      document,
      number: scope === "process" ? 1 : 2,
      alert_type: `watchlist.hit.${detector.found}.${scope}`,
      created_time: moment(arrived, detector.since),
      alert_severity: severity(detector.report_score, importance),
      report_score: detector.report_score,
      feed_id: detector.feed_id,
      watchlist_id: detector.watchlist_id,
      record: {
        ...told(detector),
        ...facts,
        sensor_criticality: importance,
        ioc_confidence: CONFIDENCE,
        ioc_type: hit.ioc.type,
        ioc_value: hit.ioc.value,
      },
    };
  };
  const byDocument = new Map<number, Hit>();
  // Of several indicators in one document, the first is told.
  for (const hit of hits) if (!byDocument.has(hit.doc)) byDocument.set(hit.doc, hit);
  const docs = [...byDocument.keys()];
  if (scope === "binary") {
    const rows = binaryRowsByDocument(context.store, docs);
    const marked = matchesIn(
      detector.query,
      rows.map(({ doc, md5, record }) => ({ ...record, md5, doc })),
      "binary",
    );
    return rows.flatMap(({ doc, md5, record, hosts }) => {
      const hit = byDocument.get(doc);
      if (hit === undefined) return [];
      const [host] = hosts;
      const facts = {
        ...{ sensor_id: host?.id ?? 0, hostname: host?.computer_name ?? "", group: host?.group_name ?? "" },
        ...{ username: "", os_type: record.os_type.toLowerCase(), md5, sha256: record.sha256 },
        ...{ total_hosts: hosts.length, observed_filename: record.observed_filename, ioc_attr: marked(doc) },
      };
      return [make(hit, `binary/${md5}`, record.server_added_timestamp, facts)];
    });
  }
  const rows = processRowsByDocument(context.store, docs);
  const shown = rows.map((row) => ({ ...row, hostname: row.computer_name, process_md5: row.md5 }));
  const marked = matchesIn(detector.query, shown, "process");
  return rows.flatMap((row) => {
    const hit = byDocument.get(row.doc ?? 0);
    if (hit === undefined) return [];
    const interfaces = JSON.parse(row.interfaces ?? "[]") as SensorRecord["interfaces"];
    const facts = {
      ...{ sensor_id: row.sensor_id, hostname: row.computer_name ?? "", group: row.group_name ?? "" },
      ...{ username: row.username, os_type: row.os_type ?? "windows", md5: row.md5, total_hosts: 1 },
      ...(row.sha256 === null ? {} : { sha256: row.sha256 }),
      process: {
        ...{ id: row.id, segment_id: row.segment_id ?? 1, ordinal: row.ordinal ?? 1 },
        ...{ name: row.process_name, path: row.path, address: interfaces[0]?.ip ?? "0.0.0.0" },
        counts: Object.fromEntries(EVENT_KINDS.map((kind) => [`${kind}_count`, row[`${kind}_count`]])),
      },
      ioc_attr: { ...marked(hit.doc), ...connectionOf(context.store, row, hit.ioc) },
    };
    return [make(hit, `${row.id}/${row.segment_id}`, row.last_server_update ?? 0, facts)];
  });
}

const told = ({ watchlist_name, feed_name, feed_rating, description, link }: Detector) => ({
  ...{ watchlist_name, feed_name, feed_rating, description, link },
});

/** To two places; a score of 75 on a sensor of the usual importance gives 60.75. */
function severity(score: number, criticality: number): number {
  const exact = (score * 0.81 * criticality) / USUAL_CRITICALITY;
  return Math.round(100 * Math.max(0, Math.min(100, exact))) / 100;
}

/** How important the sensors of a group are, by its name. */
function criticalities(store: Store): Map<string, number> {
  const of = ({ settings }: GroupRecord): number => {
    const value = settings?.["alert_criticality"];
    return typeof value === "number" ? value : USUAL_CRITICALITY;
  };
  return new Map(findGroups(store).map(({ record }) => [record.name, of(record)]));
}

/** For each document, the texts in which the terms of the query were found, the match in the server's brackets. */
function matchesIn(
  query: Query | undefined,
  rows: readonly { doc: number | null; [field: string]: unknown }[],
  scope: TagScope,
): (doc: number) => Record<string, unknown> {
  const found = new Map<number, string[]>();
  if (query !== undefined) {
    const byId = rows.map((row) => ({ ...row, ...(scope === "binary" ? {} : { unique_id: row.doc }) }));
    const docs = new Map(rows.map((row) => [String(scope === "binary" ? row["md5"] : row.doc), row.doc ?? 0]));
    for (const { name, ids } of highlightsOf(query, byId, scope === "binary" ? "md5" : "unique_id")) {
      for (const id of ids) {
        const doc = docs.get(id) ?? 0;
        const names = found.get(doc);
        if (names === undefined) found.set(doc, [name]);
        else names.push(name);
      }
    }
  }
  return (doc) => (query === undefined ? {} : { highlights: found.get(doc) ?? [] });
}

/** The connection by which an address or a domain was met. */
export function connectionOf(store: Store, row: ProcessRow, ioc: Hit["ioc"]): Record<string, unknown> {
  const meets: Record<string, ((event: NetconnRecord) => boolean) | undefined> = {
    dns: ({ domain }) => domainKey(domain) === domainKey(ioc.value),
    ipv4: ({ remote_ip }) => remote_ip === ioc.value,
    ipv6: ({ remote_ip }) => remote_ip.toLowerCase() === ioc.value.toLowerCase(),
  };
  const wanted = meets[ioc.type];
  if (wanted === undefined || row.segment_id === null) return {};
  const event = eventsOf(store, row, { segment_id: row.segment_id }).netconn?.find(wanted);
  if (event === undefined) return {};
  return {
    direction: event.outbound ? "Outbound" : "Inbound",
    protocol: { 1: "ICMP", 6: "TCP", 17: "UDP" }[event.proto] ?? String(event.proto),
    ...{ local_ip: event.local_ip, local_port: event.local_port, port: event.remote_port },
    ...{ remote_ip: event.remote_ip, remote_port: event.remote_port, dns_name: event.domain },
  };
}
