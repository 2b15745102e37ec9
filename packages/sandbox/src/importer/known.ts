import type { KnownOrganisation, ProcessRecord, SensorRecord } from "../domain/index.js";
import type { HostDraft, LogTable, ProcessDraft } from "./table.js";

/** Where pids begin that stand in for those that the log does not tell: far above any that a system gives. */
export const STAND_IN_PIDS = 1_000_000_000;

/**
 * Completes the table with what earlier logs told of its hosts, so that what comes of it is the same as if all of them had
 * been one log. A host whose name fits no sensor stays a new one.
 */
export function recall(table: LogTable, known: KnownOrganisation): void {
  const sensors = known.sensors();
  const taken = new Set<number>();
  for (const host of table.hosts) {
    const sensor = host.processes.size === 0 ? undefined : sensorOf(host, sensors);
    if (sensor === undefined || taken.has(sensor.id)) continue;
    taken.add(sensor.id);
    host.sensor = sensor;
    recallProcesses(table, host, known.imported(sensor.id));
  }
}

/** By the full name. Where the log or the sensor has only the short one, that decides, if it can. */
function sensorOf(host: HostDraft, sensors: readonly SensorRecord[]): SensorRecord | undefined {
  const full = host.dnsName.toLowerCase();
  const short = host.name.toLowerCase();
  const same = sensors.find((sensor) => sensor.computer_dns_name.toLowerCase() === full);
  if (same !== undefined) return same;
  const fitting = sensors.filter(
    ({ computer_name, computer_dns_name }) =>
      computer_name.toLowerCase() === short && !(full.includes(".") && computer_dns_name.includes(".")),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function recallProcesses(table: LogTable, host: HostDraft, records: readonly ProcessRecord[]): void {
  const drafts = new Map<string, ProcessDraft>();
  for (const record of records) {
    const guid = record.origin?.guid;
    if (guid === undefined) continue;
    const isNew = !host.processes.has(guid);
    const draft = table.process(host, guid, { image: record.path === "" ? undefined : record.path });
    if (isNew) draft.onlyRecalled = true;
    draft.stored = record;
    drafts.set(record.id, draft);
    complete(draft, record);
  }
  for (const [, draft] of drafts) {
    const parent = drafts.get(draft.stored?.parent_id ?? "");
    if (draft.parent === undefined && parent !== undefined) draft.parent = parent;
  }
}

/** What this log says of a process stands; what it leaves open is taken from the record. */
function complete(draft: ProcessDraft, record: ProcessRecord): void {
  if (record.pid >= STAND_IN_PIDS) draft.standIn = record.pid;
  else draft.pid ??= record.pid;
  if (record.origin?.created === true && !draft.created) {
    draft.created = true;
    draft.start = record.start;
  } else if (!draft.created) draft.start = Math.min(draft.start, record.start);
  draft.cmdline ||= record.cmdline;
  draft.username ||= record.username;
  draft.md5 ||= record.md5;
  if (record.sha256 !== undefined) draft.sha256 ??= record.sha256;
  if (record.end !== undefined) draft.end ??= record.end;
  if (record.tampered === true) draft.tampered = true;
  if (record.parent_pid >= 0) draft.parentPid ??= record.parent_pid;
  if (record.parent_name !== "") draft.parentPath ??= record.parent_name;
  draft.lastTime = Math.max(draft.lastTime, record.segments.at(-1)?.last_update ?? 0);
}
