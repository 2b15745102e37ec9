import type { FeedDocument, FeedRecord } from "../../domain/index.js";
import { HttpProblem } from "../../server/product.js";
import { removeFeedHits } from "../../store/detection/feed-hits.js";
import { replaceReports } from "../../store/detection/reports.js";
import type { ResponseContext } from "../context.js";
import { readFeedDocument } from "./document.js";
import { type FeedAddress, FeedUnreachable, fetchFeed } from "./fetch.js";

/** Fetches a feed and reads it. One that cannot be had, or is none, is the server's failure. */
export async function obtainFeed(
  context: ResponseContext,
  address: FeedAddress,
  signal: AbortSignal,
): Promise<FeedDocument> {
  try {
    const sources = { store: context.store, folder: context.feedFolder };
    return readFeedDocument(context, await fetchFeed(sources, address, signal));
  } catch (error) {
    if (error instanceof FeedUnreachable) throw new HttpProblem(500, error.message);
    if (error instanceof HttpProblem) throw new HttpProblem(500, `The feed is not valid: ${error.message}`);
    throw error;
  }
}

/** Puts what a feed publishes in the place of what it published before; it is matched at the next tick. */
export function storeFeed(context: ResponseContext, feed: FeedRecord, document: FeedDocument, again: boolean): void {
  context.store.alter((database) => {
    // First the hits, whose tags other reports may still account for, then the reports.
    const stale = replaceReports(database, feed, document, { again });
    removeFeedHits(database, feed, stale);
    context.store.collection("feed").put(feed.id, { ...feed, loads: feed.loads + 1 });
  });
  context.bus.feedRead(feed);
}
