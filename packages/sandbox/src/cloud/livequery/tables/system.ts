import { linuxKernel } from "../../../endpoint/disk/unix-layout.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";
import { EVERYWHERE, fileText, numbers, type Row, seconds, table, texts, UNIX, uuidOf, WINDOWS } from "./table.js";

const OS_COLUMNS = {
  ...texts("name", "version", "build", "platform", "platform_like", "codename", "arch"),
  ...numbers("major", "minor", "patch", "revision", "install_date"),
} as const;

function osVersion(host: ProgramHost): Row<typeof OS_COLUMNS> {
  const { facts, sensor } = host;
  const pretty = sensor.os_environment_display_string;
  const install_date = seconds(facts.installTime);
  const is32 = /32-bit/i.test(pretty);
  if (host.isWindows) {
    const { product, version, build, revision, display } = facts.windows;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return {
      ...{ name: `Microsoft ${product}`, version: `${version}.${build}`, major, minor, patch: build, revision },
      ...{ build: String(build), platform: "windows", platform_like: "windows", codename: display },
      ...{ arch: is32 ? "32-bit" : "64-bit", install_date },
    };
  }
  const mac = sensor.os_type === "osx";
  const told = mac ? undefined : fileText(host, "/etc/os-release");
  const named = (key: string): string | undefined => new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(told ?? "")?.[1];
  const plist = mac ? fileText(host, "/System/Library/CoreServices/SystemVersion.plist") : "";
  const version =
    named("VERSION_ID") ??
    /<key>ProductVersion<\/key><string>([\d.]+)/.exec(plist)?.[1] ??
    /\d+(\.\d+)*/.exec(pretty)?.[0] ??
    "";
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const platform = mac ? "darwin" : (named("ID") ?? "linux");
  return {
    ...{ name: mac ? "macOS" : (named("NAME") ?? pretty), version, major, minor, patch, install_date },
    ...{ build: "", platform, platform_like: mac ? "darwin" : "linux", codename: "", arch: is32 ? "i686" : "x86_64" },
  };
}

/** What the hardware says of itself, as the registry of a Windows device has it. */
function hardware(host: ProgramHost): { brand: string; vendor: string; model: string } {
  const read = (path: string, name: string): string =>
    String(host.registry?.find(`HKLM\\HARDWARE\\DESCRIPTION\\System\\${path}`)?.value(name)?.value_data ?? "");
  return {
    brand: read("CentralProcessor\\0", "ProcessorNameString"),
    vendor: read("BIOS", "SystemManufacturer"),
    model: read("BIOS", "SystemProductName"),
  };
}

const machineId = (host: ProgramHost): string => uuidOf(host.facts.random("uuid").hex(32)).toUpperCase();

/** What a device is and how long it has been on. */
export const systemTables = [
  table("os_version", EVERYWHERE, OS_COLUMNS, (host) => [osVersion(host)]),
  table(
    "system_info",
    EVERYWHERE,
    {
      ...texts("hostname", "uuid", "cpu_type", "cpu_brand", "hardware_vendor", "hardware_model", "computer_name"),
      ...texts("local_hostname"),
      ...numbers("physical_memory"),
    },
    (host) => {
      const { brand, vendor, model } = hardware(host);
      const { sensor, facts } = host;
      return [
        {
          ...{
            hostname: sensor.computer_dns_name === "" ? facts.hostname : sensor.computer_dns_name,
            uuid: machineId(host),
          },
          ...{ cpu_type: "x86_64", cpu_brand: brand, hardware_vendor: vendor, hardware_model: model },
          ...{ computer_name: facts.hostname, local_hostname: facts.hostname },
          physical_memory: sensor.physical_memory_size,
        },
      ];
    },
  ),
  table("uptime", EVERYWHERE, numbers("days", "hours", "minutes", "seconds", "total_seconds"), (host) => {
    const total = Math.max(0, seconds(host.now() - host.facts.bootTime));
    return [
      {
        ...{ days: Math.floor(total / 86_400), hours: Math.floor(total / 3_600) % 24 },
        ...{ minutes: Math.floor(total / 60) % 60, seconds: total % 60, total_seconds: total },
      },
    ];
  }),
  table(
    "time",
    EVERYWHERE,
    {
      ...texts("weekday", "timezone", "timestamp", "datetime", "iso_8601"),
      ...numbers("year", "month", "day", "hour", "minutes", "seconds", "unix_time"),
    },
    (host) => {
      const date = new Date(host.now());
      const iso = `${date.toISOString().slice(0, 19)}Z`;
      return [
        {
          ...{ weekday: WEEKDAYS[date.getUTCDay()], year: date.getUTCFullYear(), month: date.getUTCMonth() + 1 },
          ...{ day: date.getUTCDate(), hour: date.getUTCHours(), minutes: date.getUTCMinutes() },
          ...{ seconds: date.getUTCSeconds(), timezone: "UTC", unix_time: seconds(host.now()) },
          ...{ timestamp: date.toUTCString(), datetime: iso, iso_8601: iso },
        },
      ];
    },
  ),
  table(
    "osquery_info",
    EVERYWHERE,
    { ...texts("uuid", "instance_id", "version", "build_platform"), ...numbers("pid", "start_time") },
    (host) => {
      const { pid, create_time, proc_guid } = host.table.sensor;
      const { build_version_string: version, os_type } = host.sensor;
      return [
        {
          ...{ pid, uuid: machineId(host), instance_id: proc_guid, version },
          ...{ build_platform: os_type === "osx" ? "darwin" : os_type, start_time: seconds(create_time) },
        },
      ];
    },
  ),
  table("kernel_info", EVERYWHERE, texts("version", "arguments", "path", "device"), (host) => {
    const { windows, sensor } = host.facts;
    if (host.isWindows) {
      return [
        {
          version: `${windows.version}.${windows.build}.${windows.revision}`,
          path: "C:\\Windows\\System32\\ntoskrnl.exe",
        },
      ];
    }
    if (sensor.os_type === "linux") return [{ version: linuxKernel(host.facts), arguments: "ro quiet" }];
    return [{ version: String(osVersion(host).version) }];
  }),
  table(
    "logical_drives",
    WINDOWS,
    { ...texts("device_id", "type", "description", "file_system"), ...numbers("free_space", "size", "boot_partition") },
    (host) =>
      host.files.drives().map((drive) => {
        const device_id = drive.slice(0, 2);
        const boot = device_id.toUpperCase() === "C:";
        const free_space = host.files.free(device_id);
        const size = boot ? Math.max(host.sensor.systemvolume_total_size, free_space) : free_space;
        return {
          ...{ device_id, type: "Local Fixed Disk", description: "Local Fixed Disk", file_system: "NTFS" },
          ...{ free_space, size, boot_partition: boot ? 1 : 0 },
        };
      }),
  ),
  table(
    "mounts",
    UNIX,
    { ...texts("device", "path", "type"), ...numbers("blocks_size", "blocks", "blocks_free") },
    (host) => {
      const blocks_free = Math.floor(host.files.free("") / BLOCK);
      const blocks = Math.max(blocks_free, Math.floor(host.sensor.systemvolume_total_size / BLOCK));
      const mac = host.sensor.os_type === "osx";
      return [
        {
          ...{ device: mac ? "/dev/disk1s1" : "/dev/sda1", path: "/", type: mac ? "apfs" : "ext4" },
          ...{ blocks_size: BLOCK, blocks, blocks_free },
        },
      ];
    },
  ),
  // What no device of the sandbox has any of.
  table(
    "patches",
    WINDOWS,
    texts("csname", "hotfix_id", "caption", "description", "installed_by", "installed_on"),
    () => [],
  ),
  table(
    "certificates",
    ["windows", "osx"],
    {
      ...texts("common_name", "subject", "issuer", "sha1", "path", "store", "username"),
      ...numbers("ca", "self_signed", "not_valid_before", "not_valid_after"),
    },
    () => [],
  ),
  table(
    "chrome_extensions",
    EVERYWHERE,
    {
      ...texts("browser_type", "profile", "name", "identifier", "version", "description", "path", "permissions"),
      ...numbers("uid", "persistent"),
    },
    () => [],
  ),
];

const BLOCK = 4096;
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
