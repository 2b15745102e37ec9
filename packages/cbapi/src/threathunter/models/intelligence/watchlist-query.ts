import type { ModelHost } from "../../../core/model/host.js";
import type { ModelClass } from "../../../core/model/model.js";
import { ListQuery, ListReader } from "../../../core/query/list-query.js";
import { cloud } from "../../../psc/host.js";
import { routeOf } from "../../../psc/routes.js";
import { WATCHLIST_LIST } from "./calls.js";
import type { Watchlist } from "./watchlist.js";

/** The watchlists that there are: `GET .../watchlists`. */
export class WatchlistQuery extends ListQuery<Watchlist> {
  /** @internal */
  static ofWatchlists(client: ModelHost, model: ModelClass<Watchlist>): WatchlistQuery {
    const { path } = routeOf(WATCHLIST_LIST, cloud(client).routes);
    return new WatchlistQuery(client, model, {
      conditions: [],
      list: new ListReader(client, model, { path, under: "results" }),
    });
  }
}
