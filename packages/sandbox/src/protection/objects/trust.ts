import { authors, date, each, flag, integer, type RecordOf, text } from "./field.js";
import { kind } from "./kind.js";

/** Programs that may change software by themselves. */
export const UPDATER = kind(
  "updater",
  {
    id: integer(),
    ...each(text(), "name", "version"),
    enabled: flag({ writable: true }),
    ...each(date(), "dateCreated", "dateModified"),
    ...each(text(), "createdBy", "modifiedBy"),
    ...each(integer(), "clVersion", "platformFlags"),
  },
  { view: "View software rules pages" },
);
export type UpdaterRecord = RecordOf<typeof UPDATER.fields>;

/** Users whose files are approved. */
export const TRUSTED_USER = kind(
  "trustedUser",
  {
    id: integer(),
    ...each(text({ writable: true }), "name", "userSid", "description"),
    platformId: integer({ writable: true, values: [1, 2, 4] }),
    ...authors,
    clVersion: integer(),
  },
  { view: "View software rules pages", since: 8 },
);
export type TrustedUserRecord = RecordOf<typeof TRUSTED_USER.fields>;

export const TRUSTED_DIRECTORY = kind(
  "trustedDirectory",
  {
    id: integer(),
    ...each(text({ writable: true }), "description", "path"),
    computerId: integer({ writable: true, of: "computer" }),
    enabled: flag({ writable: true }),
    ...authors,
    clVersion: integer(),
  },
  { view: "View software rules pages", since: 8 },
);
export type TrustedDirectoryRecord = RecordOf<typeof TRUSTED_DIRECTORY.fields>;

export const SCRIPT_RULE = kind(
  "scriptRule",
  {
    id: integer(),
    ...each(text({ writable: true }), "name", "description"),
    enabled: flag({ writable: true }),
    platformId: integer({ writable: true, values: [1, 2, 4] }),
    ...authors,
    clVersion: integer(),
  },
  { view: "View software rules pages", since: 8 },
);
export type ScriptRuleRecord = RecordOf<typeof SCRIPT_RULE.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_updater: UpdaterRecord;
    protection_trustedUser: TrustedUserRecord;
    protection_trustedDirectory: TrustedDirectoryRecord;
    protection_scriptRule: ScriptRuleRecord;
  }
}
