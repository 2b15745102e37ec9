import { connectionsOf } from "../../../endpoint/programs/connections.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";
import { scheduledTasks } from "../../../endpoint/programs/windows/processes.js";
import { servicesOf } from "../../../endpoint/services.js";
import { hash32 } from "../../../organisation/random.js";
import { baseName } from "../../../paths.js";
import { uidsOf } from "./accounts.js";
import { EVERYWHERE, numbers, seconds, table, texts, WINDOWS } from "./table.js";

const PROTOCOLS = { TCP: 6, UDP: 17 } as const;

interface Socket {
  pid: number;
  protocol: number;
  address: string;
  port: number;
  remote: { address: string; port: number } | undefined;
  path: string;
}

const endOf = (text: string): { address: string; port: number } => {
  const cut = text.lastIndexOf(":");
  return { address: text.slice(0, cut), port: Number(text.slice(cut + 1)) };
};

const familyOf = (address: string): number => (address.includes(":") ? 10 : 2);

function socketsOf(host: ProgramHost): Socket[] {
  const paths = new Map(host.table.list().map(({ pid, path }) => [pid, path]));
  return connectionsOf(host).map(({ protocol, local, remote, pid }) => ({
    ...{ pid, protocol: PROTOCOLS[protocol], ...endOf(local), path: paths.get(pid) ?? "" },
    remote: remote === undefined ? undefined : endOf(remote),
  }));
}

const START_TYPES = { 2: "AUTO_START", 3: "DEMAND_START" } as const;
const SERVICE_TYPES = { 16: "OWN_PROCESS", 32: "SHARE_PROCESS" } as const;

/** What runs on a device, and what starts by itself. */
export const processTables = [
  table(
    "processes",
    EVERYWHERE,
    {
      ...numbers("pid"),
      ...texts("name", "path", "cmdline", "state", "cwd", "root"),
      ...numbers("uid", "gid", "on_disk", "resident_size", "total_size", "start_time", "parent", "threads", "nice"),
    },
    (host) => {
      const uidOf = uidsOf(host);
      return host.table.list().map((process) => {
        const { pid, path, command_line, create_time, parent } = process;
        // What it takes, as the device's own task list tells it.
        const resident_size = (1_200 + (hash32(`${pid}${path}`) % 90_000)) * 1024;
        const uid = uidOf(process);
        return {
          ...{ pid, name: host.isWindows && pid === 4 ? "System" : baseName(path), path, cmdline: command_line },
          ...{ state: host.isWindows ? "STILL_ACTIVE" : "S", cwd: "", root: "", uid, gid: uid },
          on_disk: path === "" ? -1 : Number(host.files.find(path)?.kind === "file"),
          ...{ resident_size, total_size: 2 * resident_size, start_time: seconds(create_time), parent },
          ...{ threads: 1 + (hash32(`${pid}/threads`) % 30), nice: 0 },
        };
      });
    },
  ),
  table(
    "listening_ports",
    EVERYWHERE,
    { ...numbers("pid", "port", "protocol", "family", "fd", "socket"), ...texts("address", "path") },
    (host) =>
      socketsOf(host)
        .filter(({ remote }) => remote === undefined)
        .map(({ pid, port, protocol, address }) => ({
          ...{ pid, port, protocol, family: familyOf(address), address, fd: 0, socket: 0, path: "" },
        })),
  ),
  table(
    "process_open_sockets",
    EVERYWHERE,
    {
      ...numbers("pid", "fd", "socket", "family", "protocol", "local_port", "remote_port"),
      ...texts("local_address", "remote_address", "path", "state"),
    },
    (host) =>
      socketsOf(host).map(({ pid, protocol, address, port, remote }) => ({
        ...{ pid, fd: 0, socket: 0, family: familyOf(address), protocol, local_address: address, local_port: port },
        ...{ remote_address: remote?.address ?? "0.0.0.0", remote_port: remote?.port ?? 0, path: "" },
        state: protocol === PROTOCOLS.UDP ? "" : remote === undefined ? "LISTEN" : "ESTABLISHED",
      })),
  ),
  table(
    "services",
    WINDOWS,
    {
      ...texts("name", "service_type", "display_name", "status", "start_type", "path", "module_path", "user_account"),
      ...texts("description"),
      ...numbers("pid", "win32_exit_code", "service_exit_code"),
    },
    (host) =>
      servicesOf(host.table.list()).map(({ name, display, image, account, type, start, pid }) => ({
        ...{ name, service_type: SERVICE_TYPES[type], display_name: display, start_type: START_TYPES[start] },
        ...{ status: pid === undefined ? "STOPPED" : "RUNNING", pid: pid ?? 0, path: image, user_account: account },
        module_path: type === 32 ? `%SystemRoot%\\System32\\${name.toLowerCase()}.dll` : "",
        ...{ description: "", win32_exit_code: pid === undefined ? 1077 : 0, service_exit_code: 0 },
      })),
  ),
  table(
    "drivers",
    WINDOWS,
    { ...texts("device_name", "image", "description", "service", "service_key"), ...numbers("signed") },
    (host) => {
      const services = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services";
      return (host.registry?.find(services)?.keys ?? [])
        .filter((key) => key.value("Type")?.value_data === 1)
        .map((key) => {
          const display = String(key.value("DisplayName")?.value_data ?? key.name);
          return {
            ...{ device_name: display, image: String(key.value("ImagePath")?.value_data ?? ""), description: display },
            ...{ service: key.name, service_key: `${services}\\${key.name}`, signed: 1 },
          };
        });
    },
  ),
  table(
    "scheduled_tasks",
    WINDOWS,
    {
      ...texts("name", "action", "path", "state", "last_run_message"),
      ...numbers("enabled", "hidden", "last_run_time", "next_run_time"),
    },
    (host) =>
      scheduledTasks(host).map(({ name, action, next }) => ({
        ...{ name: baseName(name), action, path: name, enabled: 1, state: "ready", hidden: 0 },
        ...{ last_run_time: 0, last_run_message: "", next_run_time: seconds(next) },
      })),
  ),
  table("startup_items", WINDOWS, texts("name", "path", "args", "type", "source", "status", "username"), (host) => {
    const run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run";
    const places: [source: string, username: string][] = [
      [`HKEY_LOCAL_MACHINE\\${run}`, "SYSTEM"],
      ...host.facts.accounts.map(({ sid, name }): [string, string] => [`HKEY_USERS\\${sid}\\${run}`, name]),
    ];
    return places.flatMap(([source, username]) =>
      [...(host.registry?.find(source)?.values.values() ?? [])].map(({ value_name, value_data }) => {
        const line = String(value_data);
        const path = /^"([^"]*)"|^(\S+)/.exec(line);
        return {
          ...{ name: value_name, path: path?.[1] ?? path?.[2] ?? "", args: line.slice(path?.[0].length ?? 0).trim() },
          ...{ type: "Startup Item", source, status: "enabled", username },
        };
      }),
    );
  }),
];
