import { authors, date, decimal, each, flag, integer, type RecordOf, text } from "./field.js";
import { kind } from "./kind.js";

export const SERVER_CONFIG = kind(
  "serverConfig",
  { id: integer(), ...each(text(), "name", "value"), dateModified: date(), modifiedBy: text() },
  { view: "View system configuration" },
);
export type ServerConfigRecord = RecordOf<typeof SERVER_CONFIG.fields>;

/** An hour of the server. */
export const SERVER_PERFORMANCE = kind(
  "serverPerformance",
  {
    id: integer(),
    dateCreated: date(),
    ...each(
      integer(),
      ...(["connectedAgents", "agentFileBacklog", "agentProcessingRate", "serverFileBacklog"] as const),
      ...(["serverProcessingRate", "serverFiles", "diskDataWrite", "diskDataRead", "diskIndexWrite"] as const),
      ...(["diskIndexRead", "diskLogWrite"] as const),
    ),
    ...each(
      decimal(),
      ...(["diskDataIOPS", "diskIndexIOPS", "diskLogIOPS", "avgDiskLogWriteStallMs"] as const),
      ...(["avgDiskDataWriteStallMs", "avgDiskIndexWriteStallMs", "avgDiskDataReadStallMs"] as const),
      ...(["avgDiskIndexReadStallMs", "sqlMemoryPressure", "sqlLatencyMs", "sqlInsertLatencyMs"] as const),
    ),
  },
  { view: "View system configuration" },
);
export type ServerPerformanceRecord = RecordOf<typeof SERVER_PERFORMANCE.fields>;

const MANAGES_USERS = "Manage login accounts and user roles";

/** Who works with the console. */
export const USER = kind(
  "user",
  {
    id: integer(),
    ...each(
      text({ writable: true }),
      ...(["name", "userGroupIds", "eMailAddress", "firstName", "lastName", "title", "salutation"] as const),
      ...(["department", "homePhone", "cellPhone", "backupCellPhone", "pager", "backupPager", "comments"] as const),
      "adminComments",
    ),
    registrationDate: date(),
    ...each(flag(), "readOnly", "external", "automatic", "unified"),
    enabled: flag({ writable: true }),
    ...each(text({ writable: true, needs: MANAGES_USERS }), "passwordHash", "passwordSalt", "apiToken"),
  },
  { view: "View login accounts and user roles", since: 8 },
);
export type ConsoleUserRecord = RecordOf<typeof USER.fields>;

export const USER_GROUP = kind(
  "userGroup",
  {
    id: integer(),
    ...each(text({ writable: true }), "name", "description", "permissions", "policyIds"),
    enabled: flag({ writable: true }),
    editable: flag(),
    ...authors,
    ...each(integer(), "automaticCount", "manualCount"),
  },
  { view: "View login accounts and user roles", since: 8 },
);
export type UserGroupRecord = RecordOf<typeof USER_GROUP.fields>;

export const GRANTED_USER_POLICY_PERMISSION = kind(
  "grantedUserPolicyPermission",
  {
    id: integer(),
    userId: integer({ of: "user" }),
    policyId: integer({ of: "policy" }),
    permissions: text(),
  },
  { view: "View login accounts and user roles", since: 8 },
);
export type GrantedUserPolicyPermissionRecord = RecordOf<typeof GRANTED_USER_POLICY_PERMISSION.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_serverConfig: ServerConfigRecord;
    protection_serverPerformance: ServerPerformanceRecord;
    protection_user: ConsoleUserRecord;
    protection_userGroup: UserGroupRecord;
    protection_grantedUserPolicyPermission: GrantedUserPolicyPermissionRecord;
  }
}
