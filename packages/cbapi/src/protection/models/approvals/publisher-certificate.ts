import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Terms } from "../../../core/query/terms.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { foreign } from "../foreign.js";
import { Certificate } from "./certificate.js";

/**
 * A certificate of a publisher. From 8.0 on. It cannot be changed.
 *
 * Which other fields it has is not documented: `get(name)` reads them, and `toJSON()` gives all.
 */
export class PublisherCertificate extends defineModel(
  { name: "PublisherCertificate", path: pathOf("publisherCertificate"), key: "id", minimumVersion: [8, 0] },
  {
    id: t.integer(),
    certificateId: t.integer(),
    /** `GET /certificate/{id}` */
    get certificate() {
      return foreign(Certificate, "certificateId");
    },
  },
) {
  /** @internal A search for certificates of publishers, which has not been sent: `GET /publisherCertificate`. */
  static query(client: ModelHost): ProtectionQuery<PublisherCertificate, Terms> {
    return ProtectionQuery.ofOpen(client, PublisherCertificate);
  }
}
