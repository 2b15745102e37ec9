import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { foreign } from "../foreign.js";
import { DriftReport } from "./drift-report.js";

/**
 * A row of a drift report. From 8.0 on. It cannot be changed.
 *
 * Which other fields it has is not documented: `get(name)` reads them, and `toJSON()` gives all.
 */
export class DriftReportContents extends defineModel(
  { name: "DriftReportContents", path: pathOf("driftReportContents"), key: "id", minimumVersion: [8, 0] },
  {
    id: t.integer(),
    computerId: t.integer(),
    /** The computer that it is about: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** The file that it is about: `GET /fileCatalog/{id}`; `undefined` where it names none by a `fileCatalogId`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** The report that it belongs to: `GET /driftReport/{id}`; `undefined` where it names none by a `driftReportId`. */
    get driftReport() {
      return foreign(DriftReport, "driftReportId");
    },
  },
) {
  /** @internal A search for rows of drift reports, which has not been sent: `GET /driftReportContents`. */
  static query(client: ModelHost): ProtectionQuery<DriftReportContents, Terms> {
    return ProtectionQuery.ofOpen(client, DriftReportContents);
  }
}
