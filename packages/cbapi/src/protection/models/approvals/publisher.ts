import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { DryRun, SaveOptions, WritePlan } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { policies } from "../fields.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { FileState, PublisherReputation, SourceType } from "../names.js";
import { clearSigner, type PublisherOptions, stateSigner } from "./signer-state.js";
import { unruled } from "./unruled.js";

/** What approvals and bans take. */
const STATING = ["policies", "description", "dryRun", "verify", ...CALL] as const;

/**
 * Who signs files.
 *
 * Reading it needs the permission "View software rules pages", changing it "Manage publisher rules" as well. Saving sends
 * `PUT /publisher/{id}` with the id and the changes. `delete()` lifts its approval or ban: `DELETE /publisher/{id}`; the
 * publisher stays, and `load()` reads what it is then.
 */
export class Publisher extends defineModel(
  {
    name: "Publisher",
    path: pathOf("publisher"),
    key: "id",
    writable: ["description", "publisherState", "policyIds", "reputationApprovalsEnabled", "acknowledged"],
    deletable: true,
    update: "key and changes",
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** The subject of the certificates that files are signed with. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    modifiedBy: t.string(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    publisherReputation: t.code(PublisherReputation),
    /** Can be changed: approved, banned, or neither. */
    publisherState: t.code(FileState, [FileState.Unapproved, FileState.Approved, FileState.Banned]),
    /**
     * Can be changed: the policies that its state is for, by their ids with commas between them; a list of ids is taken as
     * well. `"0"` is written for all policies.
     */
    policyIds: policies,
    /** Can be changed. */
    reputationApprovalsEnabled: t.boolean(),
    /** Can be changed. From 8.0 on. */
    acknowledged: t.boolean(),
    sourceType: t.code(SourceType),
    firstSeenComputerId: t.integer(),
    /** The systems that it was seen on, see {@link PlatformFlag}. */
    platformFlags: t.integer(),
    signedFilesCount: t.integer(),
    signedCertificateCount: t.integer(),
    /** Whether it was neither seen on endpoints nor changed yet. */
    hidden: t.boolean(),
    clVersion: t.integer(),
    /** Where it was first seen: `GET /computer/{id}`. */
    get firstSeenComputer() {
      return foreign(Computer, "firstSeenComputerId");
    },
  },
) {
  /** @internal A search for publishers, which has not been sent: `GET /publisher`. */
  static query(client: ModelHost): ProtectionQuery<Publisher> {
    return ProtectionQuery.of(client, Publisher);
  }

  /** @internal `GET /publisher?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, Publisher, keys, options);
  }

  /**
   * Approves the files that it signs, everywhere or in some policies: reads it, and when it is not approved for just these,
   * sends `PUT /publisher/{id}`. A publisher has one state for one list of policies: what was said of it before is replaced,
   * and `dryRun` shows what that was. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   * @example await cb.select(Publisher, 12).approve({ policies: [3, 5], description: "Vendor of the till" });
   * @throws ServerError with code `WRITE_NOT_APPLIED` when the server accepted it and the publisher does not have the state
   */
  async approve<D extends boolean | undefined = false>(
    options?: PublisherOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async approve(options: PublisherOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("approve()", options, STATING);
    return stateSigner(this, FileState.Approved, options);
  }

  /** Bans the files that it signs, everywhere or in some policies, as {@link Publisher.approve} approves them. */
  async ban<D extends boolean | undefined = false>(
    options?: PublisherOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async ban(options: PublisherOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("ban()", options, STATING);
    return stateSigner(this, FileState.Banned, options);
  }

  /**
   * Lifts its approval or ban: reads it, and when it has one, sends `DELETE /publisher/{id}`; the publisher stays. With `dryRun`,
   * gives what would be sent, `undefined` when nothing would be.
   */
  async clear<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async clear(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("clear()", options, ["dryRun", "verify", ...CALL]);
    return clearSigner(this, options);
  }

  protected override afterDelete(): void {
    unruled(this, "publisherState");
  }
}
