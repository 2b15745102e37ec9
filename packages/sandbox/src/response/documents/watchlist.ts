import type { ActionRecord, WatchlistRecord } from "../../domain/index.js";
import type { VersionTraits } from "../version.js";
import { isoTime, serverTime } from "./time.js";

/** A watchlist on the wire. */
export function watchlistDocument(traits: VersionTraits, record: WatchlistRecord): Record<string, unknown> {
  const number = (value: number): number | string => (traits.watchlistNumbersAsText ? String(value) : value);
  const { id, name, search_query, index_type, description, enabled, readonly, from_alliance } = record;
  return {
    ...{ id: number(id), name, search_query, index_type, description, enabled, readonly, from_alliance },
    alliance_id: record.alliance_id,
    group_id: record.group_id,
    date_added: serverTime(record.date_added),
    last_hit: record.last_hit === null ? null : serverTime(record.last_hit),
    last_hit_count: record.last_hit_count,
    total_hits: number(record.total_hits),
    total_tags: number(record.total_tags),
    search_timestamp: isoTime(record.search_timestamp),
  };
}

/** An action of a feed or of a watchlist. */
export function actionDocument(record: ActionRecord): Record<string, unknown> {
  const { id, action_type, action_data, group_id, watchlist_id } = record;
  return { id, action_type, action_data, group_id, watchlist_id };
}
