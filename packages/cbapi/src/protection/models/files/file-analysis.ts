import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Connector } from "../analysis/connector.js";
import { changedTo, presentIn, refuse } from "../checks.js";
import { Computer } from "../computers/computer.js";
import { between } from "../fields.js";
import { foreign } from "../foreign.js";
import { AnalysisResult, AnalysisStatus } from "../names.js";
import { FileCatalog } from "./file-catalog.js";

/**
 * A file that a connector is to analyse. The connector finds it among its {@link PendingAnalysis}, under the same id.
 *
 * Reading it needs the permission "View files", making and changing it "Submit files for analysis" as well. A new one
 * asks for the analysis: `POST /fileAnalysis`. Saving changes sends `PUT /fileAnalysis/{id}` with the id and the changes. It
 * is cancelled by its `analysisStatus`.
 * @example
 * await p.create(FileAnalysis, { fileCatalogId: 12, connectorId: 5, computerId: 0 }).save();
 */
export class FileAnalysis extends defineModel(
  {
    name: "FileAnalysis",
    path: pathOf("fileAnalysis"),
    key: "id",
    writable: ["computerId", "fileCatalogId", "connectorId", "priority", "analysisStatus", "analysisTarget"],
    creatable: true,
    deletable: false,
    required: ["fileCatalogId", "connectorId"],
    update: "key and changes",
  },
  {
    id: t.integer(),
    /** Can be changed: where the file is fetched from; 0 lets the server choose. */
    computerId: t.integer(),
    /** Can be changed: which file. */
    fileCatalogId: t.integer(),
    /** Can be changed: who analyses it. */
    connectorId: t.integer(),
    createdBy: t.string(),
    /** From 8.0 on. */
    createdByUserId: t.integer(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** On the endpoint. */
    fileName: t.string(),
    /** On the endpoint. */
    pathName: t.string(),
    /** Can be changed: from -2 to 2, the highest first. Default 0. */
    priority: between(-2, 2),
    /** Can be changed: to `Cancelled` while it is under way. */
    analysisStatus: t.code(AnalysisStatus, [AnalysisStatus.Cancelled]),
    analysisResult: t.code(AnalysisResult),
    /** Can be changed: one of the connector's `analysisTargets`, empty where it has none. */
    analysisTarget: t.string(),
    /** The computer that the file is fetched from: `GET /computer/{id}`; `undefined` while the server has not chosen one. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** What is known of the file: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** Who analyses it: `GET /connector/{id}`. */
    get connector() {
      return foreign(Connector, "connectorId");
    },
  },
) {
  /** @internal A search for analyses, which has not been sent: `GET /fileAnalysis`. */
  static query(client: ModelHost): ProtectionQuery<FileAnalysis> {
    return ProtectionQuery.of(client, FileAnalysis);
  }

  protected override check(): void {
    if (changedTo(this, "analysisStatus") === undefined) return;
    if (FileAnalysis.stateOf(this).key === undefined) refuse(this, "the server gives a new one its analysisStatus");
    const present = presentIn(this, "analysisStatus");
    if (typeof present === "number" && present > AnalysisStatus.Processed) {
      refuse(this, `it is no longer under way (analysisStatus is ${present}), so it cannot be cancelled`);
    }
  }
}
