import type { BulkOperation } from "../../../core/bulk/operation.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { TermValue } from "../../../core/query/terms.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { DEVICE_FACETS, DEVICE_SCROLL, DEVICE_SEARCH } from "../../calls.js";
import { CloudQuery } from "../../queries/cloud-query.js";
import { isOneOf, isText, isWholeNumber } from "../../queries/criteria.js";
import { type TimeRange, timeRange } from "../../queries/time-range.js";
import { ask } from "../../send.js";
import {
  bypassing,
  changingPolicy,
  changingVersion,
  checkActionOptions,
  type DeviceAction,
  type DeviceQueryActionOptions,
  deletingSensor,
  quarantining,
  type SensorVersions,
  scanning,
  uninstalling,
} from "./actions.js";
import type { Device } from "./device.js";
import { actOnFound } from "./device-action-many.js";
import { DeviceFacet, facetsIn } from "./device-facet.js";
import { DeviceList } from "./device-list.js";
import {
  DEPLOYMENT_TYPE,
  DEVICE_FACET_FIELDS,
  DEVICE_OS,
  DEVICE_STATUS,
  type DeploymentType,
  type DeviceFacetField,
  type DeviceOs,
  type DeviceStatus,
  TARGET_PRIORITY,
  type TargetPriority,
} from "./words.js";

/** Terms over the fields of devices, as query text names them; a service newer than this library may know more. */
export interface DeviceTerms {
  readonly [field: string]: TermValue;
}

/**
 * A search for devices: `POST /appservices/v6/orgs/{org}/devices/_search`.
 *
 * Searches reach 10,000 devices. A reading of more goes on by `.../devices/_scroll`, in the server's own order; with an
 * order of the caller's, or `routes: "classic"`, the report says what is missing.
 *
 * The values of one criterion are alternatives, and those of several calls add up; all criteria must hold.
 * @example
 * const lost = cb.select(Device).setOs(["WINDOWS"]).setLastContactTime({ range: "-3w" }).where("name:LAB*");
 * for await (const device of lost) console.log(device.name, device.last_contact_time);
 */
export class DeviceSearchQuery extends CloudQuery<Device, DeviceTerms> {
  protected readonly searchCall = DEVICE_SEARCH;
  protected override readonly scrollCall = DEVICE_SCROLL;

  /** Devices of these groups of Active Directory. */
  setAdGroupIds(ids: readonly number[]): this {
    return this.withCriteria("ad_group_id", ids, isWholeNumber, "One or more invalid AD group IDs");
  }

  /** Devices with these ids. */
  setDeviceIds(ids: readonly number[]): this {
    return this.withCriteria("id", ids, isWholeNumber, "One or more invalid device IDs");
  }

  /** Devices that run these systems. */
  setOs(systems: readonly DeviceOs[]): this {
    return this.withCriteria("os", systems, isOneOf(DEVICE_OS), "One or more invalid operating systems", DEVICE_OS);
  }

  /** Devices with these policies. */
  setPolicyIds(ids: readonly number[]): this {
    return this.withCriteria("policy_id", ids, isWholeNumber, "One or more invalid policy IDs");
  }

  /** Devices in these states; `ALL` for all of them, those that are gone included. */
  setStatus(states: readonly DeviceStatus[]): this {
    const message = "One or more invalid status values";
    return this.withCriteria("status", states, isOneOf(DEVICE_STATUS), message, DEVICE_STATUS);
  }

  /** Devices of these priorities. */
  setTargetPriorities(priorities: readonly TargetPriority[]): this {
    const message = "One or more invalid target priority values";
    return this.withCriteria("target_priority", priorities, isOneOf(TARGET_PRIORITY), message, TARGET_PRIORITY);
  }

  /** Devices of these accounts at cloud providers. */
  setCloudProviderAccountId(ids: readonly string[]): this {
    return this.withCriteria(
      "cloud_provider_account_id",
      ids,
      isText,
      "One or more invalid cloud provider account IDs",
    );
  }

  /** Devices of these auto scaling groups. */
  setAutoScalingGroupName(names: readonly string[]): this {
    return this.withCriteria("auto_scaling_group_name", names, isText, "One or more invalid auto scaling group names");
  }

  /** Devices in these virtual private clouds. */
  setVirtualPrivateCloudId(ids: readonly string[]): this {
    return this.withCriteria("virtual_private_cloud_id", ids, isText, "One or more invalid virtual private cloud IDs");
  }

  /** Devices that run in these ways. */
  setDeploymentType(types: readonly DeploymentType[]): this {
    const message = "One or more invalid deployment types";
    return this.withCriteria("deployment_type", types, isOneOf(DEPLOYMENT_TYPE), message, DEPLOYMENT_TYPE);
  }

  /**
   * Devices whose last contact was in this span of time. It takes the place of the one before.
   * @throws CbApiError with code `INVALID_ARGUMENT` when it is none
   * @example query.setLastContactTime({ start: new Date("2024-05-01"), end: new Date("2024-05-08") })
   */
  setLastContactTime(span: TimeRange): this {
    return this.withCriterion("last_contact_time", timeRange(span));
  }

  /** Leaves out devices whose sensors have these versions. */
  setExcludeSensorVersions(versions: readonly string[]): this {
    return this.withExclusions("sensor_version", versions, isText, "One or more invalid sensor versions");
  }

  /**
   * Counts the devices by the values of fields: `POST .../devices/_facet`.
   * @param options `rows`: how many values of each field; all of them without it
   * @throws CbApiError with code `INVALID_ARGUMENT` when there is no such field; ServerError when the answer leaves one out
   * @example for (const { name, total } of (await query.facets(["os"]))[0]?.values ?? []) console.log(name, total)
   */
  async facets(
    fields: readonly DeviceFacetField[],
    options: CallOptions & { readonly rows?: number | undefined } = {},
  ): Promise<DeviceFacet[]> {
    const { rows = 0, signal, timeout } = options;
    if (!Array.isArray(fields) || fields.length === 0) {
      throw invalidArgument("facets() takes a list of fields, and it must name at least one");
    }
    const wrong = fields.filter((field) => !DEVICE_FACET_FIELDS.includes(field));
    if (wrong.length > 0) {
      throw invalidArgument(
        `One or more invalid term field names: ${wrong.join(", ")}. They are ${DEVICE_FACET_FIELDS.join(", ")}`,
      );
    }
    if (!Number.isInteger(rows) || rows < 0) throw invalidArgument(`rows is a whole number from 0 on, got ${rows}`);
    const json = { ...this.selection(), terms: { fields, ...(rows === 0 ? {} : { rows }) } };
    const answer = await ask(this.host, DEVICE_FACETS, { json }, { signal, timeout });
    return facetsIn(answer, fields).map(({ field, values }) => new DeviceFacet(this, field, values));
  }

  /**
   * The devices as a list of values separated by commas, whose first line names the columns. Nothing is requested before
   * it is read. The server makes it in a job (`POST .../devices/_export`), which is waited for; with `routes: "classic"` it
   * is one request, which takes fewer criteria and needs `setStatus()`.
   * @throws CbApiError with code `INVALID_ARGUMENT` when the classic request cannot say what this query asks for
   * @example await cb.select(Device).setStatus(["ALL"]).download().save("devices.csv")
   */
  download(): DeviceList {
    const { criteria = {}, exclusions = {}, sort } = this.state;
    return new DeviceList(this.host, {
      ...{ criteria, exclusions, text: this.query, sort },
      body: { ...this.selection(), ...this.order() },
    });
  }

  /** Starts scans of these devices' disks in the background, or stops them; see {@link Device.backgroundScan}. */
  backgroundScan(on: boolean, options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(scanning(on), options);
  }

  /** Has these devices' sensors let everything through, or enforce their policies again; see {@link Device.bypass}. */
  bypass(on: boolean, options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(bypassing(on), options);
  }

  /** Removes the records of these devices, whose sensors are uninstalled; see {@link Device.deleteSensor}. */
  deleteSensor(options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(deletingSensor(), options);
  }

  /** Has these devices' sensors uninstall themselves; see {@link Device.uninstallSensor}. */
  uninstallSensor(options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(uninstalling(), options);
  }

  /**
   * Cuts these devices off from the network, or lets them back. Nothing is sent before it is awaited: then one request, by
   * which the server finds them. Where it was planned, or `verify` waits for the effect, they are read first, those that
   * are so already are left alone, and the others are named a thousand at a time.
   * @throws CbApiError with code `UNFILTERED` when nothing narrows the search and `all` was not given
   * @example
   * const report = await cb.select(Device).setPolicyIds([11200]).quarantine(true, { verify: true });
   * if (!report.complete) console.log(report.reasons);
   */
  quarantine(on: boolean, options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(quarantining(on), options);
  }

  /** Gives these devices a policy; see {@link Device.updatePolicy}. */
  updatePolicy(policyId: number, options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(changingPolicy(policyId), options);
  }

  /** Has these devices' sensors become other versions; see {@link Device.updateSensorVersion}. */
  updateSensorVersion(versions: SensorVersions, options: DeviceQueryActionOptions = {}): BulkOperation<number> {
    return this.#act(changingVersion(versions), options);
  }

  #act(action: DeviceAction, options: DeviceQueryActionOptions): BulkOperation<number> {
    checkActionOptions(action, options, ["timeout", "all"]);
    if (options.all !== true) this.refuseUnfiltered(action.verb);
    const { client, model } = this;
    const pages = (call: CallOptions) => this.pages(call);
    const matched = () => this.knownTotal;
    return actOnFound(
      { client, model, text: this.describe(), pages, search: this.selection(), matched },
      action,
      options,
    );
  }
}
