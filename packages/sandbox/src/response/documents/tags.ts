import type { TagRow } from "../../store/tags.js";
import { isoTime } from "./time.js";

/** Feed tags as they stand in documents; `json` is the stored record of them. */
export function tagFields(json: string | null): Record<string, unknown> {
  return json === null ? {} : (JSON.parse(json) as Record<string, unknown>);
}

/** The `watchlists` of a document, when it has any hits. */
export function watchlistEntries(tags: readonly TagRow[]): { watchlists?: { wid: string; value: string }[] } {
  const hits = tags.flatMap(({ name, value }) => {
    const id = /^watchlist_(.+)$/.exec(name)?.[1];
    return id === undefined || typeof value !== "number" ? [] : [{ wid: id, value: isoTime(value) }];
  });
  return hits.length === 0 ? {} : { watchlists: hits };
}

/** What one feed says. */
export interface FeedHit {
  feed_name: string;
  score: unknown;
  [name: string]: unknown;
}

/** What feeds say about a document, one entry for each. */
export function feedHits(json: string | null): FeedHit[] {
  const hits = new Map<string, FeedHit>();
  for (const [name, value] of Object.entries(tagFields(json))) {
    const parts = /^alliance_(score|data|link|updated)_(.+)$/.exec(name);
    const kind = parts?.[1];
    const feed = parts?.[2];
    if (kind === undefined || feed === undefined) continue;
    const hit = hits.get(feed) ?? { feed_name: feed, score: 0 };
    hit[kind] = value;
    hits.set(feed, hit);
  }
  return [...hits.values()];
}
