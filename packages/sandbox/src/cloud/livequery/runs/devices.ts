import type { OsType, SensorRecord } from "../../../domain/index.js";
import { findSensors } from "../../../store/endpoints.js";
import { type CloudContext, policyOfGroup } from "../../context.js";
import type { DeviceFilter, RunDevice } from "./record.js";

const SYSTEMS: Readonly<Record<OsType, string>> = { windows: "WINDOWS", linux: "LINUX", osx: "MAC" };

/** The systems of devices, as filters name them. */
export const DEVICE_TYPES: readonly string[] = Object.values(SYSTEMS);
export const DEPLOYMENT_TYPES: readonly string[] = ["ENDPOINT", "WORKLOAD"];

/** The devices that have a sensor. */
export const activeSensors = ({ store }: CloudContext): SensorRecord[] =>
  findSensors(store).filter(({ state }) => state?.uninstalled !== true);

const deploymentOf = ({ host_type }: SensorRecord): string => (host_type === "workstation" ? "ENDPOINT" : "WORKLOAD");

/** The devices that a filter means, none of which has begun. */
export function devicesOf(context: CloudContext, filter: DeviceFilter): RunDevice[] {
  const names = context.shared.policyNames();
  const among = <T>(list: readonly T[] | undefined, value: T): boolean => list === undefined || list.includes(value);
  return activeSensors(context).flatMap((sensor): RunDevice[] => {
    const policy_id = policyOf(context, sensor);
    const os = SYSTEMS[sensor.os_type];
    const meant =
      among(filter.device_id, sensor.id) &&
      among(filter.os, os) &&
      among(filter.policy_id, policy_id) &&
      among(filter.deployment_type, deploymentOf(sensor));
    if (!meant) return [];
    const policy_name = names.get(policy_id) ?? "";
    const { id, computer_name: name } = sensor;
    return [{ id, name, os, policy_id, policy_name, status: "not_started", rows: 0, message: "" }];
  });
}

const policyOf = (_context: CloudContext, sensor: SensorRecord): number => policyOfGroup(sensor.group_id);
