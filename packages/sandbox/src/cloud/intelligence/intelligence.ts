import { createHash } from "node:crypto";
import { HttpProblem } from "../../server/product.js";
import { inSlices, type Steps } from "../../steps.js";
import type { CloudContext } from "../context.js";
import type { WatchlistRequest } from "./read.js";
import { type FeedRecord, type Report, type ReportSetting, reportName, type WatchlistRecord } from "./record.js";

const NOTHING_SAID: ReportSetting = { ignored: false, severity: null, ignored_iocs: [] };

/** What is done with it. */
export interface IntelligenceWork {
  /** Reads what the organisation has already, and returns what takes it over. */
  first(context: CloudContext, intelligence: Intelligence): Steps<() => void>;
  /** Looks for what watchlists look for. */
  match(context: CloudContext, intelligence: Intelligence): Steps<void>;
}

/** A report together with where it is from. */
export interface PlacedReport {
  readonly feed: string | null;
  /** What it is called, see {@link reportName}. */
  readonly name: string;
  readonly report: Report;
}

/**
 * Feeds, reports and watchlists. What the organisation has of them is taken over when somebody asks first, and matched with
 * its processes then.
 */
export class Intelligence {
  readonly #context: CloudContext;
  readonly #work: IntelligenceWork;
  #isReady = false;
  #matching: Promise<void> | undefined;

  constructor(context: CloudContext, work: IntelligenceWork) {
    this.#context = context;
    this.#work = work;
    for (const kind of ["cloud_feed", "cloud_report", "cloud_report_setting", "cloud_watchlist"] as const) {
      context.store.collection(kind);
    }
  }

  get feeds() {
    return this.#context.store.collection("cloud_feed");
  }

  get reports() {
    return this.#context.store.collection("cloud_report");
  }

  get watchlists() {
    return this.#context.store.collection("cloud_watchlist");
  }

  get hits() {
    return this.#context.store.collection("cloud_watchlist_hit");
  }

  /** Takes over what there is and looks for it, unless that has been done. Carries on what was given up on the way. */
  *find(): Steps<void> {
    if (this.#isReady) return;
    const { store } = this.#context;
    if (store.collection("cloud_intelligence_count").get(MADE) === undefined) {
      const takeOver = yield* this.#work.first(this.#context, this);
      store.transaction(() => {
        takeOver();
        store.collection("cloud_intelligence_count").put(MADE, { last: 1 });
      });
      yield;
    }
    yield* this.#work.match(this.#context, this);
    this.#isReady = true;
  }

  /** Matches what has come since, or has changed; once somebody has asked. */
  async tick(signal: AbortSignal): Promise<void> {
    if (!this.#isReady || this.#matching !== undefined) return;
    this.#matching = inSlices(this.#work.match(this.#context, this), signal);
    try {
      await this.#matching;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#matching = undefined;
    }
  }

  /** An id that nothing else has: the same for the same organisation and the same requests. */
  newId(kind: "feed" | "report" | "watchlist"): string {
    const counts = this.#context.store.collection("cloud_intelligence_count");
    const last = (counts.get(kind)?.last ?? 0) + 1;
    counts.put(kind, { last });
    return this.idOf(`${kind}/${last}`);
  }

  idOf(text: string): string {
    const digest = createHash("sha256").update(`${this.#context.orgKey}/${text}`).digest();
    return Array.from(digest.subarray(0, 22), (byte) => SIGNS.charAt(byte % SIGNS.length)).join("");
  }

  feed(id = ""): FeedRecord {
    const feed = this.feeds.get(id);
    if (feed === undefined) throw new HttpProblem(404, `Feed ${id} was not found`);
    return feed;
  }

  /** A feed that may be changed: those of others may be read only. */
  ownFeed(id = ""): FeedRecord {
    const feed = this.feed(id);
    if (feed.info.owner !== this.#context.orgKey) {
      throw new HttpProblem(403, `Feed ${id} belongs to another organisation, and cannot be changed`);
    }
    return feed;
  }

  /** Keeps a feed; the watchlists that follow it look at everything anew. */
  putFeed(feed: FeedRecord): void {
    this.feeds.put(feed.info.id, feed);
    this.#again(({ classifier }) => classifier?.value === feed.info.id);
  }

  report(id = ""): Report {
    const report = this.reports.get(id);
    if (report === undefined) throw new HttpProblem(404, `Report ${id} was not found`);
    return report;
  }

  putReport(report: Report): void {
    this.reports.put(report.id, report);
    this.#again(({ classifier, report_ids }) => classifier === null && (report_ids ?? []).includes(report.id));
  }

  watchlist(id = ""): WatchlistRecord {
    const watchlist = this.watchlists.get(id);
    if (watchlist === undefined) throw new HttpProblem(404, `Watchlist ${id} was not found`);
    return watchlist;
  }

  /** Keeps what somebody decides of a watchlist, new or not; refuses one of what there is not. */
  putWatchlist(wanted: WatchlistRequest, before?: WatchlistRecord): WatchlistRecord {
    const { classifier, report_ids } = wanted;
    if (classifier !== null && this.feeds.get(classifier.value) === undefined) {
      throw new HttpProblem(400, `classifier.value is the id of a feed: there is none with the id ${classifier.value}`);
    }
    const unknown = classifier === null ? report_ids?.find((id) => this.reports.get(id) === undefined) : undefined;
    if (unknown !== undefined) throw new HttpProblem(400, `report_ids holds ${unknown}: there is no such report`);
    const now = Math.floor(this.#context.now() / 1000);
    const alertsBegin = before !== undefined && !before.alerts_enabled && wanted.alerts_enabled;
    const record: WatchlistRecord = {
      ...{ ...wanted, id: before?.id ?? this.newId("watchlist") },
      ...{ create_timestamp: before?.create_timestamp ?? now, last_update_timestamp: now, matched: 0 },
      alerts_from: alertsBegin ? this.reach : (before?.alerts_from ?? 0),
    };
    this.watchlists.put(record.id, record);
    return record;
  }

  /** Turns its tags or alerts on or off: of what is found from now on, not of what was found. */
  switchWatchlist(record: WatchlistRecord, what: "tags_enabled" | "alerts_enabled", on: boolean): WatchlistRecord {
    if (record[what] === on) return record;
    const idle = !record.tags_enabled && !record.alerts_enabled;
    const changed: WatchlistRecord = {
      ...{ ...record, [what]: on, last_update_timestamp: Math.floor(this.#context.now() / 1000) },
      // One that did nothing has not looked at what has come meanwhile.
      matched: idle ? this.reach : record.matched,
      alerts_from: what === "alerts_enabled" && on ? this.reach : record.alerts_from,
    };
    this.watchlists.put(record.id, changed);
    return changed;
  }

  removeWatchlist({ id }: WatchlistRecord): void {
    this.watchlists.remove(id);
    this.#context.store.database.run(
      "DELETE FROM object WHERE kind = 'cloud_watchlist_hit' AND json_extract(record, '$.watchlist_id') = ?",
      [id],
    );
  }

  /** The reports that a watchlist looks for. */
  reportsOf({ classifier, report_ids }: WatchlistRecord): PlacedReport[] {
    if (classifier !== null) {
      const feed = classifier.value;
      const reports = this.feeds.get(feed)?.reports ?? [];
      return reports.map((report) => ({ feed, name: reportName(feed, report.id), report }));
    }
    return (report_ids ?? []).flatMap((id) => {
      const report = this.reports.get(id);
      return report === undefined ? [] : [{ feed: null, name: id, report }];
    });
  }

  /** A report by its id, or by its name where it belongs to a feed; refused when there is none. */
  placed(id = ""): PlacedReport {
    const own = this.reports.get(id);
    if (own !== undefined) return { feed: null, name: id, report: own };
    for (const { info, reports } of this.feeds.all()) {
      const report = reports.find((each) => each.id === id || reportName(info.id, each.id) === id);
      if (report !== undefined) return { feed: info.id, name: reportName(info.id, report.id), report };
    }
    throw new HttpProblem(404, `Report ${id} was not found`);
  }

  settings(name: string): ReportSetting {
    return this.#settings.get(name) ?? NOTHING_SAID;
  }

  /** Keeps what somebody says of a report. What is no longer ignored is looked for in everything. */
  putSettings({ name, feed, report }: PlacedReport, change: Partial<ReportSetting>): void {
    this.#settings.put(name, { ...this.settings(name), ...change });
    this.#again(({ classifier, report_ids }) =>
      feed === null ? (report_ids ?? []).includes(report.id) : classifier?.value === feed,
    );
  }

  removeSettings(name: string): void {
    this.#settings.remove(name);
  }

  /** The severities that were changed, by the names of reports. */
  severities(): { report_id: string; severity: number }[] {
    const rows = this.#context.store.database.all<{ key: string; severity: number }>(
      `SELECT key, json_extract(record, '$.severity') AS severity FROM object
       WHERE kind = 'cloud_report_setting' AND json_extract(record, '$.severity') IS NOT NULL ORDER BY key`,
    );
    return rows.map(({ key, severity }) => ({ report_id: this.#idBehind(key), severity }));
  }

  /** The highest number of a document that there is. */
  get reach(): number {
    return this.#context.store.database.count("SELECT max(doc) AS n FROM segment");
  }

  get #settings() {
    return this.#context.store.collection("cloud_report_setting");
  }

  #idBehind(name: string): string {
    try {
      return this.placed(name).report.id;
    } catch {
      return name;
    }
  }

  #again(concerned: (watchlist: WatchlistRecord) => boolean): void {
    for (const watchlist of this.watchlists.all()) {
      if (concerned(watchlist) && watchlist.matched > 0)
        this.watchlists.put(watchlist.id, { ...watchlist, matched: 0 });
    }
  }
}

const MADE = "made";
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
