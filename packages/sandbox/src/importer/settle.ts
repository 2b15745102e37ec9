import type { EventMapper, SecurityCreation } from "./mapping.js";
import type { HostDraft, LogTable, ProcessDraft } from "./table.js";

/** Settles what could only be known at the end of the log: pids, names of addresses, drivers. */
export function settle(table: LogTable, mapper: EventMapper): void {
  completePids(table, mapper);
  for (const host of table.hosts) {
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
    `${host.dnsName.toUpperCase()}\n${path}\n${cmdline}`;
  for (const creation of mapper.creations) {
    const name = key(creation.host, creation.path, creation.cmdline ?? "");
    const list = byProgram.get(name);
    if (list === undefined) byProgram.set(name, [creation]);
    else list.push(creation);
  }
  for (const host of table.hosts) {
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
