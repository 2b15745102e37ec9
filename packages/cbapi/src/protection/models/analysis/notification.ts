import { ApiError } from "../../../core/errors.js";
import { dropChanges } from "../../../core/model/assign.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import { sendWrites } from "../../../core/model/write.js";
import { planOf, type SaveOptions, type WritePlan } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { AnalysisResult } from "../names.js";

/** A file that was made or touched while another was analysed. */
export interface NotificationFile {
  readonly md5?: string;
  readonly sha1?: string;
  readonly sha256?: string;
  /** In bytes. */
  readonly fileSize?: number;
  readonly fileName?: string;
  readonly filePath?: string;
  readonly processName?: string;
  readonly processPath?: string;
  readonly operation?: string;
  readonly topLevel?: boolean;
}

/** A value of the registry that was touched while a file was analysed. */
export interface NotificationRegKey {
  readonly regKey?: string;
  readonly regName?: string;
  readonly regValue?: string;
  readonly processMd5?: string;
  /** The server writes it with a capital. */
  readonly Operation?: string;
}

/** A folder that was touched while a file was analysed. */
export interface NotificationDirectory {
  readonly dirPath?: string;
}

/** All of it is the caller's. */
const WRITABLE = [
  "connectorId",
  "time",
  "analysisResult",
  "fileAnalysisId",
  "fileName",
  "md5",
  "sha1",
  "sha256",
  "malwareName",
  "malwareType",
  "externalUrl",
  "externalId",
  "severity",
  "type",
  "appliance",
  "product",
  "version",
  "srcIp",
  "srcHost",
  "srcUsername",
  "destIp",
  "destUsername",
  "msgFormat",
  "anomaly",
  "targetApp",
  "targetOS",
  "httpHeader",
  "status",
  "flags",
  "files",
  "regKeys",
  "directories",
] as const;

const UNREADABLE = "A Notification cannot be read: the server takes it, and has none to give";

/**
 * What a connector tells the server: the result of an analysis, or something that another product has noticed.
 *
 * It is sent once (`POST /notification`), and can neither be read back nor changed. That needs the permission "Extend
 * connectors through API". The result of an analysis names it by `fileAnalysisId`; other notifications have none.
 * @example await pending.createNotification({ analysisResult: AnalysisResult.Clean, product: "Lab" }).save();
 */
export class Notification extends defineModel(
  {
    name: "Notification",
    path: pathOf("notification"),
    key: "id",
    unreadable: UNREADABLE,
    writable: WRITABLE,
    creatable: true,
    deletable: false,
    required: ["analysisResult"],
  },
  {
    /** Where a server gives it one. */
    id: t.integer(),
    /** Who sends it. */
    connectorId: t.integer(),
    time: t.dateTime(),
    analysisResult: t.code(AnalysisResult),
    /** The id of the analysis whose result it is. */
    fileAnalysisId: t.integer(),
    fileName: t.string(),
    md5: t.string(),
    sha1: t.string(),
    sha256: t.string(),
    malwareName: t.string(),
    malwareType: t.string(),
    /** Where more is told of it. */
    externalUrl: t.string(),
    externalId: t.integer(),
    /** Free text: `critical`, `high`, `low` ... */
    severity: t.string(),
    /** Free text: `malicious_file`, `potential_risk_file`, `clean_file` ... */
    type: t.string(),
    appliance: t.string(),
    /** Of the product that found it. */
    product: t.string(),
    /** Of the product that found it. */
    version: t.string(),
    srcIp: t.string(),
    srcHost: t.string(),
    srcUsername: t.string(),
    destIp: t.string(),
    destUsername: t.string(),
    msgFormat: t.string(),
    anomaly: t.string(),
    targetApp: t.string(),
    targetOS: t.string(),
    httpHeader: t.string(),
    status: t.integer(),
    flags: t.integer(),
    files: t.array(t.open<NotificationFile>()),
    regKeys: t.array(t.open<NotificationRegKey>()),
    directories: t.array(t.open<NotificationDirectory>()),
  },
) {
  /** @throws ApiError always: the server has none to give */
  override refresh(_options: CallOptions = {}): Promise<this> {
    return Promise.reject(new ApiError(UNREADABLE));
  }

  /** Sends it, once. Whatever the server answers to it is not documented and changes nothing here. */
  protected override async saveInTurn(
    { dryRun = false }: SaveOptions,
    call: CallOptions,
  ): Promise<this | WritePlan | undefined> {
    const state = Notification.stateOf(this);
    if (state.completeness === Completeness.full) {
      if (!this.isDirty()) return dryRun ? undefined : this;
      throw new ApiError("This Notification was sent, and cannot be changed. Make a new one", { code: "ALREADY_SENT" });
    }
    await this.validate(call);
    const requests = this.writeRequests();
    const changes = new Map(state.changes);
    if (dryRun) return planOf(requests, state.document, changes);
    await sendWrites(this, requests, call);
    state.document = { ...state.document, ...Object.fromEntries(changes) };
    state.completeness = Completeness.full;
    // What was assigned meanwhile was not sent.
    const sent = [...changes].filter(([name, value]) => state.changes?.get(name) === value);
    dropChanges(
      this,
      sent.map(([name]) => name),
    );
    return this;
  }
}
