import { defineModel } from "../../core/model/define-model.js";
import type { ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { type Key, one } from "../../core/model/relations.js";
import { ListQuery } from "../../core/query/list-query.js";
import { Binary } from "./binary.js";

/** A hash whose executions the sensors stop. */
export class BannedHash extends defineModel(
  { name: "BannedHash", path: "/api/v1/banning/blacklist", key: "md5hash" },
  {
    /** In lower case. */
    md5hash: t.string(),
    /** Why it was banned. */
    text: t.string(),
    /** Whether the ban holds. */
    enabled: t.boolean(),
    /** Who banned it. */
    username: t.string(),
    user_id: t.integer(),
    /** When it was banned. */
    timestamp: t.dateTime(),
    /** How often sensors stopped it. */
    block_count: t.integer(),
    last_block_time: t.dateTime(),
    last_block_sensor_id: t.integer(),
    last_block_hostname: t.string(),
    audit: t.array(t.open<Record<string, unknown>>()),
    /** The binary of this hash, which the server may not have: `ObjectNotFoundError` then. */
    get binary() {
      return one(Binary, "md5hash");
    },
  },
) {
  /** The list of bans, which has not been asked for. Asks for more than the 500 that the server gives by itself. */
  static query(client: ModelHost): ListQuery<BannedHash> {
    return ListQuery.of(client, BannedHash, { query: { count: 10_000 } });
  }

  /** The banning routes spell hashes in lower case. */
  static override normaliseKey(key: Key): Key {
    return String(key).toLowerCase();
  }
}
