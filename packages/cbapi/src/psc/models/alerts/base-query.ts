import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import type { AnyModel } from "../../../core/model/model.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../../core/query/row-source.js";
import type { Terms } from "../../../core/query/terms.js";
import { parseTime } from "../../../core/time.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../host.js";
import { CloudQuery, type CloudState, SEARCH_WINDOW } from "../../queries/cloud-query.js";
import { type GivenValues, isText, isWholeNumber } from "../../queries/criteria.js";
import { type TimeRange, timeRange } from "../../queries/time-range.js";
import type { CloudCall, CloudRoutes } from "../../routes.js";
import { ask } from "../../send.js";
import type { AlertCalls } from "./calls.js";
import { refuseGone, sentCriteria, sentSortField, timeField } from "./criteria.js";
import { type AlertFacet, type AlertFacetField, facetFields, facetsIn } from "./facets.js";
import { endOfTime, fixedStart } from "./time-window.js";

export interface AlertState extends CloudState {
  /** When alerts came in, as it is sent. */
  readonly time?: { readonly start: string; readonly end: string } | { readonly range: string } | undefined;
}

/** The searches for alerts: how they are put together, paged and counted, whatever their criteria are. */
export abstract class AlertSearch<M extends AnyModel, S extends AlertState = AlertState> extends CloudQuery<
  M,
  Terms,
  S
> {
  protected abstract readonly calls: AlertCalls;
  /** The kind of alerts that this searches for; all of them where there is none. */
  protected abstract readonly type: string | undefined;

  protected override readonly hasExclusions: boolean = false;
  protected override readonly pageSize: number = cloud(this.client).routes === "classic" ? 100 : 500;

  protected get searchCall(): CloudCall {
    return this.calls.search;
  }

  /** In whose words alerts are asked for. */
  protected get generation(): CloudRoutes {
    return this.host.routes;
  }

  /**
   * Alerts that came in during a span of time; without it, the service looks at the last weeks only: two by the routes of
   * today, four by the classic ones.
   * @example query.setCreateTime({ range: "-3w" })
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no span of time
   */
  setCreateTime(range: TimeRange): this {
    return this.with({ time: timeRange(range) } as Partial<S>);
  }

  /**
   * Counts the alerts that match by the values of some fields: `POST .../_facet`.
   * @param fields in the words of either generation of the service
   * @param maxRows how many values each, the commonest first; 0 for all
   * @example for (const { field, values } of await query.facets(["ALERT_TYPE", "DEVICE_NAME"], 10)) console.log(field, values)
   * @throws ApiError with code `INVALID_ARGUMENT` when a field is none by which alerts are counted
   */
  async facets(fields: readonly AlertFacetField[], maxRows = 0, options: CallOptions = {}): Promise<AlertFacet[]> {
    checkCall("facets()", options, CALL);
    const routes = this.generation;
    const terms = { fields: facetFields(fields, routes), rows: rowCount(maxRows) };
    const call = this.calls.facet;
    return facetsIn(await ask(this.host, call, { json: { ...this.selection(), terms } }, options), call.call);
  }

  /** With values added to those of a criterion that is called so by `cbapi`. */
  protected criterion<V>(method: string, key: string, ...given: GivenValues<V>): this {
    refuseGone(key, this.generation, method);
    return this.withCriteria(key, ...given);
  }

  protected texts(method: string, key: string, values: readonly string[], what: string): this {
    return this.criterion(method, key, values, isText, `One or more invalid ${what}`);
  }

  protected numbers(method: string, key: string, values: readonly number[], what: string): this {
    return this.criterion(method, key, values, isWholeNumber, `One or more invalid ${what}`);
  }

  protected words(
    method: string,
    key: string,
    values: readonly string[],
    words: readonly string[],
    what: string,
  ): this {
    return this.criterion(
      method,
      key,
      values,
      (value) => words.some((word) => word === value),
      `One or more invalid ${what}`,
      words,
    );
  }

  /** What selects alerts, as bodies have it. */
  protected override selection(): Record<string, unknown> {
    const { criteria, exclusions, time } = this.state;
    const routes = this.generation;
    const sent = sentCriteria(criteria, routes);
    const left = sentCriteria(exclusions, routes);
    const { query } = this;
    if (routes === "classic") {
      return {
        criteria: { ...sent, ...(time === undefined ? {} : { create_time: time }) },
        ...(Object.keys(left).length === 0 ? {} : { exclusions: left }),
        query: query === "" ? null : query,
      };
    }
    return {
      criteria: { ...sent, ...(this.type === undefined ? {} : { type: [this.type] }) },
      ...(Object.keys(left).length === 0 ? {} : { exclusions: left }),
      ...(time === undefined ? {} : { time_range: time }),
      ...(query === "" ? {} : { query }),
    };
  }

  protected override order(): Record<string, unknown> {
    const { sort } = this.state;
    if (sort === undefined) return {};
    return { sort: [{ field: sentSortField(sort.field, this.generation), order: sort.order }] };
  }

  protected override paging({ start, rows }: Window): Record<string, unknown> {
    return { rows: Math.max(1, rows), ...(start > 0 ? { start: start + 1 } : {}) };
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const rows = this.generation === "classic" ? this.pageSize : 1;
    const { total } = await this.fetchPage({ start: 0, rows }, options);
    return total ?? super.askTotal(options);
  }

  protected override get isUnfiltered(): boolean {
    // Whether alerts come by groups, narrows nothing.
    const { group_results: _, ...criteria } = this.state.criteria ?? {};
    const { exclusions = {}, time } = this.state;
    const isNarrowed = time !== undefined || Object.keys(criteria).length > 0 || Object.keys(exclusions).length > 0;
    return !isNarrowed && /^(|\*|\*:\*)$/.test(this.query.trim());
  }

  protected override get totalOrder(): boolean {
    return this.state.sort?.field === "id";
  }

  protected override describe(): string {
    const { time } = this.state;
    return [super.describe(), ...(time === undefined ? [] : [JSON.stringify(time)])]
      .filter((part) => part !== "")
      .join(" ");
  }

  /**
   * One search reaches 10,000 alerts. A longer result is read by the times at which alerts came in: from the beginning on if
   * no order was asked for. The first page tells that it is needed.
   */
  protected override pageReader(plan: ExecutionPlan): RowSource<M>["fetchPage"] {
    const isAll = plan.start === 0 && (plan.limit === undefined || plan.limit > SEARCH_WINDOW);
    if (this.state.sort !== undefined || this.isGrouped || !isAll) return super.pageReader(plan);
    const byTime = this.inTime();
    let reader: AlertSearch<M, S> = this;
    return async (window, options): Promise<FetchedPage> => {
      const page = await reader.fetchPage(window, options);
      if (reader === byTime || window.start > 0 || (page.total ?? 0) <= SEARCH_WINDOW) return page;
      reader = byTime;
      return byTime.fetchPage(window, options);
    };
  }

  protected override seamOf(document: Document): string | undefined {
    if (!this.#isByTime || this.isGrouped) return undefined;
    const time = document[timeField(this.generation)];
    return typeof time === "string" && parseTime(time) !== undefined ? time : undefined;
  }

  protected override continueFrom(seam: string): this | undefined {
    const { sort, time } = this.state;
    const span = time !== undefined && "start" in time ? time : undefined;
    if (sort?.order !== "DESC") {
      // All rows of this one came in at the same moment: the next would be the same.
      if (span?.start === seam) return undefined;
      return this.inTime().with({ time: { start: seam, end: span?.end ?? endOfTime } } as Partial<S>);
    }
    if (span?.end === seam) return undefined;
    const start = fixedStart(time, this.generation, this.host.clock.now());
    return this.with({ time: { start, end: seam } } as Partial<S>);
  }

  protected override get beyondCap(): string {
    if (this.isGrouped) return "narrow the query by time, setCreateTime(), or leave out setGroupResults()";
    if (!this.#isByTime)
      return "leave out sortBy(), or sort by create_time: the rows are then read by time, however many";
    return "more alerts than one search reaches came in at the same moment: narrow the query by other criteria";
  }

  /** Whether an alert may stand for several. */
  protected get isGrouped(): boolean {
    return this.state.criteria?.["group_results"] === true;
  }

  /** The same in the order in which alerts came in. */
  protected inTime(): this {
    return this.with({ sort: { field: "create_time", order: "ASC" } } as Partial<S>);
  }

  /** Whether the rows come by time, or may. */
  get #isByTime(): boolean {
    const { sort } = this.state;
    return sort === undefined || sentSortField(sort.field, this.generation) === timeField(this.generation);
  }
}

function rowCount(rows: unknown): number {
  if (Number.isInteger(rows) && (rows as number) >= 0) return rows as number;
  throw invalidArgument(`facets: maxRows is a whole number, 0 for all values, got ${JSON.stringify(rows)}`);
}
