import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * What a user may do in a policy. From 8.0 on. It cannot be changed.
 *
 * Which other fields it has is not documented: `get(name)` reads them, and `toJSON()` gives all.
 */
export class GrantedUserPolicyPermission extends defineModel(
  {
    name: "GrantedUserPolicyPermission",
    path: pathOf("grantedUserPolicyPermission"),
    key: "id",
    minimumVersion: [8, 0],
  },
  {
    id: t.integer(),
    /** A row of bits, as a hexadecimal number. */
    permissions: t.string(),
  },
) {
  /** @internal A search for permissions, which has not been sent: `GET /grantedUserPolicyPermission`. */
  static query(client: ModelHost): ProtectionQuery<GrantedUserPolicyPermission, Terms> {
    return ProtectionQuery.ofOpen(client, GrantedUserPolicyPermission);
  }
}
