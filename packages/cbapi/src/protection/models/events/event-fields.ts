import { t } from "../../../core/model/fields.js";
import { EventType, Severity } from "../names.js";

/** What events and internal events tell. */
export const eventFields = {
  id: t.integer(),
  /** When it happened. */
  timestamp: t.dateTime(),
  /** When the server heard of it. */
  receivedTimestamp: t.dateTime(),
  description: t.string(),
  type: t.code(EventType),
  /** What happened, as a number: 300 for a login to the console, 801 for a block of an unapproved file ... */
  subtype: t.integer(),
  subtypeName: t.string(),
  ipAddress: t.string(),
  computerId: t.integer(),
  computerName: t.string(),
  policyId: t.integer(),
  policyName: t.string(),
  fileCatalogId: t.integer(),
  installerFileCatalogId: t.integer(),
  processFileCatalogId: t.integer(),
  fileName: t.string(),
  pathName: t.string(),
  /** Needs the permission "View process command lines". */
  commandLine: t.string(),
  processPathName: t.string(),
  processFileName: t.string(),
  installerFileName: t.string(),
  /** Names the process on the EDR server as well. */
  processKey: t.string(),
  severity: t.code(Severity),
  userName: t.string(),
  ruleName: t.string(),
  banName: t.string(),
  updaterName: t.string(),
  indicatorName: t.string(),
  /** The rapid configuration behind it. From 8.0 on. */
  rapfigName: t.string(),
  /** Internal. */
  param1: t.string(),
  /** Internal. */
  param2: t.string(),
  /** Internal. */
  param3: t.string(),
  /** Internal. */
  stringId: t.integer(),
};
