import type { Document } from "../../core/model/document.js";
import { Completeness } from "../../core/model/document.js";
import type { Entry } from "../../core/model/identity-map.js";
import { adopt, classOf, Model } from "../../core/model/model.js";
import type { WriteRequest } from "../../core/model/mutable-model.js";
import { inTurn } from "../../core/model/turns.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { ServerVersion } from "../server-version.js";
import { sendWrite } from "../writes.js";
import type { Sensor } from "./sensor.js";

/** Everything that the server lets a caller change, and all that a change may hold since 7.1. */
export const WRITABLE = [
  "event_log_flush_time",
  "group_id",
  "network_isolation_enabled",
  "notes",
  "restart_queued",
  "uninstall",
] as const;

/** A document that was read longer ago is read again before parts of it are sent back, in milliseconds. */
const FRESH = 10_000;

/** The change of a sensor: always all fields that can be changed, the others as the server has them. */
export function sensorUpdate(id: number, document: Document, values: Document): WriteRequest {
  const all: Document = { ...document, ...values };
  const body = Object.fromEntries(WRITABLE.map((name) => [name, all[name] ?? null]));
  return { method: "PUT", path: `/api/v1/sensor/${id}`, body };
}

/** A flush time as this server reads it: UTC, and whole seconds. */
export function flushTimeText(time: Date, version: ServerVersion): string {
  // 6.0.0 with a build behind it is later than 6.0.0.
  if (version.atLeast(6, 0, 0, 1)) return time.toUTCString();
  return `${time.toISOString().slice(0, 19).replace("T", " ")}.000000`;
}

/** Reads the sensor from the server, whatever is known of it. */
export function readSensor(sensor: Sensor, options: CallOptions): Promise<Entry> {
  return Model.stateOf(sensor).client.identityMap.load(classOf(sensor), sensor.id, { ...options, refresh: true });
}

/**
 * Changes these fields, given as the server has them, and reads the sensor again. What it already has is not sent.
 * Changes that were assigned to the object and not saved are left alone.
 */
export function changeSensor(sensor: Sensor, values: Document, options: CallOptions): Promise<Entry> {
  const change = async () => {
    const known = knownOf(sensor);
    const entry = known ?? (await readSensor(sensor, options));
    if (Object.entries(values).every(([name, value]) => entry.document[name] === value)) return entry;
    return sendChange(sensor, entry.document, values, options);
  };
  return inTurn(sensor, change, options);
}

/** Sends a change in its turn, and reads the sensor again. */
export async function sendChange(
  sensor: Sensor,
  document: Document,
  values: Document,
  options: CallOptions,
): Promise<Entry> {
  const { client } = Model.stateOf(sensor);
  client.logDebug(`Updating Sensor with unique ID ${sensor.id}`);
  try {
    await sendWrite(client, sensorUpdate(sensor.id, document, values), options);
  } finally {
    // Whether or not it was carried out: whoever reads the sensor next is to see what the server has.
    client.identityMap.evict(classOf(sensor), sensor.id);
  }
  return readSensor(sensor, options);
}

/** Takes over what is known of the sensor; these fields are no longer changes of this object. */
export function takeOver(sensor: Sensor, entry: Entry, written: readonly string[]): void {
  const state = Model.stateOf(sensor);
  adopt(state, entry);
  for (const name of written) state.changes?.delete(name);
  if (state.changes?.size === 0) state.changes = undefined;
}

function knownOf(sensor: Sensor): Entry | undefined {
  const { identityMap } = Model.stateOf(sensor).client;
  const known = identityMap.peek(classOf(sensor), sensor.id, Completeness.full);
  return known !== undefined && identityMap.now() - known.readAt <= FRESH ? known : undefined;
}
