import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { ids } from "../fields.js";
import { foreign } from "../foreign.js";
import { User } from "./user.js";

/**
 * What users of the console may do, for all policies or for some. From 8.0 on.
 *
 * Creating sends `POST /userGroup`, saving changes `PUT /userGroup/{id}` with the id and the changes; deleting sends `DELETE`.
 * One that is not `editable` cannot be changed.
 */
export class UserGroup extends defineModel(
  {
    name: "UserGroup",
    path: pathOf("userGroup"),
    key: "id",
    writable: ["name", "description", "permissions", "policyIds", "enabled"],
    creatable: true,
    required: ["name"],
    update: "key and changes",
    minimumVersion: [8, 0],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed: a row of bits, as a hexadecimal number. */
    permissions: t.string(),
    /**
     * Can be changed: the policies that it is for, by their ids with commas between them, empty for all; a list of ids is
     * taken as well.
     */
    policyIds: ids,
    /** Can be changed. */
    enabled: t.boolean(),
    /** Whether it can be changed. */
    editable: t.boolean(),
    dateCreated: t.dateTime(),
    createdBy: t.string(),
    createdByUserId: t.integer(),
    dateModified: t.dateTime(),
    modifiedBy: t.string(),
    modifiedByUserId: t.integer(),
    /** How many users are in it because of Active Directory. */
    automaticCount: t.integer(),
    /** How many users somebody has put into it; the server's own are not counted. */
    manualCount: t.integer(),
    /** Who made it: `GET /user/{id}`. */
    get createdByUser() {
      return foreign(User, "createdByUserId");
    },
    /** Who changed it last: `GET /user/{id}`. */
    get modifiedByUser() {
      return foreign(User, "modifiedByUserId");
    },
  },
) {
  /** @internal A search for groups of users, which has not been sent: `GET /userGroup`. */
  static query(client: ModelHost): ProtectionQuery<UserGroup> {
    return ProtectionQuery.of(client, UserGroup);
  }
}
