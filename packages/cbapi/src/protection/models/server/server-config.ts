import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { flagIn, numberIn, ServerSettings } from "./server-settings.js";

/**
 * A setting of the server. Reading it needs the permission "View system configuration". It cannot be changed.
 * @example await ServerConfig.value(p, "ParityServerVersion")
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

  /**
   * The text of one setting: `GET /serverConfig?q=name:...`; `undefined` when the server has none of that name, or it has no
   * value. The case of the name does not matter.
   * @example Number(await ServerConfig.value(cb, "EventRetentionDays"))
   */
  static async value(client: ModelHost, name: string, options: CallOptions = {}): Promise<string | undefined> {
    return (await ServerConfig.#named(client, name, options))?.value;
  }

  /**
   * One setting that is a number.
   * @throws ServerError with code `NOT_A_NUMBER` when it is something else
   */
  static async number(client: ModelHost, name: string, options: CallOptions = {}): Promise<number | undefined> {
    return numberIn(name, await ServerConfig.value(client, name, options));
  }

  /**
   * One setting that is on or off: `true`, `1`, `yes` or `on`, and their opposites.
   * @throws ServerError with code `NOT_A_FLAG` when it is something else
   */
  static async flag(client: ModelHost, name: string, options: CallOptions = {}): Promise<boolean | undefined> {
    return flagIn(name, await ServerConfig.value(client, name, options));
  }

  /**
   * All settings, by their names: `GET /serverConfig`.
   * @example
   * const settings = await ServerConfig.values(cb);
   * console.log(settings.text("ParityServerVersion"), settings.number("EventRetentionDays"), settings.flag("SyslogEnabled"));
   */
  static async values(client: ModelHost, options: CallOptions = {}): Promise<ServerSettings> {
    checkCall("ServerConfig.values()", options, CALL);
    return new ServerSettings(await ServerConfig.query(client).all(options));
  }

  static async #named(client: ModelHost, name: string, options: CallOptions): Promise<ServerConfig | undefined> {
    checkCall("ServerConfig.value()", options, CALL);
    if (typeof name !== "string" || name.trim() === "") {
      throw invalidArgument(`a setting is named by its name, got ${JSON.stringify(name)}`);
    }
    const found = await ServerConfig.query(client).where({ name }).all(options);
    return found.find((row) => row.name?.toLowerCase() === name.toLowerCase());
  }
}
