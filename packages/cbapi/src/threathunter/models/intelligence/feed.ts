import { InvalidObjectError } from "../../../core/errors.js";
import { put } from "../../../core/model/assign.js";
import type { assignable, Values } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { DryRun, SaveOptions, WritePlan, WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { type CloudHost, cloud } from "../../../psc/host.js";
import { askForObject, tell } from "../../../psc/send.js";
import { FEED_READ, FEED_REPLACE, FEED_REPORTS, FEEDS } from "./calls.js";
import { requireKind } from "./checks.js";
import { FeedQuery } from "./feed-query.js";
import { savedId } from "./ids.js";
import { Report } from "./report.js";
import type { ReportQuery } from "./report-query.js";
import { checkReport, type ReportValues, reportToSend, requireUnique } from "./report-values.js";

/** A feed, as a plain object. */
export interface FeedInfo {
  readonly name: string;
  readonly provider_url: string;
  readonly summary: string;
  readonly category: string;
  readonly access?: string | undefined;
  readonly source_label?: string | null | undefined;
  readonly owner?: string | undefined;
  readonly alertable?: boolean | undefined;
}

/** How a feed is saved. */
export interface FeedSaveOptions extends SaveOptions {
  /** Whether a new feed is offered to other organizations as well. Default false. */
  readonly public?: boolean | undefined;
}

/** The reports that new feeds are made with. */
const reportsOf = new WeakMap<Feed, readonly Record<string, unknown>[]>();
/** New feeds that are offered to others. */
const forAll = new WeakSet<Feed>();

/**
 * A threat feed of the Cloud: reports that watchlists subscribe to.
 *
 * @example
 * const feed = cb.create(Feed, { name: "Ours", provider_url: "https://example.com", summary: "...", category: "own" });
 * await feed.save();
 * await feed.appendReports([report]);
 */
export class Feed extends defineModel(
  {
    name: "Feed",
    path: FEEDS,
    key: "id",
    creatable: true,
    writable: ["id", "name", "owner", "provider_url", "summary", "category", "source_label", "access", "alertable"],
    required: ["name", "provider_url", "summary", "category"],
    keyOnly: ["delete", "appendReports", "replaceReports", "reports"],
  },
  {
    /** Given by the server. */
    id: t.string(),
    name: t.string(),
    /** The organization key: whatever is sent, the server writes its own. */
    owner: t.string(),
    /** Where to read of whoever makes it. */
    provider_url: t.string(),
    summary: t.string(),
    category: t.string(),
    source_label: t.string(),
    /** `public` or `private`; `reserved` for feeds of Carbon Black. */
    access: t.string(),
    /** Whether its hits can raise alerts. */
    alertable: t.boolean(),
  },
) {
  declare readonly [assignable]: {
    readonly feedinfo: FeedInfo;
    readonly reports: readonly (Report | ReportValues)[];
  };

  /** @internal The list of feeds, which has not been asked for. */
  static query(client: ModelHost): FeedQuery {
    return FeedQuery.ofFeeds(client, Feed);
  }

  /** @internal `GET .../feeds/{id}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const answer = await askForObject(cloud(client), FEED_READ, { values: { id: key } }, options);
    return { document: infoIn(answer) };
  }

  /** All of its fields at once, as the server's documents have them. */
  set feedinfo(values: FeedInfo) {
    if (typeof values !== "object" || values === null) throw new InvalidObjectError("feedinfo should be an object");
    for (const [name, value] of Object.entries(values)) put(this, name, value);
  }

  /**
   * Its reports, as a query that has not been sent: `GET .../feeds/{id}/reports`. A new feed can be given reports, which it
   * is then made with.
   * @throws InvalidObjectError when it has not been saved
   */
  get reports(): ReportQuery {
    return Report.query(Feed.stateOf(this).client).where({ feed_id: savedId(this, "feed") });
  }

  set reports(reports: readonly (Report | ReportValues)[]) {
    if (Feed.stateOf(this).key !== undefined) {
      throw new InvalidObjectError(
        "The reports of a feed that was saved change by appendReports() and replaceReports()",
      );
    }
    reportsOf.set(this, this.#sendable(reports));
  }

  /**
   * Creates it, with its reports: `POST .../feeds`, or `.../feeds/public`; or sends the changes: `PUT .../feeds/{id}/feedinfo`.
   * @throws InvalidObjectError naming what is missing or wrong
   */
  override async save<D extends boolean | undefined = false>(
    options?: FeedSaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  override async save(options: FeedSaveOptions = {}): Promise<this | WritePlan | undefined> {
    return super.save(options);
  }

  /**
   * Deletes the feed with its reports: `DELETE .../feeds/{id}`.
   * @throws InvalidObjectError when the server does not have it yet
   */
  override async delete(options: CallOptions = {}): Promise<void> {
    savedId(this, "feed");
    await super.delete(options);
  }

  /**
   * Changes fields and saves: `PUT .../feeds/{id}/feedinfo`.
   * @throws InvalidObjectError when it was not saved before, or a value is none that the field can have
   */
  async update(values: Values<this>, options: CallOptions = {}): Promise<this> {
    savedId(this, "feed");
    this.set(values);
    return (await super.save({ ...options, dryRun: false })) as this;
  }

  /**
   * Gives it these reports and no others: `POST .../feeds/{id}/reports`. Without any, it has none from then on.
   * @throws InvalidObjectError when it was not saved, or naming what is wrong with a report; nothing is sent then
   */
  async replaceReports(reports: readonly (Report | ReportValues)[], options: CallOptions = {}): Promise<void> {
    await this.#replace(savedId(this, "feed"), this.#sendable(reports), options);
  }

  /**
   * Adds reports, in place of those of the same ids: reads what it has, and sends that with these in front. What others
   * write in between is lost, as the server has no other way.
   * @throws InvalidObjectError when it was not saved, or naming what is wrong with a report; nothing is sent then
   */
  async appendReports(reports: readonly (Report | ReportValues)[], options: CallOptions = {}): Promise<void> {
    const feed = savedId(this, "feed");
    const added = this.#sendable(reports);
    if (added.length === 0) return;
    const answer = await askForObject(this.#host, FEED_REPORTS, { values: { feed } }, options);
    const { results = [] } = answer as { readonly results?: readonly Record<string, unknown>[] | null };
    const ids = new Set(added.map(({ id }) => id));
    const kept = (results ?? []).filter(({ id }) => !ids.has(id));
    await this.#replace(feed, [...added, ...kept], options);
  }

  protected override async saveInTurn(
    options: FeedSaveOptions,
    call: CallOptions,
  ): Promise<this | WritePlan | undefined> {
    const isPublic = options.public === true;
    if (isPublic) forAll.add(this);
    else forAll.delete(this);
    if (isPublic && Feed.stateOf(this).key !== undefined) {
      throw new InvalidObjectError("Only a new feed can be made public: create it anew, and save({ public: true })");
    }
    return super.saveInTurn(options, call);
  }

  protected override async prepare(options: CallOptions): Promise<void> {
    await super.prepare(options);
    if (Feed.stateOf(this).key === undefined && this.access === undefined) {
      put(this, "access", forAll.has(this) ? "public" : "private");
    }
  }

  protected override check(): void {
    const { access, provider_url: url } = this.toJSON();
    const { changes } = Feed.stateOf(this);
    const allowed = access === "public" || access === "private" || !(changes?.has("access") ?? false);
    if (!allowed) throw new InvalidObjectError(`access should be public or private, got ${JSON.stringify(access)}`);
    requireKind(url, "url", "provider_url");
    for (const name of ["name", "summary", "category"]) requireKind(this.toJSON()[name], "text", name);
  }

  protected override createRequest(): WriteRequest {
    const { id: _, ...feedinfo } = this.toJSON();
    const path = forAll.has(this) ? `${this.collectionPath}/public` : this.collectionPath;
    return { method: "POST", path, body: { feedinfo, reports: reportsOf.get(this) ?? [] } };
  }

  protected override updateRequest(): WriteRequest {
    return { method: "PUT", path: `${this.itemPath}/feedinfo`, body: this.updateBody() };
  }

  protected override answeredFields(answer: unknown): Record<string, unknown> {
    return infoIn(super.answeredFields(answer));
  }

  protected override accepted(sent: ReadonlyMap<string, unknown>): void {
    super.accepted(sent);
    reportsOf.delete(this);
  }

  get #host(): CloudHost {
    return cloud(Feed.stateOf(this).client);
  }

  #sendable(reports: readonly (Report | ReportValues)[]): Record<string, unknown>[] {
    if (!Array.isArray(reports)) throw new InvalidObjectError("The reports of a feed should be a list");
    const made = reports.map((report) => reportToSend(report, this.#host.clock.now()));
    for (const report of made) checkReport(report);
    requireUnique(made, "The reports of a feed");
    return made;
  }

  async #replace(feed: string, reports: readonly Record<string, unknown>[], options: CallOptions): Promise<void> {
    try {
      await tell(this.#host, FEED_REPLACE, { values: { feed }, json: { reports } }, options);
    } finally {
      this.#host.identityMap.evictAll(Report);
    }
  }
}

/** A feed's own fields, with or without its reports beside them. */
function infoIn(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { feedinfo } = answer;
  return typeof feedinfo === "object" && feedinfo !== null ? { ...feedinfo } : { ...answer };
}
