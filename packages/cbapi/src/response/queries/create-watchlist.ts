import type { ModelHost } from "../../core/model/host.js";
import { encodePairs } from "../../core/transport/query.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type IndexType, Watchlist } from "../models/detection/watchlist.js";
import { pairsOf, type SearchParameters } from "./raw-search.js";

/** A search as a watchlist is to keep it. */
export interface WatchedSearch {
  readonly indexType: IndexType;
  /** What selects rows. */
  readonly parameters: SearchParameters;
  /** Empty for the server's own order. */
  readonly order: string;
}

/**
 * Makes a watchlist of a search and reads it back: `POST /api/v1/watchlist`, then `GET /api/v1/watchlist/{id}` where the
 * server answers with the id alone.
 */
export async function createWatchlist(
  client: ModelHost & { create(model: typeof Watchlist, values: Readonly<Record<string, unknown>>): Watchlist },
  name: string,
  search: WatchedSearch,
  options: CallOptions,
): Promise<Watchlist> {
  const { indexType, parameters, order } = search;
  const values = { name, index_type: indexType, search_query: searchText(parameters, order) };
  return client.create(Watchlist, values).save(options);
}

/** The parameters in the order in which the console writes them: version, facets, the rest, query text, order. */
function searchText(parameters: SearchParameters, order: string): string {
  const { "cb.urlver": version, facet, q, ...rest } = parameters;
  const all = { "cb.urlver": version, facet, ...rest, q, ...(order === "" ? {} : { sort: order }) };
  return encodePairs(pairsOf(all));
}
