import { ApiError } from "../core/errors.js";
import { invalidArgument } from "../core/invalid-argument.js";
import { ModelApi, type ModelApiOptions } from "../core/model/model-api.js";
import { ServerVersion } from "../core/server-version.js";
import type { CallOptions } from "../core/transport/types.js";
import type { ProtectionHost } from "./host.js";
import { OpenObject } from "./open-object.js";
import { pathOf } from "./paths.js";
import { isForWantOfPermission } from "./permission.js";
import { type Base, OffsetBase } from "./queries/offset-base.js";
import { rowsOf } from "./queries/rows.js";

/** What {@link CbProtectionAPI} takes: where the credentials are, limits, and how much is kept. */
export interface CbProtectionOptions extends ModelApiOptions {
  /**
   * What number the server gives to the first row of a result. Found out by itself when it is not given: servers from 8.0
   * on count from 0, and older ones are asked, once, before the first reading that begins behind the first row.
   */
  offsetBase?: Base | undefined;
}

const SERVER_CONFIG = pathOf("serverConfig");

/**
 * A Carbon Black App Control ("CB Protection", formerly Bit9) server, from 7.2 on.
 *
 * Making one sends nothing. {@link CbProtectionAPI.connect} asks the server for its settings and with them its version,
 * once; calls that need to know it do that by themselves. A token that may not read the settings does for everything else:
 * the version is then unknown.
 *
 * @example
 * const cb = new CbProtectionAPI({ profile: "lab" });
 * for await (const computer of cb.select(Computer).where({ policyName: "Lab", deleted: false })) console.log(computer.name);
 */
export class CbProtectionAPI extends ModelApi implements ProtectionHost {
  /** @internal */
  readonly offsetBase: OffsetBase;
  #info: Readonly<Record<string, string>> | undefined;
  #version: ServerVersion | undefined;

  constructor(options: CbProtectionOptions = {}) {
    const { offsetBase, ...rest } = options;
    super("protection", rest, ["offsetBase"]);
    if (offsetBase !== undefined && (offsetBase as unknown) !== 0 && (offsetBase as unknown) !== 1) {
      throw invalidArgument(`offsetBase is 0 or 1, got ${JSON.stringify(offsetBase)}`);
    }
    this.offsetBase = new OffsetBase(offsetBase);
  }

  /** `GET serverConfig?limit=0` */
  protected async hello(options: CallOptions): Promise<void> {
    const info = await this.#settings(options);
    const version = info["ParityServerVersion"];
    this.#version = version === undefined ? undefined : new ServerVersion(version);
    this.#info = info;
  }

  /**
   * The settings of the server by their names, after `connect()`; none where the token may not read them.
   * @throws ApiError with code `NOT_CONNECTED` before
   */
  get info(): Readonly<Record<string, string>> {
    if (this.#info === undefined)
      throw new ApiError("Not known before `await cb.connect()`", { code: "NOT_CONNECTED" });
    return this.#info;
  }

  /**
   * The server's version, after `connect()`; `undefined` where the token may not read it.
   * @throws ApiError with code `NOT_CONNECTED` before
   */
  get cb_server_version(): ServerVersion | undefined {
    return this.info === undefined ? undefined : this.#version;
  }

  /**
   * Any kind of object by its name on the server, as plain documents: for what a server has and this library does not
   * know. Nothing is requested.
   * @param name as in the server's addresses: `appInstance`
   * @example for await (const app of cb.object("appInstance").iterate({ where: { computerId: 5 } })) console.log(app["name"])
   * @throws CbApiError with code `INVALID_ARGUMENT` when it is no such name
   */
  object(name: string): OpenObject {
    return new OpenObject(this, name);
  }

  protected override get knownVersion(): ServerVersion | undefined {
    return this.#version;
  }

  async #settings(options: CallOptions): Promise<Readonly<Record<string, string>>> {
    let answer: unknown;
    try {
      answer = await this.getObject(SERVER_CONFIG, { limit: 0 }, options);
    } catch (error) {
      if (!isForWantOfPermission(error)) throw error;
      this.logDebug("The token may not read the server's settings: its version is not known");
      return Object.freeze({});
    }
    if (!Array.isArray(answer)) {
      throw new ApiError(
        `${this.url} does not answer like an App Control server: GET ${SERVER_CONFIG} gives no list. Is this the right URL?`,
      );
    }
    const settings = rowsOf(answer, SERVER_CONFIG).map(({ name, value }) => [name, String(value ?? "")] as const);
    return Object.freeze(Object.fromEntries(settings) as Record<string, string>);
  }
}

/** The name that the Python library gives to the same client as well. */
export { CbProtectionAPI as CbEnterpriseProtectionAPI };
