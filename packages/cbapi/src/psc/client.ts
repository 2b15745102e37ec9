import type { BulkOperation } from "../core/bulk/operation.js";
import type { RawRequestOptions, ReadOptions } from "../core/client.js";
import type { Product } from "../core/credentials/index.js";
import { invalidArgument } from "../core/invalid-argument.js";
import { ModelApi, type ModelApiOptions } from "../core/model/model-api.js";
import { noOrgKey } from "../core/transport/prepare.js";
import type { ApiRequest, ApiResponse, CallOptions, QueryParameters } from "../core/transport/types.js";
import { LiveResponse } from "../live-response/manager.js";
import type { CloseOptions } from "../live-response/types.js";
import { PSC_CALLS } from "./calls.js";
import type { CloudHost } from "./host.js";
import { cloudLiveResponse } from "./live-response/dialect.js";
import type { LiveResponseTarget } from "./live-response/target.js";
import { changeThreats, type SearchSuggestion, searchSuggestions } from "./models/alerts/threats.js";
import { type ListenerOptions, QueueListener } from "./models/audit/queue-listener.js";
import { type QueuedAuditLog, queuedAuditLogs } from "./models/audit/queued.js";
import {
  bypassing,
  changingPolicy,
  changingVersion,
  type DeviceBulkOptions,
  deletingSensor,
  quarantining,
  type SensorVersions,
  scanning,
  uninstalling,
} from "./models/devices/actions.js";
import { Device } from "./models/devices/device.js";
import { actOnIds } from "./models/devices/device-action-many.js";
import { type CloudCall, type CloudRoutes, explainRetired } from "./routes.js";

/** What every client of the Cloud takes: where the credentials are, limits, how much is kept, and which addresses are sent. */
export interface CbPSCOptions extends ModelApiOptions {
  /**
   * Which generation of the Cloud's addresses is sent. `current`, the default: what the service serves today, wherever
   * that means the same. `classic`: what the Python library `cbapi` sends, of which the service has switched a part off.
   */
  routes?: CloudRoutes | undefined;
}

/** The products of the Cloud, as credentials name them. */
export type CloudProduct = Exclude<Product, "response" | "protection">;

/**
 * Carbon Black Cloud: what all of its products have. The clients of the products extend it.
 *
 * Making one sends nothing, and `connect()` only sees to it that there are credentials. In every path that is asked for,
 * raw requests included, `/orgs/{org}` stands for the organization key of the profile.
 *
 * @example
 * const cb = new CbPSCBaseAPI({ profile: "cloud" });
 * for await (const device of cb.select(Device).setStatus(["ACTIVE"])) console.log(device.name);
 */
export class CbPSCBaseAPI extends ModelApi implements CloudHost {
  readonly routes: CloudRoutes;
  #liveResponse: LiveResponse<LiveResponseTarget> | undefined;

  /** @param product whose credentials are used; the clients of the products name their own */
  constructor(options: CbPSCOptions = {}, product: CloudProduct = "psc") {
    const { routes = "current", ...rest } = options;
    super(product, rest, ["routes"]);
    if (routes !== "current" && routes !== "classic") {
      throw invalidArgument(`routes is "current" or "classic", got ${JSON.stringify(routes)}`);
    }
    this.routes = routes;
  }

  /** The calls that this client makes; a product adds its own. */
  protected get calls(): readonly CloudCall[] {
    return PSC_CALLS;
  }

  /** Whether nothing can be done without an organization key. */
  protected get needsOrgKey(): boolean {
    return false;
  }

  /** Live Response: sessions with devices, and jobs over many of them. */
  get liveResponse(): LiveResponse<LiveResponseTarget> {
    this.#liveResponse ??= new LiveResponse(this, cloudLiveResponse(this));
    return this.#liveResponse;
  }

  /**
   * Closes the Live Response sessions that are still open, so that their slots are free, and ends the connections. Calls
   * that are still running fail. What is thrown is that of {@link LiveResponse.close}; the connections are ended all the
   * same.
   * @example await cb.close({ timeout: 5000 });
   */
  override async close(options: CloseOptions = {}): Promise<void> {
    try {
      await this.#liveResponse?.close(options);
    } finally {
      await super.close();
    }
  }

  /** Sends nothing: the Cloud has no greeting. */
  protected async hello(): Promise<void> {
    const { org_key } = await this.findCredentials();
    if (this.needsOrgKey && !org_key) throw noOrgKey(this.constructor.name);
  }

  /**
   * Starts scans of these devices' disks in the background, or stops them: `POST .../device_actions`. Nothing is sent
   * before it is awaited; the report says what became of each.
   * @throws CbApiError with code `INVALID_ARGUMENT` when the ids are no list of whole numbers
   */
  deviceBackgroundScan(
    deviceIds: readonly number[],
    on: boolean,
    options: DeviceBulkOptions = {},
  ): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, scanning(on), options);
  }

  /** Has the sensors of these devices let everything through, or enforce their policies again; see {@link CbPSCBaseAPI.deviceBackgroundScan}. */
  deviceBypass(deviceIds: readonly number[], on: boolean, options: DeviceBulkOptions = {}): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, bypassing(on), options);
  }

  /** Removes the records of these devices, whose sensors are uninstalled; see {@link CbPSCBaseAPI.deviceBackgroundScan}. */
  deviceDeleteSensor(deviceIds: readonly number[], options: DeviceBulkOptions = {}): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, deletingSensor(), options);
  }

  /** Has the sensors of these devices uninstall themselves; see {@link CbPSCBaseAPI.deviceBackgroundScan}. */
  deviceUninstallSensor(deviceIds: readonly number[], options: DeviceBulkOptions = {}): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, uninstalling(), options);
  }

  /**
   * Cuts these devices off from the network, or lets them back; see {@link CbPSCBaseAPI.deviceBackgroundScan}. It is sent
   * for all of them, whatever their state.
   * @example (await cb.deviceQuarantine([98765, 98766], true, { verify: true })).throwIfIncomplete()
   */
  deviceQuarantine(deviceIds: readonly number[], on: boolean, options: DeviceBulkOptions = {}): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, quarantining(on), options);
  }

  /** Gives these devices a policy; see {@link CbPSCBaseAPI.deviceBackgroundScan}. */
  deviceUpdatePolicy(
    deviceIds: readonly number[],
    policyId: number,
    options: DeviceBulkOptions = {},
  ): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, changingPolicy(policyId), options);
  }

  /** Has the sensors of these devices become other versions; see {@link CbPSCBaseAPI.deviceBackgroundScan}. */
  deviceUpdateSensorVersion(
    deviceIds: readonly number[],
    versions: SensorVersions,
    options: DeviceBulkOptions = {},
  ): BulkOperation<number> {
    return actOnIds(this, Device, deviceIds, changingVersion(versions), options);
  }

  /**
   * Fields and values that the text of a search for alerts can go on with: `GET .../alerts/search_suggestions`.
   * @example for (const { term } of await cb.alertSearchSuggestions("device")) console.log(term);
   */
  alertSearchSuggestions(text: string, options: CallOptions = {}): Promise<SearchSuggestion[]> {
    return searchSuggestions(this, text, options);
  }

  /**
   * Dismisses all alerts of some threats, and those that are still to come: `POST .../threat/workflow/_criteria`.
   * @param remediation what was done
   * @param comment what is to be said about it
   * @returns the id by which `select(WorkflowStatus, id)` tells how far the service has come
   * @throws CbApiError with code `INVALID_ARGUMENT` when the ids are no list of texts
   */
  bulkThreatDismiss(
    threatIds: readonly string[],
    remediation?: string,
    comment?: string,
    options: CallOptions = {},
  ): Promise<string> {
    return changeThreats(this, threatIds, { state: "DISMISSED", remediation, comment }, options);
  }

  /** Opens all alerts of some threats, and those that are still to come; otherwise as {@link CbPSCBaseAPI.bulkThreatDismiss}. */
  bulkThreatUpdate(
    threatIds: readonly string[],
    remediation?: string,
    comment?: string,
    options: CallOptions = {},
  ): Promise<string> {
    return changeThreats(this, threatIds, { state: "OPEN", remediation, comment }, options);
  }

  /**
   * The audit logs that this key has not been given yet (`org.audits(READ)`); the service gives each once:
   * `GET /audit_log/v1/orgs/{org}/logs/_queue`. `select(AuditLog)` searches among all of them.
   */
  getQueuedAuditLogs(options: CallOptions = {}): Promise<QueuedAuditLog[]> {
    return queuedAuditLogs(this, options);
  }

  /** The same as they come, without end; see {@link QueueListener} for what keeps them from being lost. */
  auditLogListener(options: ListenerOptions = {}): QueueListener<QueuedAuditLog> {
    const take = (call: CallOptions) => queuedAuditLogs(this, call);
    return new QueueListener({ host: this, name: "auditLogListener()", take }, options);
  }

  override getObject(uri: string, query?: QueryParameters, options?: ReadOptions): Promise<unknown> {
    return this.#explained(super.getObject(uri, query, options));
  }

  override getRawData(uri: string, query?: QueryParameters, options?: ReadOptions): Promise<unknown> {
    return this.#explained(super.getRawData(uri, query, options));
  }

  override apiJsonRequest(
    method: string,
    uri: string,
    options?: RawRequestOptions & { json?: unknown },
  ): Promise<ApiResponse> {
    return this.#explained(super.apiJsonRequest(method, uri, options));
  }

  override requestStream(request: ApiRequest): Promise<ApiResponse> {
    return this.#explained(super.requestStream(request));
  }

  async #explained<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw explainRetired(error, this.calls);
    }
  }
}
