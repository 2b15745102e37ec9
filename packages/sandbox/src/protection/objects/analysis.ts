import { date, each, flag, integer, list, type RecordOf, stored, text } from "./field.js";
import { kind } from "./kind.js";

/** What analyses files, on behalf of the server or from outside. */
export const CONNECTOR = kind(
  "connector",
  {
    id: integer(),
    ...each(text({ writable: true }), "name", "analysisName", "connectorVersion"),
    ...each(flag({ writable: true }), "canAnalyze", "enabled", "analysisEnabled"),
    isInternal: flag(),
    analysisTargets: list(),
  },
  { view: "View system configuration" },
);
export type ConnectorRecord = RecordOf<typeof CONNECTOR.fields>;

/** The states of an analysis that is not over: scheduled, submitted, processed. */
export const UNFINISHED: readonly (number | null | undefined)[] = [0, 1, 2];
const STATES = [0, 1, 2, 3, 4, 5];

const about = {
  fileCatalogId: integer({ writable: true, of: "fileCatalog" }),
  connectorId: integer({ writable: true, of: "connector" }),
};
const made = {
  createdBy: text(),
  createdByUserId: integer({ since: 8, of: "user" }),
  ...each(date(), "dateCreated", "dateModified"),
  ...each(text(), "fileName", "pathName"),
};

export const FILE_ANALYSIS = kind(
  "fileAnalysis",
  {
    id: integer(),
    computerId: integer({ writable: true, of: "computer" }),
    ...about,
    ...made,
    priority: integer({ writable: true, values: [-2, -1, 0, 1, 2] }),
    analysisStatus: integer({ writable: true, values: STATES }),
    analysisResult: integer(),
    analysisTarget: text({ writable: true }),
  },
  { view: "View files" },
);

/** Analyses as their connector sees them, until they are over. Each is the analysis of the same id. */
export const PENDING_ANALYSIS = kind(
  "pendingAnalysis",
  {
    id: integer(),
    priority: integer(),
    uploaded: flag(),
    fileCatalogId: integer({ of: "fileCatalog" }),
    connectorId: integer({ of: "connector" }),
    ...made,
    ...each(text(), "md5", "sha1", "sha256", "uploadPath"),
    uploadedFileSize: integer(),
    analysisStatus: integer({ writable: true, values: STATES }),
    analysisResult: integer({ writable: true, values: [0, 1, 2, 3] }),
    analysisTarget: text(),
    analysisError: text({ writable: true }),
  },
  {
    view: "Extend connectors through API",
    kept: FILE_ANALYSIS.kept,
    listed: (row) =>
      `${stored(row, "analysisStatus")} IN (${UNFINISHED.join(", ")})
       AND NOT coalesce((SELECT ${stored("k", "isInternal")} FROM object k WHERE k.kind = 'protection_connector' AND k.key = ${stored(row, "connectorId")}), 0)`,
  },
);
export type FileAnalysisRecord = RecordOf<typeof FILE_ANALYSIS.fields> &
  Omit<RecordOf<typeof PENDING_ANALYSIS.fields>, keyof typeof FILE_ANALYSIS.fields>;

/** What a connector tells. */
export const NOTIFICATION = kind(
  "notification",
  {
    id: integer(),
    connectorId: integer({ writable: true, of: "connector" }),
    time: date({ writable: true }),
    analysisResult: integer({ writable: true, values: [0, 1, 2, 3] }),
    // Whether there is one is a matter of 404, not of 400.
    fileAnalysisId: integer({ writable: true }),
    ...each(
      text({ writable: true }),
      ...(["fileName", "md5", "sha1", "sha256", "malwareName", "malwareType", "externalUrl", "severity"] as const),
      ...(["type", "appliance", "product", "version", "srcIp", "srcHost", "destIp", "msgFormat", "anomaly"] as const),
      ...(["targetApp", "targetOS", "httpHeader", "srcUsername", "destUsername"] as const),
    ),
    ...each(integer({ writable: true }), "externalId", "status", "flags"),
    ...each(list({ writable: true }), "files", "regKeys", "directories"),
  },
  { view: "Extend connectors through API" },
);
export type NotificationRecord = RecordOf<typeof NOTIFICATION.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_connector: ConnectorRecord;
    protection_fileAnalysis: FileAnalysisRecord;
    protection_notification: NotificationRecord;
  }
}
