import type { FeedRecord, PublishedReport } from "../../../domain/index.js";
import { type BinaryRow, binaryRowsByDocument } from "../../../store/binaries.js";
import type { FeedHit } from "../../../store/detection/feed-hits.js";
import { reportsByDocument } from "../../../store/detection/reports.js";
import { type TagRow, tagsByDocument } from "../../../store/detection/tags.js";
import { type ProcessRow, processRowsByDocument } from "../../../store/processes.js";
import type { ResponseContext } from "../../context.js";
import { shownSegment } from "../../documents/process.js";
import { highlightsOf } from "../../highlights.js";
import { connectionOf } from "../../simulation/raise.js";
import type { BusEvent } from "../bus-event.js";
import type { FeedFinding } from "../event-bus.js";
import { binaryInEvent, processInEvent } from "./documents.js";
import { headOf, secondsOf } from "./head.js";
import { slices } from "./slices.js";

type Document = Record<string, unknown>;

/** A hit with all that is told of it. */
interface Found {
  readonly hit: FeedHit;
  readonly report: PublishedReport;
  readonly ioc: { readonly type: string; readonly value: string };
  /** Which process or binary, and on which endpoint. */
  readonly subject: Document;
  readonly id: string;
  /** Of processes. */
  readonly segment: Document;
  readonly addresses: Document;
  readonly attributes: Document;
  readonly document: Document;
}

/** So many hits are looked up at once. */
const MOST_HITS = 200;
/** The ways in which a hit is told, in this order. */
const WHEN = ["ingress", "storage", "query"] as const;

/** What a feed has found: first as it came in, then as it was stored, then by queries. */
export function* feedEvents(
  context: ResponseContext,
  feed: FeedRecord,
  findings: readonly FeedFinding[],
): Generator<readonly BusEvent[]> {
  const time = context.now();
  const reports = reportsOf(
    context,
    findings.flatMap(({ hits }) => hits.map(({ report }) => report)),
  );
  for (const when of WHEN) {
    for (const finding of findings) {
      const hits = finding.hits.filter(({ ioc }) => (ioc === undefined) === (when === "query"));
      const find = finding.scope === "process" ? processes : binaries;
      for (const slice of slices(hits, MOST_HITS)) {
        const found = [...find(context, { ...finding, hits: slice }, reports)];
        yield found.map((each) => hitEvent(context, feed, finding.scope, when, each, time));
      }
    }
  }
}

function hitEvent(
  context: ResponseContext,
  feed: FeedRecord,
  scope: FeedFinding["scope"],
  when: (typeof WHEN)[number],
  found: Found,
  time: number,
): BusEvent {
  const { report, ioc, segment, attributes, document } = found;
  const { os_type, ...subject } = found.subject;
  const told = {
    ...{ feed_id: feed.id, feed_name: feed.name, report_id: report.id, report_score: report.score },
    ...{ ioc_type: ioc.type, ioc_value: ioc.value, event_timestamp: secondsOf(time) },
    ...subject,
  };
  const whole = { ...told, os_type, ioc_attr: attributes, ...headOf(context) };
  const bodies: Record<typeof when, () => Document> = {
    ingress: () => ({ ...whole, from_feed_search: false }),
    storage: () => ({ ...whole, ...segment, docs: [document] }),
    query: () => ({ ...told, ...segment, ...found.addresses, ioc_attrs: attributes, docs: [document] }),
  };
  // Later servers put the feed's number into the key.
  const prefix = context.traits.dottedAddresses ? `feed.${feed.id}` : "feed";
  return {
    key: `${prefix}.${when}.hit.${scope}`,
    subject: `${feed.id}/${report.id}/${found.id}/${ioc.type}/${ioc.value}`,
    ...{ time, document: bodies[when]() },
  };
}

function reportsOf(context: ResponseContext, docs: readonly number[]): Map<number, PublishedReport> {
  const rows = reportsByDocument(context.store, [...new Set(docs)]);
  return new Map(rows.map(({ doc, record }) => [doc, JSON.parse(record) as PublishedReport]));
}

function* processes(
  context: ResponseContext,
  finding: FeedFinding,
  reports: ReadonlyMap<number, PublishedReport>,
): Generator<Found> {
  const { store, traits } = context;
  const rows = byNumber(processRowsByDocument(store, numbersOf(finding)), (row) => row.doc ?? 0);
  const tags = tagsByDocument(store, "process", numbersOf(finding));
  for (const { hit, row, report, ioc } of present(finding, rows, reports)) {
    const document = processInEvent(traits, row, tags.get(hit.doc) ?? [], "feed");
    const unique = String(document["unique_id"]);
    const shown = processInEvent(traits, row, [], "search");
    yield {
      ...{ hit, report, ioc, id: unique, document },
      subject: {
        ...{ process_id: unique, sensor_id: row.sensor_id, hostname: row.computer_name ?? "" },
        ...{ group: row.group_name ?? "", os_type: row.os_type ?? "windows" },
      },
      segment: {
        segment_id: shownSegment(traits, { segment_id: row.segment_id ?? 1, ordinal: row.ordinal ?? 1 }),
      },
      addresses: { comms_ip: shown["comms_ip"], interface_ip: shown["interface_ip"] },
      attributes:
        hit.ioc === undefined ? marks(finding, hit, [shown], "unique_id") : connectionOf(store, row as ProcessRow, ioc),
    };
  }
}

function* binaries(
  context: ResponseContext,
  finding: FeedFinding,
  reports: ReadonlyMap<number, PublishedReport>,
): Generator<Found> {
  const { store, traits } = context;
  const rows = byNumber(binaryRowsByDocument(store, numbersOf(finding)), (row) => row.doc);
  const tags: ReadonlyMap<number, readonly TagRow[]> = tagsByDocument(store, "binary", numbersOf(finding));
  for (const { hit, row, report, ioc } of present<BinaryRow>(finding, rows, reports)) {
    const md5 = row.md5.toUpperCase();
    const [host] = row.hosts;
    yield {
      ...{ hit, report, ioc, id: md5, segment: {}, addresses: {} },
      document: binaryInEvent(traits, row, tags.get(hit.doc) ?? [], "feed"),
      subject: {
        ...{ md5, sensor_id: host?.id ?? 0, hostname: host?.computer_name ?? "", group: host?.group_name ?? "" },
        os_type: row.record.os_type.toLowerCase(),
      },
      attributes: hit.ioc === undefined ? marks(finding, hit, [binaryInEvent(traits, row, [], "search")], "md5") : {},
    };
  }
}

const numbersOf = ({ hits }: FeedFinding): number[] => [...new Set(hits.map(({ doc }) => doc))];

function byNumber<R>(rows: readonly R[], number: (row: R) => number): Map<number, R> {
  return new Map(rows.map((row) => [number(row), row]));
}

/** The hits whose document and report are there, with both. */
function* present<R>(
  { hits, queries }: FeedFinding,
  rows: ReadonlyMap<number, R>,
  reports: ReadonlyMap<number, PublishedReport>,
): Generator<{ hit: FeedHit; row: R; report: PublishedReport; ioc: Found["ioc"] }> {
  for (const hit of hits) {
    const row = rows.get(hit.doc);
    const report = reports.get(hit.report);
    if (row === undefined || report === undefined) continue;
    yield { hit, row, report, ioc: hit.ioc ?? { type: "query", value: queries.get(hit.report)?.text ?? "" } };
  }
}

/** Where the words of a report's query stand in what it has found. */
function marks({ queries }: FeedFinding, hit: FeedHit, docs: readonly Document[], idField: string): Document {
  const query = queries.get(hit.report)?.query;
  return { highlights: query === undefined ? [] : highlightsOf(query, docs, idField).map(({ name }) => name) };
}
