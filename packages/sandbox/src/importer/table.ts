import type {
  BinaryRecord,
  CrossprocRecord,
  FilemodRecord,
  ModloadRecord,
  NetconnRecord,
  RegmodRecord,
} from "../domain.js";
import { fileName, filePath, startOfGuid } from "./spelling.js";

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
  readonly hosts = new Map<string, HostDraft>();
  readonly binaries = new Map<string, BinaryRecord>();

  /** The host of a name; short and full spellings are one host. */
  host(name: string): HostDraft {
    const short = name.split(".", 1)[0] ?? name;
    const key = short.toUpperCase();
    let host = this.hosts.get(key);
    if (host === undefined) {
      host = {
        name: short,
        dnsName: name,
        linux: false,
        ips: new Set(),
        firstTime: Number.POSITIVE_INFINITY,
        lastTime: 0,
        processes: new Map(),
        system: undefined,
      };
      this.hosts.set(key, host);
    }
    if (name.length > host.dnsName.length) host.dnsName = name;
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
    if (known === undefined) {
      this.binaries.set(md5, {
        md5,
        sha256: "",
        observed_filename: [path],
        // The log has no file: neither its bytes nor its size are known.
        orig_mod_len: 0,
        copied_mod_len: 0,
        is_executable_image: os === "Linux" || /\.(?:exe|com|scr)$/.test(fileName(path)),
        is_64bit: true,
        os_type: os,
        server_added_timestamp: time,
        last_seen: time,
        digsig_result: "(Unknown)",
        ...told,
      });
      return;
    }
    if (!known.observed_filename.includes(path)) known.observed_filename.push(path);
    known.server_added_timestamp = Math.min(known.server_added_timestamp, time);
    known.last_seen = Math.max(known.last_seen, time);
    const { digsig_result = "(Unknown)", digsig_publisher, ...rest } = told;
    if (known.digsig_result === "(Unknown)" && digsig_result !== "(Unknown)") {
      known.digsig_result = digsig_result;
      if (digsig_publisher !== undefined) known.digsig_publisher = digsig_publisher;
    }
    if (known.sha256 === "" && rest.sha256 !== undefined) known.sha256 = rest.sha256;
    this.binaries.set(md5, { ...rest, ...known });
  }
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
