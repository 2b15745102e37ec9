import { invalidArgument } from "../../core/invalid-argument.js";
import type { Document } from "../../core/model/document.js";
import { keyOfRow, usableKey } from "../../core/query/row-key.js";
import type { RowIdentity } from "../../core/query/row-source.js";
import { parseTime, solrTime } from "../../core/time.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { EdrHost } from "../host.js";
import { connected, edr } from "../host.js";
import type { Watchlist } from "../models/detection/watchlist.js";
import type { Process } from "../models/process/process.js";
import { formatUniqueId } from "../process-guid.js";
import { type ProcessTerms, searchFields } from "../query-language/search-fields.js";
import { ConsoleSearchQuery } from "./console-search-query.js";
import { createWatchlist } from "./create-watchlist.js";
import type { Parameter } from "./query-string.js";
import type { SearchParameters } from "./raw-search.js";
import type { SearchState } from "./search-query.js";

export interface ProcessSearchState extends SearchState {
  readonly groupBy?: string;
  readonly minLastUpdate?: string;
  readonly maxLastUpdate?: string;
  readonly minLastServerUpdate?: string;
  readonly maxLastServerUpdate?: string;
  readonly useComprehensiveSearch?: boolean;
  readonly legacyMode?: boolean;
  readonly maxChildren?: number;
}

const DEFAULT_SORT = "last_update desc";
const LEGACY = "cb.legacy_5x_mode";

/** What was added in 6.0: the parameters that it is sent as, and what is lost on a server that does not know them. */
const SINCE_6_0 = [
  { name: "groupBy", parameter: "cb.group", without: "each segment is a row of its own" },
  { name: "minLastUpdate", parameter: "cb.min_last_update", without: "older rows are here too" },
  { name: "maxLastUpdate", parameter: "cb.max_last_update", without: "newer rows are here too" },
  { name: "minLastServerUpdate", parameter: "cb.min_last_server_update", without: "older rows are here too" },
  { name: "maxLastServerUpdate", parameter: "cb.max_last_server_update", without: "newer rows are here too" },
  {
    name: "useComprehensiveSearch",
    parameter: "cb.comprehensive_search",
    without: "processes whose terms are spread over several segments are not here",
  },
] as const satisfies readonly { name: keyof ProcessSearchState; parameter: string; without: string }[];

/** A search for processes: `GET /api/v1/process`. One row is one segment of a process, unless they are grouped. */
export class ProcessQuery extends ConsoleSearchQuery<Process, ProcessTerms, ProcessSearchState> {
  protected override readonly defaultSort = DEFAULT_SORT;
  protected readonly consolePage = "search";
  protected override readonly tieBreak = "unique_id asc";
  protected override readonly fields = searchFields.process;

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
    return this.with({ useComprehensiveSearch: true });
  }

  /** Whether cores written by a 5.x server are searched too. Set by itself where the server has such cores. */
  setLegacyMode(on = true): this {
    return this.with({ legacyMode: on });
  }

  /** How many children a process of this search shows; without it, all of them. */
  maxChildren(count: number): this {
    if (!Number.isInteger(count) || count < 0)
      throw invalidArgument(`maxChildren wants a whole number from 0 on, got ${count}`);
    return this.with({ maxChildren: count });
  }

  /**
   * Makes a watchlist of this search, which the server runs from then on: `POST /api/v1/watchlist`.
   * @returns the watchlist as the server has it
   * @example await cb.select(Process).where("process_name:net.exe").createWatchlist("Network shares")
   * @throws ClientError when the server refuses the name or the search
   */
  async createWatchlist(name: string, options: CallOptions = {}): Promise<Watchlist> {
    const cb = await connected(this.client, options);
    const search = { indexType: "events", parameters: this.selection(cb), order: this.order() } as const;
    return createWatchlist(cb, name, search, options);
  }

  protected override conditions(): SearchParameters {
    const { legacyMode } = this.state;
    const legacy = legacyMode === undefined ? {} : { [LEGACY]: legacyMode };
    return { ...super.conditions(), ...this.#parameters(), ...legacy };
  }

  protected override filters(cb: EdrHost): SearchParameters {
    if (!cb.cb_server_version.atLeast(6, 0)) return super.conditions();
    const legacy = this.state.legacyMode ?? cb.hasLegacyPartitions;
    return legacy ? { ...this.conditions(), [LEGACY]: true } : this.conditions();
  }

  protected override takeUp(parameters: readonly Parameter[]): {
    readonly taken: Partial<ProcessSearchState>;
    readonly rest: readonly Parameter[];
  } {
    const taken: Record<string, string | boolean> = {};
    const rest = parameters.filter(([parameter, value]) => {
      const name = parameter === LEGACY ? "legacyMode" : SINCE_6_0.find((one) => one.parameter === parameter)?.name;
      const times = parameters.filter(([other]) => other === parameter).length;
      // What is not written as we would write it, or is there twice, goes out as it came.
      if (name === undefined || value === "" || times > 1) return true;
      const flag = name === "legacyMode" || name === "useComprehensiveSearch";
      if (flag && value !== "true" && (value !== "false" || name !== "legacyMode")) return true;
      taken[name] = flag ? value === "true" : value;
      return false;
    });
    return { taken, rest };
  }

  protected override shortcomings(cb: EdrHost): readonly string[] {
    if (cb.cb_server_version.atLeast(6, 0)) return [];
    return this.#added().map(
      ({ name, without }) =>
        `${name} needs a server from 6.0 on, and this one runs ${cb.cb_server_version}: ${without}`,
    );
  }

  protected override identify(document: Document): RowIdentity {
    const key = usableKey(this.model, rowProcessKey(document)) ?? keyOfRow(this.model, document);
    return { row: this.#rowKey(document), key };
  }

  protected override get settings(): object | undefined {
    const { maxChildren } = this.state;
    return maxChildren === undefined ? undefined : { maxChildren };
  }

  #rowKey(document: Document): string | undefined {
    const { groupBy } = this.state;
    if (groupBy !== undefined && this.#sinceSix) {
      const value = document[groupBy];
      return value === undefined || value === null ? undefined : String(value);
    }
    if (typeof document["unique_id"] === "string") return document["unique_id"];
    return `${String(document["id"])} ${String(document["segment_id"])}`;
  }

  protected override reversed(): this | undefined {
    // Of each group the first row in the order is given: turned round, that would be another one.
    return this.state.groupBy === undefined ? super.reversed() : undefined;
  }

  /** The second up to which a row was last updated: limits of time are whole seconds, and inclusive. */
  protected override seamOf(document: Document): string | undefined {
    const { groupBy, sort = DEFAULT_SORT, backwards = false } = this.state;
    if (groupBy !== undefined || sort !== DEFAULT_SORT || backwards || !this.#sinceSix) return undefined;
    const last = parseTime(document["last_update"]);
    return last === undefined ? undefined : solrTime(new Date(Math.ceil(last.getTime() / 1000) * 1000));
  }

  protected override continueFrom(seam: string): this | undefined {
    const limit = parseTime(this.state.maxLastUpdate);
    const narrower = limit === undefined || new Date(seam) < limit;
    return narrower ? this.with({ maxLastUpdate: seam }) : undefined;
  }

  protected override get beyondCap(): string {
    const { groupBy, sort = DEFAULT_SORT } = this.state;
    if (!this.#sinceSix) return "narrow the query";
    if (groupBy !== undefined) {
      return "a limit of time would change which row stands for a group; narrow the query or leave groupBy out";
    }
    if (sort !== DEFAULT_SORT) return `narrow the query, or leave its order at ${DEFAULT_SORT}`;
    return "too many rows share a second, or have no time; narrow the query";
  }

  /** Known once rows have come. */
  get #sinceSix(): boolean {
    return edr(this.client).cb_server_version.atLeast(6, 0);
  }

  #parameters(): SearchParameters {
    return Object.fromEntries(this.#added().map(({ name, parameter }) => [parameter, this.state[name]]));
  }

  /** What the caller asked for that was added in 6.0. */
  #added() {
    return SINCE_6_0.filter(({ name }) => this.state[name] !== undefined);
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
