import type { CloudContext } from "../../context.js";
import { devicesOf } from "../../devices/devices.js";
import type { DeviceFilter, RunDevice } from "./record.js";

/** The systems of devices, as filters name them. */
export const DEVICE_TYPES: readonly string[] = ["WINDOWS", "LINUX", "MAC"];
export const DEPLOYMENT_TYPES: readonly string[] = ["ENDPOINT", "WORKLOAD"];

/** The devices on which there is a sensor that could be asked. */
const askable = (context: CloudContext) =>
  devicesOf(context)
    .all()
    .filter(({ status }) => status === "REGISTERED");

/** How many devices could be asked. */
export const activeDevices = (context: CloudContext): number => askable(context).length;

/** The devices that a filter means, none of which has begun. */
export function chosenDevices(context: CloudContext, filter: DeviceFilter): RunDevice[] {
  const among = <T>(list: readonly T[] | undefined, value: T): boolean => list === undefined || list.includes(value);
  return askable(context).flatMap((device): RunDevice[] => {
    const { id } = device;
    const policy_id = Number(device["policy_id"]);
    const [name, os, policy_name] = [String(device["name"]), String(device["os"]), String(device["policy_name"])];
    const meant =
      among(filter.device_id, id) &&
      among(filter.os, os) &&
      among(filter.policy_id, policy_id) &&
      among(filter.deployment_type, String(device["deployment_type"]));
    return meant ? [{ id, name, os, policy_id, policy_name, status: "not_started", rows: 0, message: "" }] : [];
  });
}
