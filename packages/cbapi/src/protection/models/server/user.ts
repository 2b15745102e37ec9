import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { ids } from "../fields.js";
import { fetchByIds } from "../many.js";

/**
 * A user of the console. From 8.0 on. Its token and what is kept of its password are never printed.
 *
 * Reading it needs the permission "View login accounts and user roles". Creating sends `POST /user`, saving changes
 * `PUT /user/{id}` with the id and the changes; deleting sends `DELETE`. One that is `readOnly` cannot be changed.
 */
export class User extends defineModel(
  {
    name: "User",
    path: pathOf("user"),
    key: "id",
    writable: [
      "name",
      "userGroupIds",
      "eMailAddress",
      "firstName",
      "lastName",
      "title",
      "salutation",
      "department",
      "homePhone",
      "cellPhone",
      "backupCellPhone",
      "pager",
      "backupPager",
      "comments",
      "adminComments",
      "enabled",
      "passwordHash",
      "passwordSalt",
      "apiToken",
    ],
    creatable: true,
    required: ["name"],
    update: "key and changes",
    minimumVersion: [8, 0],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed: what the user logs in with. */
    name: t.string(),
    /** Can be changed: the {@link UserGroup}s, by their ids with commas between them; a list of ids is taken as well. */
    userGroupIds: ids,
    /** Can be changed. */
    eMailAddress: t.string(),
    /** Can be changed. */
    firstName: t.string(),
    /** Can be changed. */
    lastName: t.string(),
    /** Can be changed. */
    title: t.string(),
    /** Can be changed. */
    salutation: t.string(),
    /** Can be changed. */
    department: t.string(),
    /** Can be changed. */
    homePhone: t.string(),
    /** Can be changed. */
    cellPhone: t.string(),
    /** Can be changed. */
    backupCellPhone: t.string(),
    /** Can be changed. */
    pager: t.string(),
    /** Can be changed. */
    backupPager: t.string(),
    /** Can be changed. */
    comments: t.string(),
    /** Can be changed. */
    adminComments: t.string(),
    registrationDate: t.dateTime(),
    /** Whether it is the server's own or of Active Directory, and cannot be changed here. */
    readOnly: t.boolean(),
    /** Whether it comes from Active Directory. */
    external: t.boolean(),
    /** Whether its groups follow from Active Directory. */
    automatic: t.boolean(),
    /** Whether unified management uses its token, which is not to be changed then. */
    unified: t.boolean(),
    /** Can be changed. */
    enabled: t.boolean(),
    /** Can be changed. Never printed. */
    passwordHash: t.string(),
    /** Can be changed. Never printed. */
    passwordSalt: t.string(),
    /** Can be changed. Never printed. */
    apiToken: t.string(),
  },
) {
  /** @internal A search for users, which has not been sent: `GET /user`. */
  static query(client: ModelHost): ProtectionQuery<User> {
    return ProtectionQuery.of(client, User);
  }

  /** @internal `GET /user?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, User, keys, options);
  }
}
