import { ApiError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { ModelClass } from "../../../core/model/model.js";
import {
  ListQuery,
  ListReader,
  type ListState,
  type ListTerms,
  type ReadList,
} from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { routeOf } from "../../../psc/routes.js";
import { FEED_REPORTS } from "./calls.js";
import type { Report } from "./report.js";

export interface ReportQueryState extends ListState {
  /** The feed whose reports are listed. */
  readonly feed?: string;
}

/**
 * The reports of one feed: `GET .../feeds/{feed_id}/reports`. Watchlists have theirs as `watchlist.reports`.
 * @example await cb.select(Report).where({ feed_id: "5LKpHr2SHiaE2QprfPhQ" }).all()
 */
export class ReportQuery extends ListQuery<Report, ReportQueryState> {
  /** @internal */
  static ofReports(client: ModelHost, model: ModelClass<Report>): ReportQuery {
    return new ReportQuery(client, model, { conditions: [], list: new ListReader(client, model, {}) });
  }

  /**
   * Names the feed, by `feed_id`, which has to be named; and narrows the list, which is done here once it has come.
   * @throws CbApiError with code `INVALID_ARGUMENT` when `feed_id` is no text, or names a second feed
   */
  override where(condition: string | ListTerms<Report>): this {
    if (typeof condition === "string") {
      const feed = /^\s*feed_id:(.*)$/s.exec(condition)?.[1]?.trim();
      return feed === undefined ? super.where(condition) : this.#of(feed);
    }
    const { feed_id: feed, ...rest } = condition;
    const narrowed = feed === undefined && !("feed_id" in condition) ? this : this.#of(feed);
    return Object.keys(rest).length === 0 ? narrowed : narrowed.#narrowed(rest);
  }

  protected override readList(options: CallOptions): Promise<ReadList> {
    if (this.state.feed === undefined) {
      throw new ApiError(
        "required parameter feed_id missing: only the reports of a feed can be listed, " +
          "cb.select(Report).where({ feed_id: ... }). Those of a watchlist are watchlist.reports",
      );
    }
    return super.readList(options);
  }

  protected override describe(): string {
    const { feed } = this.state;
    return [feed === undefined ? "" : `feed_id:${feed}`, super.describe()].filter((text) => text !== "").join(" ");
  }

  #narrowed(terms: ListTerms<Report>): this {
    return super.where(terms);
  }

  #of(feed: unknown): this {
    if (typeof feed !== "string" || feed === "") {
      throw invalidArgument(`feed_id is the id of a feed, got ${JSON.stringify(feed)}`);
    }
    if (this.state.feed !== undefined && this.state.feed !== feed) {
      throw invalidArgument(`the reports of one feed can be listed at a time: feed_id is ${this.state.feed} already`);
    }
    const { path } = routeOf(FEED_REPORTS, cloud(this.client).routes, { feed });
    const list = new ListReader(this.client, this.model, { path, under: "results", common: { feed_id: feed } });
    return this.with({ feed, list });
  }
}
