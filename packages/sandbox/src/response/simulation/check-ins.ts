import type { SensorRecord, SensorState } from "../../domain/index.js";
import { isCheckinRound, lastCheckin } from "../../endpoint/presence.js";
import { findSensor, findSensorsWithRequests } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import type { Activity } from "./activity.js";

/** Lets all endpoints that are switched on report to the server, upon which they learn what was asked of them. */
export function checkinRounds(context: ResponseContext): Activity {
  const { store, checkins } = context;
  let looked = -1;
  return (tick, now) => {
    if (!isCheckinRound(checkins, tick, now)) return;
    // Whatever is asked of a sensor is a write.
    if (store.revision === looked) return;
    for (const record of findSensorsWithRequests(store)) {
      const changed = afterCheckin(record, now);
      if (changed !== undefined) store.sensor(changed);
    }
    looked = store.revision;
  };
}

/** A sensor after it has learned at a check-in what was asked of it; undefined when there is nothing new for it. */
function afterCheckin(record: SensorRecord, now: number): SensorRecord | undefined {
  const { state = {} } = record;
  const changes: SensorState = {};
  const isolated = state.network_isolation_enabled === true && record.supports_isolation;
  if ((state.is_isolating ?? false) !== isolated) changes.is_isolating = isolated;
  if (typeof state.event_log_flush_time === "number") changes.event_log_flush_time = null;
  if (state.restart_queued === true) {
    Object.assign(changes, { restart_queued: false, restarts: (state.restarts ?? 0) + 1, restarted: now });
  }
  if (state.uninstall === true && state.uninstalled !== true) {
    // Nothing is left on the endpoint that could report, or keep it isolated.
    Object.assign(changes, { uninstalled: true, is_isolating: false });
    return { ...record, online: false, last_checkin_time: now, state: { ...state, ...changes } };
  }
  return Object.keys(changes).length === 0 ? undefined : { ...record, state: { ...state, ...changes } };
}

/**
 * Switches an endpoint on or off. One that is switched on reports at once; one that is switched off falls silent, and the
 * server takes it for offline when it has missed a few check-ins.
 */
export function switchEndpoint(context: ResponseContext, id: number, online: boolean): void {
  const { store, checkins } = context;
  const record = Number.isSafeInteger(id) ? findSensor(store, id) : undefined;
  if (record === undefined) throw new RangeError(`There is no sensor ${id}`);
  if (record.online === online) return;
  if (record.state?.uninstalled === true) throw new RangeError(`The sensor of ${record.computer_name} was uninstalled`);
  const { now } = checkins;
  const switched = { ...record, online, last_checkin_time: online ? now : lastCheckin(record, checkins) };
  store.sensor(online ? (afterCheckin(switched, now) ?? switched) : switched);
}
