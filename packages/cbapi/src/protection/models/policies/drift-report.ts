import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { DriftReportContents } from "./drift-report-contents.js";
import { type DriftSummary, type DriftSummaryOptions, summaryOf } from "./drift-summary.js";

/**
 * What has changed on computers since a point of comparison. From 8.0 on. It cannot be changed.
 *
 * Which other fields it has is not documented: `get(name)` reads them, and `toJSON()` gives all.
 */
export class DriftReport extends defineModel(
  {
    name: "DriftReport",
    path: pathOf("driftReport"),
    key: "id",
    minimumVersion: [8, 0],
    keyOnly: ["summary"],
  },
  {
    id: t.integer(),
    /** When it was made. Other objects call this `dateCreated`. */
    createDate: t.dateTime(),
  },
) {
  /** @internal A search for drift reports, which has not been sent: `GET /driftReport`. */
  static query(client: ModelHost): ProtectionQuery<DriftReport, Terms> {
    return ProtectionQuery.ofOpen(client, DriftReport);
  }

  /**
   * Its rows, as a query that has not been sent: `GET /driftReportContents?q=driftReportId:7`. By which field rows name their
   * report is not documented; where a server calls it otherwise, `select(DriftReportContents)` finds them by that.
   * @example
   * for await (const row of report.contents.include("computer", "fileCatalog")) {
   *   console.log((await row.computer)?.name, (await row.fileCatalog)?.fileName, row.get("pathName"));
   * }
   */
  get contents(): ProtectionQuery<DriftReportContents, Terms> {
    const { client, key } = DriftReport.stateOf(this);
    return DriftReportContents.query(client).where(`driftReportId:${key}`);
  }

  /**
   * How many rows it has for each computer and for each file, with the computers and the files, those with most rows first:
   * counted by the server (`GET /driftReportContents?group=...`).
   */
  async summary(options: DriftSummaryOptions = {}): Promise<DriftSummary> {
    return summaryOf(this, options);
  }
}
