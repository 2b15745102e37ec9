import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { type DateTimeField, t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { asDocument } from "../../../core/model/model.js";
import { one } from "../../../core/model/relations.js";
import type { DryRun, SaveOptions, WritePlan, WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { consoleLink } from "../../console.js";
import { ThreatReportQuery } from "../../queries/threat-report-query.js";
import { Feed } from "./feed.js";
import { ignoreReports, REPORTS, reportKey, splitReportKey } from "./report-key.js";

/** What a report looks for, by kind. A `query` stands by itself. */
export interface ReportIocs {
  readonly md5?: readonly string[];
  readonly sha256?: readonly string[];
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly dns?: readonly string[];
  readonly query?: readonly Readonly<Record<string, unknown>>[];
  readonly [kind: string]: unknown;
}

/** Feeds give seconds since 1970; searches give the time as text. */
const seconds: DateTimeField = {
  ...t.dateTime(),
  decode: (raw) => {
    const epoch = typeof raw === "number" || (typeof raw === "string" && /^\d{1,11}$/.test(raw));
    return epoch ? new Date(Number(raw) * 1000) : t.dateTime().decode(raw);
  },
};

/**
 * What a feed says of one threat. Its key is `<feed_id>:<report_id>`; a colon in the report's own id is written `%3A`
 * there, and a `%` before `3A` or `25` is written `%25`.
 * @example (await cb.select(ThreatReport, "18:CVE-2010-0001")).title
 */
export class ThreatReport extends defineModel(
  {
    name: "ThreatReport",
    path: REPORTS,
    key: "id",
    keyOf: reportKey,
    writable: ["is_ignored"],
    update: "changes",
    keyOnly: ["disable", "enable", "webui_link"],
  },
  {
    /** Its name in its feed. */
    id: t.string(),
    feed_id: t.integer(),
    feed_name: t.string(),
    feed_category: t.string(),
    title: t.string(),
    description: t.string(),
    link: t.string(),
    /** From -100 (known good) to 100 (malicious). */
    score: t.integer(),
    tags: t.array(t.string()),
    /** When the feed made it. */
    timestamp: seconds,
    create_time: seconds,
    update_time: seconds,
    iocs: t.object<ReportIocs>(),
    md5: t.array(t.string()),
    domain: t.array(t.string()),
    ipaddr: t.array(t.string()),
    /** Can be changed: an ignored report raises no alerts. */
    is_ignored: t.boolean(),
    /** Whether it is a search, rather than a list of hashes, domains and addresses. */
    has_query: t.boolean(),
    is_deleted: t.boolean(),
    /** The feed that it belongs to: `GET /api/v1/feed/{id}`. */
    get feed() {
      return one(Feed, (report: ThreatReport) => splitReportKey(ThreatReport.stateOf(report).key ?? "").feed);
    },
  },
) {
  /** @internal A search for reports, which has not been sent. */
  static query(client: ModelHost): ThreatReportQuery {
    return new ThreatReportQuery(client, ThreatReport, {});
  }

  /** @internal @throws ApiError when it does not read `<feed_id>:<report_id>` */
  static override normaliseKey(key: Key): Key {
    splitReportKey(key);
    return String(key).trim();
  }

  /** @internal `GET /api/v1/feed/{feed_id}/report/{report_id}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { feed, report } = splitReportKey(key);
    const path = `/api/v1/feed/${encodeURIComponent(feed)}/report/${encodeURIComponent(report)}`;
    const document = asDocument(await client.getObject(path, undefined, options), "ThreatReport", key);
    // Named by the route; a document that leaves them out would not know its own key.
    return { document: { feed_id: Number(feed), id: report, ...document } };
  }

  /**
   * Has the server ignore it, so that it raises no more alerts. Reads it first, and sends nothing when it is ignored
   * already; afterwards, the object shows what the server then has. `POST /api/v1/threat_report`. With `dryRun`, gives what
   * would be sent, `undefined` when nothing would be.
   * @throws ObjectNotFoundError when the server does not have the report
   */
  async disable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async disable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ is_ignored: true }, options);
  }

  /**
   * Has the server heed it again; the opposite of {@link ThreatReport.disable}.
   * @throws ObjectNotFoundError when the server does not have the report
   */
  async enable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async enable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ is_ignored: false }, options);
  }

  /** This report in the console. */
  get webui_link(): string {
    const { client, key = "" } = ThreatReport.stateOf(this);
    const { feed, report } = splitReportKey(key);
    return consoleLink(client, `threat-details/${encodeURIComponent(feed)}/${encodeURIComponent(report)}`);
  }

  protected override updateRequest(): WriteRequest {
    return ignoreReports([ThreatReport.stateOf(this).key ?? ""], this.is_ignored === true);
  }
}
