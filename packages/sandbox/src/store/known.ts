import type { BinaryRecord, KnownOrganisation, ProcessRecord } from "../domain/index.js";
import { findBinary } from "./binaries.js";
import { findSensors } from "./endpoints.js";
import { eventsOf, findProcess, segmentsOf } from "./processes.js";
import type { Store } from "./store.js";

/** What the store holds, as those ask who add to it. */
export function knownIn(store: Store): KnownOrganisation {
  return {
    sensors: () => findSensors(store),
    binary: (md5): BinaryRecord | undefined => findBinary(store, md5)?.record,
    imported: (sensorId) => imported(store, sensorId),
  };
}

function imported(store: Store, sensorId: number): ProcessRecord[] {
  const origins = store.database.all<{ guid: string; created: number; id: string }>(
    `SELECT o.guid, o.created, p.id FROM process_origin o JOIN process p ON p.proc = o.proc
     WHERE o.sensor_id = ? ORDER BY p.proc`,
    [sensorId],
  );
  return origins.flatMap(({ guid, created, id }) => {
    const record = readProcess(store, id);
    return record === undefined ? [] : [{ ...record, origin: { guid, created: created === 1 } }];
  });
}

/** A process as it was handed over, its events put together. */
function readProcess(store: Store, id: string): ProcessRecord | undefined {
  const row = findProcess(store, id, { all: true });
  if (row === undefined) return undefined;
  const record: ProcessRecord = {
    sensor_id: row.sensor_id,
    pid: row.pid,
    id: row.id,
    parent_pid: row.parent_pid,
    parent_name: row.parent_name,
    start: row.start,
    process_name: row.process_name,
    path: row.path,
    cmdline: row.cmdline,
    username: row.username,
    md5: row.md5,
    segments: segmentsOf(store, row.proc).map(({ segment_id, last_update, last_server_update }) => ({
      ...{ segment_id, last_update, last_server_update },
    })),
    events: eventsOf(store, row, { all: true }),
  };
  if (row.parent_id !== null) record.parent_id = row.parent_id;
  if (row.ended !== null) record.end = row.ended;
  if (row.uid !== null) record.uid = row.uid;
  if (row.sha256 !== null) record.sha256 = row.sha256;
  if (row.tampered === 1) record.tampered = true;
  if (row.alliance !== null) record.alliance = JSON.parse(row.alliance) as NonNullable<ProcessRecord["alliance"]>;
  return record;
}
