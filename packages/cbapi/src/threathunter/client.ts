import type { Document } from "../core/model/document.js";
import type { Results } from "../core/query/query.js";
import type { CallOptions } from "../core/transport/types.js";
import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";
import { validation } from "../psc/investigate/validation.js";
import type { CloudCall } from "../psc/routes.js";
import { askForObject } from "../psc/send.js";
import { QUERY_LIST, QUERY_TRANSLATION, QUERY_VALIDATION, SEARCH_LIMITS, THREATHUNTER_CALLS } from "./calls.js";
import { ReportSeverity } from "./models/intelligence/report-severity.js";

/** What {@link CbThreatHunterAPI} takes. */
export interface CbThreatHunterOptions extends CbPSCOptions {}

/** What can be searched, as the server tells it. */
export interface SearchLimits {
  readonly status_code?: number | undefined;
  /** The oldest and the newest time, in milliseconds since 1970. */
  readonly time_bounds?: { readonly lower: number; readonly upper: number } | undefined;
}

/**
 * Carbon Black Cloud Enterprise EDR, which was called ThreatHunter: processes and their events, feeds, reports and
 * watchlists, and the files that were seen.
 *
 * @example
 * const cb = new CbThreatHunterAPI({ profile: "cloud" });
 * for await (const proc of cb.select(Process).where({ process_name: "cmd.exe" })) console.log(proc.process_cmdline);
 */
export class CbThreatHunterAPI extends CbPSCBaseAPI {
  constructor(options: CbThreatHunterOptions = {}) {
    super(options, "threathunter");
  }

  /** Nothing of this product works without one. */
  protected override get needsOrgKey(): boolean {
    return true;
  }

  protected override get calls(): readonly CloudCall[] {
    return [...super.calls, ...THREATHUNTER_CALLS];
  }

  /**
   * Whether the server can read a query: `POST /api/investigate/v2/orgs/{org}/processes/search_validation`.
   * @example await cb.validateQuery("process_name:chrome.exe") // true
   */
  async validateQuery(query: string, options: CallOptions = {}): Promise<boolean> {
    return (await validation(this, QUERY_VALIDATION, query, {}, options)).valid;
  }

  /**
   * A query of EDR in the language of the Cloud: `POST /threathunter/feedmgr/v2/query/translate`. `undefined` when the
   * server gives none.
   * @throws ClientError when the server cannot translate it
   */
  async convertQuery(query: string, options: CallOptions = {}): Promise<string | undefined> {
    const { query: converted } = await askForObject(this, QUERY_TRANSLATION, { json: { query } }, options);
    return typeof converted === "string" ? converted : undefined;
  }

  /** The ids of the searches that the server knows, running or done: `GET /api/investigate/v1/orgs/{org}/processes/search_jobs`. */
  async queries(options: CallOptions = {}): Promise<readonly string[]> {
    const { query_ids: ids } = await askForObject(this, QUERY_LIST, {}, options);
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
  }

  /** The severities that the organization has given to reports of feeds: `GET .../reports/severity`. */
  customSeverities(options: CallOptions = {}): Promise<Results<ReportSeverity>> {
    return this.select(ReportSeverity).all(options);
  }

  /** From when to when there is something to be searched: `GET /api/investigate/v1/orgs/{org}/processes/limits`. */
  async limits(options: CallOptions = {}): Promise<SearchLimits> {
    const limits: Document = await askForObject(this, SEARCH_LIMITS, {}, options);
    return limits;
  }
}
