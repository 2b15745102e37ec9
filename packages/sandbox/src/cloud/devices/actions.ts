import { HttpProblem } from "../../server/product.js";
import { findSensor } from "../../store/endpoints.js";
import type { CloudContext } from "../context.js";
import { unknownValue } from "../problem.js";
import { isObject, readInteger, readObject, readText } from "../search/index.js";
import { devicesOf } from "./devices.js";
import { type DeviceDocument, kitOf } from "./document.js";
import type { DeviceRecord, DeviceState } from "./record.js";

/** What can be asked of devices, with the permission that it needs. */
export const ACTIONS = new Map([
  ["BACKGROUND_SCAN", "device.bg-scan(EXECUTE)"],
  ["BYPASS", "device.bypass(EXECUTE)"],
  ["DELETE_SENSOR", "device.deregistered(DELETE)"],
  ["UNINSTALL_SENSOR", "device.uninstall(EXECUTE)"],
  ["QUARANTINE", "device.quarantine(EXECUTE)"],
  ["UPDATE_POLICY", "device.policy(UPDATE)"],
  ["UPDATE_SENSOR_VERSION", "org.kits(EXECUTE)"],
]);

/** The action that a body names. */
export function readAction(body: Record<string, unknown>): { type: string; right: string } {
  const type = body["action_type"];
  const right = typeof type === "string" ? ACTIONS.get(type) : undefined;
  if (right === undefined) throw unknownValue("action_type", type ?? null, [...ACTIONS.keys()]);
  return { type: type as string, right };
}

/** The devices that a body names, by their ids or by a search. Of several ids, those that no device has are passed over. */
export function readTargets(context: CloudContext, body: Record<string, unknown>): DeviceDocument[] {
  const devices = devicesOf(context);
  const { device_id: ids, search } = body;
  if (search !== undefined && ids !== undefined)
    throw new HttpProblem(400, "Either device_id or search says which devices");
  if (search !== undefined) {
    if (!isObject(search)) throw new HttpProblem(400, "search is the body of a search for devices");
    return devices.find(search);
  }
  if (!Array.isArray(ids) || ids.length === 0) throw new HttpProblem(400, "device_id is a list of ids of devices");
  const targets = ids.flatMap(
    (id) => devices.get(readInteger(id, "device_id", 0, Number.MAX_SAFE_INTEGER) ?? -1) ?? [],
  );
  if (targets.length === 0 && ids.length === 1) throw new HttpProblem(404, `There is no device ${String(ids[0])}`);
  return targets;
}

/** Asks something of devices: it becomes true when they report next. */
export function act(context: CloudContext, type: string, targets: readonly DeviceDocument[], given: unknown): void {
  const options = readObject(given, "`options`");
  const change = changeOf(context, type, options);
  const devices = devicesOf(context);
  if (type === "DELETE_SENSOR") {
    const registered = targets.filter(({ status }) => status === "REGISTERED" || status === "PENDING");
    if (registered.length > 0) {
      throw new HttpProblem(400, `Device ${registered[0]?.id} is registered: only devices that are not can be deleted`);
    }
    for (const { id } of targets) devices.put({ ...devices.record(id), deleted: true });
    return;
  }
  for (const { id, status } of targets) {
    // Nobody is there any more who could be told.
    if (status !== "REGISTERED") continue;
    const record = devices.record(id);
    const asked = change(id);
    if (asked !== undefined) devices.put({ ...record, pending: { ...record.pending, ...asked } });
  }
}

type Change = (id: number) => Partial<DeviceState> | undefined;

function changeOf(context: CloudContext, type: string, options: Record<string, unknown>): Change {
  switch (type) {
    case "QUARANTINE": {
      const quarantined = toggleOf(options);
      return () => ({ quarantined });
    }
    case "BYPASS": {
      const passive_mode = toggleOf(options);
      return () => ({ passive_mode });
    }
    case "BACKGROUND_SCAN": {
      const scan_status = toggleOf(options) ? "IN_PROGRESS" : "STOPPED";
      return () => ({ scan_status });
    }
    case "UPDATE_POLICY": {
      const policy_id = readInteger(options["policy_id"], "options.policy_id", 0, Number.MAX_SAFE_INTEGER);
      if (policy_id === undefined || !context.shared.policyNames().has(policy_id)) {
        throw new HttpProblem(400, `options.policy_id is the id of a policy, not ${String(options["policy_id"])}`);
      }
      return () => ({ policy_id, policy_override: true });
    }
    case "UPDATE_SENSOR_VERSION": {
      const versions = new Map(Object.entries(readObject(options["sensor_version"], "options.sensor_version")));
      if (versions.size === 0)
        throw new HttpProblem(400, "options.sensor_version gives a version for each kind of sensor");
      for (const [kit, version] of versions) readText(version, `options.sensor_version.${kit}`);
      return (id) => {
        const sensor = findSensor(context.store, id);
        const kit = sensor === undefined ? "" : kitOf(sensor);
        const version = versions.get(kit) ?? (kit === "MAC" ? versions.get("MAC_OSX") : undefined);
        return typeof version === "string" && version !== "" ? { sensor_version: version } : undefined;
      };
    }
    case "UNINSTALL_SENSOR":
      return () => ({ status: "UNINSTALLED" });
    default:
      return () => undefined;
  }
}

function toggleOf({ toggle }: Record<string, unknown>): boolean {
  if (toggle !== "ON" && toggle !== "OFF") throw unknownValue("options.toggle", toggle ?? null, ["ON", "OFF"]);
  return toggle === "ON";
}

/** A round of check-ins: what was asked of the devices that report becomes true. */
export function report(context: CloudContext, now: number): void {
  const waiting = context.store.database.all<{ record: string }>(
    `SELECT o.record FROM object o JOIN sensor h ON h.id = o.key
     WHERE o.kind = 'cloud_device' AND json_extract(h.record, '$.online')
       AND (json_extract(o.record, '$.pending') IS NOT NULL OR json_extract(o.record, '$.scan_status') = 'IN_PROGRESS')`,
  );
  const devices = devicesOf(context);
  for (const { record } of waiting) devices.put(reported(JSON.parse(record) as DeviceRecord, now));
}

/** What a device says of itself once it has learnt what was asked. A scan lasts from one report to the next. */
function reported({ pending = {}, ...record }: DeviceRecord, now: number): DeviceRecord {
  const isOver = record.scan_status === "IN_PROGRESS" && pending.scan_status === undefined;
  const after: DeviceRecord = { ...record, ...pending };
  if (isOver) Object.assign(after, { scan_status: "COMPLETED", scan_last_complete_time: now });
  if (pending.scan_status !== undefined) after.scan_last_action_time = now;
  if (pending.policy_id !== undefined) after.last_policy_updated_time = now;
  if (pending.status === "UNINSTALLED") Object.assign(after, { deregistered_time: now, last_contact_time: now });
  return after;
}
