import { date, each, flag, integer, type RecordOf, stored, text } from "./field.js";
import { kind } from "./kind.js";

const eventFields = {
  id: integer(),
  ...each(date(), "timestamp", "receivedTimestamp"),
  description: text(),
  ...each(integer(), "type", "subtype"),
  ...each(text(), "subtypeName", "ipAddress"),
  computerId: integer({ of: "computer" }),
  computerName: text(),
  policyId: integer({ of: "policy" }),
  policyName: text(),
  ...each(integer({ of: "fileCatalog" }), "fileCatalogId", "installerFileCatalogId", "processFileCatalogId"),
  ...each(text(), "userName", "fileName", "pathName"),
  commandLine: text({ needs: "View process command lines" }),
  ...each(text(), "processPathName", "processFileName", "installerFileName", "processKey"),
  severity: integer(),
  ...each(text(), "ruleName", "banName", "updaterName", "indicatorName"),
  rapfigName: text({ since: 8 }),
  ...each(text(), "param1", "param2", "param3"),
  stringId: integer(),
};

/** Events of this type are the server's own; they are listed apart. */
const INTERNAL = 8;

export const EVENT = kind("event", eventFields, {
  view: "View events",
  listed: (row) => `${stored(row, "type")} <> ${INTERNAL}`,
});
export const INTERNAL_EVENT = kind("internalEvent", eventFields, {
  view: "View events",
  kept: EVENT.kept,
  listed: (row) => `${stored(row, "type")} = ${INTERNAL}`,
});
export type EventRecord = RecordOf<typeof EVENT.fields>;

/** Users who ask for a file that was blocked. */
export const APPROVAL_REQUEST = kind(
  "approvalRequest",
  {
    id: integer(),
    ...each(integer({ of: "fileCatalog" }), "fileCatalogId", "installerFileCatalogId", "processFileCatalogId"),
    computerId: integer({ of: "computer" }),
    computerName: text(),
    ...each(date(), "dateCreated", "dateModified"),
    createdBy: text(),
    ...each(integer({ since: 8, of: "user" }), "createdByUserId", "modifiedByUserId"),
    modifiedBy: text(),
    enforcementLevel: integer(),
    resolution: integer({ writable: true, values: [0, 1, 2, 3, 4, 5, 6, 7] }),
    requestType: integer(),
    requestorComments: text(),
    requestorEmail: text({ writable: true }),
    priority: integer(),
    resolutionComments: text({ writable: true }),
    status: integer({ writable: true, values: [1, 2, 3, 4] }),
    policyId: integer({ of: "policy" }),
    multipleBlocks: flag(),
    ...each(text(), "fileName", "pathName", "process"),
    customRuleId: integer(),
    platform: text({ since: 8 }),
  },
  { view: "View approval requests" },
);
export type ApprovalRequestRecord = RecordOf<typeof APPROVAL_REQUEST.fields>;

/** What users are shown when something is blocked. */
export const NOTIFIER = kind(
  "notifier",
  {
    id: integer(),
    ...each(
      text(),
      ...(["name", "title", "messageText", "eventLogText", "url", "fgImageLocation", "bgImageLocation"] as const),
      "logoUrl",
    ),
    timeout: integer(),
    showLogo: flag(),
    flags: integer(),
    systemNotifier: flag(),
    ...each(integer(), "defaultRuleType", "defaultRuleGroupId"),
    createdBy: text(),
    dateCreated: date(),
    modifiedBy: text(),
    dateModified: date(),
    ...each(integer(), "usageCount", "clVersion"),
  },
  { view: "View notifiers" },
);
export type NotifierRecord = RecordOf<typeof NOTIFIER.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_event: EventRecord;
    protection_approvalRequest: ApprovalRequestRecord;
    protection_notifier: NotifierRecord;
  }
}
