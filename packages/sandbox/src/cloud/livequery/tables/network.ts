import { connectionsOf } from "../../../endpoint/programs/connections.js";
import type { ProgramHost } from "../../../endpoint/programs/host.js";
import { adapterName } from "../../../endpoint/programs/windows/identity.js";
import { findSensors } from "../../../store/endpoints.js";
import { EVERYWHERE, fileLines, numbers, table, texts } from "./table.js";

const macOf = (digits: string): string => digits.toLowerCase().replace(/..(?=.)/g, "$&:");

/** What a system calls the interface of this number. */
const interfaceName = (host: ProgramHost, n: number): string =>
  host.isWindows ? String(n + 2) : host.sensor.os_type === "osx" ? `en${n}` : `eth${n}`;

const networkOf = (ip: string): string => ip.replace(/\.\d+$/, ".0");

/** How a device reaches others. */
export const networkTables = [
  table(
    "interface_addresses",
    EVERYWHERE,
    texts("interface", "address", "mask", "broadcast", "type", "friendly_name"),
    (host) =>
      host.sensor.interfaces.map(({ ip }, n) => ({
        ...{
          interface: interfaceName(host, n),
          address: ip,
          mask: "255.255.255.0",
          broadcast: ip.replace(/\.\d+$/, ".255"),
        },
        ...{ type: "manual", friendly_name: host.isWindows ? `Ethernet${n === 0 ? "" : ` ${n + 1}`}` : "" },
      })),
  ),
  table(
    "interface_details",
    EVERYWHERE,
    {
      ...texts("interface", "mac", "friendly_name", "description", "dns_server_search_order"),
      ...numbers("mtu", "enabled"),
    },
    (host) =>
      host.sensor.interfaces.map(({ mac }, n) => ({
        ...{ interface: interfaceName(host, n), mac: macOf(mac), mtu: 1500, enabled: 1 },
        ...{ friendly_name: interfaceName(host, n), description: host.isWindows ? adapterName(host.facts) : "" },
        dns_server_search_order: host.facts.nameServer,
      })),
  ),
  table(
    "routes",
    EVERYWHERE,
    {
      ...texts("destination", "gateway", "source", "interface", "type"),
      ...numbers("netmask", "flags", "mtu", "metric"),
    },
    (host) =>
      host.sensor.interfaces.flatMap(({ ip }, n) => {
        const shared = { source: ip, interface: interfaceName(host, n), flags: 0, mtu: 1500, metric: 25 };
        const first =
          n === 0 ? [{ destination: "0.0.0.0", gateway: host.facts.gateway, netmask: 0, type: "remote" }] : [];
        const local = { destination: networkOf(ip), gateway: ip, netmask: 24, type: "local" };
        return [...first, local].map((route) => ({ ...route, ...shared }));
      }),
  ),
  table("arp_cache", EVERYWHERE, texts("address", "mac", "interface", "permanent"), (host) => {
    // Those of its own network that it has spoken with.
    const reached = new Set(
      connectionsOf(host).flatMap(({ remote }) =>
        remote === undefined ? [] : [remote.slice(0, remote.lastIndexOf(":"))],
      ),
    );
    const network = networkOf(host.facts.address);
    return findSensors(host.store)
      .flatMap(({ interfaces }) => interfaces)
      .filter(({ ip }) => reached.has(ip) && networkOf(ip) === network)
      .map(({ ip, mac }) => ({ address: ip, mac: macOf(mac), interface: interfaceName(host, 0), permanent: "0" }));
  }),
  table("etc_hosts", EVERYWHERE, texts("address", "hostnames"), (host) =>
    fileLines(host, host.isWindows ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts").map((line) => {
      const [address = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
      return { address, hostnames: names.join(" ") };
    }),
  ),
  table("dns_resolvers", ["linux", "osx"], { ...numbers("id"), ...texts("type", "address", "netmask") }, (host) =>
    fileLines(host, "/etc/resolv.conf").flatMap((line, id) => {
      const address = /^nameserver\s+(\S+)/.exec(line)?.[1];
      return address === undefined ? [] : [{ id, type: "nameserver", address, netmask: "32" }];
    }),
  ),
];
