import type {
  GroupRecord,
  HostType,
  OrganisationSink,
  OsType,
  SensorRecord,
  SiteRecord,
  ThrottleRecord,
} from "../domain/index.js";
import { Random } from "./random.js";

/** The company that the generated hosts belong to. `.example` is reserved, so that no real domain is named. */
export const COMPANY = {
  domain: "ALDERMOOR",
  dns: "aldermoor.example",
  sid: "S-1-5-21-3623811015-3361044348-30300820",
};

/** What a host is used for, which decides what happens on it. */
export type HostRole =
  | "workstation"
  | "developer"
  | "admin"
  | "server"
  | "database"
  | "web"
  | "controller"
  | "linux"
  | "mac";

/** A generated endpoint: its sensor, what it is used for and by whom. */
export interface Host {
  sensor: SensorRecord;
  role: HostRole;
  /** Account name without domain; the service account on servers. */
  user: string;
  bootedAt: number;
}

const DAY = 86_400_000;
const GIB = 1024 ** 3;

/** The sites of the company; the first is there in every organisation. */
const sites: readonly SiteRecord[] = [
  { id: 1, name: "Default Site" },
  { id: 2, name: "Data Centre" },
];

/** The sensor groups of the company; the first is there in every organisation. */
export const groups: readonly GroupRecord[] = [
  { id: 1, name: "Default Group", site_id: 1 },
  { id: 2, name: "Workstations", site_id: 1 },
  { id: 3, name: "Servers", site_id: 2 },
  { id: 4, name: "Domain Controllers", site_id: 2 },
  { id: 5, name: "Engineering", site_id: 1, sharing: [{ what: "BIN", who: "VIRUSTOTAL" }] },
  { id: 6, name: "Linux Servers", site_id: 2 },
  { id: 7, name: "Macs", site_id: 1 },
];

/** In office hours, sensors leave the lines of the company to others. */
const throttles: readonly ThrottleRecord[] = [
  { id: 1, site_id: 1, day_of_week: 1, from: 8, to: 18, bytes_per_second: 1_250_000 },
  { id: 2, site_id: 2, day_of_week: 1, from: 9, to: 17, bytes_per_second: 5_000_000 },
  { id: 3, site_id: 2, day_of_week: 5, from: 20, to: 23, bytes_per_second: 12_500_000 },
];

const people =
  "mreyes tlindqvist hokafor jbrandt asinha pmoreau kwatanabe dcosta lnovak rferrari gschultz ymartin bhughes cdubois ehansen fkeller iporter jkowalski ksantos mlarsen nbauer orossi pvarga qadams rwilder sjensen tdoyle ueriksen vpetrov wgarner xlopez yabe zfischer amurray bcole".split(
    " ",
  );

interface RoleFacts {
  prefix: string;
  group: number;
  os: OsType;
  type: HostType;
  display: readonly string[];
  build: string;
  subnet: string;
}

const facts: Record<HostRole, RoleFacts> = {
  workstation: windowsClient("FIN-WS", 2, "10.20.11"),
  developer: windowsClient("ENG-WS", 5, "10.20.12"),
  admin: windowsClient("IT-WS", 2, "10.20.13"),
  server: windowsServer("FILE", 3),
  database: windowsServer("SQL", 3),
  web: windowsServer("WEB", 3),
  controller: { ...windowsServer("DC", 4), type: "domain_controller" },
  linux: {
    prefix: "lnx",
    group: 6,
    os: "linux",
    type: "server",
    display: ["Ubuntu 22.04 LTS, 64-bit", "Debian GNU/Linux 12, 64-bit"],
    build: "006.003.002.10058",
    subnet: "10.20.31",
  },
  mac: {
    prefix: "MAC",
    group: 7,
    os: "osx",
    type: "workstation",
    display: ["macOS 14.2"],
    build: "006.002.005.70421",
    subnet: "10.20.14",
  },
};

function windowsClient(prefix: string, group: number, subnet: string): RoleFacts {
  const display = ["Windows 10 Enterprise, 64-bit", "Windows 11 Enterprise, 64-bit"];
  return { prefix, group, os: "windows", type: "workstation", display, build: "007.002.001.18021", subnet };
}

function windowsServer(prefix: string, group: number): RoleFacts {
  const display = ["Windows Server 2019 Standard, 64-bit", "Windows Server 2022 Standard, 64-bit"];
  return { prefix, group, os: "windows", type: "server", display, build: "007.002.001.18021", subnet: "10.20.30" };
}

/** The first places are fixed, so that even a small organisation has every role; the rest follows the usual mix. */
const firstRoles: readonly HostRole[] = [
  "controller",
  "workstation",
  "server",
  "database",
  "admin",
  "linux",
  "developer",
  "mac",
];
const mix: readonly HostRole[] = [
  "workstation",
  "workstation",
  "developer",
  "workstation",
  "web",
  "mac",
  "workstation",
  "linux",
  "workstation",
  "developer",
  "workstation",
  "server",
  "workstation",
  "linux",
  "workstation",
  "mac",
  "developer",
  "workstation",
  "database",
  "workstation",
  "workstation",
  "controller",
  "workstation",
  "linux",
];

/** How many hosts there must be for all roles of the generated part to be filled. */
export const LEAST_HOSTS = firstRoles.length;

/** The generated endpoints, with ids from `firstId` on. */
export function makeHosts(seed: string, count: number, firstId: number, now: number): Host[] {
  const random = new Random(`${seed}/hosts`);
  const numbers = new Map<string, number>();
  const hosts: Host[] = [];
  for (let i = 0; i < count; i++) {
    const role = firstRoles[i] ?? mix[(i - firstRoles.length) % mix.length] ?? "workstation";
    const fact = facts[role];
    const number = (numbers.get(fact.prefix) ?? 0) + 1;
    numbers.set(fact.prefix, number);
    hosts.push(makeHost(random, role, fact, number, firstId + i, i, now));
  }
  return hosts;
}

function makeHost(
  random: Random,
  role: HostRole,
  fact: RoleFacts,
  number: number,
  id: number,
  index: number,
  now: number,
): Host {
  const name = `${fact.prefix}-${String(number).padStart(fact.type === "workstation" ? 3 : 2, "0")}`;
  const bootedAt = bootTime(random, fact, now);
  const onHand = fact.type === "workstation";
  const online = random.chance(onHand ? 0.8 : 0.97) || index < LEAST_HOSTS;
  const free = random.between(20, 200) * GIB;
  const sensor: SensorRecord = {
    id,
    group_id: fact.group,
    computer_name: name,
    computer_dns_name: `${name.toLowerCase()}.${COMPANY.dns}`,
    computer_sid: fact.os === "windows" ? `${COMPANY.sid}-${1100 + id}` : "",
    os_type: fact.os,
    host_type: fact.type,
    os_environment_display_string: random.pick(fact.display),
    build_version_string: fact.build,
    interfaces: [{ ip: `${fact.subnet}.${20 + (id % 200)}`, mac: `00155d${random.hex(6)}` }],
    registration_time: now - random.between(90, 700) * DAY,
    last_checkin_time: online ? now - random.between(1, 50) * 1000 : now - random.between(3, 60) * 3_600_000,
    online,
    supports_cblr: true,
    supports_isolation: fact.os !== "linux",
    physical_memory_size: (onHand ? 16 : 64) * GIB,
    systemvolume_total_size: 256 * GIB,
    systemvolume_free_size: free,
  };
  const user = onHand ? (people[index % people.length] ?? "user") : fact.os === "linux" ? "deploy" : "svc-ops";
  return { sensor, role, user, bootedAt };
}

/** Clients were switched on some mornings ago, servers with the last patch day, two to three weeks ago. */
function bootTime(random: Random, fact: RoleFacts, now: number): number {
  const today = now - (now % DAY);
  if (fact.type === "workstation") {
    return today - random.between(4, 11) * DAY + 6 * 3_600_000 + random.between(0, 5_400_000);
  }
  return today - random.between(14, 20) * DAY + 1 * 3_600_000 + random.between(0, 3_600_000);
}

/** Writes sites and groups, all of them or those with one id. */
export function writeGroups(sink: OrganisationSink, only?: number): void {
  for (const site of sites) if (only === undefined || site.id === only) sink.site(site);
  for (const group of groups) if (only === undefined || group.id === only) sink.group(group);
  for (const rule of throttles) if (only === undefined || rule.site_id === only) sink.object("throttle", rule.id, rule);
}
