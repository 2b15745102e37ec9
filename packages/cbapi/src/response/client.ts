import { ApiError, ClientError, ServerError } from "../core/errors.js";
import type { ModelHost } from "../core/model/document.js";
import { ModelApi, type ModelApiOptions } from "../core/model/model-api.js";
import type { CallOptions } from "../core/transport/types.js";
import { ServerVersion } from "./server-version.js";

/** What `GET /api/info` answers, as far as it is common to all versions. */
export interface ServerInfo {
  /** `6.2.0.171114.1158`: version, build date and build time. */
  readonly version: string;
  /** `6.2.0-1` */
  readonly version_release?: string;
  /** Whether Live Response is switched on; absent means no. */
  readonly cblrEnabled?: boolean;
  /** Whether sensors stop banned hashes. */
  readonly banningEnabled?: boolean;
  /** The most rows that one search answer holds. */
  readonly maxSearchResultRows?: number;
  readonly [name: string]: unknown;
}

/** What {@link CbResponseAPI} takes: where the credentials are, limits, and how much is kept. */
export type CbResponseOptions = ModelApiOptions;

/** Milliseconds a call may take when the caller names no limit. */
const DEFAULT_TIMEOUT = 120_000;

/**
 * A Carbon Black EDR ("CB Response") server.
 *
 * Making one sends nothing. {@link CbResponseAPI.connect} asks the server for its version and its storage partitions,
 * once; calls that need to know them do that by themselves.
 *
 * @example
 * const cb = new CbResponseAPI({ profile: "lab" });
 * for await (const proc of cb.select(Process).where("process_name:notepad.exe")) console.log(proc.cmdline);
 */
export class CbResponseAPI extends ModelApi {
  #info: ServerInfo | undefined;
  #version: ServerVersion | undefined;
  #hasLegacyPartitions = false;

  constructor(options: CbResponseOptions = {}) {
    super("response", { timeout: DEFAULT_TIMEOUT, ...options });
  }

  /** `GET /api/info`, then from 6.0 on `GET /api/v1/storage/events/partition`. */
  protected async hello(options: CallOptions): Promise<void> {
    const info = await this.info(options);
    const version = new ServerVersion(info.version);
    if (!version.atLeast(5, 0)) {
      throw new ApiError(
        `CbResponseAPI only supports servers >= 5.0.0, and ${this.url} runs ${version}. Update the server, or use its own API.`,
      );
    }
    if (version.atLeast(6, 0)) this.#hasLegacyPartitions = await this.#findLegacyPartitions(options);
    this.#info = info;
    this.#version = version;
  }

  /** The server's version and switches, after `connect()`. */
  get server_info(): ServerInfo {
    return this.#known(this.#info);
  }

  /** The server's version, after `connect()`. */
  get cb_server_version(): ServerVersion {
    return this.#known(this.#version);
  }

  /** Whether process searches have to be told to look into cores of a 5.x server as well; after `connect()`. */
  get hasLegacyPartitions(): boolean {
    this.#known(this.#version);
    return this.#hasLegacyPartitions;
  }

  /** Asks for the server's version and switches: `GET /api/info`. */
  async info(options: CallOptions = {}): Promise<ServerInfo> {
    const info = await this.getObject("/api/info", undefined, options);
    if (typeof info !== "object" || info === null || typeof (info as ServerInfo).version !== "string") {
      throw new ApiError(
        `${this.url} does not answer like a Carbon Black EDR server: GET /api/info gives no version. Is this the right URL?`,
      );
    }
    return info as ServerInfo;
  }

  /** Storage and sensor figures of the console's dashboard: `GET /api/v1/dashboard/statistics`. */
  dashboardStatistics(options: CallOptions = {}): Promise<unknown> {
    return this.getObject("/api/v1/dashboard/statistics", undefined, options);
  }

  /** The text to send to the vendor for a new licence: `GET /api/license`; empty when the server has none. */
  async licenseRequest(options: CallOptions = {}): Promise<string> {
    const license = (await this.getObject("/api/license", undefined, options)) as Record<string, unknown> | undefined;
    return String(license?.["license_request_block"] ?? "");
  }

  /**
   * Installs a licence: `POST /api/license`.
   * @throws ServerError when the server does not accept it
   */
  async updateLicense(license: string, options: CallOptions = {}): Promise<void> {
    const response = await this.postObject("/api/license", { license }, options);
    await this.raiseUnlessJson(response, { status: "success" });
  }

  /**
   * Closes the partition that events are written to and opens a new one (6.1 and later):
   * `POST /api/v1/storage/events/new_partition`.
   */
  async createNewPartition(options: CallOptions = {}): Promise<void> {
    const response = await this.postObject("/api/v1/storage/events/new_partition", null, options);
    await response.discard();
  }

  async #findLegacyPartitions(options: CallOptions): Promise<boolean> {
    let partitions: unknown;
    try {
      partitions = await this.getObject("/api/v1/storage/events/partition", undefined, { ...options, default: {} });
    } catch (error) {
      // Only administrators may list partitions; everyone else searches as if there were no old ones.
      if (error instanceof ClientError && error.status === 403) return false;
      throw error;
    }
    if (typeof partitions !== "object" || partitions === null)
      throw new ServerError("The list of storage partitions is no object");
    return Object.values(partitions).some((partition: { info?: { isLegacy?: unknown } }) =>
      Boolean(partition?.info?.isLegacy),
    );
  }

  #known<T>(value: T | undefined): T {
    if (value === undefined) throw new ApiError("Not known before `await cb.connect()`", { code: "NOT_CONNECTED" });
    return value;
  }
}

/** @internal The EDR client that a model or a query belongs to. */
export function edr(client: ModelHost): CbResponseAPI {
  return client as CbResponseAPI;
}

/** @internal The same, after its version is known. */
export async function connected(client: ModelHost, options: CallOptions): Promise<CbResponseAPI> {
  await client.connect(options);
  return edr(client);
}
