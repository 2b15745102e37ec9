import type { NetconnRecord } from "../../domain/index.js";
import type { PackedEvents } from "../../store/event-codec.js";
import type { ProgramHost } from "./host.js";

/** A socket of an endpoint. */
export interface Connection {
  protocol: "TCP" | "UDP";
  local: string;
  /** Undefined for one that waits for connections. */
  remote?: string;
  pid: number;
}

/** Ports on which well-known programs wait. */
const LISTENERS: readonly [pattern: RegExp, protocol: "TCP" | "UDP", port: number][] = [
  [/svchost\.exe.*-k (netsvcs$|DcomLaunch)/i, "TCP", 135],
  [/lsass\.exe/i, "TCP", 49_664],
  [/wininit\.exe/i, "TCP", 49_665],
  [/svchost\.exe.*WinRM/i, "TCP", 5985],
  [/svchost\.exe.*Dhcp/i, "UDP", 68],
  [/sqlservr\.exe/i, "TCP", 1433],
  [/\\dns\.exe/i, "TCP", 53],
  [/w3wp\.exe/i, "TCP", 443],
  [/sshd/, "TCP", 22],
  [/nginx: master/, "TCP", 443],
  [/postgres -D/, "TCP", 5432],
  [/chronyd/, "UDP", 323],
];
const MOST_OF_ONE = 3;

/** What waits for connections, and the latest connections of the programs that run, as the server was told of them. */
export function connectionsOf(host: ProgramHost): Connection[] {
  const list = host.table.list();
  const found: Connection[] = [];
  const taken = new Set<string>();
  const listen = (protocol: "TCP" | "UDP", port: number, pid: number): void => {
    if (taken.has(`${protocol}${port}`)) return;
    taken.add(`${protocol}${port}`);
    found.push({ protocol, local: `0.0.0.0:${port}`, pid });
  };
  for (const { path, command_line, pid } of list) {
    for (const [pattern, protocol, port] of LISTENERS)
      if (pattern.test(`${path} ${command_line}`)) listen(protocol, port, pid);
  }
  if (host.isWindows) {
    listen("TCP", 445, 4);
    found.push({ protocol: "TCP", local: `${host.facts.address}:139`, pid: 4 });
  }
  for (const { proc_guid, pid } of list) {
    for (const { local_ip, local_port, remote_ip, remote_port } of latest(host, proc_guid)) {
      found.push({ protocol: "TCP", local: `${local_ip}:${local_port}`, remote: `${remote_ip}:${remote_port}`, pid });
    }
  }
  return found.sort((a, b) => (a.protocol === b.protocol ? portOf(a) - portOf(b) : a.protocol < b.protocol ? -1 : 1));
}

const portOf = ({ local }: Connection): number => Number(local.slice(local.lastIndexOf(":") + 1));

function latest({ store }: ProgramHost, id: string): NetconnRecord[] {
  const rows = store.database.all<{ events: string; start: number }>(
    `SELECT e.events, p.start FROM process p JOIN segment s ON s.proc = p.proc JOIN segment_event e ON e.doc = s.doc
     WHERE p.id = ? AND s.netconn_count > 0`,
    [id],
  );
  return rows
    .flatMap(({ events, start }) => store.codec.unpack(JSON.parse(events) as PackedEvents, start).netconn ?? [])
    .filter(({ proto, outbound }) => proto === 6 && outbound)
    .sort((a, b) => b.time - a.time)
    .filter(
      ({ remote_ip, remote_port }, n, all) =>
        all.findIndex((each) => each.remote_ip === remote_ip && each.remote_port === remote_port) === n,
    )
    .slice(0, MOST_OF_ONE);
}
