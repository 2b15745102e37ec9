import { ServerError } from "../../core/errors.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { CloudCall } from "../routes.js";
import { searchAnswer } from "./search-answer.js";

const GREW =
  "the result grew beyond 10,000 rows while its pages were read: those behind are missing; read it once more";

/** Where a scroll stands, as its bodies have it. */
interface ScrollWindow {
  readonly rows: number;
  readonly search_after?: unknown;
}

/** What a reading needs that may go on behind the window of a search. */
interface ScrollSource {
  search(window: Window, options: CallOptions): Promise<FetchedPage>;
  scroll(window: ScrollWindow, options: CallOptions): Promise<unknown>;
  readonly call: CloudCall;
  /** How many rows a search reaches. */
  readonly reach: number;
}

/**
 * @internal One reading of a result, however long: by searches where they reach all of it, else by a scroll from the
 * beginning on, as a scroll has an order of its own. The first page tells which.
 */
export function scrollPages(source: ScrollSource): (window: Window, options: CallOptions) => Promise<FetchedPage> {
  let isScrolling = false;
  let after: unknown;
  return async (window, options) => {
    if (!isScrolling) {
      const left = source.reach - window.start;
      if (left <= 0) return { documents: [], total: undefined, last: true, shortcomings: [GREW] };
      const page = await source.search({ start: window.start, rows: Math.min(window.rows, left) }, options);
      if (window.start > 0 || (page.total ?? 0) <= source.reach) return page;
      isScrolling = true;
    }
    const { rows } = window;
    const position = after === undefined ? {} : { search_after: after };
    const answer = await source.scroll({ rows: Math.min(rows, source.reach), ...position }, options);
    const page = searchAnswer(answer, source.call.call);
    const next: unknown = (answer as { readonly search_after?: unknown }).search_after ?? undefined;
    if (page.documents.length > 0 && next === undefined && page.documents.length < (page.total ?? 0) - window.start) {
      throw new ServerError(`${source.call.call}: the answer does not say where to go on`, {
        code: "UNEXPECTED_ANSWER",
      });
    }
    after = next;
    return page;
  };
}
