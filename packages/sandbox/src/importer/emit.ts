import { isDeepStrictEqual } from "node:util";
import type {
  ChildprocRecord,
  CrossprocRecord,
  KnownOrganisation,
  OrganisationSink,
  ProcessEvents,
  ProcessRecord,
  SensorRecord,
} from "../domain/index.js";
import { processGuid } from "../organisation/ids.js";
import { baseName } from "../paths.js";
import { STAND_IN_PIDS } from "./known.js";
import type { EventMapper } from "./mapping.js";
import { completeBinary, joinEvents } from "./merge.js";
import type { HostDraft, LogTable, ProcessDraft } from "./table.js";

/** What came of a table. */
export interface Emitted {
  sensors: number;
  /** Those of the sensors that were there before. */
  knownSensors: number;
  processes: number;
  /** Those of the processes that an earlier log had told of. */
  knownProcesses: number;
  binaries: number;
}

/**
 * Writes the table's sensors, binaries and processes into the sink, new sensors with ids from `firstSensorId` on. What is
 * there already, and nothing new is told of it, is left alone.
 */
export function emit(
  table: LogTable,
  mapper: EventMapper,
  sink: OrganisationSink,
  options: { firstSensorId: number; groupId: number; known?: KnownOrganisation | undefined },
): Emitted {
  const emitted: Emitted = {
    ...{ sensors: 0, knownSensors: 0, processes: 0, knownProcesses: 0 },
    binaries: table.binaries.size,
  };
  let nextId = options.firstSensorId;
  for (const host of table.hosts) {
    if (host.processes.size === 0) continue;
    const known = host.sensor;
    const sensor = known === undefined ? newSensor(host, nextId++, options.groupId) : heardAgain(known, host);
    if (!isDeepStrictEqual(sensor, known)) sink.sensor(sensor);
    writeProcesses(host, sensor.id, mapper, sink);
    emitted.sensors++;
    if (known !== undefined) emitted.knownSensors++;
    for (const process of host.processes.values()) {
      if (process.onlyRecalled === true) continue;
      emitted.processes++;
      if (process.stored !== undefined) emitted.knownProcesses++;
    }
  }
  for (const told of table.binaries.values()) {
    const known = options.known?.binary(told.md5);
    const binary = known === undefined ? told : completeBinary(known, told);
    if (!isDeepStrictEqual(binary, known)) sink.binary(binary);
  }
  return emitted;
}

function newSensor(host: HostDraft, id: number, groupId: number): SensorRecord {
  const ips = host.ips.size > 0 ? [...host.ips] : [madeUpAddress(id)];
  return {
    id,
    group_id: groupId,
    computer_name: host.name,
    computer_dns_name: host.dnsName.toLowerCase(),
    computer_sid: "",
    os_type: host.linux ? "linux" : "windows",
    host_type: "workstation",
    os_environment_display_string: host.linux ? "Linux, 64-bit" : "Windows, 64-bit",
    build_version_string: "007.002.001.18021",
    interfaces: ips.map((ip, index) => ({ ip, mac: madeUpMac(id, index) })),
    registration_time: host.firstTime,
    last_checkin_time: host.lastTime,
    online: true,
    supports_cblr: true,
    supports_isolation: true,
    physical_memory_size: 8 * 1024 ** 3,
    systemvolume_total_size: 128 * 1024 ** 3,
    systemvolume_free_size: 64 * 1024 ** 3,
  };
}

/** A sensor that was there, with what this log adds: addresses, its full name, a longer time. */
function heardAgain(known: SensorRecord, host: HostDraft): SensorRecord {
  const kept =
    host.ips.size === 0 ? known.interfaces : known.interfaces.filter(({ ip }) => ip !== madeUpAddress(known.id));
  const ips = [...host.ips].filter((ip) => kept.every((each) => each.ip !== ip));
  const added = ips.map((ip, index) => ({ ip, mac: madeUpMac(known.id, kept.length + index) }));
  const dnsName = known.computer_dns_name.includes(".") ? known.computer_dns_name : host.dnsName.toLowerCase();
  return {
    ...known,
    computer_dns_name: dnsName,
    interfaces: [...kept, ...added],
    registration_time: Math.min(known.registration_time, host.firstTime),
    last_checkin_time: Math.max(known.last_checkin_time, host.lastTime),
  };
}

/** Of a host whose log tells of no connection. */
function madeUpAddress(sensorId: number): string {
  return `10.254.${(sensorId >> 8) & 255}.${sensorId & 255}`;
}

function madeUpMac(sensorId: number, index: number): string {
  return `02c0de${(sensorId * 256 + index).toString(16).padStart(6, "0").slice(-6)}`;
}

function writeProcesses(host: HostDraft, sensorId: number, mapper: EventMapper, sink: OrganisationSink): void {
  givePids(host, mapper);
  for (const { parent, created, start } of host.processes.values()) {
    // The start of a parent that is known to the second only can lie after its child's, which is then the better guess.
    if (parent !== undefined && created && !parent.created) parent.start = Math.min(parent.start, start);
  }
  const ids = new Map<ProcessDraft, string>();
  /** Processes by the ids of earlier imports: more may be known of them now, and ids are made of what is known. */
  const earlier = new Map<string, ProcessDraft>();
  const children = new Map<ProcessDraft, ProcessDraft[]>();
  for (const process of host.processes.values()) {
    const id = processGuid(sensorId, process.pid ?? -1, process.start, ticksOf(process));
    ids.set(process, id);
    if (process.stored !== undefined) earlier.set(process.stored.id, process);
    if (process.parent === undefined) continue;
    const list = children.get(process.parent);
    if (list === undefined) children.set(process.parent, [process]);
    else list.push(process);
  }
  for (const process of host.processes.values()) {
    const record = recordOf(process, sensorId, ids);
    const { childproc: _, ...told } = process.stored?.events ?? {};
    record.events = joinEvents(withOthers(told, earlier, ids), record.events);
    const born = children.get(process)?.flatMap((child) => childEvents(child, ids));
    if (born !== undefined) record.events.childproc = born.sort(inOrder);
    if (!isDeepStrictEqual(record, process.stored)) sink.process(record);
  }
}

/** A number for every process: its pid, or one that stands in for it and is kept from import to import. */
function givePids(host: HostDraft, mapper: EventMapper): void {
  const open = [...host.processes.values()].filter((process) => process.pid === undefined);
  let standIn = open.reduce((highest, process) => Math.max(highest, process.standIn ?? 0), STAND_IN_PIDS - 1);
  for (const process of open) {
    if (process === host.system) {
      process.pid = 4;
      continue;
    }
    process.pid = process.standIn ?? ++standIn;
    if (process.onlyRecalled !== true)
      mapper.assumed.add("process", "its pid is nowhere in the log: a stand-in from 1000000000 up");
  }
}

/** Stored events with what is known by now of the other processes in them. */
function withOthers(
  events: ProcessEvents,
  earlier: ReadonlyMap<string, ProcessDraft>,
  ids: ReadonlyMap<ProcessDraft, string>,
): ProcessEvents {
  if (events.crossproc === undefined) return events;
  const crossproc = events.crossproc.map((event) => {
    const other = earlier.get(event.other_id);
    return other === undefined ? event : { ...event, ...otherSide(other, ids) };
  });
  return { ...events, crossproc };
}

function otherSide(
  other: ProcessDraft,
  ids: ReadonlyMap<ProcessDraft, string>,
): Pick<CrossprocRecord, "other_id" | "md5" | "path"> {
  return { other_id: ids.get(other) ?? "", md5: other.md5, path: other.path };
}

/** Two processes can share a pid and a second; their GUIDs then differ in the ticks, taken from Sysmon's own. */
function ticksOf(process: ProcessDraft): number {
  return Number.parseInt(process.guid.slice(19, 23) || "0", 16) % 10_000;
}

function recordOf(process: ProcessDraft, sensorId: number, ids: ReadonlyMap<ProcessDraft, string>): ProcessRecord {
  const last = Math.max(process.lastTime, process.end ?? 0, process.start);
  const { parent } = process;
  const record: ProcessRecord = {
    sensor_id: sensorId,
    pid: process.pid ?? -1,
    id: ids.get(process) ?? "",
    parent_pid: parent?.pid ?? process.parentPid ?? -1,
    parent_name: baseName(parent?.path || process.parentPath || ""),
    start: process.start,
    process_name: baseName(process.path),
    path: process.path,
    cmdline: process.cmdline,
    username: process.username,
    md5: process.md5,
    // The log does not tell when it came to a server: the time of the last event stands for it.
    segments: [{ segment_id: last, last_update: last, last_server_update: last }],
    events: {},
    origin: { guid: process.guid, created: process.created },
  };
  const parentId = parent === undefined ? undefined : ids.get(parent);
  if (parentId !== undefined) record.parent_id = parentId;
  if (process.end !== undefined) record.end = Math.max(process.end, process.start);
  if (process.sha256 !== undefined) record.sha256 = process.sha256;
  if (process.tampered) record.tampered = true;
  const { events } = record;
  if (process.modloads.length > 0) events.modload = process.modloads.sort(byTime);
  if (process.filemods.length > 0) events.filemod = process.filemods.sort(byTime);
  if (process.regmods.length > 0) events.regmod = process.regmods.sort(byTime);
  if (process.netconns.length > 0) events.netconn = process.netconns.sort(byTime);
  if (process.crossprocs.length > 0) {
    events.crossproc = process.crossprocs.sort(byTime).map(({ other, ...event }) => ({
      ...event,
      ...otherSide(other, ids),
    }));
  }
  return record;
}

function childEvents(child: ProcessDraft, ids: ReadonlyMap<ProcessDraft, string>): ChildprocRecord[] {
  const common = {
    child_id: ids.get(child) ?? "",
    md5: child.md5,
    path: child.path,
    pid: child.pid ?? -1,
    cmdline: child.cmdline,
    username: child.username,
  };
  const events: ChildprocRecord[] = [{ ...common, time: child.start, started: true }];
  if (child.end !== undefined) events.push({ ...common, time: child.end, started: false });
  return events;
}

function byTime(a: { time: number }, b: { time: number }): number {
  return a.time - b.time;
}

/** A child that ended in the moment in which it began did so afterwards; two children come by id. */
function inOrder(a: ChildprocRecord, b: ChildprocRecord): number {
  return (
    a.time - b.time ||
    (a.child_id === b.child_id ? Number(b.started) - Number(a.started) : a.child_id < b.child_id ? -1 : 1)
  );
}
