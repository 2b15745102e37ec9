import type { Document, Fetched, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { LiveResponseSession } from "../../../live-response/session.js";
import type { SessionOptions } from "../../../live-response/types.js";
import { cloud } from "../../host.js";
import {
  bypassing,
  changingPolicy,
  changingVersion,
  type DeviceActionOptions,
  type DeviceActionReply,
  deletingSensor,
  quarantining,
  type SensorVersions,
  scanning,
  uninstalling,
} from "./actions.js";
import { devicesByIds } from "./device-action-many.js";
import { actOn } from "./device-action-one.js";
import { DeviceFields } from "./device-fields.js";
import { DeviceSearchQuery } from "./device-search-query.js";
import type { TargetPriority } from "./words.js";

/**
 * A device with a sensor, as the platform knows it (`device(READ)`): `GET /appservices/v6/orgs/{org}/devices/{id}`. Its
 * fields are read-only; what can be done to it are actions, which `POST .../device_actions` takes. Sensors carry them out
 * when they check in: `verify` waits for that.
 *
 * Printing one hides its codes of activation and removal.
 * @example
 * const device = await cb.select(Device, 98765);
 * await device.quarantine(true, { verify: true });
 */
export class Device extends DeviceFields {
  /** @internal A search for devices, which has not been sent: `POST /appservices/v6/orgs/{org}/devices/_search`. */
  static query(client: ModelHost): DeviceSearchQuery {
    return new DeviceSearchQuery(client, Device, {});
  }

  /** @internal A search for their ids; devices as they are recorded are read one by one. */
  static async fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    if (cloud(client).routes === "classic") {
      const read = async (key: Key) => [key, await Device.fetchDocument(client, key, options)] as const;
      return new Map(await Promise.all(keys.map(read)));
    }
    const found = await devicesByIds(client, keys.map(Number), options);
    return new Map(Array.from(found, ([id, document]: [number, Document]) => [id, { document }]));
  }

  /** How much it is worth to an attacker. Older servers name the field `target_priority_type`. */
  get target_priority(): TargetPriority | (string & {}) | undefined {
    return this.get<string>("target_priority") ?? this.get<string>("target_priority_type");
  }

  /** The same as {@link Device.target_priority}, by its older name. */
  get target_priority_type(): TargetPriority | (string & {}) | undefined {
    return this.target_priority;
  }

  /** How bad its vulnerabilities are, from 0 to 10. Older servers name the field `vuln_score`. */
  get vulnerability_score(): number | undefined {
    return this.get<number>("vulnerability_score") ?? this.get<number>("vuln_score");
  }

  /** The same in a word. Older servers name the field `vuln_severity`. */
  get vulnerability_severity(): string | undefined {
    return this.get<string>("vulnerability_severity") ?? this.get<string>("vuln_severity");
  }

  /**
   * Opens a Live Response session with it, as `cb.liveResponse.openSession()` does. Close it, or let `await using` do so.
   * @throws TimeoutError when no slot came free or the device did not check in within `timeout` (default 6 minutes)
   * @example
   * await using session = await device.lrSession();
   */
  lrSession(options: SessionOptions = {}): Promise<LiveResponseSession> {
    return cloud(Device.stateOf(this).client).liveResponse.openSession(this, options);
  }

  /** Starts a scan of its disks in the background, or stops it (`device.bg-scan(EXECUTE)`). */
  backgroundScan(on: boolean, options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, scanning(on), options);
  }

  /** Has its sensor let everything through, or enforce its policy again (`device.bypass(EXECUTE)`). */
  bypass(on: boolean, options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, bypassing(on), options);
  }

  /**
   * Removes its record (`device.deregistered(DELETE)`). The server refuses that while its sensor is registered:
   * {@link Device.uninstallSensor} comes before.
   */
  deleteSensor(options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, deletingSensor(), options);
  }

  /** Has its sensor uninstall itself (`device.uninstall(EXECUTE)`). */
  uninstallSensor(options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, uninstalling(), options);
  }

  /**
   * Cuts it off from the network except for its traffic with the Cloud, or lets it back (`device.quarantine(EXECUTE)`).
   * Its state is read first, unless it is ten seconds old at most: where it is so already, nothing is sent.
   * @throws TimeoutError with code `NOT_SHOWN_YET`, with `verify`, when it has not taken effect in time: it does later
   */
  quarantine(on: boolean, options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, quarantining(on), options);
  }

  /** Gives it a policy (`device.policy(UPDATE)`). */
  updatePolicy(policyId: number, options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, changingPolicy(policyId), options);
  }

  /**
   * Has its sensor become another version (`org.kits(EXECUTE)`).
   * @example await device.updateSensorVersion({ RHEL: "2.3.4.5" })
   */
  updateSensorVersion(versions: SensorVersions, options: DeviceActionOptions = {}): Promise<DeviceActionReply> {
    return actOn(this, changingVersion(versions), options);
  }
}
