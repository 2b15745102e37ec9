import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { policies } from "../fields.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { FileState, PublisherReputation, SourceType } from "../names.js";
import { unruled } from "./unruled.js";

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

  protected override afterDelete(): void {
    unruled(this, "publisherState");
  }
}
