import type { HostFacts } from "../../facts.js";
import { grouped } from "../cmd/dir.js";
import type { Program } from "../program.js";

/** Who asks is always the sensor, which is the system itself. */
const SYSTEM = "nt authority\\system";

const groups = [
  ["BUILTIN\\Administrators", "Alias", "S-1-5-32-544", "Enabled by default, Enabled group, Group owner"],
  ["Everyone", "Well-known group", "S-1-1-0", "Mandatory group, Enabled by default, Enabled group"],
  [
    "NT AUTHORITY\\Authenticated Users",
    "Well-known group",
    "S-1-5-11",
    "Mandatory group, Enabled by default, Enabled group",
  ],
  ["Mandatory Label\\System Mandatory Level", "Label", "S-1-16-16384", ""],
] as const;
const privileges = [
  ["SeTcbPrivilege", "Act as part of the operating system", "Enabled"],
  ["SeDebugPrivilege", "Debug programs", "Enabled"],
  ["SeBackupPrivilege", "Back up files and directories", "Disabled"],
  ["SeShutdownPrivilege", "Shut down the system", "Disabled"],
] as const;

/** A table as the console tools print it: a line of names, a line of signs, the rows. */
export function table(names: readonly string[], rows: readonly (readonly string[])[], rule = "="): string {
  const widths = names.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(" ")
      .trimEnd()}\r\n`;
  return line(names) + line(widths.map((width) => rule.repeat(width))) + rows.map(line).join("");
}

const title = (text: string): string => `\r\n${text}\r\n${"-".repeat(text.length)}\r\n\r\n`;

/** `whoami`, with `/user`, `/groups`, `/priv` and `/all`. */
export const whoami: Program = ({ arguments: words, out, error }) => {
  const wanted = words.map((word) => word.toLowerCase());
  const unknown = wanted.find((word) => !/^\/(user|groups|priv|all|fo|table|nh)$/.test(word));
  if (unknown !== undefined) {
    error.write(`ERROR: Invalid argument/option - '${unknown}'.\r\nType "WHOAMI /?" for usage.\r\n`);
    return 1;
  }
  const all = wanted.includes("/all");
  if (all || wanted.includes("/user"))
    out.write(title("USER INFORMATION") + table(["User Name", "SID"], [[SYSTEM, "S-1-5-18"]]));
  if (all || wanted.includes("/groups")) {
    out.write(title("GROUP INFORMATION") + table(["Group Name", "Type", "SID", "Attributes"], groups));
  }
  if (all || wanted.includes("/priv")) {
    out.write(title("PRIVILEGES INFORMATION") + table(["Privilege Name", "Description", "State"], privileges));
  }
  if (wanted.length === 0) out.write(`${SYSTEM}\r\n`);
  return 0;
};

export const hostname: Program = ({ host, arguments: words, out, error }) => {
  if (words.length > 0) {
    error.write(
      "sethostname: Use the Network Control Panel Applet to set hostname.\r\nhostname -s is not supported.\r\n",
    );
    return 1;
  }
  out.write(`${host.facts.hostname}\r\n`);
  return 0;
};

/** `1/5/2026, 9:00:00 AM` */
function moment(time: number): string {
  const date = new Date(time);
  const hour = date.getUTCHours();
  const two = (number: number): string => String(number).padStart(2, "0");
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}, ${clock} ${hour < 12 ? "AM" : "PM"}`;
}

export const systeminfo: Program = ({ host, out }) => {
  const { facts } = host;
  const { windows, sensor } = facts;
  const megabytes = Math.max(1, Math.round(sensor.physical_memory_size / 1_048_576));
  const server = windows.edition.startsWith("Server");
  const kind =
    sensor.host_type === "domain_controller"
      ? "Primary Domain Controller"
      : `${facts.domain === "WORKGROUP" ? "Standalone" : "Member"} ${server ? "Server" : "Workstation"}`;
  const rows: [string, string][] = [
    ["Host Name", facts.hostname.toUpperCase()],
    ["OS Name", `Microsoft ${windows.product}`],
    ["OS Version", `${windows.version}.${windows.build} N/A Build ${windows.build}`],
    ["OS Manufacturer", "Microsoft Corporation"],
    ["OS Configuration", kind],
    ["OS Build Type", "Multiprocessor Free"],
    ["Registered Owner", "Windows User"],
    ["Registered Organization", ""],
    ["Original Install Date", moment(facts.installTime)],
    ["System Boot Time", moment(facts.bootTime)],
    ["System Manufacturer", "VMware, Inc."],
    ["System Model", "VMware20,1"],
    ["System Type", windows.is64bit ? "x64-based PC" : "X86-based PC"],
    ["Processor(s)", "1 Processor(s) Installed."],
    ["", "[01]: Intel64 Family 6 Model 79 Stepping 1 GenuineIntel ~2400 Mhz"],
    ["Windows Directory", "C:\\Windows"],
    ["System Directory", "C:\\Windows\\system32"],
    ["Boot Device", "\\Device\\HarddiskVolume1"],
    ["System Locale", "en-us;English (United States)"],
    ["Time Zone", "(UTC) Coordinated Universal Time"],
    ["Total Physical Memory", `${grouped(megabytes)} MB`],
    ["Available Physical Memory", `${grouped(Math.floor(megabytes * 0.55))} MB`],
    ["Domain", facts.dnsDomain === "" ? facts.domain : facts.dnsDomain],
    ["Network Card(s)", `${sensor.interfaces.length} NIC(s) Installed.`],
    ...sensor.interfaces.flatMap(({ ip }, n): [string, string][] => [
      ["", `[${String(n + 1).padStart(2, "0")}]: ${adapterName(facts)}`],
      ["", `      Connection Name: Ethernet${n === 0 ? "" : ` ${n + 1}`}`],
      ["", `      IP address(es)\r\n${" ".repeat(33)}[01]: ${ip}`],
    ]),
  ];
  out.write(
    `\r\n${rows.map(([name, value]) => `${(name === "" ? "" : `${name}:`).padEnd(27)}${value}`.trimEnd()).join("\r\n")}\r\n`,
  );
  return 0;
};

export const adapterName = ({ sensor }: HostFacts): string =>
  sensor.host_type === "workstation" ? "Intel(R) Ethernet Connection (7) I219-LM" : "vmxnet3 Ethernet Adapter";
