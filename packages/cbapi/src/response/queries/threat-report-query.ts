import type { BulkOperation } from "../../core/bulk/operation.js";
import type { QuerySource } from "../../core/bulk/types.js";
import { ApiError } from "../../core/errors.js";
import type { CallOptions } from "../../core/transport/types.js";
import { Alert } from "../models/detection/alert.js";
import { ignoreReports, REPORTS } from "../models/detection/report-key.js";
import type { ThreatReport } from "../models/detection/threat-report.js";
import { searchFields, type ThreatReportTerms } from "../query-language/search-fields.js";
import { requireServer } from "../requires.js";
import { ConsoleSearchQuery } from "./console-search-query.js";
import { criteriaOf, directed, fieldOf } from "./order.js";
import { withText } from "./query-string.js";

/** Reports that one change by their ids names. */
const REPORTS_A_REQUEST = 500;

/** How the reports of a query are changed. */
export interface IgnoreOptions {
  /**
   * Reads the reports and names them to the server, 500 at a time, so that the report of the operation tells of each.
   * Without it, the server is given the query, in one request whatever the number of reports.
   */
  readonly each?: boolean | undefined;
}

/** A search for threat reports: `GET /api/v1/threat_report`. */
export class ThreatReportQuery extends ConsoleSearchQuery<ThreatReport, ThreatReportTerms> {
  protected readonly consolePage = "threats";
  protected override readonly tieBreak = "report_id asc";
  protected override readonly fields = searchFields.threatReport;

  /**
   * Has the server ignore all reports that this search finds, so that they raise no more alerts, or heed them again:
   * `POST /api/v1/threat_report`. From 5.1 on. Nothing is sent before it is awaited.
   *
   * One request gives the server the query, and nobody learns which reports it found. With `each`, or after `plan()`, the
   * reports are read first and named one by one.
   * @example await cb.select(ThreatReport).where({ feed_id: 18 }).setIgnored()
   */
  setIgnored(flag: boolean | undefined, options: IgnoreOptions & { readonly each: true }): BulkOperation<string>;
  setIgnored(flag?: boolean, options?: IgnoreOptions): BulkOperation<string, undefined>;
  setIgnored(flag = true, { each = false }: IgnoreOptions = {}): BulkOperation<string, undefined> {
    if (typeof flag !== "boolean") throw new ApiError(`setIgnored wants true or false, got ${JSON.stringify(flag)}`);
    return this.changed<undefined>({
      verb: `setIgnored(${flag})`,
      batchSize: REPORTS_A_REQUEST,
      before: (options) => this.#requireServer(options),
      request: (keys) => ignoreReports(keys, flag),
      // Every alert of a report tells whether that is ignored.
      shownBy: [Alert],
      byQuery: each ? undefined : this.#asQuery(flag),
    });
  }

  /** An id is unique within its feed only. */
  protected override order(): string {
    const order = super.order();
    const { stable = false, backwards = false } = this.state;
    if (!stable || criteriaOf(order).some((criterion) => fieldOf(criterion) === "feed_id")) return order;
    return `${order},${directed("feed_id asc", backwards)}`;
  }

  protected override get totalOrder(): boolean {
    return this.state.stable === true;
  }

  #asQuery(flag: boolean): QuerySource {
    return {
      matched: () => this.knownTotal,
      request: async (options) => {
        const query = withText("", this.#text());
        await this.#requireServer(options);
        return { method: "POST", path: REPORTS, body: { query, updates: { is_ignored: flag } } };
      },
    };
  }

  /** The query text, which has to say by itself which reports are meant. */
  #text(): string {
    const { raw } = this.state;
    const apart = raw?.parameters.find(([name]) => name !== "q" && name !== "cb.urlver");
    if (apart !== undefined) {
      throw new ApiError(
        `The server takes a query text for all reports at once, and this query also asks for ${apart[0]}=${apart[1]}: name the reports one by one, with { each: true }`,
      );
    }
    if (this.query.trim() === "") {
      throw new ApiError(
        "The server does not change all reports by an empty query: narrow it with where(), or name the reports one by one, with { each: true }",
      );
    }
    return this.query;
  }

  #requireServer(options: CallOptions): Promise<void> {
    return requireServer(this.client, options, "Changes of all threat reports of a query", 5, 1);
  }
}
