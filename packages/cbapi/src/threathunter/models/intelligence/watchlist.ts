import { ApiError, InvalidObjectError, ObjectNotFoundError } from "../../../core/errors.js";
import { put } from "../../../core/model/assign.js";
import type { Values } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { adopt } from "../../../core/model/model.js";
import { optional } from "../../../core/model/relations.js";
import type { Results } from "../../../core/query/query.js";
import { ReportWriter } from "../../../core/query/report.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { ask, askForObject, tell } from "../../../psc/send.js";
import { WATCHLIST_READ, WATCHLIST_SWITCH, WATCHLIST_UNSWITCH, WATCHLISTS } from "./calls.js";
import { requireKind } from "./checks.js";
import { Feed } from "./feed.js";
import { seconds } from "./fields.js";
import { savedId } from "./ids.js";
import { Report } from "./report.js";
import { splitReportKey } from "./report-key.js";
import { WatchlistQuery } from "./watchlist-query.js";

/** What a watchlist follows: `{ key: "feed_id", value: "5LKpHr2SHiaE2QprfPhQ" }`. */
export interface WatchlistClassifier {
  readonly key: string;
  readonly value: string;
}

/** What a watchlist of a feed is made with. */
export interface FeedWatchlistValues {
  /** Default: `Feed` and the feed's name. */
  readonly name?: string | undefined;
  /** Default: the feed's summary. */
  readonly description?: string | undefined;
  /** Whether hits raise alerts. Default false. */
  readonly alerts_enabled?: boolean | undefined;
  /** Whether hits are tagged. Default true. */
  readonly tags_enabled?: boolean | undefined;
}

/** How many reports are asked for at a time. */
const AT_ONCE = 5;

/**
 * What is looked out for: reports of one's own, or all that a feed has. Hits are tagged, or raise alerts.
 *
 * @example
 * const watchlist = cb.create(Watchlist, { name: "Beacons", description: "...", alerts_enabled: true });
 * await watchlist.addReports([report]).save();
 */
export class Watchlist extends defineModel(
  {
    name: "Watchlist",
    path: WATCHLISTS,
    key: "id",
    creatable: true,
    writable: [
      "name",
      "description",
      "tags_enabled",
      "alerts_enabled",
      "create_timestamp",
      "last_update_timestamp",
      "report_ids",
      "classifier",
    ],
    required: ["name"],
    keyOnly: ["delete", "enableAlerts", "disableAlerts", "enableTags", "disableTags"],
  },
  {
    /** Given by the server. */
    id: t.string(),
    name: t.string(),
    description: t.string(),
    /** Whether hits are tagged. */
    tags_enabled: t.boolean(),
    /** Whether hits raise alerts. */
    alerts_enabled: t.boolean(),
    /** Set by the server. */
    create_timestamp: seconds,
    /** Set by the server. */
    last_update_timestamp: seconds,
    /** The reports that it looks out for; none where it follows a feed. */
    report_ids: t.array(t.string()),
    /** The feed that it follows; {@link Watchlist.feed} is that feed. */
    classifier: t.object<WatchlistClassifier>(),
    /** The feed that it follows; none where it has reports of its own: `GET .../feeds/{id}`. */
    get feed() {
      return optional(Feed, (watchlist: Watchlist) => watchlist.feedId);
    },
  },
) {
  /** @internal The list of watchlists, which has not been asked for. */
  static query(client: ModelHost): WatchlistQuery {
    return WatchlistQuery.ofWatchlists(client, Watchlist);
  }

  /** @internal `GET .../watchlists/{id}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return { document: await askForObject(cloud(client), WATCHLIST_READ, { values: { id: key } }, options) };
  }

  /**
   * A new watchlist that follows a feed; `save()` creates it.
   * @throws InvalidObjectError when the feed has not been saved
   */
  static createFromFeed(feed: Feed, values: FeedWatchlistValues = {}): Watchlist {
    const id = savedId(feed, "feed");
    const {
      name = `Feed ${feed.name ?? id}`,
      description = feed.summary ?? "",
      alerts_enabled = false,
      tags_enabled = true,
    } = values;
    const classifier = { key: "feed_id", value: id };
    const all = { name, description, alerts_enabled, tags_enabled, classifier };
    return cloud(Feed.stateOf(feed).client).create(Watchlist, all);
  }

  /** What it follows, as a name and a value; `undefined` where it has reports of its own. */
  get classifier_(): readonly [key: string, value: string] | undefined {
    const { classifier } = this;
    return classifier === undefined ? undefined : [classifier.key, classifier.value];
  }

  /** @internal */
  get feedId(): string | undefined {
    const { classifier } = this;
    if (classifier === undefined) return undefined;
    if (classifier.key === "feed_id") return classifier.value;
    Watchlist.stateOf(this).client.logDebug(`Unexpected classifier type: ${classifier.key}`);
    return undefined;
  }

  /** Its reports: {@link Watchlist.getReports}. */
  get reports(): PromiseLike<Results<Report>> {
    return new Lazy("reports", () => this.getReports());
  }

  /**
   * Its reports, in the order of `report_ids`: `GET .../reports/{id}` for each. None where it follows a feed, whose reports
   * are `(await watchlist.feed)?.reports`. Where reports do not exist any more, `report()` on the list names them.
   */
  async getReports(options: CallOptions = {}): Promise<Results<Report>> {
    await this.load(options);
    const ids = this.report_ids ?? [];
    const { client } = Watchlist.stateOf(this);
    const outcome = new ReportWriter(true, undefined);
    const found = await inParts(ids, async (id) => {
      try {
        return await cloud(client).select(Report, id.includes(":") ? `:${id}` : id, options);
      } catch (error) {
        if (!(error instanceof ObjectNotFoundError)) throw error;
        outcome.because(`the server does not have report ${id} any more`);
        return undefined;
      }
    });
    const reports = found.filter((report) => report !== undefined);
    outcome.available = ids.length;
    outcome.returned = reports.length;
    outcome.finish(undefined);
    return Object.defineProperty(reports, "report", { value: () => outcome.snapshot() }) as Results<Report>;
  }

  /**
   * Adds reports, which were saved for watchlists. `save()` sends the change.
   * @throws InvalidObjectError when one of them is a feed's, or has not been saved
   */
  addReports(reports: readonly Report[]): this {
    if (!Array.isArray(reports)) throw new InvalidObjectError("addReports() takes a list of reports");
    const names = reports.map((report) => splitReportKey(savedId(report, "Report")));
    const foreign = names.find(({ feed }) => feed !== undefined);
    if (foreign !== undefined) {
      throw new InvalidObjectError(
        `Report ${foreign.id} is one of feed ${foreign.feed}: a watchlist takes reports of its own. ` +
          "Follow the feed with Watchlist.createFromFeed(feed), or copy the report: report.saveWatchlist()",
      );
    }
    return this.addReportIds(names.map(({ id }) => id));
  }

  /** Adds reports by their ids; those that it has already are passed over. `save()` sends the change. */
  addReportIds(ids: readonly string[]): this {
    if (!Array.isArray(ids)) throw new InvalidObjectError("addReportIds() takes a list of ids");
    for (const id of ids) requireKind(id, "text", "Each report id");
    put(this, "report_ids", [...new Set([...(this.report_ids ?? []), ...ids])]);
    return this;
  }

  /**
   * Deletes the watchlist: `DELETE .../watchlists/{id}`.
   * @throws InvalidObjectError when the server does not have it yet
   */
  override async delete(options: CallOptions = {}): Promise<void> {
    savedId(this, "Watchlist");
    await super.delete(options);
  }

  /**
   * Changes fields and saves: `PUT .../watchlists/{id}` with the whole watchlist.
   * @throws InvalidObjectError when it was not saved before, or a value is none that the field can have
   * @throws ApiError when `report_ids` is an empty list
   */
  async update(values: Values<this>, options: CallOptions = {}): Promise<this> {
    savedId(this, "Watchlist");
    this.set(values);
    return (await super.save({ ...options, dryRun: false })) as this;
  }

  /** Has hits raise alerts from now on, not those that there were: `PUT .../watchlists/{id}/alert`. */
  async enableAlerts(options: CallOptions = {}): Promise<void> {
    await this.#switch("alert", true, options);
  }

  /** Has hits raise no alerts any more: `DELETE .../watchlists/{id}/alert`. */
  async disableAlerts(options: CallOptions = {}): Promise<void> {
    await this.#switch("alert", false, options);
  }

  /** Has hits tagged from now on: `PUT .../watchlists/{id}/tag`. */
  async enableTags(options: CallOptions = {}): Promise<void> {
    await this.#switch("tag", true, options);
  }

  /** Has hits tagged no more: `DELETE .../watchlists/{id}/tag`. */
  async disableTags(options: CallOptions = {}): Promise<void> {
    await this.#switch("tag", false, options);
  }

  protected override check(): void {
    const { name, report_ids: ids, classifier } = this.toJSON();
    requireKind(name, "text", "name");
    const { key, changes } = Watchlist.stateOf(this);
    if (key !== undefined && changes?.has("report_ids") === true && Array.isArray(ids) && ids.length === 0) {
      throw new ApiError("can't update a watchlist to have an empty report list: delete the watchlist instead", {
        code: "INVALID_OBJECT",
      });
    }
    for (const id of (ids ?? []) as readonly unknown[]) requireKind(id, "text", "Each of report_ids");
    if (classifier === undefined || classifier === null) return;
    const { key: kind, value } = classifier as Partial<WatchlistClassifier>;
    requireKind(kind, "text", "classifier.key");
    requireKind(value, "text", "classifier.value");
    if (key === undefined && Array.isArray(ids) && ids.length > 0) {
      throw new InvalidObjectError(
        "A watchlist has reports of its own (report_ids) or follows a feed (classifier), not both",
      );
    }
  }

  async #switch(name: "alert" | "tag", isOn: boolean, options: CallOptions): Promise<void> {
    const values = { id: savedId(this, "Watchlist"), switch: name };
    const state = Watchlist.stateOf(this);
    const { client, key = "" } = state;
    try {
      if (isOn) await ask(cloud(client), WATCHLIST_SWITCH, { values, json: null }, options);
      else await tell(cloud(client), WATCHLIST_UNSWITCH, { values }, options);
    } finally {
      client.identityMap.evict(Watchlist, key);
    }
    if (state.completeness === Completeness.key) return;
    const document = { ...state.document, [name === "alert" ? "alerts_enabled" : "tags_enabled"]: isOn };
    adopt(state, client.identityMap.seed(Watchlist, key, document, state.completeness));
  }
}

/** The outcome of each, in their order, of which some are under way at a time. */
async function inParts<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const outcomes: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    outcomes.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return outcomes;
}
