import type { BinaryRecord, KnownOrganisation, ProcessEvents, ProcessRecord, SensorRecord } from "../domain.js";
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

/**
 * The events of both, those that stand in both only once. The same event can happen twice in a moment: then it stands as
 * often as in the one that has it more often.
 */
export function joinEvents(stored: ProcessEvents, told: ProcessEvents): ProcessEvents {
  const joined: Record<string, { time: number }[]> = {};
  for (const kind of new Set([...Object.keys(stored), ...Object.keys(told)])) {
    const list = joinLists(stored[kind as keyof ProcessEvents] ?? [], told[kind as keyof ProcessEvents] ?? []);
    if (list.length > 0) joined[kind] = list;
  }
  return joined as ProcessEvents;
}

function joinLists(stored: readonly { time: number }[], told: readonly { time: number }[]): { time: number }[] {
  if (stored.length === 0) return [...told];
  const joined = [...stored];
  /** Places in `joined` of the stored events that no told one has been recognised as. */
  const open = new Map<string, number[]>();
  stored.forEach((event, place) => {
    const key = identity(event);
    const places = open.get(key);
    if (places === undefined) open.set(key, [place]);
    else places.push(place);
  });
  for (const event of told) {
    const place = open.get(identity(event))?.shift();
    if (place === undefined) joined.push(event);
    // One of the two logs may hold the DNS query that the name of an address is known from.
    else if ("domain" in event && event.domain !== "") joined[place] = event;
  }
  return joined.sort((a, b) => a.time - b.time);
}

function identity(event: object): string {
  const fields = Object.entries(event).filter(([name]) => name !== "domain" && name !== "segment");
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A binary of which more is told: what is known stands, what was open is filled. */
export function completeBinary(known: BinaryRecord, more: BinaryRecord): BinaryRecord {
  const checked = known.digsig_result === "(Unknown)" ? more : known;
  return {
    ...more,
    ...known,
    sha256: known.sha256 || more.sha256,
    observed_filename: [...new Set([...known.observed_filename, ...more.observed_filename])],
    server_added_timestamp: Math.min(known.server_added_timestamp, more.server_added_timestamp),
    last_seen: Math.max(known.last_seen, more.last_seen),
    digsig_result: checked.digsig_result,
    ...(checked.digsig_publisher === undefined ? {} : { digsig_publisher: checked.digsig_publisher }),
  };
}
