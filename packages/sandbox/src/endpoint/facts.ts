import type { SensorRecord } from "../domain/index.js";
import { hash32, Random } from "../organisation/random.js";
import { INTRUSION } from "../organisation/story.js";
import { findSensor, findSensorByName } from "../store/endpoints.js";
import type { Store } from "../store/store.js";

/** Somebody who has logged on to an endpoint. */
export interface Account {
  /** `tlindqvist` */
  name: string;
  /** Of the domain, or of the computer. */
  authority: string;
  sid: string;
}

/** The release of Windows that a sensor names in words. */
export interface WindowsRelease {
  /** `Windows 10 Enterprise` */
  product: string;
  /** `10.0` */
  version: string;
  build: number;
  /** The last number: `10.0.19045.3803`. */
  revision: number;
  /** `22H2`; empty on releases that had none. */
  display: string;
  edition: string;
  is64bit: boolean;
}

/** What is true of an endpoint, from its sensor and from what the server recorded: disk, registry and programs agree on it. */
export class HostFacts {
  readonly #store: Store;
  readonly #seed: string;
  #sensor: SensorRecord;
  #revision: number;
  #accounts: readonly Account[] | undefined;
  #bootTime: number | undefined;
  #nameServer: string | undefined;

  constructor(store: Store, sensor: SensorRecord, seed: string) {
    this.#store = store;
    this.#seed = seed;
    this.#sensor = sensor;
    this.#revision = store.revision;
  }

  /** The sensor as it is now: it may have been isolated or restarted meanwhile. */
  get sensor(): SensorRecord {
    if (this.#revision !== this.#store.revision) {
      this.#revision = this.#store.revision;
      this.#sensor = findSensor(this.#store, this.#sensor.id) ?? this.#sensor;
    }
    return this.#sensor;
  }

  /** Draws that are the same whenever this endpoint is made from the same seed. */
  random(part: string): Random {
    return new Random(`${this.#seed}/endpoint/${this.#sensor.id}/${part}`);
  }

  get hostname(): string {
    return this.sensor.computer_name;
  }

  /** `aldermoor.example`; empty where there is none. */
  get dnsDomain(): string {
    const { computer_dns_name: name } = this.sensor;
    const dot = name.indexOf(".");
    return dot < 0 ? "" : name.slice(dot + 1);
  }

  /** `ALDERMOOR`, or `WORKGROUP` where no account is one of a domain. */
  get domain(): string {
    return this.accounts.find(({ authority }) => !isSame(authority, this.hostname))?.authority ?? "WORKGROUP";
  }

  /** Those who have a profile here, in the order of their names; on every system at least one. */
  get accounts(): readonly Account[] {
    this.#accounts ??= this.#findAccounts();
    return this.#accounts;
  }

  /** When the system was started: with the first of the processes that still run. */
  get bootTime(): number {
    this.#bootTime ??=
      this.#store.database.first<{ n: number | null }>(
        "SELECT min(start) AS n FROM process WHERE sensor_id = ? AND ended IS NULL AND placeholder = 0",
        [this.sensor.id],
      )?.n ?? this.sensor.registration_time;
    return this.sensor.state?.restarted ?? this.#bootTime;
  }

  /** When the system was installed: some days before the sensor was. */
  get installTime(): number {
    return Math.max(
      0,
      this.sensor.registration_time -
        86_400_000 * (20 + (hash32(this.hostname) % 300)) -
        (hash32(`${this.hostname}/hour`) % 43_200_000),
    );
  }

  get address(): string {
    return this.sensor.interfaces[0]?.ip ?? "127.0.0.1";
  }

  get gateway(): string {
    return this.address.replace(/\.\d+$/, ".1");
  }

  /** The domain controller that answers for names, or the gateway. */
  get nameServer(): string {
    this.#nameServer ??= this.#findController()?.interfaces[0]?.ip ?? this.gateway;
    return this.#nameServer;
  }

  get windows(): WindowsRelease {
    return windowsRelease(this.sensor.os_environment_display_string);
  }

  #findController(): SensorRecord | undefined {
    if (this.dnsDomain === "") return undefined;
    return this.#store.database
      .all<{ record: string }>("SELECT record FROM sensor WHERE host_type = 'domain_controller' ORDER BY id")
      .map(({ record }) => JSON.parse(record) as SensorRecord)
      .find(({ computer_dns_name }) => computer_dns_name.endsWith(`.${this.dnsDomain}`));
  }

  #findAccounts(): Account[] {
    const rows = this.#store.database.all<{ username: string }>(
      "SELECT DISTINCT username FROM process WHERE sensor_id = ? ORDER BY username",
      [this.sensor.id],
    );
    const windows = this.sensor.os_type === "windows";
    const people: [authority: string, name: string][] = [];
    for (const { username } of rows) {
      const cut = username.indexOf("\\");
      const authority = cut < 0 ? this.hostname : username.slice(0, cut);
      const name = username.slice(cut + 1);
      // Names come from logs too: what could not be a directory is nobody's.
      if (!/^[\p{L}\p{N}][\p{L}\p{N}._ -]{0,63}$/u.test(name) || /[. ]$/.test(name)) continue;
      if (isService(name, authority, windows) || people.some(([, known]) => isSame(known, name))) continue;
      people.push([authority, name]);
    }
    if (people.length === 0) people.push([this.hostname, windows ? "Administrator" : "admin"]);
    return people.map(([authority, name], index) => ({ name, authority, sid: this.#sid(authority, name, index) }));
  }

  #sid(authority: string, name: string, index: number): string {
    const { computer_sid } = this.#sensor;
    if (computer_sid === "") return "";
    if (isSame(authority, this.hostname)) {
      return `${computer_sid}-${index === 0 ? 500 : 1000 + index}`;
    }
    // A computer's own SID is an account of its domain.
    const domain = computer_sid.replace(/-\d+$/, "");
    return `${domain}-${this.#isVictim(authority, name) ? VICTIM : 2000 + (hash32(name.toLowerCase()) % 60_000)}`;
  }

  /** Whether it is the one whose hive the intrusion wrote to, as the events tell. */
  #isVictim(authority: string, name: string): boolean {
    const stage = findSensorByName(this.#store, INTRUSION.hosts.workstation);
    if (stage === undefined) return false;
    const owner = this.#store.database.first<{ username: string }>(
      "SELECT username FROM process WHERE sensor_id = ? AND process_name = 'explorer.exe' ORDER BY start LIMIT 1",
      [stage.id],
    );
    return owner !== undefined && isSame(owner.username, `${authority}\\${name}`);
  }
}

/** The account number that the recorded events of the intrusion carry. */
const VICTIM = 1131;

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function isService(name: string, authority: string, windows: boolean): boolean {
  if (windows) {
    return (
      /^(system|local service|network service|anonymous logon)$/i.test(name) ||
      /^(nt authority|nt service|window manager|font driver host|iis apppool|nt virtual machine)$/i.test(authority)
    );
  }
  return /^(_|systemd)|^(root|daemon|bin|sys|syslog|messagebus|www-data|postgres|nobody|mysql|redis)$/.test(name);
}

type Release = readonly [pattern: RegExp, version: string, build: number, revision: number, display: string];
const WINDOWS_10: Release = [/windows 10/i, "10.0", 19045, 3803, "22H2"];
const RELEASES: readonly Release[] = [
  WINDOWS_10,
  [/windows 11/i, "10.0", 22631, 2861, "23H2"],
  [/server 2022/i, "10.0", 20348, 2159, "21H2"],
  [/server 2019/i, "10.0", 17763, 5206, "1809"],
  [/server 2016/i, "10.0", 14393, 6529, "1607"],
  [/server 2012 r2|windows 8\.1/i, "6.3", 9600, 21_715, ""],
  [/server 2012|windows 8/i, "6.2", 9200, 16_384, ""],
  [/server 2008 r2|windows 7/i, "6.1", 7601, 26_866, ""],
];

/** The release behind the words of a sensor; Windows 10 when they name none. */
export function windowsRelease(text: string): WindowsRelease {
  const [, version, build, revision, display] = RELEASES.find(([pattern]) => pattern.test(text)) ?? WINDOWS_10;
  const product = text.replace(/,?\s*(32|64)-bit.*$/i, "").trim() || "Windows 10 Enterprise";
  const edition = /server/i.test(product)
    ? `Server${/datacenter/i.test(product) ? "Datacenter" : "Standard"}`
    : (/(Enterprise|Professional|Pro|Education|Home)/i.exec(product)?.[1] ?? "Enterprise");
  return { product, version, build, revision, display, edition, is64bit: !/32-bit/i.test(text) };
}
