import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * What has changed on computers since a point of comparison. From 8.0 on. It cannot be changed.
 *
 * Which other fields it has is not documented: `get(name)` reads them, and `toJSON()` gives all.
 */
export class DriftReport extends defineModel(
  { name: "DriftReport", path: pathOf("driftReport"), key: "id", minimumVersion: [8, 0] },
  {
    id: t.integer(),
    /** When it was made. Other objects call this `dateCreated`. */
    createDate: t.dateTime(),
  },
) {
  /** @internal A search for drift reports, which has not been sent: `GET /driftReport`. */
  static query(client: ModelHost): ProtectionQuery<DriftReport, Terms> {
    return ProtectionQuery.ofOpen(client, DriftReport);
  }
}
