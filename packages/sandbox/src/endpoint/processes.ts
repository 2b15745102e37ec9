import { processGuid } from "../organisation/ids.js";
import { hash32 } from "../organisation/random.js";
import { baseName } from "../paths.js";
import { freePid, runningProcesses } from "../store/running.js";
import type { Store } from "../store/store.js";
import type { HostFacts } from "./facts.js";
import { failureOf } from "./failures.js";
import type { EndpointProcess } from "./machine.js";

/** A process that was started on the endpoint itself. */
export interface OwnProcess extends EndpointProcess {
  kill(): void;
}

/** What a process table is made with. */
export interface ProcessTableOptions {
  store: Store;
  facts: HostFacts;
  now: () => number;
  onChange?: () => void;
  /** Told the number of a process that has ended, when it is in the store. */
  onEnd?: (proc: number) => void;
}

/** Without these a system does not run: it does not let them be ended. */
const VITAL = /\\(csrss|smss|wininit|services|lsass|cb)\.exe$|\/(cbdaemon|CbOsxSensorService|launchd|systemd)$/i;

const WELL_KNOWN: Record<string, string> = {
  "nt authority\\system": "s-1-5-18",
  "nt authority\\local service": "s-1-5-19",
  "nt authority\\network service": "s-1-5-20",
  "window manager\\dwm-1": "s-1-5-90-0-1",
};

/** The processes of an endpoint: those that the server knows to run, those it was never told of, and those started here. */
export class ProcessTable {
  readonly #options: ProcessTableOptions;
  readonly #own = new Map<number, OwnProcess>();
  #basic: EndpointProcess[] | undefined;
  #known: { revision: number; list: (EndpointProcess & { proc: number })[] } | undefined;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
  }

  /** By their pids. */
  list(): EndpointProcess[] {
    const known = this.#stored().map(({ proc: _, ...each }) => each);
    const own = [...this.#own.values()].map(({ kill: _, ...each }) => each);
    const told = new Set(known.map(({ proc_guid }) => proc_guid));
    const all = [...known, ...this.#basics(), ...own.filter(({ proc_guid }) => !told.has(proc_guid))];
    return all.sort((a, b) => a.pid - b.pid);
  }

  /** The process of the sensor, in whose name everything is started. */
  get sensor(): EndpointProcess {
    const found = this.#basics().find(({ path }) => /\\cb\.exe$|cbdaemon$|CbOsxSensorService$/i.test(path));
    if (found === undefined) throw new TypeError("every endpoint has a sensor");
    return found;
  }

  kill(pid: number): void {
    const { facts, now } = this.#options;
    const { os_type } = facts.sensor;
    const process = this.list().find((each) => each.pid === pid);
    if (process === undefined) throw failureOf(os_type, "noProcess");
    if (pid <= (os_type === "windows" ? 4 : 1) || VITAL.test(process.path)) throw failureOf(os_type, "notPermitted");
    const own = this.#own.get(pid);
    if (own !== undefined) {
      own.kill();
      return;
    }
    const stored = this.#stored().find((each) => each.pid === pid);
    if (stored !== undefined) this.#end(stored.proc, now());
    else this.#basic = this.#basics().filter((each) => each.pid !== pid);
    this.#options.onChange?.();
  }

  add(process: OwnProcess): void {
    this.#own.set(process.pid, process);
  }

  /** Notes that a process which was started here has ended, also in the store when the server was told of it. */
  remove({ pid, proc_guid }: OwnProcess): void {
    const { store, now } = this.#options;
    this.#own.delete(pid);
    const row = store.database.first<{ proc: number }>("SELECT proc FROM process WHERE id = ? AND ended IS NULL", [
      proc_guid,
    ]);
    if (row !== undefined) this.#end(row.proc, now());
  }

  #end(proc: number, now: number): void {
    this.#options.store.change("UPDATE process SET ended = ? WHERE proc = ?", [now, proc]);
    this.#options.onEnd?.(proc);
  }

  /** How many of those that were started here still run. */
  get started(): number {
    return this.#own.size;
  }

  /** Ends everything that was started here. */
  stop(): void {
    for (const process of [...this.#own.values()]) process.kill();
  }

  /** A pid that nothing has or had. */
  freePid(): number {
    const { store, facts } = this.#options;
    const step = facts.sensor.os_type === "windows" ? 4 : 1;
    let pid = freePid(store, facts.sensor.id, step);
    const taken = new Set([...this.#own.keys(), ...this.#basics().map((each) => each.pid)]);
    while (taken.has(pid) || pid <= this.#lastPid) pid += step;
    this.#lastPid = pid;
    return pid;
  }
  #lastPid = 0;

  /** What an account is called here, and its number. */
  account(name: string): { username: string; sid: string } {
    const { facts } = this.#options;
    if (facts.sensor.os_type !== "windows") return { username: name, sid: "" };
    const username = /^(SYSTEM|LOCAL SERVICE|NETWORK SERVICE)$/i.test(name) ? `NT AUTHORITY\\${name}` : name;
    const person = facts.accounts.find(
      (each) => `${each.authority}\\${each.name}`.toLowerCase() === name.toLowerCase(),
    );
    return { username, sid: (person?.sid ?? WELL_KNOWN[username.toLowerCase()] ?? "").toLowerCase() };
  }

  #stored(): (EndpointProcess & { proc: number })[] {
    const { store, facts, now } = this.#options;
    const time = now();
    if (this.#known?.revision !== store.revision) {
      const list = runningProcesses(store, facts.sensor.id, Number.MAX_SAFE_INTEGER).map((each) => ({
        ...{ proc: each.proc, pid: each.pid, parent: Math.max(0, each.parent_pid), path: each.path },
        ...{ command_line: each.cmdline, ...this.account(each.username), create_time: each.start },
        proc_guid: each.id,
        parent_guid: each.parent_id ?? processGuid(facts.sensor.id, 0, 0),
      }));
      this.#known = { revision: store.revision, list };
    }
    return this.#known.list.filter(({ create_time }) => create_time <= time);
  }

  /** What runs on every endpoint, where the server has not been told of it. */
  #basics(): EndpointProcess[] {
    this.#basic ??= this.#makeBasics();
    return this.#basic;
  }

  #makeBasics(): EndpointProcess[] {
    const { facts } = this.#options;
    const { id, os_type } = facts.sensor;
    const known = this.#stored();
    const made: EndpointProcess[] = [];
    const everything = (): EndpointProcess[] => [...known, ...made];
    const find = (name: string): EndpointProcess | undefined =>
      everything().find(({ path }) => baseName(path).toLowerCase() === name.toLowerCase());
    BASICS[os_type].forEach(([name, path, parentName, command, asUser], index) => {
      if (find(name) !== undefined || (index === 0 && everything().some(({ pid }) => pid === FIRST[os_type]))) return;
      const step = os_type === "windows" ? 4 : 1;
      let pid = index === 0 ? FIRST[os_type] : 400 + step * (hash32(`${id}/${name}`) % 200);
      while (everything().some((each) => each.pid === pid)) pid += step;
      const create_time = facts.bootTime + 130 * index;
      const person = facts.accounts[0];
      const name_ = os_type === "windows" ? `${person?.authority}\\${person?.name}` : (person?.name ?? "root");
      const account = this.account(asUser === true ? name_ : os_type === "windows" ? "SYSTEM" : "root");
      const parent = parentName === "" ? undefined : (find(parentName) ?? everything()[0]);
      made.push({
        ...{ pid, parent: parent?.pid ?? 0, path, command_line: command ?? path, ...account, create_time },
        proc_guid: processGuid(id, pid, create_time),
        parent_guid: parent?.proc_guid ?? processGuid(id, 0, 0),
      });
    });
    return made;
  }
}

const FIRST = { windows: 4, linux: 1, osx: 1 } as const;
type Basic = readonly [name: string, path: string, parent: string, command?: string, asUser?: boolean];

/** The first of each has the pid of {@link FIRST}, whatever it is called. */
const BASICS: Record<"windows" | "linux" | "osx", readonly Basic[]> = {
  windows: [
    ["System", "", "", ""],
    ["smss.exe", "c:\\windows\\system32\\smss.exe", "System", "\\SystemRoot\\System32\\smss.exe"],
    [
      "csrss.exe",
      "c:\\windows\\system32\\csrss.exe",
      "smss.exe",
      "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows",
    ],
    ["wininit.exe", "c:\\windows\\system32\\wininit.exe", "smss.exe", "wininit.exe"],
    ["winlogon.exe", "c:\\windows\\system32\\winlogon.exe", "smss.exe", "winlogon.exe"],
    ["services.exe", "c:\\windows\\system32\\services.exe", "wininit.exe", "C:\\Windows\\system32\\services.exe"],
    ["lsass.exe", "c:\\windows\\system32\\lsass.exe", "wininit.exe", "C:\\Windows\\system32\\lsass.exe"],
    [
      "svchost.exe",
      "c:\\windows\\system32\\svchost.exe",
      "services.exe",
      "C:\\Windows\\system32\\svchost.exe -k netsvcs",
    ],
    ["explorer.exe", "c:\\windows\\explorer.exe", "winlogon.exe", "C:\\Windows\\Explorer.EXE", true],
    ["cb.exe", "c:\\windows\\carbonblack\\cb.exe", "services.exe", "C:\\Windows\\CarbonBlack\\cb.exe"],
  ],
  linux: [
    ["systemd", "/usr/lib/systemd/systemd", "", "/sbin/init"],
    ["sshd", "/usr/sbin/sshd", "systemd", "sshd: /usr/sbin/sshd -D"],
    ["cbdaemon", "/usr/sbin/cbdaemon", "systemd", "/usr/sbin/cbdaemon"],
  ],
  osx: [
    ["launchd", "/sbin/launchd", "", "/sbin/launchd"],
    ["loginwindow", "/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow", "launchd"],
    ["CbOsxSensorService", "/Applications/CarbonBlack/CbOsxSensorService", "launchd"],
  ],
};
