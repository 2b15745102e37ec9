import type { RowFilter } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { connected } from "../host.js";
import type { Binary } from "../models/binary/binary.js";
import type { Watchlist } from "../models/detection/watchlist.js";
import { type BinaryTerms, searchFields } from "../query-language/search-fields.js";
import { ConsoleSearchQuery } from "./console-search-query.js";
import { createWatchlist } from "./create-watchlist.js";
import type { SearchState } from "./search-query.js";

export interface BinarySearchState extends SearchState {
  /** What rows have to be like that the server cannot be asked for. */
  readonly filter?: RowFilter;
}

/** A search for binaries: `GET /api/v1/binary`. */
export class BinaryQuery extends ConsoleSearchQuery<Binary, BinaryTerms, BinarySearchState> {
  protected readonly consolePage = "binaries";
  protected override readonly fields = searchFields.binary;

  /**
   * Makes a watchlist of this search, which the server runs from then on: `POST /api/v1/watchlist`.
   * @returns the watchlist as the server has it
   * @throws ClientError when the server refuses the name or the search
   */
  async createWatchlist(name: string, options: CallOptions = {}): Promise<Watchlist> {
    const cb = await connected(this.client, options);
    const search = { indexType: "modules", parameters: this.selection(cb), order: this.order() } as const;
    return createWatchlist(cb, name, search, options);
  }

  protected override get filter(): RowFilter | undefined {
    return this.state.filter;
  }
}
