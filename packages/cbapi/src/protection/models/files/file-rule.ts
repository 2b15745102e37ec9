import type { BulkOperation } from "../../../core/bulk/operation.js";
import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { optional } from "../../../core/model/relations.js";
import type { DryRun, WritePlan } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { TrustedDirectory } from "../approvals/trusted-directory.js";
import { changedTo, refuse, requireOneOff } from "../checks.js";
import { hash, policies } from "../fields.js";
import { foreign } from "../foreign.js";
import { FileState, SourceType, UnifiedFlag } from "../names.js";
import type { PolicyChoice } from "../policies/policy-choice.js";
import { User } from "../server/user.js";
import { FileCatalog } from "./file-catalog.js";
import { checkedHash } from "./hashes.js";
import { clearAllRules, makeRules, type VerifyRulesOptions } from "./rule-bulk.js";
import {
  type ClearedRules,
  type ClearRulesOptions,
  clearRules,
  type FileChoice,
  type FileRuleOutcome,
  makeRule,
  type RuleCallOptions,
} from "./rule-changes.js";
import { rulesByHash, rulesOfFile } from "./rule-search.js";
import { approveWish, banWish, type FileApproveOptions, type FileBanOptions } from "./rule-wish.js";

/** What a rule is about; one of them names the file. */
const SUBJECTS = ["hash", "fileCatalogId", "fileName"] as const;

/** What bans and approvals take. */
const BAN = ["policies", "name", "description", "reportOnly"] as const;
const APPROVE = ["policies", "name", "description", "lazyApproval", "forceInstaller", "forceNotInstaller"] as const;
const BAN_OPTIONS = [...BAN, "dryRun", "verify", ...CALL] as const;
const APPROVE_OPTIONS = [...APPROVE, "dryRun", "verify", ...CALL] as const;

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

  /**
   * All rules for a file, whichever way they name it: by its id in the catalogue or by one of its hashes. Asks the catalogue
   * first, where the file is named by a hash. Rules for a file name are not among them.
   * @throws InvalidHashError when the text is no MD5, SHA-1 or SHA-256; nothing is sent then
   */
  static async rulesFor(client: ModelHost, file: FileChoice, options: CallOptions = {}): Promise<readonly FileRule[]> {
    if (file instanceof FileCatalog) return (await rulesOfFile(client, file, options)).rules;
    const hash = checkedHash(file, "FileRule.rulesFor");
    return (await rulesByHash(client, [hash], options)).files.get(hash)?.rules ?? [];
  }

  /**
   * Bans a file, named by its MD5, SHA-1 or SHA-256 or by its entry in the catalogue: everywhere, or in some policies. With
   * `reportOnly`, its executions are reported and not stopped.
   *
   * Asks for the rules that there are for the file first, however they name it. Those for the same policies are changed where
   * they say otherwise (`PUT /fileRule/{id}`), and nothing is sent when they ban it already, whoever made them; where there is
   * none, one is made (`POST /fileRule`). Rules for other policies are left alone, and given as `others`. With `dryRun`,
   * gives what would be sent, `undefined` when nothing would be.
   * @example
   * const { rule, outcome, others } = await FileRule.ban(cb, sha256, { policies: [3, 5], name: "Incident 4711" });
   * @throws InvalidHashError when the text is no such hash; nothing is sent then
   * @throws ServerError with code `WRITE_NOT_APPLIED` when the server accepted the ban and the rule does not say so afterwards
   * @throws TimeoutError with code `NOT_SHOWN_YET` when, with `verify`, the catalogue does not show it in time
   */
  static async ban<D extends boolean | undefined = false>(
    client: ModelHost,
    file: FileChoice,
    options?: FileBanOptions & RuleCallOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, FileRuleOutcome>>;
  static async ban(
    client: ModelHost,
    file: FileChoice,
    options: FileBanOptions & RuleCallOptions = {},
  ): Promise<FileRuleOutcome | WritePlan | undefined> {
    checkCall("FileRule.ban()", options, BAN_OPTIONS);
    return makeRule(client, file, banWish(options), callOptions(options));
  }

  /**
   * Approves a file, as {@link FileRule.ban} bans it.
   * @example await FileRule.approve(cb, sha256, { lazyApproval: true, description: "Release 4.2" });
   * @throws InvalidHashError when the text is no such hash; nothing is sent then
   * @throws ApiError with code `SERVER_TOO_OLD` when `lazyApproval` is asked of a server before 8.0; nothing is sent then
   * @throws ServerError with code `WRITE_NOT_APPLIED` when the server accepted it and the rule does not say so afterwards
   * @throws TimeoutError with code `NOT_SHOWN_YET` when, with `verify`, the catalogue does not show it in time
   */
  static async approve<D extends boolean | undefined = false>(
    client: ModelHost,
    file: FileChoice,
    options?: FileApproveOptions & RuleCallOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, FileRuleOutcome>>;
  static async approve(
    client: ModelHost,
    file: FileChoice,
    options: FileApproveOptions & RuleCallOptions = {},
  ): Promise<FileRuleOutcome | WritePlan | undefined> {
    checkCall("FileRule.approve()", options, APPROVE_OPTIONS);
    return makeRule(client, file, approveWish(options), callOptions(options));
  }

  /**
   * Removes the rules of a file, all of them or those for exactly some policies: `DELETE /fileRule/{id}` for each. Gives those
   * that were removed, as they were, and those that were left. With `dryRun`, gives what would be sent, `undefined` when
   * nothing would be; {@link FileRule.rulesFor} shows the rules.
   * @throws InvalidHashError when the text is no such hash; nothing is sent then
   */
  static async clear<D extends boolean | undefined = false>(
    client: ModelHost,
    file: FileChoice,
    options?: ClearRulesOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, ClearedRules>>;
  static async clear(
    client: ModelHost,
    file: FileChoice,
    options: ClearRulesOptions = {},
  ): Promise<ClearedRules | WritePlan | undefined> {
    checkCall("FileRule.clear()", options, ["policies", "dryRun", ...CALL]);
    return clearRules(client, file, options);
  }

  /**
   * Bans many files by their hashes, of any of the three kinds. Nothing is sent before it is awaited; `plan()` reads the rules
   * that there are, many hashes at a time, and shows which hashes are banned already (`unchanged`), what would be written
   * for the others, and in its `notes` which rules for other policies stay. Each hash has an outcome of its own.
   * @example
   * const ban = FileRule.banAll(cb, hashes, { policies: 3, name: "Incident 4711" });
   * console.log((await ban.plan()).batches);
   * (await ban).throwIfIncomplete();
   * @throws InvalidHashError naming the texts that are no hashes; nothing is sent then
   */
  static banAll(
    client: ModelHost,
    hashes: Iterable<string>,
    options: FileBanOptions & VerifyRulesOptions = {},
  ): BulkOperation<string> {
    checkCall("FileRule.banAll()", options, ["verify", "timeout", ...BAN]);
    return makeRules(client, hashes, banWish(options), options);
  }

  /**
   * Approves many files by their hashes, as {@link FileRule.banAll} bans them.
   * @throws InvalidHashError naming the texts that are no hashes; nothing is sent then
   */
  static approveAll(
    client: ModelHost,
    hashes: Iterable<string>,
    options: FileApproveOptions & VerifyRulesOptions = {},
  ): BulkOperation<string> {
    checkCall("FileRule.approveAll()", options, ["verify", "timeout", ...APPROVE]);
    return makeRules(client, hashes, approveWish(options), options);
  }

  /**
   * Removes the rules of many files by their hashes, as {@link FileRule.clear} does. `plan()` names in its `notes` each rule
   * that would be removed or left.
   * @throws InvalidHashError naming the texts that are no hashes; nothing is sent then
   */
  static clearAll(
    client: ModelHost,
    hashes: Iterable<string>,
    options: { readonly policies?: PolicyChoice | undefined } = {},
  ): BulkOperation<string> {
    checkCall("FileRule.clearAll()", options, ["policies"]);
    return clearAllRules(client, hashes, options.policies);
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

function callOptions({ signal, timeout, dryRun, verify }: RuleCallOptions): RuleCallOptions {
  return { signal, timeout, dryRun, verify };
}
