import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { SensorKit } from "./words.js";

/** What the server answers to an action: most often nothing. */
export type DeviceActionReply = Readonly<Record<string, unknown>> | undefined;

/** Which version of the sensor each kind of system is to get: `{ WINDOWS: "3.7.0.1253" }`. */
export type SensorVersions = Readonly<Partial<Record<SensorKit, string>>>;

/** How an action is sent to one device. */
export interface DeviceActionOptions extends CallOptions {
  /**
   * Whether it is waited for until the device shows the effect: for two minutes, or `timeout`. Sensors carry actions out
   * when they check in.
   */
  readonly verify?: boolean | undefined;
}

/** How an action is sent to many devices. */
export interface DeviceBulkOptions {
  /**
   * Whether it is waited for until the devices show the effect. Those that do not are `pending` in the report, each with
   * the reason.
   */
  readonly verify?: boolean | undefined;
  /** For how long that is waited for after the last request, in milliseconds; 0 or Infinity for no limit. Two minutes without it. */
  readonly timeout?: number | undefined;
}

/** How an action is sent to all devices that a search finds. */
export interface DeviceQueryActionOptions extends DeviceBulkOptions {
  /** Lets a search through that nothing narrows: every device of the organization is meant. */
  readonly all?: boolean | undefined;
}

/** The words of the server for what can be done to devices. */
export type DeviceActionType =
  | "BACKGROUND_SCAN"
  | "BYPASS"
  | "DELETE_SENSOR"
  | "UNINSTALL_SENSOR"
  | "QUARANTINE"
  | "UPDATE_POLICY"
  | "UPDATE_SENSOR_VERSION";

/** @internal Something that can be done to devices. */
export interface DeviceAction {
  /** The method of the library, as errors name it. */
  readonly verb: string;
  readonly type: DeviceActionType;
  readonly options?: Document;
  /** What a device lacks that shows the effect, in words that fit any device; `undefined` when it shows. */
  readonly lackOf?: (document: Document) => string | undefined;
  /** Whether a device on which it shows already needs no action. */
  readonly skips?: boolean;
  /** Whether a device that is not there any more shows the effect. */
  readonly endsWithout?: boolean;
}

/** @internal For how long an effect is waited for by default, in milliseconds: sensors check in about every minute. */
export const LOOKED_AT = 120_000;

const toggle = (on: boolean): Document => ({ toggle: on ? "ON" : "OFF" });

/** @throws CbApiError with code `INVALID_ARGUMENT` when a switch is neither on nor off */
function checkSwitch(verb: string, on: unknown): void {
  if (typeof on !== "boolean") throw invalidArgument(`${verb}() takes true or false, got ${JSON.stringify(on)}`);
}

/** @internal */
export function scanning(on: boolean): DeviceAction {
  checkSwitch("backgroundScan", on);
  return { verb: "backgroundScan", type: "BACKGROUND_SCAN", options: toggle(on) };
}

/** @internal */
export function bypassing(on: boolean): DeviceAction {
  checkSwitch("bypass", on);
  const lackOf = (document: Document) =>
    (document["passive_mode"] ?? false) === on ? undefined : `passive_mode is not ${on} yet`;
  return { verb: "bypass", type: "BYPASS", options: toggle(on), lackOf };
}

/** @internal */
export function quarantining(on: boolean): DeviceAction {
  checkSwitch("quarantine", on);
  const lackOf = (document: Document) =>
    (document["quarantined"] ?? false) === on ? undefined : `quarantined is not ${on} yet`;
  return { verb: "quarantine", type: "QUARANTINE", options: toggle(on), lackOf, skips: true };
}

/** @internal */
export function deletingSensor(): DeviceAction {
  const lackOf = ({ status }: Document) => (status === "DELETED" ? undefined : `status is ${String(status)} still`);
  return { verb: "deleteSensor", type: "DELETE_SENSOR", lackOf, endsWithout: true };
}

/** @internal */
export function uninstalling(): DeviceAction {
  const gone = ["UNINSTALLED", "DEREGISTERED", "DELETED"];
  const lackOf = ({ status }: Document) =>
    gone.includes(String(status)) ? undefined : `status is ${String(status)} still`;
  return { verb: "uninstallSensor", type: "UNINSTALL_SENSOR", lackOf, endsWithout: true };
}

/** @internal */
export function changingPolicy(policyId: number): DeviceAction {
  if (!Number.isSafeInteger(policyId)) {
    throw invalidArgument(`updatePolicy() takes the id of a policy, a whole number: got ${JSON.stringify(policyId)}`);
  }
  const lackOf = (document: Document) =>
    Number(document["policy_id"]) === policyId ? undefined : `policy_id is ${String(document["policy_id"])} still`;
  return { verb: "updatePolicy", type: "UPDATE_POLICY", options: { policy_id: policyId }, lackOf };
}

/** @internal */
export function changingVersion(versions: SensorVersions): DeviceAction {
  const given: readonly (readonly [string, unknown])[] =
    typeof versions === "object" && versions !== null ? Object.entries(versions) : [];
  if (given.length === 0 || given.some(([, version]) => typeof version !== "string" || version === "")) {
    throw invalidArgument(
      `updateSensorVersion() takes a version for each kind of sensor, as { WINDOWS: "3.7.0.1253" }: got ${JSON.stringify(versions)}`,
    );
  }
  const wanted = new Set(given.map(([, version]) => version));
  const lackOf = (document: Document) =>
    wanted.has(document["sensor_version"])
      ? undefined
      : `sensor_version is ${String(document["sensor_version"])} still`;
  const options = { sensor_version: { ...versions } };
  return { verb: "updateSensorVersion", type: "UPDATE_SENSOR_VERSION", options, lackOf };
}

/** @internal The body that names the devices. */
export function actionOn(ids: readonly number[], { type, options }: DeviceAction): Document {
  return { action_type: type, device_id: ids, ...(options === undefined ? {} : { options }) };
}

/** @internal @throws CbApiError when an option is none, has no meaning, or asks to wait for what cannot be seen */
export function checkActionOptions(action: DeviceAction, options: object, names: readonly string[] = CALL): void {
  const method = `${action.verb}()`;
  checkCall(method, options, ["verify", ...names]);
  const { verify, timeout, all } = options as {
    readonly verify?: unknown;
    readonly timeout?: number | undefined;
    readonly all?: unknown;
  };
  for (const [name, value] of Object.entries({ verify, all })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw invalidArgument(`${method}: ${name} is true or false, got ${JSON.stringify(value)}`);
    }
  }
  if (verify === true && action.lackOf === undefined) {
    throw invalidArgument(`${method}: the device does not show the effect in a way that could be waited for`);
  }
  if (timeout !== undefined) timeLimit(timeout);
}
