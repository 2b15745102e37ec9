import type { ProcessEvents, ProcessRecord, SegmentRecord } from "../domain/index.js";
import type { StoredProcess } from "./process-rows.js";
import type { ProcessRow } from "./processes.js";
import type { Store } from "./store.js";
import { fold } from "./tokens.js";

/** Pids beyond it are seen in logs only. */
const HIGHEST_PID = 2 ** 22;

/** A process that has not ended, as it is stored; without its events. */
export type RunningProcess = StoredProcess & { proc: number };

const SHOWN = [
  ...["proc", "id", "sensor_id", "pid", "parent_id", "parent_pid", "parent_name", "start", "process_name", "path"],
  ...["cmdline", "username", "uid", "md5", "sha256", "alliance"],
] as const satisfies readonly (keyof ProcessRow)[];
type Row = Pick<ProcessRow, (typeof SHOWN)[number]>;

const COLUMNS = SHOWN.join(", ");
const RUNNING = "sensor_id = ? AND ended IS NULL AND placeholder = 0 AND suppressed = 0 AND start <= ?";

/** The processes that run on a sensor at a moment, the latest first, as far as they are more than a name to the server. */
export function runningProcesses(store: Store, sensor: number, now: number): RunningProcess[] {
  const rows = store.database.all<Row>(
    `SELECT ${COLUMNS} FROM process WHERE ${RUNNING} ORDER BY start DESC, proc DESC`,
    [sensor, now],
  );
  return rows.map(processOf);
}

const processOf = ({ parent_id, uid, sha256, alliance, ...row }: Row): RunningProcess => ({
  ...row,
  ...(parent_id === null ? {} : { parent_id }),
  ...(uid === null ? {} : { uid }),
  ...(sha256 === null ? {} : { sha256 }),
  ...(alliance === null ? {} : { alliance: JSON.parse(alliance) as NonNullable<ProcessRecord["alliance"]> }),
});

/** A process that runs on a sensor, by which it is chosen. */
export interface RunningName {
  proc: number;
  id: string;
  process_name: string;
}

/** The names of {@link runningProcesses}: there may be thousands of them, of which one is wanted. */
export function runningNames(store: Store, sensor: number, now: number): RunningName[] {
  const row = store.database.first<{ list: string }>(
    `SELECT json_group_array(json_array(proc, id, process_name)) AS list FROM
       (SELECT proc, id, process_name FROM process WHERE ${RUNNING} ORDER BY start DESC, proc DESC)`,
    [sensor, now],
  );
  const list = JSON.parse(row?.list ?? "[]") as [number, string, string][];
  return list.map(([proc, id, process_name]) => ({ proc, id, process_name }));
}

/** A process by its number, as it runs. */
export function runningProcess(store: Store, proc: number): RunningProcess | undefined {
  const row = store.database.first<Row>(`SELECT ${COLUMNS} FROM process WHERE proc = ?`, [proc]);
  return row === undefined ? undefined : processOf(row);
}

/** A pid that no process of a sensor has or had: the next one, on Windows the next multiple of four. */
export function freePid(store: Store, sensor: number, step: number): number {
  const highest = store.database.count("SELECT max(pid) AS n FROM process WHERE sensor_id = ? AND pid < ?", [
    ...[sensor, HIGHEST_PID],
  ]);
  return (Math.floor(Math.max(0, highest) / step) + 1) * step;
}

/** Adds a segment to a process with what its sensor has just told of it. Returns the segment. */
export function addSegment(
  store: Store,
  process: RunningProcess,
  events: ProcessEvents,
  times: { now: number; arrival: number },
): SegmentRecord & { ordinal: number } {
  const { proc, ...record } = process;
  const latest = store.database.first<{ segment_id: number; ordinal: number }>(
    `SELECT max(segment_id) AS segment_id, max(ordinal) AS ordinal FROM
       (SELECT max(segment_id) AS segment_id, ordinal FROM segment WHERE proc = ?
        UNION ALL SELECT max(segment_id), ordinal FROM cold_segment WHERE proc = ?)`,
    [proc, proc],
  );
  // Two segments of one process never have the same id.
  const id = Math.max(times.arrival, (latest?.segment_id ?? 0) + 1);
  const ordinal = (latest?.ordinal ?? 0) + 1;
  const segment = { segment_id: id, last_update: times.now, last_server_update: id, ordinal };
  store.segment(proc, record, segment, events);
  return segment;
}

/** Whether a name, in any case, is that of a process. */
export const isNamed = (process: Pick<ProcessRecord, "process_name">, name: string): boolean =>
  fold(process.process_name) === fold(name);
