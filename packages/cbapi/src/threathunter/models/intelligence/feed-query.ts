import { invalidArgument } from "../../../core/invalid-argument.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { ModelClass } from "../../../core/model/model.js";
import { ListQuery, ListReader, type ListTerms } from "../../../core/query/list-query.js";
import { cloud } from "../../../psc/host.js";
import { routeOf } from "../../../psc/routes.js";
import { FEED_LIST } from "./calls.js";
import type { Feed } from "./feed.js";

/** What feeds can be narrowed by: their fields, and whether those of others are listed. */
export type FeedTerms = ListTerms<Feed> & {
  /** Whether the public feeds of other organizations are listed as well. */
  readonly include_public?: boolean;
};

/**
 * The feeds that there are: `GET .../feeds`. Their reports are asked for by themselves: `feed.reports`.
 * @example await cb.select(Feed).where({ include_public: true }).all()
 */
export class FeedQuery extends ListQuery<Feed> {
  /** @internal */
  static ofFeeds(client: ModelHost, model: ModelClass<Feed>): FeedQuery {
    return new FeedQuery(client, model, { conditions: [], list: listOf(client, model, undefined) });
  }

  /**
   * Has public feeds listed as well, by `include_public`; and narrows the list by fields, which is done here.
   * @throws CbApiError with code `INVALID_ARGUMENT` when `include_public` is neither true nor false
   */
  override where(condition: string | FeedTerms): this {
    if (typeof condition === "string") return super.where(condition);
    const { include_public: isPublic, ...rest } = condition;
    let narrowed = this as this;
    if (isPublic !== undefined) {
      if (typeof isPublic !== "boolean") {
        throw invalidArgument(`include_public is true or false, got ${JSON.stringify(isPublic)}`);
      }
      narrowed = this.with({ list: listOf(this.client, this.model, isPublic) });
    }
    return Object.keys(rest).length === 0 ? narrowed : narrowed.#narrowed(rest);
  }

  /** The same as {@link FeedQuery.where}. */
  override and(condition: string | FeedTerms): this {
    return this.where(condition);
  }

  #narrowed(terms: ListTerms<Feed>): this {
    return super.where(terms);
  }
}

function listOf(client: ModelHost, model: ModelClass<Feed>, include_public: boolean | undefined): ListReader {
  const { path } = routeOf(FEED_LIST, cloud(client).routes);
  const query = include_public === undefined ? {} : { query: { include_public } };
  return new ListReader(client, model, { path, under: "results", ...query });
}
