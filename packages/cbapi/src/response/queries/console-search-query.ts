import type { AnyModel } from "../../core/model/model.js";
import type { Terms } from "../../core/query/terms.js";
import { encodePairs } from "../../core/transport/query.js";
import { consoleLink } from "../console.js";
import { pairsOf } from "./raw-search.js";
import { SearchQuery, type SearchState } from "./search-query.js";

/** A search that the console has a page for. */
export abstract class ConsoleSearchQuery<
  M extends AnyModel,
  T extends object = Terms,
  S extends SearchState = SearchState,
> extends SearchQuery<M, T, S> {
  /** The page: `search` in `#search/cb.urlver=1&q=...`. */
  protected abstract readonly consolePage: string;

  /** This search in the console; `cb.fromUi()` makes the search of it again. */
  get webui_link(): string {
    const text = this.state.raw === undefined ? { q: this.query } : {};
    const parameters = { "cb.urlver": 1, ...text, ...this.conditions(), sort: this.order() };
    return consoleLink(this.client, `/${this.consolePage}?${encodePairs(pairsOf(parameters))}`);
  }
}
