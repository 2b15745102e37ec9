import type { EndpointProcess } from "./machine.js";

/** A Windows service: how it is set up, and whether it runs. */
export interface Service {
  name: string;
  display: string;
  image: string;
  account: string;
  /** 16: a process of its own; 32: shares one. */
  type: 16 | 32;
  /** 2 automatic, 3 when asked for. */
  start: 2 | 3;
  pid?: number;
}

const DISPLAY: Record<string, string> = {
  bits: "Background Intelligent Transfer Service",
  carbonblack: "Carbon Black Sensor",
  cryptsvc: "Cryptographic Services",
  dcomlaunch: "DCOM Server Process Launcher",
  dfsrs: "DFS Replication",
  dhcp: "DHCP Client",
  dns: "DNS Server",
  dnscache: "DNS Client",
  dps: "Diagnostic Policy Service",
  eventlog: "Windows Event Log",
  gpsvc: "Group Policy Client",
  lanmanserver: "Server",
  lanmanworkstation: "Workstation",
  msmpeng: "Microsoft Defender Antivirus Service",
  nissrv: "Microsoft Defender Antivirus Network Inspection Service",
  nsi: "Network Store Interface Service",
  profsvc: "User Profile Service",
  schedule: "Task Scheduler",
  searchindexer: "Windows Search",
  spoolsv: "Print Spooler",
  sppsvc: "Software Protection",
  sqlagent: "SQL Server Agent (MSSQLSERVER)",
  sqlservr: "SQL Server (MSSQLSERVER)",
  sysmain: "SysMain",
  vmtoolsd: "VMware Tools",
  winmgmt: "Windows Management Instrumentation",
  winrm: "Windows Remote Management (WS-Management)",
  wuauserv: "Windows Update",
};
const NAMES: Record<string, string> = {
  msmpeng: "WinDefend",
  nissrv: "WdNisSvc",
  searchindexer: "WSearch",
  spoolsv: "Spooler",
  sqlagent: "SQLSERVERAGENT",
  sqlservr: "MSSQLSERVER",
  cb: "CarbonBlack",
  vmtoolsd: "VMTools",
};

/** The services of an endpoint by name: those whose processes run, and some that wait to be asked for. */
export function servicesOf(processes: readonly EndpointProcess[]): Service[] {
  const manager = processes.find(({ path }) => /\\services\.exe$/i.test(path));
  const found = new Map<string, Service>();
  for (const { parent, path, command_line, username, pid } of processes) {
    if (manager === undefined || parent !== manager.pid) continue;
    const stem = (/([^\\]+)\.exe$/i.exec(path)?.[1] ?? "").toLowerCase();
    const shared = stem === "svchost";
    const named = /-s (\S+)/.exec(command_line)?.[1] ?? /-k (\S+)/.exec(command_line)?.[1];
    const name = shared ? named : (NAMES[stem] ?? stem);
    if (name === undefined || name === "" || found.has(name.toLowerCase())) continue;
    const image = shared ? command_line.replace(/ -s \S+/, "").replace(/^C:\\Windows/i, "%SystemRoot%") : `"${path}"`;
    const account = /system$/i.test(username) ? "LocalSystem" : username;
    const display = DISPLAY[shared ? name.toLowerCase() : stem] ?? DISPLAY[name.toLowerCase()] ?? name;
    found.set(name.toLowerCase(), { ...{ name, display, image, account, pid, start: 2 }, type: shared ? 32 : 16 });
  }
  const idle = (name: string, group: string): void => {
    if (found.has(name.toLowerCase())) return;
    const image = `%SystemRoot%\\system32\\svchost.exe -k ${group}`;
    const display = DISPLAY[name.toLowerCase()] ?? name;
    found.set(name.toLowerCase(), { ...{ name, display, image, account: "LocalSystem", type: 32, start: 3 } });
  };
  idle("BITS", "netsvcs -p");
  idle("LanmanServer", "smbsvcs");
  return [...found.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}
