import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { foreign } from "../foreign.js";
import { Platform } from "../names.js";
import { User } from "../server/user.js";

/**
 * A user of endpoints who may run whatever they install. From 8.0 on.
 *
 * Creating sends `POST /trustedUser`, saving changes `PUT /trustedUser/{id}` with the id and the changes; deleting sends
 * `DELETE`.
 */
export class TrustedUser extends defineModel(
  {
    name: "TrustedUser",
    path: pathOf("trustedUser"),
    key: "id",
    writable: ["name", "userSid", "description", "platformId"],
    creatable: true,
    required: ["name", "userSid", "description", "platformId"],
    update: "key and changes",
    minimumVersion: [8, 0],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed: what the console calls the user. */
    name: t.string(),
    /** Can be changed: who it is: a user name, a Windows SID, or a user id of macOS or Linux. */
    userSid: t.string(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed. */
    platformId: t.code(Platform),
    dateCreated: t.dateTime(),
    createdBy: t.string(),
    createdByUserId: t.integer(),
    dateModified: t.dateTime(),
    modifiedBy: t.string(),
    modifiedByUserId: t.integer(),
    clVersion: t.integer(),
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
  /** @internal A search for trusted users, which has not been sent: `GET /trustedUser`. */
  static query(client: ModelHost): ProtectionQuery<TrustedUser> {
    return ProtectionQuery.of(client, TrustedUser);
  }
}
