import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { one } from "../../../core/model/relations.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { findInList } from "../listed.js";
import { Site } from "./site.js";

/** When, and how fast, the sensors of a site may send. Rules are made in the console: here they can only be read. */
export class ThrottleRule extends defineModel(
  { name: "ThrottleRule", path: "/api/throttle", key: "id" },
  {
    id: t.integer(),
    site_id: t.integer(),
    day_of_week: t.integer(),
    /** The hour from which it holds. */
    from: t.integer(),
    /** The hour until which it holds. */
    to: t.integer(),
    bytes_per_second: t.number(),
    /** The site that it is for: `GET /api/site/{id}`. */
    get site() {
      return one(Site, "site_id");
    },
  },
) {
  /** @internal The list of rules, which has not been asked for: `GET /api/throttle`. */
  static query(client: ModelHost): ListQuery<ThrottleRule> {
    return ListQuery.of(client, ThrottleRule);
  }

  /** @internal There is no route for one rule: it is looked up in the list. */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return findInList(client, { model: "ThrottleRule", path: ThrottleRule.spec.path }, key, options);
  }
}
