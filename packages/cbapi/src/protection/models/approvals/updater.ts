import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * A program whose updates are approved, as long as it is enabled.
 *
 * Reading it needs the permission "View software rules pages", changing it "Manage updaters" as well. Saving sends
 * `PUT /updater/{id}` with the id and the change.
 */
export class Updater extends defineModel(
  { name: "Updater", path: pathOf("updater"), key: "id", writable: ["enabled"], update: "key and changes" },
  {
    id: t.integer(),
    name: t.string(),
    version: t.string(),
    /** Can be changed. */
    enabled: t.boolean(),
    dateCreated: t.dateTime(),
    createdBy: t.string(),
    dateModified: t.dateTime(),
    modifiedBy: t.string(),
    clVersion: t.integer(),
    /** The systems that it is for, see {@link PlatformFlag}. */
    platformFlags: t.integer(),
  },
) {
  /** @internal A search for updaters, which has not been sent: `GET /updater`. */
  static query(client: ModelHost): ProtectionQuery<Updater> {
    return ProtectionQuery.of(client, Updater);
  }
}
