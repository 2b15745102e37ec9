import type { ChildprocRecord, OrganisationSink, ProcessRecord } from "../domain.js";
import { processGuid } from "../organisation/ids.js";
import type { EventMapper, SecurityCreation } from "./mapping.js";
import { fileName } from "./spelling.js";
import type { HostDraft, LogTable, ProcessDraft } from "./table.js";

/** Where pids begin that stand in for those that the log does not tell: far above any that a system gives. */
export const STAND_IN_PIDS = 1_000_000_000;

/** Settles what could only be known at the end of the log: pids, names of addresses, drivers. */
export function settle(table: LogTable, mapper: EventMapper): void {
  completePids(table, mapper);
  for (const host of table.hosts.values()) {
    for (const process of host.processes.values()) nameAddresses(process, mapper);
  }
  for (const { host, md5, path, time } of mapper.drivers) {
    if (host.system === undefined)
      mapper.skipped.add("Sysmon 6", "a driver, and no event names the kernel's process to hold it");
    else {
      host.system.modloads.push({ time, md5, path });
      host.system.lastTime = Math.max(host.system.lastTime, time);
      mapper.mapped.modload++;
    }
  }
}

function nameAddresses(process: ProcessDraft, mapper: EventMapper): void {
  const domains = new Map<string, ProcessDraft["lookups"][number]>();
  for (const lookup of process.lookups) for (const address of lookup.addresses) domains.set(address, lookup);
  for (const netconn of process.netconns) {
    const lookup = domains.get(netconn.remote_ip.toLowerCase());
    if (lookup === undefined) continue;
    if (netconn.domain === "") netconn.domain = lookup.domain;
    lookup.used = true;
  }
  for (const lookup of process.lookups) {
    if (lookup.used) mapper.mapped.domain++;
    else mapper.skipped.add("Sysmon 22", "a DNS query, and the process connected to no address of its answer");
  }
}

/**
 * Some shippers drop the pid from Sysmon's events. The security log tells of the same creations with their pids:
 * they are matched by host, program and command line, in the order in which they happened.
 */
function completePids(table: LogTable, mapper: EventMapper): void {
  const byProgram = new Map<string, SecurityCreation[]>();
  const key = (host: HostDraft, path: string, cmdline: string): string =>
    `${host.name.toUpperCase()}\n${path}\n${cmdline}`;
  for (const creation of mapper.creations) {
    const name = key(creation.host, creation.path, creation.cmdline ?? "");
    const list = byProgram.get(name);
    if (list === undefined) byProgram.set(name, [creation]);
    else list.push(creation);
  }
  for (const host of table.hosts.values()) {
    const created = [...host.processes.values()].filter((process) => process.created).sort((a, b) => a.start - b.start);
    const candidates = (process: ProcessDraft): SecurityCreation[] =>
      byProgram.get(key(host, process.path, process.cmdline)) ?? byProgram.get(key(host, process.path, "")) ?? [];
    // Pids that Sysmon told are matched first, so that only what is really open is left for the others.
    for (const process of created) {
      if (process.pid === undefined) continue;
      const list = candidates(process);
      const index = list.findIndex((creation) => creation.pid === process.pid);
      if (index < 0) continue;
      list.splice(index, 1);
      mapper.skipped.add("Security 4688", "the creation is already there from Sysmon");
    }
    for (const process of created) {
      if (process.pid !== undefined) continue;
      const creation = candidates(process).shift();
      if (creation === undefined) continue;
      process.pid = creation.pid;
      mapper.mapped.pid++;
    }
  }
  for (const list of byProgram.values()) {
    if (list.length > 0) mapper.skipped.add("Security 4688", "no creation of that process by Sysmon", list.length);
  }
}

/** Writes the table's sensors, binaries and processes into the sink, with sensor ids from `firstSensorId` on. */
export function emit(
  table: LogTable,
  mapper: EventMapper,
  sink: OrganisationSink,
  options: { firstSensorId: number; groupId: number },
): { sensors: number; processes: number; binaries: number } {
  let sensorId = options.firstSensorId;
  let processes = 0;
  let sensors = 0;
  for (const host of table.hosts.values()) {
    if (host.processes.size === 0) continue;
    writeSensor(host, sensorId, options.groupId, sink);
    processes += writeProcesses(host, sensorId, mapper, sink);
    sensorId++;
    sensors++;
  }
  for (const binary of table.binaries.values()) sink.binary(binary);
  return { sensors, processes, binaries: table.binaries.size };
}

function writeSensor(host: HostDraft, id: number, groupId: number, sink: OrganisationSink): void {
  const seen = host.ips.size > 0 ? [...host.ips] : [`10.254.${(id >> 8) & 255}.${id & 255}`];
  sink.sensor({
    id,
    group_id: groupId,
    computer_name: host.name,
    computer_dns_name: host.dnsName.toLowerCase(),
    computer_sid: "",
    os_type: host.linux ? "linux" : "windows",
    host_type: "workstation",
    os_environment_display_string: host.linux ? "Linux, 64-bit" : "Windows, 64-bit",
    build_version_string: "007.002.001.18021",
    interfaces: seen.map((ip, index) => ({
      ip,
      mac: `02c0de${(id * 256 + index).toString(16).padStart(6, "0").slice(-6)}`,
    })),
    registration_time: host.firstTime,
    last_checkin_time: host.lastTime,
    online: true,
    supports_cblr: true,
    supports_isolation: true,
    physical_memory_size: 8 * 1024 ** 3,
    systemvolume_total_size: 128 * 1024 ** 3,
    systemvolume_free_size: 64 * 1024 ** 3,
  });
}

function writeProcesses(host: HostDraft, sensorId: number, mapper: EventMapper, sink: OrganisationSink): number {
  const ids = new Map<ProcessDraft, string>();
  let standIn = STAND_IN_PIDS;
  for (const process of host.processes.values()) {
    if (process.pid === undefined) {
      process.pid = process === host.system ? 4 : standIn++;
      if (process !== host.system)
        mapper.assumed.add("process", "its pid is nowhere in the log: a stand-in from 1000000000 up");
    }
    // A start that is known to the second only can lie before its parent's; the parent's is then the better guess.
    if (process.parent !== undefined && process.start < process.parent.start) {
      if (process.created && !process.parent.created) process.parent.start = process.start;
    }
    ids.set(process, processGuid(sensorId, process.pid, process.start, ticksOf(process)));
  }
  const children = new Map<ProcessDraft, ProcessDraft[]>();
  for (const process of host.processes.values()) {
    if (process.parent === undefined) continue;
    const list = children.get(process.parent);
    if (list === undefined) children.set(process.parent, [process]);
    else list.push(process);
  }
  for (const process of host.processes.values()) {
    const record = recordOf(process, sensorId, ids);
    const born = children.get(process);
    if (born !== undefined)
      record.events.childproc = born.flatMap((child) => childEvents(child, ids)).sort((a, b) => a.time - b.time);
    sink.process(record);
  }
  return host.processes.size;
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
    parent_name: fileName(parent?.path || process.parentPath || ""),
    start: process.start,
    process_name: fileName(process.path),
    path: process.path,
    cmdline: process.cmdline,
    username: process.username,
    md5: process.md5,
    // The log does not tell when it came to a server: the time of the last event stands for it.
    segments: [{ segment_id: last, last_update: last, last_server_update: last }],
    events: {},
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
      other_id: ids.get(other) ?? "",
      md5: other.md5,
      path: other.path,
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
