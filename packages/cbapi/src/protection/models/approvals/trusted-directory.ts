import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * A folder whose files are approved. {@link FileRule.trustedDirectory} leads to it from the rules that it made. From 8.0 on.
 *
 * Which other fields it has is not documented: `get(name)` reads them, `create()` and `set()` take them by whatever name,
 * and the server has the last word.
 *
 * Creating sends `POST /trustedDirectory`, saving changes `PUT /trustedDirectory/{id}` with the id and the changes; deleting
 * sends `DELETE`.
 */
export class TrustedDirectory extends defineModel(
  {
    name: "TrustedDirectory",
    path: pathOf("trustedDirectory"),
    key: "id",
    writable: ["description"],
    open: true,
    creatable: true,
    update: "key and changes",
    minimumVersion: [8, 0],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    description: t.string(),
  },
) {
  /** What `create()` and `set()` take beside the fields: those of the server that are not documented. */
  declare readonly [assignable]: Readonly<Record<string, unknown>>;

  /** @internal A search for trusted directories, which has not been sent: `GET /trustedDirectory`. */
  static query(client: ModelHost): ProtectionQuery<TrustedDirectory, Terms> {
    return ProtectionQuery.ofOpen(client, TrustedDirectory);
  }
}
