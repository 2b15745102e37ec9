import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * A setting of the server. Reading it needs the permission "View system configuration". It cannot be changed.
 * @example (await p.select(ServerConfig).where("name:ParityServerVersion").one()).value
 */
export class ServerConfig extends defineModel(
  { name: "ServerConfig", path: pathOf("serverConfig"), key: "id" },
  {
    id: t.integer(),
    name: t.string(),
    /** A text, whatever the setting is. */
    value: t.string(),
    dateModified: t.dateTime(),
    modifiedBy: t.string(),
  },
) {
  /** @internal A search for settings, which has not been sent: `GET /serverConfig`. */
  static query(client: ModelHost): ProtectionQuery<ServerConfig> {
    return ProtectionQuery.of(client, ServerConfig);
  }
}
