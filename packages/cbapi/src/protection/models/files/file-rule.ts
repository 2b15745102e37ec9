import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { optional } from "../../../core/model/relations.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { TrustedDirectory } from "../approvals/trusted-directory.js";
import { changedTo, refuse, requireOneOff } from "../checks.js";
import { hash, policies } from "../fields.js";
import { foreign } from "../foreign.js";
import { FileState, SourceType, UnifiedFlag } from "../names.js";
import { User } from "../server/user.js";
import { FileCatalog } from "./file-catalog.js";

/** What a rule is about; one of them names the file. */
const SUBJECTS = ["hash", "fileCatalogId", "fileName"] as const;

/**
 * A rule that approves or bans a file, everywhere or for some policies.
 *
 * Reading it needs the permission "View files", making, changing and deleting it "Manage files" as well.
 *
 * A new rule names its file by one of `hash`, `fileCatalogId` and `fileName`: `POST /fileRule`. Where the server has a rule
 * for that file already, it may change that rule instead of making another. Saving changes sends `PUT /fileRule/{id}` with
 * the id and the changes; deleting sends `DELETE`.
 * @example
 * const ban = p.create(FileRule, { name: "Ban a.exe", hash: sha256, fileState: FileState.Banned, policyIds: [3, 5] });
 * await ban.save();
 */
export class FileRule extends defineModel(
  {
    name: "FileRule",
    path: pathOf("fileRule"),
    key: "id",
    writable: [
      "fileCatalogId",
      "name",
      "description",
      "fileState",
      "reportOnly",
      "reputationApprovalsEnabled",
      "forceInstaller",
      "forceNotInstaller",
      "policyIds",
      "hash",
      "fileName",
      "lazyApproval",
      "platformFlags",
    ],
    creatable: true,
    update: "key and changes",
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed: the file, by its id in the catalog; 0 where it was never seen. */
    fileCatalogId: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed: approved, banned, or neither. */
    fileState: t.code(FileState, [FileState.Unapproved, FileState.Approved, FileState.Banned]),
    sourceType: t.code(SourceType),
    /** The event rule or the trusted directory that it comes from. */
    sourceId: t.integer(),
    /** Can be changed: a ban that only reports. The rule has to be `Unapproved` for that. */
    reportOnly: t.boolean(),
    /** Can be changed. */
    reputationApprovalsEnabled: t.boolean(),
    /** Can be changed: it counts as an installer, so that what it writes is approved. Not with `forceNotInstaller`. */
    forceInstaller: t.boolean(),
    /** Can be changed: it does not count as an installer. Not with `forceInstaller`. */
    forceNotInstaller: t.boolean(),
    /**
     * Can be changed: the policies that it is for, by their ids with commas between them; a list of ids is taken as well.
     * `"0"` is written for all policies, which 8.x reads as nothing.
     */
    policyIds: policies,
    /** Can be changed: the file, by its MD5, SHA-1 or SHA-256. The server does not keep it in every rule. */
    hash,
    /** Can be changed: the files, by their name. From 8.0 on. */
    fileName: t.string(),
    /**
     * Can be changed, for approvals: agents are told only once the file turns out to be an installer, or was blocked. The
     * server turns it off then. From 8.0 on.
     */
    lazyApproval: t.boolean(),
    /** Can be changed: the systems that it is for, see {@link PlatformFlag}; 0 where that is not said. */
    platformFlags: t.integer(),
    dateCreated: t.dateTime(),
    createdBy: t.string(),
    createdByUserId: t.integer(),
    dateModified: t.dateTime(),
    modifiedBy: t.string(),
    modifiedByUserId: t.integer(),
    clVersion: t.integer(),
    /** From 8.0 on. */
    idUnique: t.string(),
    /** From 8.0 on. */
    origIdUnique: t.string(),
    /** From 8.0 on. */
    unifiedFlag: t.code(UnifiedFlag),
    /** From 8.0 on. */
    unifiedSource: t.string(),
    /** `Ban`, `Unapproved` ... From 8.0 on. */
    fileRuleType: t.string(),
    /** From 8.0 on. */
    policyFlags: t.string(),
    /** From 8.0 on. */
    version: t.integer(),
    /** From 8.0 on. */
    visible: t.boolean(),
    /** The file that it is about: `GET /fileCatalog/{id}`; `undefined` where it was never seen. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** Who made it: `GET /user/{id}`. Needs a server from 8.0 on. */
    get createdByUser() {
      return foreign(User, "createdByUserId");
    },
    /** Who changed it last: `GET /user/{id}`. Needs a server from 8.0 on. */
    get modifiedByUser() {
      return foreign(User, "modifiedByUserId");
    },
    /** The trusted directory that it comes from; `undefined` where it comes from elsewhere. Needs a server from 8.0 on. */
    get trustedDirectory() {
      return optional(TrustedDirectory, ({ sourceType, sourceId }: FileRule) =>
        sourceType === SourceType.TrustedDirectory && sourceId !== 0 ? sourceId : undefined,
      );
    },
  },
) {
  /** @internal A search for rules, which has not been sent: `GET /fileRule`. */
  static query(client: ModelHost): ProtectionQuery<FileRule> {
    return ProtectionQuery.of(client, FileRule);
  }

  protected override check(): void {
    const { key } = FileRule.stateOf(this);
    if (key === undefined && SUBJECTS.every((field) => !this[field])) {
      refuse(this, `it names no file. Set one of ${SUBJECTS.join(", ")}`);
    }
    requireOneOff(this, "forceInstaller", "forceNotInstaller");
    const { fileState } = this;
    const isSet = changedTo(this, "reportOnly") === true || (this.reportOnly === true && changedTo(this, "fileState"));
    if (isSet && fileState !== undefined && fileState !== FileState.Unapproved) {
      refuse(this, "reportOnly is for rules whose fileState is 1 (Unapproved)");
    }
  }
}
