import type { Values } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { resource } from "../../../core/model/relations.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { changedTo, refuse } from "../checks.js";
import { FileCatalog } from "../files/file-catalog.js";
import { firstHash } from "../files/first-hash.js";
import { UploadedFile } from "../files/uploaded-file.js";
import { foreign } from "../foreign.js";
import { AnalysisResult, AnalysisStatus } from "../names.js";
import { Connector } from "./connector.js";
import { Notification } from "./notification.js";

/**
 * A file that a connector has still to analyse; it has the id of its {@link FileAnalysis}.
 *
 * Reading and changing it needs the permission "Extend connectors through API". Saving sends `PUT /pendingAnalysis/{id}` with
 * the id and the changes. Once it is analyzed, failed or cancelled, it is no longer pending.
 * @example
 * for await (const pending of connector.pendingAnalyses) {
 *   if (!pending.uploaded) continue;
 *   const verdict = await scan(pending.file.stream());
 *   await pending.createNotification({ analysisResult: verdict, product: "Lab" }).save();
 * }
 */
export class PendingAnalysis extends defineModel(
  {
    name: "PendingAnalysis",
    path: pathOf("pendingAnalysis"),
    key: "id",
    writable: ["analysisStatus", "analysisResult", "analysisError"],
    update: "key and changes",
  },
  {
    id: t.integer(),
    /** From -2 to 2, the highest first. */
    priority: t.integer(),
    /** Whether its file can be downloaded. */
    uploaded: t.boolean(),
    fileCatalogId: t.integer(),
    connectorId: t.integer(),
    createdBy: t.string(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** On the endpoint. */
    fileName: t.string(),
    /** On the endpoint. */
    pathName: t.string(),
    md5: t.string(),
    sha1: t.string(),
    sha256: t.string(),
    /** Where the ZIP is on the server. */
    uploadPath: t.string(),
    /** In bytes; 0 before it was uploaded. */
    uploadedFileSize: t.integer(),
    /** Can be changed. */
    analysisStatus: t.code(AnalysisStatus),
    /** Can be changed, together with `analysisStatus` `Analyzed`. */
    analysisResult: t.code(AnalysisResult),
    /** One of the connector's `analysisTargets`, empty where it has none. */
    analysisTarget: t.string(),
    /** Can be changed, together with `analysisStatus` `Error`: what went wrong. */
    analysisError: t.string(),
    /** What is known of the file: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** Who analyses it: `GET /connector/{id}`. */
    get connector() {
      return foreign(Connector, "connectorId");
    },
    /** The file, once `uploaded` is true: `GET /pendingAnalysis/{id}?downloadFile=true` when it is read. */
    get file() {
      return resource(UploadedFile);
    },
  },
) {
  /** @internal A search for pending analyses, which has not been sent: `GET /pendingAnalysis`. */
  static query(client: ModelHost): ProtectionQuery<PendingAnalysis> {
    return ProtectionQuery.of(client, PendingAnalysis);
  }

  /** The MD5 of its file; where it has none, the SHA-1, else the SHA-256. */
  get fileHash(): string | undefined {
    return firstHash(this);
  }

  /**
   * The result of this analysis as a notification that was not sent yet: it names the analysis, the connector, and the file
   * by name and hashes. Its `save()` tells the server, which ends the analysis with that result.
   * @param values further fields, `analysisResult` before all
   */
  createNotification(values: Values<Notification> = {}): Notification {
    const { client } = PendingAnalysis.stateOf(this);
    const { id: fileAnalysisId, connectorId, fileName, md5, sha1, sha256 } = this;
    const known = Object.entries({ fileAnalysisId, connectorId, fileName, md5, sha1, sha256 });
    const own = Object.fromEntries(known.filter(([, value]) => value !== undefined && value !== ""));
    return new Notification({ client }).set({ ...own, ...values });
  }

  /** Once it has ended, it is no longer pending: the server may not have it any more when it would be read back. */
  protected override answeredFields(answer: unknown): Record<string, unknown> {
    const { result, ...told } = super.answeredFields(answer);
    const hasEnded = (this.analysisStatus ?? AnalysisStatus.Scheduled) > AnalysisStatus.Processed;
    if (hasEnded) return { ...this.toJSON(), ...told };
    return result === undefined ? told : { result, ...told };
  }

  protected override check(): void {
    const { analysisStatus } = this;
    const wantsResult = (changedTo(this, "analysisResult") ?? AnalysisResult.NotAvailable) !== 0;
    if (wantsResult && analysisStatus !== AnalysisStatus.Analyzed) {
      refuse(this, "analysisResult goes together with analysisStatus 3 (Analyzed)");
    }
    if (changedTo(this, "analysisError") && analysisStatus !== AnalysisStatus.Error) {
      refuse(this, "analysisError goes together with analysisStatus 4 (Error)");
    }
  }
}
