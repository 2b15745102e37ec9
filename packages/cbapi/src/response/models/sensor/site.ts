import { ApiError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { fetchFromList } from "../listed.js";
import { SensorGroup } from "./sensor-group.js";
import { ThrottleRule } from "./throttle-rule.js";

/**
 * A site: sensor groups in one place of the network.
 *
 * Creating sends `POST /api/site`, saving `PUT /api/site/{id}`, each followed by `GET`; deleting sends `DELETE`.
 */
export class Site extends defineModel(
  {
    name: "Site",
    path: "/api/site",
    key: "id",
    writable: ["name"],
    creatable: true,
    required: ["name"],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
  },
) {
  /** @internal The list of sites, which has not been asked for: `GET /api/site`. */
  static query(client: ModelHost): ListQuery<Site> {
    return ListQuery.of(client, Site);
  }

  /** @internal `GET /api/site/{id}` */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchFromList(client, "/api/site", "Site", key, options);
  }

  /** The sensor groups of this site, as a query that has not been sent. */
  get groups(): ListQuery<SensorGroup> {
    return SensorGroup.query(Site.stateOf(this).client).where({ site_id: this.#savedId });
  }

  /** When, and how fast, its sensors may send, as a query that has not been sent. */
  get throttle_rules(): ListQuery<ThrottleRule> {
    return ThrottleRule.query(Site.stateOf(this).client).where({ site_id: this.#savedId });
  }

  get #savedId(): number {
    const { id } = this;
    if (id === undefined) throw new ApiError("This Site has not been saved: the server does not know it yet");
    return id;
  }
}
