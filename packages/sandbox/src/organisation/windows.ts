import type { ProcessRecord } from "../domain/index.js";
import { live, type Manner } from "./behaviour.js";
import type { Catalogue } from "./catalogue.js";
import { COMPANY, type Host } from "./hosts.js";
import type { HostRecorder } from "./recorder.js";

/** The long-running processes of a Windows endpoint that other things are started by. */
export interface WindowsTree {
  services: ProcessRecord;
  lsass: ProcessRecord;
  winlogon: ProcessRecord;
  explorer: ProcessRecord;
  /** `svchost.exe -k DcomLaunch`: starts COM servers and WinRM hosts. */
  dcom: ProcessRecord;
  /** `svchost.exe -k netsvcs -s Schedule`: starts scheduled tasks. */
  schedule: ProcessRecord;
  user: string;
}

const serviceHosts: readonly (readonly [group: string, service: string, account: string])[] = [
  ["netsvcs -p", "Schedule", "SYSTEM"],
  ["netsvcs -p", "Winmgmt", "SYSTEM"],
  ["netsvcs -p", "ProfSvc", "SYSTEM"],
  ["netsvcs -p", "gpsvc", "SYSTEM"],
  ["netsvcs -p", "wuauserv", "SYSTEM"],
  ["LocalServiceNetworkRestricted -p", "EventLog", "NT AUTHORITY\\LOCAL SERVICE"],
  ["LocalServiceNetworkRestricted -p", "Dhcp", "NT AUTHORITY\\LOCAL SERVICE"],
  ["LocalService -p", "nsi", "NT AUTHORITY\\LOCAL SERVICE"],
  ["NetworkService -p", "Dnscache", "NT AUTHORITY\\NETWORK SERVICE"],
  ["NetworkService -p", "LanmanWorkstation", "NT AUTHORITY\\NETWORK SERVICE"],
  ["NetworkService -p", "WinRM", "NT AUTHORITY\\NETWORK SERVICE"],
  ["LocalSystemNetworkRestricted -p", "SysMain", "SYSTEM"],
  ["LocalServiceNoNetwork -p", "DPS", "NT AUTHORITY\\LOCAL SERVICE"],
  ["NetworkService -p", "CryptSvc", "NT AUTHORITY\\NETWORK SERVICE"],
];

const common = ["spoolsv.exe", "msmpeng.exe", "nissrv.exe", "searchindexer.exe", "sppsvc.exe"];
const roleServices: Partial<Record<Host["role"], readonly string[]>> = {
  workstation: ["officeclicktorun.exe", "vpnagent.exe", "rtkauduservice64.exe", "dsaservice.exe"],
  developer: ["officeclicktorun.exe", "rtkauduservice64.exe"],
  admin: ["officeclicktorun.exe", "vpnagent.exe"],
  server: ["vmtoolsd.exe", "vm3dservice.exe", "veeam.backup.service.exe", "veeamagent.exe"],
  database: ["vmtoolsd.exe", "sqlservr.exe", "sqlagent.exe", "veeamagent.exe"],
  web: ["vmtoolsd.exe", "vm3dservice.exe"],
  controller: ["vmtoolsd.exe", "dns.exe", "dfsrs.exe", "ismserv.exe"],
};
const logonPrograms: Partial<Record<Host["role"], readonly string[]>> = {
  workstation: ["onedrive.exe", "ms-teams.exe", "vpnui.exe", "dsatray.exe", "receiver.exe"],
  developer: ["onedrive.exe", "slack.exe", "code.exe"],
  admin: ["onedrive.exe", "ms-teams.exe", "vpnui.exe"],
};

/** Starts the system from the kernel down to the desktop of its user. */
export function bootWindows(host: Host, recorder: HostRecorder, catalogue: Catalogue): WindowsTree {
  const { random } = recorder;
  let clock = host.bootedAt;
  const tick = (least: number, most: number): number => {
    clock += random.between(least, most);
    return clock;
  };
  const system = "SYSTEM";
  const begin = (
    parent: ProcessRecord | undefined,
    name: string,
    cmdline: string,
    options: { username?: string; end?: number; pid?: number; manner?: Manner; segments?: number; pause?: number } = {},
  ): ProcessRecord => {
    const { manner = "quiet", pause = 200, ...rest } = options;
    const image = catalogue.program(name);
    const started = recorder.start(parent, image, { at: tick(15, pause), cmdline, username: system, ...rest });
    live(recorder, catalogue, started, manner, image.product);
    return started;
  };

  const idle = recorder.start(undefined, catalogue.program("ntoskrnl.exe"), {
    at: clock,
    cmdline: "c:\\windows\\system32\\ntoskrnl.exe",
    username: system,
    pid: 4,
  });
  const smss = begin(idle, "smss.exe", "\\SystemRoot\\System32\\smss.exe", { pause: 500 });
  const session0 = begin(smss, "smss.exe", "\\SystemRoot\\System32\\smss.exe 000000d4 00000084", { end: clock + 3000 });
  begin(
    session0,
    "csrss.exe",
    "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768",
  );
  const wininit = begin(session0, "wininit.exe", "wininit.exe");
  const session1 = begin(smss, "smss.exe", "\\SystemRoot\\System32\\smss.exe 000000e0 00000084", { end: clock + 3000 });
  begin(
    session1,
    "csrss.exe",
    "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768",
  );
  const winlogon = begin(session1, "winlogon.exe", "winlogon.exe");
  const services = begin(wininit, "services.exe", "C:\\Windows\\system32\\services.exe", { segments: 3 });
  const lsass = begin(wininit, "lsass.exe", "C:\\Windows\\system32\\lsass.exe", { manner: "system", segments: 2 });
  begin(wininit, "fontdrvhost.exe", '"fontdrvhost.exe"');
  begin(winlogon, "dwm.exe", '"dwm.exe"', { username: "Window Manager\\DWM-1" });

  const dcom = begin(services, "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p", { segments: 4 });
  let schedule = dcom;
  for (const [group, service, username] of serviceHosts) {
    const cmdline = `C:\\Windows\\system32\\svchost.exe -k ${group} -s ${service}`;
    const started = begin(services, "svchost.exe", cmdline, {
      username,
      manner: "system",
      segments: random.between(1, 4),
    });
    if (service === "Schedule") schedule = started;
  }
  for (const name of [...common, ...(roleServices[host.role] ?? [])]) {
    const { path } = catalogue.program(name);
    const manner = name === "sqlservr.exe" ? "database" : "system";
    begin(services, name, `"${path}"`, { manner, pause: 4000, segments: random.between(1, 3) });
  }

  tick(30_000, host.sensor.host_type === "workstation" ? 900_000 : 240_000);
  const user = `${COMPANY.domain}\\${host.user}`;
  const userinit = begin(winlogon, "userinit.exe", "C:\\Windows\\system32\\userinit.exe", {
    username: user,
    end: clock + 25_000,
  });
  begin(dcom, "sihost.exe", "sihost.exe", { username: user });
  const explorer = begin(userinit, "explorer.exe", "C:\\Windows\\Explorer.EXE", {
    username: user,
    manner: "system",
    segments: 5,
  });
  begin(dcom, "runtimebroker.exe", "C:\\Windows\\System32\\RuntimeBroker.exe -Embedding", { username: user });
  begin(schedule, "ctfmon.exe", '"ctfmon.exe"', { username: user });
  for (const name of logonPrograms[host.role] ?? []) {
    const { path } = catalogue.program(name);
    begin(explorer, name, `"${path}" --background`, {
      username: user,
      manner: "chat",
      pause: 20_000,
      segments: random.between(1, 3),
    });
  }
  return { services, lsass, winlogon, explorer, dcom, schedule, user };
}
