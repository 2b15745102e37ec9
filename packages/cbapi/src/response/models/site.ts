import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { Key } from "../../core/model/relations.js";
import { ListQuery } from "../../core/query/list-query.js";
import type { CallOptions } from "../../core/transport/types.js";
import { fetchFromList } from "./listed.js";

/** A site: sensor groups in one place of the network. */
export class Site extends defineModel(
  { name: "Site", path: "/api/site", key: "id" },
  {
    id: t.integer(),
    name: t.string(),
  },
) {
  /** The list of sites, which has not been asked for: `GET /api/site`. */
  static query(client: ModelHost): ListQuery<Site> {
    return ListQuery.of(client, Site);
  }

  /** `GET /api/site/{id}` */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchFromList(client, "/api/site", "Site", key, options);
  }
}
