import type {
  BinaryRecord,
  CrossprocRecord,
  FilemodRecord,
  ModloadRecord,
  NetconnRecord,
  ProcessRecord,
  RegmodRecord,
  SensorRecord,
} from "../domain/index.js";
import { baseName } from "../paths.js";
import { completeBinary } from "./merge.js";
import { filePath, startOfGuid } from "./spelling.js";

/** A host of the log. */
export interface HostDraft {
  name: string;
  dnsName: string;
  linux: boolean;
  ips: Set<string>;
  firstTime: number;
  lastTime: number;
  /** Processes by Sysmon GUID. */
  processes: Map<string, ProcessDraft>;
  /** The kernel's process, once it has been named. */
  system: ProcessDraft | undefined;
  /** The sensor that is there already for this host. */
  sensor?: SensorRecord;
}

/** What the log has told of a process so far, in whatever order. */
export interface ProcessDraft {
  host: HostDraft;
  guid: string;
  /** The second of its start, from the GUID, until the start itself is known. */
  start: number;
  /** Whether its own creation stands in the log. */
  created: boolean;
  pid?: number;
  /** What stood for the pid in an earlier import. */
  standIn?: number;
  /** What an earlier import made of this process. */
  stored?: ProcessRecord;
  /** Not in this log: known from an earlier one. */
  onlyRecalled?: boolean;
  path: string;
  cmdline: string;
  username: string;
  md5: string;
  sha256?: string;
  parent?: ProcessDraft;
  parentPid?: number;
  parentPath?: string;
  end?: number;
  tampered?: boolean;
  lastTime: number;
  modloads: ModloadRecord[];
  filemods: FilemodRecord[];
  regmods: RegmodRecord[];
  netconns: NetconnRecord[];
  crossprocs: (Omit<CrossprocRecord, "other_id" | "md5" | "path"> & { other: ProcessDraft })[];
  /** Names by the addresses that a DNS answer gave for them, and whether a connection used one. */
  lookups: { domain: string; addresses: readonly string[]; used: boolean }[];
}

/** Everything that the log is about: hosts, their processes, and binaries by MD5. */
export class LogTable {
  readonly hosts: HostDraft[] = [];
  readonly binaries = new Map<string, BinaryRecord>();
  readonly #hostsByName = new Map<string, HostDraft>();

  /** The host of a name. A name without a domain is that of the host whose full name begins with it. */
  host(name: string): HostDraft {
    const key = name.toUpperCase();
    const known = this.#hostsByName.get(key) ?? this.#hostBySpelling(name);
    const host = known ?? {
      name: shortName(name),
      dnsName: name,
      linux: false,
      ips: new Set(),
      firstTime: Number.POSITIVE_INFINITY,
      lastTime: 0,
      processes: new Map(),
      system: undefined,
    };
    if (known === undefined) this.hosts.push(host);
    this.#hostsByName.set(key, host);
    return host;
  }

  /** A host that has so far been seen under the other of its two names. */
  #hostBySpelling(name: string): HostDraft | undefined {
    const short = shortName(name);
    const isShort = short === name;
    const host = this.hosts.find(
      (each) => sameName(each.name, short) && (isShort || sameName(each.dnsName, each.name)),
    );
    if (host !== undefined && !isShort) host.dnsName = name;
    return host;
  }

  /** The process of a GUID, known in part from its first mention on. What is told of it here only fills gaps. */
  process(host: HostDraft, guid: string, told: { pid?: number | undefined; image?: string | undefined }): ProcessDraft {
    let process = host.processes.get(guid);
    if (process === undefined) {
      process = {
        host,
        guid,
        start: startOfGuid(guid),
        created: false,
        path: "",
        cmdline: "",
        username: "",
        md5: "",
        lastTime: 0,
        modloads: [],
        filemods: [],
        regmods: [],
        netconns: [],
        crossprocs: [],
        lookups: [],
      };
      host.processes.set(guid, process);
    }
    if (told.pid !== undefined) process.pid ??= told.pid;
    if (told.image !== undefined && process.path === "") {
      process.path = filePath(told.image);
      if (told.image.startsWith("/")) host.linux = true;
      if (process.path === "system") host.system = process;
    }
    return process;
  }

  /** A binary that was run or loaded; what is told later completes what is known. */
  binary(md5: string, path: string, time: number, os: BinaryRecord["os_type"], told: Partial<BinaryRecord>): void {
    const known = this.binaries.get(md5);
    const record: BinaryRecord = {
      md5,
      sha256: "",
      observed_filename: [path],
      // The log has no file: neither its bytes nor its size are known.
      orig_mod_len: 0,
      copied_mod_len: 0,
      is_executable_image: os === "Linux" || /\.(?:exe|com|scr)$/.test(baseName(path)),
      is_64bit: true,
      os_type: os,
      server_added_timestamp: time,
      last_seen: time,
      digsig_result: "(Unknown)",
      ...told,
    };
    this.binaries.set(md5, known === undefined ? record : completeBinary(known, record));
  }
}

/** A name up to its first dot; an address is a name as a whole. */
function shortName(name: string): string {
  return /^\d+(\.\d+){3}$/.test(name) ? name : (name.split(".", 1)[0] ?? name);
}

function sameName(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

/** Counts of what was not taken over, or taken over on an assumption, each with its reason. */
export class Tally {
  readonly #counts = new Map<string, { what: string; reason: string; count: number }>();

  add(what: string, reason: string, count = 1): void {
    const key = `${what.toLowerCase()}\n${reason}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { what, reason, count });
    else known.count += count;
  }

  list(): { what: string; reason: string; count: number }[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count || a.what.localeCompare(b.what));
  }
}
