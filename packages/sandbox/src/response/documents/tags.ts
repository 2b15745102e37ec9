import type { TagRow } from "../../store/detection/tags.js";
import { isoTime } from "./time.js";

/** Feed tags as they stand in documents. Several texts of one tag are kept as a list. */
export function tagFields(tags: readonly TagRow[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name, value } of tags) {
    if (!name.startsWith("alliance_")) continue;
    fields[name] = typeof value === "string" && value.startsWith("[") ? (JSON.parse(value) as unknown) : value;
  }
  return fields;
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
export function feedHits(tags: readonly TagRow[]): FeedHit[] {
  const hits = new Map<string, FeedHit>();
  for (const [name, value] of Object.entries(tagFields(tags))) {
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
