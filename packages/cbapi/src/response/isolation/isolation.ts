import { Model } from "../../core/model/model.js";
import { takeOver } from "../../core/model/rebase.js";
import { readNow } from "../../core/model/write.js";
import { planOf, type WritePlan } from "../../core/model/write-plan.js";
import { timeLimit } from "../../core/transport/limits.js";
import type { CallOptions } from "../../core/transport/types.js";
import { connected, edr } from "../host.js";
import type { Sensor } from "../models/sensor/sensor.js";
import { sensorUpdate } from "../models/sensor/writes.js";
import { type IsolateOptions, IsolationEffort, type IsolationResult } from "./effort.js";
import { isRequested, refuseUnsupported } from "./state.js";

/** What asking for isolation, or for its end, would send; `undefined` when it is asked for already. */
export async function planIsolation(
  sensor: Sensor,
  wanted: boolean,
  options: CallOptions,
): Promise<WritePlan | undefined> {
  const { signal, timeout } = options;
  const { cb_server_version: version } = await connected(Model.stateOf(sensor).client, { signal, timeout });
  const entry = await readNow(sensor, { signal, timeout });
  takeOver(sensor, entry, []);
  const { document } = entry;
  refuseUnsupported(document, wanted);
  if (isRequested(document) === wanted) return undefined;
  const change = { network_isolation_enabled: wanted };
  return planOf([sensorUpdate(sensor.id, document, change, version)], document, new Map(Object.entries(change)));
}

const efforts = new WeakMap<object, Map<number, IsolationEffort>>();

/**
 * Asks for isolation, or for its end, unless that is asked for already, and waits until the endpoint reports it. Calls
 * that want the same of one sensor at the same time are one; a call that wants the opposite ends those before it.
 */
export async function changeIsolation(
  sensor: Sensor,
  wanted: boolean,
  options: IsolateOptions,
): Promise<IsolationResult> {
  options.signal?.throwIfAborted();
  // Checked before anything is set going.
  if (options.timeout !== undefined) timeLimit(options.timeout);
  const client = edr(Model.stateOf(sensor).client);
  const { id } = sensor;
  const running = efforts.get(client) ?? new Map<number, IsolationEffort>();
  efforts.set(client, running);
  const current = running.get(id);
  if (current?.wanted === wanted && !current.isOver) return current.join(sensor, options);
  current?.supersede();
  const effort = new IsolationEffort(sensor, wanted, client.clock, current?.ended);
  running.set(id, effort);
  void effort.ended.then(() => {
    if (running.get(id) === effort) running.delete(id);
  });
  return effort.join(sensor, options);
}
