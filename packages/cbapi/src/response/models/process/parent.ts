import type { Key } from "../../../core/model/document.js";
import { Completeness } from "../../../core/model/document.js";
import { Model } from "../../../core/model/model.js";
import { creationTimeText, parseProcessGuid, splitProcessId } from "../../process-guid.js";
import { Process } from "./process.js";

/** The key of the process that started this one; `undefined` when the sensor did not know it. */
export function parentKey(process: Process): Key | undefined {
  const unique = process.parent_unique_id;
  const split = unique === undefined || unique === "" ? undefined : splitProcessId(unique);
  const guid = split === undefined ? undefined : parseProcessGuid(split.id);
  // After an upgrade the long form may name another sensor; the short one is right then. Where it is right itself, the
  // short one is not looked at: to miss it would cost a request.
  if (guid !== undefined && guid.sensorId === process.sensor_id) return guid.pid === undefined ? undefined : split?.id;
  const id = process.parent_id;
  const named = id === undefined || id === "" || splitProcessId(id) === undefined ? split?.id : id;
  return named === undefined || isUnknownGuid(named) ? undefined : named;
}

/** Whether this id stands for "the sensor did not know"; the server has nothing under it. */
function isUnknownGuid(id: string): boolean {
  const guid = parseProcessGuid(id);
  return guid !== undefined && guid.pid === undefined;
}

/** What is known here of a parent that the server does not have. */
export function parentStub(process: Process): Process | undefined {
  const key = parentKey(process);
  const guid = key === undefined ? undefined : parseProcessGuid(String(key));
  if (key === undefined || guid?.pid === undefined) return undefined;
  const start = creationTimeText(guid);
  const document = {
    id: String(key),
    process_pid: guid.pid,
    sensor_id: guid.sensorId,
    hostname: process.hostname,
    ...(process.parent_name === undefined ? {} : { process_name: process.parent_name }),
    ...(start === undefined ? {} : { start }),
  };
  const { client } = Model.stateOf(process);
  return new Process({ client, key, document, completeness: Completeness.full, settings: { stub: true } });
}
