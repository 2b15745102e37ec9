import type { Document } from "../../core/model/document.js";
import { Completeness } from "../../core/model/document.js";
import { ModelState } from "../../core/model/model.js";
import { parseTime, solrTime } from "../../core/time.js";
import type { QueryValue } from "../../core/transport/types.js";
import type { CbResponseAPI } from "../client.js";
import type { Process } from "../models/process.js";
import { formatUniqueId } from "../process-guid.js";
import { SearchQuery, type SearchState } from "./search-query.js";

export interface ProcessSearchState extends SearchState {
  readonly groupBy?: string;
  readonly minLastUpdate?: string;
  readonly maxLastUpdate?: string;
  readonly minLastServerUpdate?: string;
  readonly maxLastServerUpdate?: string;
  readonly comprehensive?: boolean;
  readonly legacyMode?: boolean;
  readonly maxChildren?: number;
}

const DEFAULT_SORT = "last_update desc";

/** A search for processes: `GET /api/v1/process`. One row is one segment of a process, unless they are grouped. */
export class ProcessQuery extends SearchQuery<Process, ProcessSearchState> {
  protected readonly defaultSort = DEFAULT_SORT;
  protected readonly consolePage = "search";
  protected readonly tieBreak = "unique_id asc";

  /** One row for each value of a field, the first in the order; `groupBy("id")` gives each process once. From 6.0 on. */
  groupBy(field: string): this {
    return this.with({ groupBy: field });
  }

  /** Segments last updated at or after this time, by the endpoint's clock. Text is sent as it is. From 6.0 on. */
  minLastUpdate(time: Date | string): this {
    return this.with({ minLastUpdate: timeText(time) });
  }

  /** Segments last updated at or before this time, by the endpoint's clock. From 6.0 on. */
  maxLastUpdate(time: Date | string): this {
    return this.with({ maxLastUpdate: timeText(time) });
  }

  /** Segments that reached the server at or after this time, by the server's clock. From 6.0 on. */
  minLastServerUpdate(time: Date | string): this {
    return this.with({ minLastServerUpdate: timeText(time) });
  }

  /** Segments that reached the server at or before this time, by the server's clock. From 6.0 on. */
  maxLastServerUpdate(time: Date | string): this {
    return this.with({ maxLastServerUpdate: timeText(time) });
  }

  /** Lets the server find processes whose terms are spread over several segments. Slower. From 6.0 on. */
  useComprehensiveSearch(): this {
    return this.with({ comprehensive: true });
  }

  /** Whether cores written by a 5.x server are searched too. Set by itself where the server has such cores. */
  setLegacyMode(on = true): this {
    return this.with({ legacyMode: on });
  }

  /** How many children a process of this search shows; without it, all of them. */
  maxChildren(count: number): this {
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`maxChildren wants a whole number from 0 on, got ${count}`);
    return this.with({ maxChildren: count });
  }

  protected override filters(cb: CbResponseAPI): Record<string, QueryValue> {
    const { state } = this;
    const filters = super.filters(cb);
    if (!cb.cb_server_version.atLeast(6, 0)) return filters;
    const legacy = state.legacyMode ?? cb.hasLegacyPartitions;
    return {
      ...filters,
      "cb.group": state.groupBy,
      "cb.min_last_update": state.minLastUpdate,
      "cb.max_last_update": state.maxLastUpdate,
      "cb.min_last_server_update": state.minLastServerUpdate,
      "cb.max_last_server_update": state.maxLastServerUpdate,
      "cb.comprehensive_search": state.comprehensive === true ? true : undefined,
      "cb.legacy_5x_mode": legacy || state.legacyMode !== undefined ? legacy : undefined,
    };
  }

  protected override rowKey(document: Document): string | undefined {
    if (this.state.groupBy !== undefined) {
      const value = document[this.state.groupBy];
      return value === undefined || value === null ? undefined : String(value);
    }
    if (typeof document["unique_id"] === "string") return document["unique_id"];
    return `${String(document["id"])} ${String(document["segment_id"])}`;
  }

  protected override makeModel(document: Document): Process {
    const { maxChildren } = this.state;
    const settings = maxChildren === undefined ? undefined : { maxChildren };
    return new this.model(new ModelState(this.client, rowProcessKey(document), document, Completeness.row, settings));
  }

  protected override continueAfter(document: Document): this | undefined {
    const last = parseTime(document["last_update"]);
    if ((this.state.sort ?? DEFAULT_SORT) !== DEFAULT_SORT || last === undefined) return undefined;
    // The limit is in whole seconds and inclusive: the second of the last row is read again, and its rows dropped.
    const limit = solrTime(new Date(Math.ceil(last.getTime() / 1000) * 1000));
    return limit === this.state.maxLastUpdate ? undefined : this.with({ maxLastUpdate: limit });
  }
}

/** The key of a process as a search row gives it; some rows of upgraded servers have no `id`. */
function rowProcessKey(document: Document): string {
  const id = document["id"];
  const segment = document["segment_id"];
  if (typeof document["unique_id"] === "string") return document["unique_id"];
  if (typeof id === "string" && id.length === 36 && typeof segment === "number" && segment > 0) {
    return formatUniqueId(id, segment, segment > 0xffff_ffff ? 12 : 8);
  }
  return String(id);
}

function timeText(time: Date | string): string {
  return typeof time === "string" ? time : solrTime(time);
}
