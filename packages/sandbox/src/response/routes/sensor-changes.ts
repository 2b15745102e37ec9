import type { SensorRecord, SensorState } from "../../domain/index.js";
import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import {
  type FieldCheck,
  orNull,
  readObject,
  textOf,
  trueOrFalse,
  wholeNumber,
  writtenTime,
} from "../../server/write-body.js";
import { findGroup } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import { requireAdministrator } from "../rights.js";

const LONGEST_NOTES = 4_096;

/** The fields of a sensor that can be changed. Most of them are wishes that come true when the sensor checks in. */
const CHANGEABLE: Readonly<Record<string, FieldCheck>> = {
  group_id: wholeNumber(0),
  network_isolation_enabled: trueOrFalse,
  restart_queued: trueOrFalse,
  uninstall: trueOrFalse,
  notes: orNull(textOf(LONGEST_NOTES)),
  event_log_flush_time: orNull(writtenTime),
};

/** May be sent too; a session is opened by a route of its own, whatever it says. */
const WITHOUT_EFFECT: Readonly<Record<string, FieldCheck>> = { liveresponse_init: orNull(trueOrFalse) };

/**
 * Carries out a change of a sensor. Fields that cannot be changed are passed over by older servers, to which clients send
 * the whole document back, and refused by newer ones.
 */
export function changeSensor(context: ResponseContext, record: SensorRecord, request: SandboxRequest): void {
  const body = readObject(request);
  if (context.traits.strictSensorChanges) {
    const unknown = body.names().filter((name) => !Object.hasOwn({ ...CHANGEABLE, ...WITHOUT_EFFECT }, name));
    if (unknown.length > 0) {
      throw new HttpProblem(400, `These fields of a sensor cannot be changed: ${unknown.slice(0, 20).join(", ")}`);
    }
    body.readAll(WITHOUT_EFFECT);
  }
  const { group_id = record.group_id, ...wishes } = body.readAll(CHANGEABLE) as { group_id?: number } & SensorState;
  if ((wishes.uninstall ?? false) !== (record.state?.uninstall ?? false) && wishes.uninstall !== undefined) {
    requireAdministrator(request, "Uninstalling sensors");
  }
  if (group_id !== record.group_id && findGroup(context.store, group_id) === undefined) {
    throw new HttpProblem(400, `group_id must be the id of a group; there is no group ${group_id}`);
  }
  const state = changedState(record, wishes);
  if (group_id === record.group_id && state === record.state) return;
  context.store.sensor({ ...record, group_id, ...(state === undefined ? {} : { state }) });
}

/** The same object when nothing changes: writing it would make every kept result of a search stale. */
function changedState({ state }: SensorRecord, wishes: SensorState): SensorState | undefined {
  const known = new Map<string, unknown>(Object.entries(state ?? {}));
  const changed = Object.entries(wishes).filter(([name, value]) => (known.get(name) ?? MISSING.get(name)) !== value);
  return changed.length === 0 ? state : { ...state, ...Object.fromEntries(changed) };
}

/** What a sensor shows of which nothing was ever asked. */
const MISSING: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["network_isolation_enabled", false],
  ["restart_queued", false],
  ["uninstall", false],
  ["notes", null],
  ["event_log_flush_time", null],
]);
