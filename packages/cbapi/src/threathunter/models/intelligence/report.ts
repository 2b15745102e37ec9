import { randomUUID } from "node:crypto";
import { InvalidObjectError, ObjectNotFoundError } from "../../../core/errors.js";
import { edit, put } from "../../../core/model/assign.js";
import type { Values } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { Model, rawField } from "../../../core/model/model.js";
import { optional } from "../../../core/model/relations.js";
import type { DryRun, SaveOptions, WritePlan, WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { type CloudHost, cloud } from "../../../psc/host.js";
import { ask, askForObject, tell } from "../../../psc/send.js";
import {
  FEED_REPORTS,
  FEEDS,
  REPORT_IGNORE,
  REPORT_IGNORED,
  REPORT_READ,
  REPORT_UNIGNORE,
  REPORTS,
  SEVERITY_READ,
} from "./calls.js";
import { Feed } from "./feed.js";
import { documents, seconds } from "./fields.js";
import { savedId } from "./ids.js";
import type { IOC } from "./ioc.js";
import { IOC_V2 } from "./ioc-v2.js";
import type { IocV2Values, IocValues } from "./ioc-values.js";
import { type ReportName, reportKey, splitReportKey } from "./report-key.js";
import { ReportQuery } from "./report-query.js";
import { ReportSeverity } from "./report-severity.js";
import { checkReport, withIds } from "./report-values.js";

/**
 * What is known of one threat, and by what it is recognised. A report belongs to a feed, or to watchlists.
 *
 * A feed's report is `<feed_id>:<id>` to `select`, as two feeds may have reports of one id, and comes with its feed's other
 * reports; a watchlist's is just its id.
 *
 * @example
 * const report = cb.create(Report, { title: "Beacons", description: "...", severity: 7 });
 * report.appendIocs([IOC_V2.createEquality(cb, null, "netconn_domain", "evil.example")]);
 * await report.saveWatchlist();
 */
export class Report extends defineModel(
  {
    name: "Report",
    path: REPORTS,
    key: "id",
    keyOf: reportKey,
    ownKey: true,
    creatable: true,
    writable: [
      "id",
      "feed_id",
      "timestamp",
      "title",
      "description",
      "severity",
      "link",
      "tags",
      "iocs",
      "iocs_v2",
      "visibility",
    ],
    required: ["title", "description", "severity"],
    keyOnly: [
      "delete",
      "getIgnored",
      "ignore",
      "unignore",
      "ignored",
      "getCustomSeverity",
      "setCustomSeverity",
      "custom_severity",
    ],
  },
  {
    /** Its name; one is made up for a report that is saved without. */
    id: t.string(),
    /** The feed that it belongs to; none of a watchlist report. It is no part of what is sent. */
    feed_id: t.string(),
    /** When it was made, or changed last: saving sets it. */
    timestamp: seconds,
    title: t.string(),
    description: t.string(),
    /** From 1 to 10. */
    severity: t.integer(),
    /** Where to read on. */
    link: t.string(),
    tags: t.array(t.string()),
    /** The older form of indicators. */
    iocs: iocsField(),
    /** What it is recognised by; {@link Report.iocs_} has the same as objects. */
    iocs_v2: documents<IocV2Values, IOC_V2>(),
    visibility: t.string(),
    /** The feed that it belongs to, if to one: `GET .../feeds/{id}`. */
    get feed() {
      return optional(Feed, "feed_id");
    },
  },
) {
  /** @internal The reports of a feed, which is still to be named. */
  static query(client: ModelHost): ReportQuery {
    return ReportQuery.ofReports(client, Report);
  }

  /** @internal */
  static override normaliseKey(key: Key): Key {
    splitReportKey(key);
    return String(key).trim();
  }

  /** @internal A watchlist report by itself; a feed's with all of its feed. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { feed, id } = splitReportKey(key);
    if (feed === undefined) {
      return { document: await askForObject(cloud(client), REPORT_READ, { values: { id } }, options) };
    }
    const answer = await askForObject(cloud(client), FEED_REPORTS, { values: { feed } }, options);
    const reports = Array.isArray(answer["results"]) ? (answer["results"] as readonly Record<string, unknown>[]) : [];
    const document = reports.find((report) => report["id"] === id);
    if (document === undefined) throw new ObjectNotFoundError(`Feed ${feed} has no report ${JSON.stringify(id)}`);
    return { document: { ...document, feed_id: feed }, completeness: Completeness.full };
  }

  /** Its indicators, as objects; none when it has none. Changing one changes nothing here: see {@link Report.appendIocs}. */
  get iocs_(): readonly IOC_V2[] {
    const { client } = Report.stateOf(this);
    const report = this.#name();
    return (this.iocs_v2 ?? []).map((ioc) => IOC_V2.of(client, ioc as unknown as Record<string, unknown>, report));
  }

  /** Adds indicators, in place of those of the same ids. `save()` sends them. */
  appendIocs(iocs: readonly (IOC_V2 | IocV2Values)[]): this {
    const field = documents<IocV2Values, IOC_V2>();
    const added = withIds(field.encode(asList(iocs, "appendIocs"))) as IocV2Values[];
    const ids = new Set(added.map(({ id }) => id));
    edit<readonly IocV2Values[]>(this, "iocs_v2", (present = []) => [
      ...present.filter(({ id }) => !ids.has(id)),
      ...added,
    ]);
    return this;
  }

  /** Takes indicators out, by their ids; those that it does not have are passed over. `save()` sends the rest. */
  removeIocsById(ids: readonly string[]): this {
    const gone = new Set(asList(ids, "removeIocsById"));
    edit<readonly IocV2Values[]>(this, "iocs_v2", (present) =>
      present?.some(({ id }) => id !== undefined && gone.has(id)) === true
        ? present.filter(({ id }) => id === undefined || !gone.has(id))
        : present,
    );
    return this;
  }

  /** Takes these indicators out; otherwise as {@link Report.removeIocsById}. */
  removeIocs(iocs: readonly IOC_V2[]): this {
    return this.removeIocsById(asList(iocs, "removeIocs").flatMap(({ id }) => id ?? []));
  }

  /**
   * Saves it as a report for watchlists: `POST .../reports`, or what {@link Report.save} does when it is one already. Of a
   * feed's report, this makes a copy.
   * @returns the watchlist report: this one, unless it is a feed's
   * @throws InvalidObjectError naming what is missing or wrong
   */
  async saveWatchlist(options: SaveOptions = {}): Promise<Report> {
    if (this.#name()?.feed === undefined) {
      await super.save({ ...options, dryRun: false });
      return this;
    }
    await this.load(options);
    const { feed_id: _, ...values } = this.toJSON();
    const copy = cloud(Report.stateOf(this).client).create(Report, {});
    for (const name of Report.spec.writable ?? []) if (Object.hasOwn(values, name)) put(copy, name, values[name]);
    return copy.save({ ...options, dryRun: false });
  }

  /**
   * Deletes the report from its feed or, as one of a watchlist, by itself: `DELETE .../reports/{id}`.
   * @throws InvalidObjectError when the server does not have it yet
   */
  override async delete(options: CallOptions = {}): Promise<void> {
    savedId(this, "Report");
    await super.delete(options);
  }

  /**
   * Changes fields and saves: `PUT` of the whole report, with the present time as its `timestamp`.
   * @throws InvalidObjectError when it was not saved before, or a value is none that the field can have
   */
  async update(values: Values<this>, options: CallOptions = {}): Promise<this> {
    savedId(this, "Report");
    this.set(values);
    return (await super.save({ ...options, dryRun: false })) as this;
  }

  /** Whether it is passed over: {@link Report.getIgnored}. */
  get ignored(): PromiseLike<boolean> {
    return new Lazy("ignored", () => this.getIgnored());
  }

  /**
   * Whether it is passed over: `GET .../reports/{id}/ignore`. A feed's report is called `<feed_id>-<id>` there.
   * @throws InvalidObjectError when it was not saved
   */
  async getIgnored(options: CallOptions = {}): Promise<boolean> {
    return (await askForObject(this.#host, REPORT_IGNORED, { values: this.#ignorable() }, options))["ignored"] === true;
  }

  /**
   * Has it passed over from now on: `PUT .../reports/{id}/ignore`. It raises no alerts and sets no tags then.
   * @throws InvalidObjectError when it was not saved
   */
  async ignore(options: CallOptions = {}): Promise<void> {
    await ask(this.#host, REPORT_IGNORE, { values: this.#ignorable(), json: null }, options);
  }

  /**
   * Has it heeded again: `DELETE .../reports/{id}/ignore`.
   * @throws InvalidObjectError when it was not saved
   */
  async unignore(options: CallOptions = {}): Promise<void> {
    await tell(this.#host, REPORT_UNIGNORE, { values: this.#ignorable() }, options);
  }

  /** The severity that the organization has given it: {@link Report.getCustomSeverity}. */
  get custom_severity(): PromiseLike<ReportSeverity | undefined> {
    return new Lazy("custom_severity", () => this.getCustomSeverity());
  }

  /**
   * The severity that the organization has given it in place of its own; `undefined` when there is none:
   * `GET .../reports/{id}/severity`.
   * @throws InvalidObjectError when it is a watchlist report, whose own severity can be changed, or was not saved
   */
  async getCustomSeverity(options: CallOptions = {}): Promise<ReportSeverity | undefined> {
    const id = this.#graded();
    const { client } = Report.stateOf(this);
    try {
      const answer = await askForObject(this.#host, SEVERITY_READ, { values: { id } }, options);
      const document = { report_id: id, ...answer };
      return new ReportSeverity({ client, key: id, document, completeness: Completeness.full });
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Gives it another severity than its own, from 1 to 10: `PUT .../reports/{id}/severity`; `null` takes that back: `DELETE`.
   * @throws InvalidObjectError when it is a watchlist report, whose own severity can be changed, or was not saved; or when
   * there is no such severity
   */
  async setCustomSeverity(severity: number | null, options: CallOptions = {}): Promise<ReportSeverity | undefined> {
    const report_id = this.#graded();
    if (severity !== null) return cloud(this.#host).create(ReportSeverity, { report_id, severity }).save(options);
    const { client } = Report.stateOf(this);
    const given = new ReportSeverity({ client, key: report_id, completeness: Completeness.key });
    try {
      await given.delete(options);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error; // there was none
    }
    return undefined;
  }

  /**
   * Sends the changes of a report that was saved: `PUT .../reports/{id}`, or `PUT .../feeds/{feed_id}/reports/{id}`. A new
   * one becomes a watchlist report: `POST .../reports`.
   * @throws InvalidObjectError when it is new and names a feed: `feed.appendReports([report])` is how feeds get theirs
   */
  override async save<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  override async save(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return super.save(options);
  }

  /** What a new report lacks, and can be made up for it. */
  protected override async prepare(options: CallOptions): Promise<void> {
    await super.prepare(options);
    const state = Report.stateOf(this);
    if (state.key === undefined) {
      if (this.id === undefined) put(this, "id", randomUUID());
      if (this.timestamp === undefined) put(this, "timestamp", new Date(cloud(state.client).clock.now()));
    }
    if (state.changes?.has("iocs_v2") === true)
      state.changes.set("iocs_v2", withIds(state.changes.get("iocs_v2") ?? null));
  }

  protected override check(): void {
    const { key, changes } = Report.stateOf(this);
    if (changes?.has("feed_id") === true && changes.get("feed_id") !== null) {
      throw new InvalidObjectError(
        key === undefined
          ? "A report of a feed is saved with its feed: feed.appendReports([report]). Without feed_id, it is saved for watchlists"
          : `Report ${key} cannot be moved to another feed`,
      );
    }
    checkReport(this.toJSON());
  }

  protected override get itemPath(): string {
    const { feed, id } = splitReportKey(Report.stateOf(this).key ?? "");
    const path = feed === undefined ? REPORTS : `${FEEDS}/${encodeURIComponent(feed)}/reports`;
    return `${path}/${encodeURIComponent(id)}`;
  }

  protected override createRequest(): WriteRequest {
    const { feed_id: _, ...body } = this.toJSON();
    return { method: "POST", path: this.collectionPath, body };
  }

  /** The server takes none with a time that is past. */
  protected override updateBody(): Record<string, unknown> {
    const { feed_id: _, ...body } = super.updateBody();
    return { ...body, timestamp: Math.floor(cloud(Report.stateOf(this).client).clock.now() / 1000) };
  }

  protected override answeredFields(answer: unknown): Record<string, unknown> {
    const fields = super.answeredFields(answer);
    const feed = this.#name()?.feed;
    return feed === undefined || Object.keys(fields).length === 0 ? fields : { ...fields, feed_id: feed };
  }

  get #host(): CloudHost {
    return cloud(Report.stateOf(this).client);
  }

  /** Which report it is; `undefined` while that is not decided. */
  #name(): ReportName | undefined {
    const state = Report.stateOf(this);
    if (state.key !== undefined) return splitReportKey(state.key);
    const [feed, id] = [rawField(state, "feed_id"), rawField(state, "id")];
    return typeof feed === "string" && feed !== "" ? { feed, id: typeof id === "string" ? id : "" } : undefined;
  }

  #ignorable(): { readonly id: string } {
    const { feed, id } = splitReportKey(savedId(this, "Report"));
    return { id: feed === undefined ? id : `${feed}-${id}` };
  }

  #graded(): string {
    const { feed, id } = splitReportKey(savedId(this, "Report"));
    if (feed !== undefined) return id;
    throw new InvalidObjectError("watchlist reports don't have custom severities: change the severity itself");
  }
}

/** The older form, as a plain object or as an {@link IOC}. */
function iocsField() {
  const field = t.object<IocValues>();
  return {
    ...field,
    encode: (value: IocValues | IOC): unknown => (value instanceof Model ? value.toJSON() : structuredClone(value)),
  };
}

function asList<T>(items: readonly T[], method: string): readonly T[] {
  if (Array.isArray(items)) return items as readonly T[];
  throw new InvalidObjectError(`${method}() takes a list, got ${typeof items}`);
}
