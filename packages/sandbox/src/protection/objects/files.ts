import { raw } from "../../query/index.js";
import { date, each, flag, integer, type RecordOf, stored, text } from "./field.js";
import { kind } from "./kind.js";

/** Files that were seen anywhere: one object for each content. */
export const FILE_CATALOG = kind(
  "fileCatalog",
  {
    id: integer(),
    dateCreated: date(),
    dateModified: date({ since: 8 }),
    description: text({ since: 8 }),
    clVersion: integer({ since: 8 }),
    ...each(flag({ since: 8 }), "initialized", "acknowledged"),
    nodeType: integer({ since: 8 }),
    ...each(
      text({ since: 8 }),
      ...([
        "stateSource",
        "globalStateDetails",
        "dirtyPrevalence",
        "transactionId",
        "verdict",
        "unifiedSource",
      ] as const),
    ),
    ...each(text(), "pathName", "fileName", "fileExtension"),
    computerId: integer({ of: "computer" }),
    ...each(text(), "md5", "sha1", "sha256"),
    sha256HashType: integer(),
    fileType: text(),
    fileSize: integer(),
    ...each(text(), "productName", "productVersion", "company", "installedProgramName", "publisher"),
    publisherOrCompany: text(),
    ...each(flag(), "reputationAvailable", "reputationEnabled", "approvedByReputation"),
    trust: integer(),
    trustMessages: text(),
    threat: integer(),
    category: text(),
    ...each(integer(), "fileState", "publisherState", "certificateState"),
    effectiveState: text(),
    prevalence: integer({
      computed: (row) =>
        raw(
          `(SELECT count(DISTINCT ${stored("i", "computerId")}) FROM object i WHERE i.kind = 'protection_fileInstance' AND ${stored("i", "fileCatalogId")} = ${row}.key)`,
        ),
    }),
    fileFlags: integer(),
    publisherId: integer({ of: "publisher" }),
    certificateId: integer({ of: "certificate" }),
  },
  { view: "View files" },
);
export type FileCatalogRecord = RecordOf<typeof FILE_CATALOG.fields>;

/** A file at a place of a computer. */
export const FILE_INSTANCE = kind(
  "fileInstance",
  {
    id: integer(),
    fileCatalogId: integer({ of: "fileCatalog" }),
    fileInstanceGroupId: integer({ of: "fileInstanceGroup" }),
    computerId: integer({ of: "computer" }),
    policyId: integer({
      since: 8,
      of: "policy",
      computed: (row) =>
        raw(
          `(SELECT ${stored("c", "policyId")} FROM object c WHERE c.kind = 'protection_computer' AND c.key = ${stored(row, "computerId")})`,
        ),
    }),
    dateCreated: date(),
    ...each(text(), "fileName", "pathName"),
    executed: flag(),
    ...each(flag({ since: 8 }), "initialized", "topLevel"),
    localState: integer({ writable: true, values: [1, 2] }),
    detailedLocalState: integer(),
    certificateId: integer({ since: 8, of: "certificate" }),
    detachedPublisherId: integer({ of: "publisher" }),
    detachedCertificateId: integer({ of: "certificate" }),
    unifiedSource: text({ since: 8 }),
  },
  { view: "View files" },
);
export type FileInstanceRecord = RecordOf<typeof FILE_INSTANCE.fields>;

export const FILE_INSTANCE_DELETED = kind(
  "fileInstanceDeleted",
  {
    id: integer(),
    fileInstanceGroupId: integer({ of: "fileInstanceGroup" }),
    fileCatalogId: integer({ of: "fileCatalog" }),
    computerId: integer({ of: "computer" }),
    ...each(date(), "dateCreated", "dateDeleted"),
    ...each(text(), "fileName", "pathName"),
    detachedPublisherId: integer({ of: "publisher" }),
    detachedCertificateId: integer({ of: "certificate" }),
  },
  { view: "View files" },
);
export type FileInstanceDeletedRecord = RecordOf<typeof FILE_INSTANCE_DELETED.fields>;

/** Files that came to a computer together. */
export const FILE_INSTANCE_GROUP = kind(
  "fileInstanceGroup",
  {
    id: integer(),
    fileCatalogId: integer({ of: "fileCatalog" }),
    computerId: integer({ of: "computer" }),
    dateCreated: date(),
    ...each(text(), "fileName", "pathName", "userName"),
    groupType: integer(),
    installedProgramName: text(),
  },
  { view: "View files" },
);
export type FileInstanceGroupRecord = RecordOf<typeof FILE_INSTANCE_GROUP.fields>;

const STATES = [1, 2, 3];

/** What is to happen with a file, everywhere or in some policies. */
export const FILE_RULE = kind(
  "fileRule",
  {
    id: integer(),
    fileCatalogId: integer({ writable: true, of: "fileCatalog" }),
    ...each(text({ writable: true }), "name", "description"),
    fileState: integer({ writable: true, values: STATES }),
    ...each(integer(), "sourceType", "sourceId"),
    ...each(
      flag({ writable: true }),
      ...(["reportOnly", "reputationApprovalsEnabled", "forceInstaller", "forceNotInstaller"] as const),
    ),
    ...each(text({ writable: true }), "policyIds", "hash"),
    fileName: text({ writable: true, since: 8 }),
    lazyApproval: flag({ writable: true, since: 8 }),
    platformFlags: integer({ writable: true }),
    ...each(date(), "dateCreated", "dateModified"),
    ...each(text(), "createdBy", "modifiedBy"),
    ...each(integer({ of: "user" }), "createdByUserId", "modifiedByUserId"),
    clVersion: integer(),
    ...each(text({ since: 8 }), "idUnique", "origIdUnique"),
    unifiedFlag: integer({ since: 8 }),
    ...each(text({ since: 8 }), "unifiedSource", "fileRuleType", "policyFlags"),
    version: integer({ since: 8 }),
    visible: flag({ since: 8 }),
  },
  { view: "View files" },
);
export type FileRuleRecord = RecordOf<typeof FILE_RULE.fields>;

export const FILE_UPLOAD = kind(
  "fileUpload",
  {
    id: integer(),
    computerId: integer({ writable: true, of: "computer" }),
    fileCatalogId: integer({ writable: true, of: "fileCatalog" }),
    createdBy: text(),
    createdByUserId: integer({ since: 8, of: "user" }),
    ...each(date(), "dateCreated", "dateModified"),
    ...each(text(), "fileName", "pathName"),
    priority: integer({ writable: true, values: [-2, -1, 0, 1, 2] }),
    uploadPath: text(),
    uploadedFileSize: integer(),
    uploadStatus: integer({ writable: true, values: [0, 1, 2, 3, 4, 5, 6] }),
  },
  { view: "View file uploads" },
);
export type FileUploadRecord = RecordOf<typeof FILE_UPLOAD.fields>;

/** What meters have counted. */
export const METERED_EXECUTION = kind(
  "meteredExecution",
  {
    ...each(integer(), "id", "meterId"),
    ...each(text(), "name", "description"),
    type: integer(),
    data: text(),
    eventId: integer({ of: "event" }),
    computerId: integer({ of: "computer" }),
    fileCatalogId: integer({ of: "fileCatalog" }),
    timestamp: date(),
    userName: text(),
  },
  { view: "View files" },
);
export type MeteredExecutionRecord = RecordOf<typeof METERED_EXECUTION.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_fileCatalog: FileCatalogRecord;
    protection_fileInstance: FileInstanceRecord;
    protection_fileInstanceDeleted: FileInstanceDeletedRecord;
    protection_fileInstanceGroup: FileInstanceGroupRecord;
    protection_fileRule: FileRuleRecord;
    protection_fileUpload: FileUploadRecord;
    protection_meteredExecution: MeteredExecutionRecord;
  }
}
