import type { HostFacts } from "../facts.js";
import { noiseContent } from "./content.js";
import { layDocuments } from "./documents.js";
import type { Layout } from "./layout.js";
import {
  componentLog,
  hostsFile,
  NETWORKS,
  PROTOCOLS,
  SERVICES,
  SYSTEM_INI,
  sensorLog,
  setupLog,
  WIN_INI,
  webLog,
} from "./windows-texts.js";

const HIDDEN = ["HIDDEN", "SYSTEM"];
const JUNCTION = { attributes: ["HIDDEN", "SYSTEM", "NOT_CONTENT_INDEXED"] };
const GIB = 1024 ** 3;
const DAY = 86_400_000;

/** What every Windows endpoint has on its volumes besides its programs. */
export function layWindows(layout: Layout, facts: HostFacts, drives: readonly string[]): void {
  const installed = facts.installTime;
  for (const drive of drives) {
    layout.directory(`${drive}\\$Recycle.Bin`, { attributes: HIDDEN });
    layout.directory(`${drive}\\System Volume Information`, { attributes: HIDDEN, lock: "denied" });
  }
  const booted = { created: installed, written: facts.bootTime };
  const memory = facts.sensor.physical_memory_size;
  layout.file("C:\\pagefile.sys", noiseContent("pagefile", Math.min(memory, 16 * GIB)), {
    ...{ attributes: HIDDEN, lock: "busy", ...booted },
  });
  layout.file("C:\\swapfile.sys", noiseContent("swapfile", 256 * 1024 * 1024), {
    ...{ attributes: HIDDEN, lock: "busy", ...booted },
  });
  layout.link("C:\\Documents and Settings", "C:\\Users", JUNCTION);
  layout.directories(
    "C:\\PerfLogs",
    "C:\\Program Files\\Common Files",
    "C:\\Program Files (x86)\\Common Files",
    "C:\\temp",
  );
  layout.directory("C:\\ProgramData", { attributes: ["HIDDEN", "NOT_CONTENT_INDEXED"] });
  layout.directory("C:\\Recovery", { attributes: HIDDEN, lock: "denied" });
  layout.link("C:\\ProgramData\\Application Data", "C:\\ProgramData", JUNCTION);
  layout.link("C:\\ProgramData\\Desktop", "C:\\Users\\Public\\Desktop", JUNCTION);
  layout.directories("C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup");
  layWindowsFolder(layout, facts);
  laySystem32(layout, facts);
  layProfiles(layout, facts);
  if (facts.hostname === "WIN-IA9NQ1GN8OI") {
    const written = Math.min(Date.UTC(2016, 10, 11, 20, 40), facts.sensor.last_checkin_time);
    layout.file("C:\\test.txt", "this is a test", { created: written });
  }
  if (drives.includes("D:")) {
    layout.directories("D:\\Data", "D:\\Backup", "D:\\Logs");
    layout.file("D:\\Data\\readme.txt", `Data volume of ${facts.hostname}. Backups run nightly at 01:30.\r\n`);
  }
}

function layWindowsFolder(layout: Layout, facts: HostFacts): void {
  const { bootTime: written, installTime: installed } = facts;
  layout.directories("C:\\Windows\\Temp", "C:\\Windows\\Prefetch", "C:\\Windows\\SysWOW64", "C:\\Windows\\Fonts");
  layout.file("C:\\Windows\\win.ini", WIN_INI);
  layout.file("C:\\Windows\\system.ini", SYSTEM_INI);
  layout.file("C:\\Windows\\Panther\\setupact.log", () => setupLog(facts));
  layout.file("C:\\Windows\\Logs\\CBS\\CBS.log", () => componentLog(facts), { created: installed, written });
  layout.file("C:\\Windows\\WindowsUpdate.log", "Windows Update logs are now generated using ETW.\r\n");
  const sensor = { created: facts.sensor.registration_time };
  layout.directories("C:\\Windows\\CarbonBlack\\EventLogs", "C:\\Windows\\CarbonBlack\\store");
  layout.file("C:\\Windows\\CarbonBlack\\Sensor.LOG", () => sensorLog(facts), { ...sensor, written });
  layout.file("C:\\Windows\\CarbonBlack\\SensorComms.LOG", "", { ...sensor, written, lock: "busy" });
  if (facts.sensor.computer_name.startsWith("WEB")) {
    for (let day = 1; day <= 3; day++) {
      const at = Math.max(installed, facts.bootTime + day * DAY);
      const stamp = new Date(at).toISOString().slice(2, 10).replaceAll("-", "");
      layout.file(`C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex${stamp}.log`, () => webLog(facts, at), { created: at });
    }
    layout.file("C:\\inetpub\\wwwroot\\index.html", `<html><title>${facts.hostname}</title></html>\r\n`);
  }
}

function laySystem32(layout: Layout, facts: HostFacts): void {
  const folder = "C:\\Windows\\System32";
  const { bootTime: written, installTime: created } = facts;
  layout.file(`${folder}\\drivers\\etc\\hosts`, () => hostsFile(facts));
  layout.file(`${folder}\\drivers\\etc\\networks`, NETWORKS);
  layout.file(`${folder}\\drivers\\etc\\protocol`, PROTOCOLS);
  layout.file(`${folder}\\drivers\\etc\\services`, SERVICES);
  layout.file(`${folder}\\license.rtf`, "{\\rtf1\\ansi MICROSOFT SOFTWARE LICENSE TERMS\\par}\r\n");
  for (const hive of ["SAM", "SECURITY", "SOFTWARE", "SYSTEM", "DEFAULT"]) {
    const traits = { lock: "denied" as const, created, written };
    layout.file(`${folder}\\config\\${hive}`, noiseContent(hive, 262_144 * (hive.length + 1)), traits);
  }
  layout.directories(`${folder}\\config\\systemprofile\\AppData\\Local`, `${folder}\\Tasks\\Microsoft\\Windows`);
  for (const log of ["Application", "Security", "System", "Microsoft-Windows-PowerShell%4Operational"]) {
    const traits = { lock: "busy" as const, created, written };
    layout.file(`${folder}\\winevt\\Logs\\${log}.evtx`, noiseContent(log, 1_118_208), traits);
  }
  layout.file(`${folder}\\LogFiles\\Firewall\\pfirewall.log`, "", { lock: "busy", created, written });
  layout.directories(`${folder}\\WindowsPowerShell\\v1.0`, `${folder}\\wbem`);
}

function layProfiles(layout: Layout, facts: HostFacts): void {
  layout.directory("C:\\Users", { attributes: ["READONLY"] });
  layout.link("C:\\Users\\All Users", "C:\\ProgramData", JUNCTION);
  layout.link("C:\\Users\\Default User", "C:\\Users\\Default", JUNCTION);
  layout.directory("C:\\Users\\Default", { attributes: ["HIDDEN", "READONLY"] });
  layout.file(
    "C:\\Users\\desktop.ini",
    "\r\n[.ShellClassInfo]\r\nLocalizedResourceName=@%SystemRoot%\\system32\\shell32.dll,-21813\r\n",
    {
      attributes: HIDDEN,
    },
  );
  layout.directories(
    "C:\\Users\\Default\\Documents",
    "C:\\Users\\Default\\AppData\\Roaming",
    "C:\\Users\\Default\\AppData\\Local",
  );
  for (const name of ["Desktop", "Documents", "Downloads", "Libraries"]) layout.directory(`C:\\Users\\Public\\${name}`);
  for (const account of facts.accounts) {
    const home = `C:\\Users\\${account.name}`;
    const created = facts.sensor.registration_time;
    layout.directory(home, { created });
    layout.directory(`${home}\\AppData`, { created, attributes: ["HIDDEN"] });
    layout.directories(
      ...[`${home}\\AppData\\Local\\Temp`, `${home}\\AppData\\LocalLow`, `${home}\\Pictures`, `${home}\\Downloads`],
      `${home}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup`,
    );
    layout.link(`${home}\\AppData\\Local\\Application Data`, `${home}\\AppData\\Local`, { ...JUNCTION, created });
    layout.link(`${home}\\Application Data`, `${home}\\AppData\\Roaming`, { ...JUNCTION, created });
    layout.link(`${home}\\Local Settings`, `${home}\\AppData\\Local`, { ...JUNCTION, created });
    layout.link(`${home}\\My Documents`, `${home}\\Documents`, { ...JUNCTION, created });
    layout.file(`${home}\\NTUSER.DAT`, noiseContent(account.sid, 1_048_576), {
      ...{ attributes: ["HIDDEN"], lock: "busy", created, written: facts.bootTime },
    });
    layDocuments(layout, facts, account, `${home}\\Documents\\`, `${home}\\Desktop\\`);
  }
}
