import type { BulkOperation } from "../../core/bulk/operation.js";
import type { WriteRequest } from "../../core/model/write-plan.js";
import type { Alert } from "../models/detection/alert.js";
import {
  type AlertChange,
  type AlertIgnoreOptions,
  type AlertStatus,
  assignment,
  ignoring,
  statusChange,
} from "../models/detection/alert-changes.js";
import { tell } from "../models/detection/alert-memory.js";
import { ThreatReport } from "../models/detection/threat-report.js";
import { type AlertTerms, searchFields } from "../query-language/search-fields.js";
import { ConsoleSearchQuery } from "./console-search-query.js";

/** Alerts that one page holds, and that one change takes. */
const ALERTS_A_REQUEST = 500;

/**
 * A search for alerts: `GET /api/v2/alert`.
 *
 * Its bulk operations read the ids of all alerts that it finds, then send `POST /api/v1/alerts` for 500 of them at a time.
 * Searches show what was changed after a while only.
 */
export class AlertQuery extends ConsoleSearchQuery<Alert, AlertTerms> {
  protected override readonly pageSize: number = ALERTS_A_REQUEST;
  protected readonly consolePage = "alerts";
  protected override readonly fields = searchFields.alert;

  /**
   * Has the server ignore the reports behind these alerts from now on, so that they raise no more, or no longer; the
   * alerts get the status, `False Positive` unless told. Nothing is sent before it is awaited.
   * @throws ApiError when the status is unknown
   */
  setIgnored(flag = true, options: AlertIgnoreOptions = {}): BulkOperation<string> {
    return this.#change("setIgnored", ignoring(flag, options), true);
  }

  /**
   * Gives these alerts to a user and sets their status to `In Progress`. Nothing is sent before it is awaited.
   * @throws ApiError when no user is named
   */
  assign(target: string): BulkOperation<string> {
    return this.#change("assign", assignment(target));
  }

  /**
   * Sets the status of these alerts. Nothing is sent before it is awaited.
   * @example
   * const change = cb.select(Alert).where({ hostname: "win7", status: "Unresolved" }).changeStatus("Resolved");
   * console.log((await change.plan()).total);
   * (await change).throwIfIncomplete();
   * @throws ApiError when the status is unknown
   */
  changeStatus(status: AlertStatus): BulkOperation<string> {
    return this.#change("changeStatus", statusChange(status));
  }

  #change(verb: string, { body, shown }: AlertChange, ofReports = false): BulkOperation<string> {
    const { client, model } = this;
    return this.changed({
      verb,
      batchSize: ALERTS_A_REQUEST,
      request: (keys) => ({ method: "POST", path: "/api/v1/alerts", body: { alert_ids: keys, ...body } }),
      accepted: (request) => tell(client, idsIn(request), shown),
      // Every alert of a report tells whether that is ignored.
      shownBy: ofReports ? [model, ThreatReport] : [],
    });
  }
}

/** The alerts that a request names. */
function idsIn({ body }: WriteRequest): readonly string[] {
  const ids: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "alert_ids") : undefined;
  return Array.isArray(ids) ? ids.map(String) : [];
}
