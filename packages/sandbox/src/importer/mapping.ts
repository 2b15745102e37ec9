import type { BinaryRecord, SignatureResult } from "../domain/index.js";
import { type LogEvent, numberOf, timeOf } from "./fields.js";
import { answeredAddresses, filePath, guidOf, hashesOf, registryPath } from "./spelling.js";
import { type HostDraft, type LogTable, type ProcessDraft, Tally } from "./table.js";

/** What an event became, for the report's counts. */
export type Mapped =
  | "process"
  | "end"
  | "modload"
  | "filemod"
  | "regmod"
  | "netconn"
  | "crossproc"
  | "domain"
  | "tamper"
  | "pid";

/** A process creation of the security log: it may know the pid that a shipper dropped from Sysmon's event. */
export interface SecurityCreation {
  host: HostDraft;
  path: string;
  cmdline: string | undefined;
  pid: number;
}

/** Events that are read but have no counterpart among the kinds of event that the server knows. */
const withoutCounterpart: Record<number, readonly [name: string, reason: string]> = {
  4: ["service state changed", "about Sysmon itself"],
  9: ["raw disk read", "no such kind of event"],
  16: ["configuration changed", "about Sysmon itself"],
  17: ["pipe created", "no such kind of event"],
  18: ["pipe connected", "no such kind of event"],
  19: ["WMI filter", "no such kind of event"],
  20: ["WMI consumer", "no such kind of event"],
  21: ["WMI binding", "no such kind of event"],
  24: ["clipboard changed", "no such kind of event"],
  255: ["Sysmon error", "about Sysmon itself"],
};

/** Takes the events of a log into a {@link LogTable}, one by one; what cannot be taken is tallied with its reason. */
export class EventMapper {
  readonly mapped: Record<Mapped, number> = {
    process: 0,
    end: 0,
    modload: 0,
    filemod: 0,
    regmod: 0,
    netconn: 0,
    crossproc: 0,
    domain: 0,
    tamper: 0,
    pid: 0,
  };
  readonly skipped = new Tally();
  readonly assumed = new Tally();
  readonly creations: SecurityCreation[] = [];
  /** Driver loads wait for the end: they belong to the kernel's process, which may be named later. */
  readonly drivers: { host: HostDraft; md5: string; path: string; time: number }[] = [];
  firstTime = Number.POSITIVE_INFINITY;
  lastTime = Number.NEGATIVE_INFINITY;
  readonly #table: LogTable;

  constructor(table: LogTable) {
    this.#table = table;
  }

  take(event: LogEvent): void {
    const linux = /linux-sysmon/i.test(event.provider) || /linux-sysmon/i.test(event.channel);
    if (!linux && !/sysmon/i.test(event.provider) && !/sysmon/i.test(event.channel)) {
      this.#takeOther(event);
      return;
    }
    const what = `Sysmon ${event.eventId}`;
    const useless = withoutCounterpart[event.eventId];
    const time = timeOf(event.get("UtcTime")) ?? event.time;
    if (useless !== undefined) this.skipped.add(`${what} (${useless[0]})`, useless[1]);
    else if (time === undefined) this.skipped.add(what, "no readable time");
    else if (event.host === "") this.skipped.add(what, "no host name");
    else {
      const host = this.#table.host(event.host);
      host.linux ||= linux;
      const reason = this.#takeSysmon(event, host, time);
      if (reason !== undefined) this.skipped.add(what, reason);
      else this.#happened(host, time);
    }
  }

  #happened(host: HostDraft, time: number): void {
    this.firstTime = Math.min(this.firstTime, time);
    this.lastTime = Math.max(this.lastTime, time);
    host.firstTime = Math.min(host.firstTime, time);
    host.lastTime = Math.max(host.lastTime, time);
  }

  #takeOther(event: LogEvent): void {
    const channel = event.channel || event.provider || "unnamed channel";
    const pid = numberOf(event.get("NewProcessId"));
    const image = event.get("NewProcessName");
    if (
      /^security$/i.test(channel) &&
      event.eventId === 4688 &&
      pid !== undefined &&
      image !== undefined &&
      event.host !== ""
    ) {
      const host = this.#table.host(event.host);
      this.creations.push({ host, path: filePath(image), cmdline: event.get("CommandLine"), pid });
    } else this.skipped.add(`${channel} ${event.eventId}`, "not an event of Sysmon");
  }

  /** Takes one event of Sysmon; returns why not, when it cannot. */
  #takeSysmon(event: LogEvent, host: HostDraft, time: number): string | undefined {
    if (event.eventId === 6) return this.#driver(event, host, time);
    if (event.eventId === 8 || event.eventId === 10) return this.#crossproc(event, host, time);
    const guid = guidOf(event.get("ProcessGuid") ?? event.get("ProcessGUID"));
    if (guid === undefined) return "no GUID of the process";
    const image = event.get("Image");
    const process = this.#table.process(host, guid, { pid: numberOf(event.get("ProcessId")), image });
    process.username ||= event.get("User") ?? "";
    process.lastTime = Math.max(process.lastTime, time);
    switch (event.eventId) {
      case 1:
        return this.#creation(event, process, time);
      case 3:
        return this.#netconn(event, process, time);
      case 5:
        process.end = time;
        return this.#count("end");
      case 7:
        return this.#modload(event, process, time);
      case 2:
      case 11:
      case 15:
      case 23:
      case 26:
        return this.#filemod(event, process, time);
      case 12:
      case 13:
      case 14:
        return this.#regmod(event, process, time);
      case 22:
        return this.#lookup(event, process);
      case 25:
        process.tampered = true;
        return this.#count("tamper");
      default:
        return "an event that this importer does not know";
    }
  }

  #creation(event: LogEvent, process: ProcessDraft, time: number): string | undefined {
    if (process.created) return "a second creation of the same process";
    const { host } = process;
    process.created = true;
    process.start = time;
    process.cmdline = event.get("CommandLine") ?? "";
    process.username = event.get("User") ?? process.username;
    const image = event.get("Image");
    if (image !== undefined) process.path = filePath(image);
    const { md5, sha256 } = hashesOf(event.get("Hashes") ?? event.get("Hash"));
    if (md5 !== undefined) {
      process.md5 = md5;
      if (sha256 !== undefined) process.sha256 = sha256;
      this.#table.binary(md5, process.path, time, osOf(host), describe(event, sha256));
    } else this.assumed.add("Sysmon 1", "no MD5 in the event: the process stands without a hash");
    const parentPid = numberOf(event.get("ParentProcessId"));
    const parentImage = event.get("ParentImage");
    const parentGuid = guidOf(event.get("ParentProcessGuid"));
    if (parentPid !== undefined) process.parentPid = parentPid;
    if (parentImage !== undefined) process.parentPath = filePath(parentImage);
    if (parentGuid !== undefined && parentGuid !== process.guid) {
      const parent = this.#table.process(host, parentGuid, { pid: parentPid, image: parentImage });
      if (parent.cmdline === "") parent.cmdline = event.get("ParentCommandLine") ?? "";
      parent.username ||= event.get("ParentUser") ?? "";
      parent.lastTime = Math.max(parent.lastTime, time);
      process.parent = parent;
    }
    return this.#count("process");
  }

  #netconn(event: LogEvent, process: ProcessDraft, time: number): string | undefined {
    const source = {
      ip: event.get("SourceIp"),
      port: numberOf(event.get("SourcePort")) ?? 0,
      name: event.get("SourceHostname"),
    };
    const target = {
      ip: event.get("DestinationIp"),
      port: numberOf(event.get("DestinationPort")) ?? 0,
      name: event.get("DestinationHostname"),
    };
    const outbound = event.get("Initiated")?.toLowerCase() !== "false";
    const [local, remote] = outbound ? [source, target] : [target, source];
    if (remote.ip === undefined || local.ip === undefined) return "no address";
    const protocol = event.get("Protocol")?.toLowerCase();
    if (!/^(?:127\.|::1|0:0:0:0:0:0:0:1|fe80|224\.|ff0|0\.0\.0\.0|::$)/i.test(local.ip)) process.host.ips.add(local.ip);
    process.netconns.push({
      time,
      remote_ip: remote.ip,
      remote_port: remote.port,
      local_ip: local.ip,
      local_port: local.port,
      proto: protocol === "udp" ? 17 : protocol === "tcp" ? 6 : (numberOf(protocol) ?? 0),
      domain: remote.name ?? "",
      outbound,
    });
    return this.#count("netconn");
  }

  #modload(event: LogEvent, process: ProcessDraft, time: number): string | undefined {
    const loaded = event.get("ImageLoaded");
    if (loaded === undefined) return "no path of the image";
    const path = filePath(loaded);
    const { md5 = "", sha256 } = hashesOf(event.get("Hashes"));
    if (md5 !== "")
      this.#table.binary(md5, path, time, osOf(process.host), { ...describe(event, sha256), ...signature(event) });
    // The first image that a process loads is its own: its hash is known even where its creation is not in the log.
    if (process.md5 === "" && path === process.path) {
      process.md5 = md5;
      if (sha256 !== undefined) process.sha256 = sha256;
    }
    process.modloads.push({ time, md5, path });
    return this.#count("modload");
  }

  #filemod(event: LogEvent, process: ProcessDraft, time: number): string | undefined {
    const target = event.get("TargetFilename");
    if (target === undefined) return "no path of the file";
    const type = event.eventId === 11 ? 1 : event.eventId === 2 ? 2 : event.eventId === 15 ? 8 : 4;
    if (event.eventId === 2) this.assumed.add("Sysmon 2", "a changed creation time is taken as a write of the file");
    const { md5 } = hashesOf(event.get("Hashes") ?? event.get("Hash"));
    process.filemods.push({ time, type, path: filePath(target), ...(md5 === undefined ? {} : { md5 }) });
    return this.#count("filemod");
  }

  #regmod(event: LogEvent, process: ProcessDraft, time: number): string | undefined {
    const target = event.get("TargetObject");
    if (target === undefined) return "no path of the key";
    const path = registryPath(target);
    const renamed = event.get("NewName");
    if (event.eventId === 14 && renamed !== undefined) {
      process.regmods.push({ time, type: 4, path }, { time, type: 1, path: registryPath(renamed) });
      return this.#count("regmod");
    }
    process.regmods.push({ time, type: this.#regmodType(event), path });
    return this.#count("regmod");
  }

  #regmodType(event: LogEvent): 1 | 2 | 4 | 8 {
    if (event.eventId !== 12) return 2;
    switch (event.get("EventType")?.toLowerCase()) {
      case "createkey":
        return 1;
      case "deletekey":
        return 4;
      case "deletevalue":
        return 8;
      case "createvalue":
        return 2;
      default:
        // NXLog writes its own EventType over Sysmon's.
        this.assumed.add("Sysmon 12", "the shipper lost whether a key was created or deleted: taken as created");
        return 1;
    }
  }

  #lookup(event: LogEvent, process: ProcessDraft): string | undefined {
    const domain = event.get("QueryName");
    const addresses = answeredAddresses(event.get("QueryResults"));
    if (domain === undefined || addresses.length === 0) return "a DNS query without an address in its answer";
    // Counted at the end, when it is known whether a connection went to one of the addresses.
    process.lookups.push({ domain: domain.replace(/\.$/, "").toLowerCase(), addresses, used: false });
    return undefined;
  }

  #crossproc(event: LogEvent, host: HostDraft, time: number): string | undefined {
    const sourceGuid = guidOf(event.get("SourceProcessGUID") ?? event.get("SourceProcessGuid"));
    const targetGuid = guidOf(event.get("TargetProcessGUID") ?? event.get("TargetProcessGuid"));
    if (sourceGuid === undefined || targetGuid === undefined) return "no GUID of one of the two processes";
    const told = (side: "Source" | "Target"): { pid: number | undefined; image: string | undefined } => ({
      pid: numberOf(event.get(`${side}ProcessId`)),
      image: event.get(`${side}Image`),
    });
    const source = this.#table.process(host, sourceGuid, told("Source"));
    const target = this.#table.process(host, targetGuid, told("Target"));
    source.username ||= event.get("SourceUser") ?? "";
    target.username ||= event.get("TargetUser") ?? "";
    source.lastTime = Math.max(source.lastTime, time);
    target.lastTime = Math.max(target.lastTime, time);
    const kind = event.eventId === 8 ? ("RemoteThread" as const) : ("ProcessOpen" as const);
    const common = { time, kind, subtype: 1 as const, privileges: numberOf(event.get("GrantedAccess")) ?? 0 };
    source.crossprocs.push({ ...common, other: target, is_target: false });
    target.crossprocs.push({ ...common, other: source, is_target: true });
    return this.#count("crossproc");
  }

  #driver(event: LogEvent, host: HostDraft, time: number): string | undefined {
    const loaded = event.get("ImageLoaded");
    if (loaded === undefined) return "no path of the image";
    const path = filePath(loaded);
    const { md5 = "", sha256 } = hashesOf(event.get("Hashes"));
    if (md5 !== "")
      this.#table.binary(md5, path, time, osOf(host), {
        ...describe(event, sha256),
        ...signature(event),
        is_executable_image: false,
      });
    this.drivers.push({ host, md5, path, time });
    return undefined;
  }

  #count(kind: Mapped): undefined {
    this.mapped[kind]++;
  }
}

function osOf(host: HostDraft): BinaryRecord["os_type"] {
  return host.linux ? "Linux" : "Windows";
}

function describe(event: LogEvent, sha256: string | undefined): Partial<BinaryRecord> {
  const told: Partial<BinaryRecord> = {};
  if (sha256 !== undefined) told.sha256 = sha256;
  const copy = (
    field: "company_name" | "file_desc" | "product_name" | "file_version" | "original_filename",
    name: string,
  ): void => {
    const text = event.get(name);
    if (text !== undefined) told[field] = text;
  };
  copy("company_name", "Company");
  copy("file_desc", "Description");
  copy("product_name", "Product");
  copy("file_version", "FileVersion");
  copy("original_filename", "OriginalFileName");
  return told;
}

/** Sysmon says whether there is a signature, whose, and in what state. */
function signature(event: LogEvent): Partial<BinaryRecord> {
  const signed = event.get("Signed")?.toLowerCase();
  if (signed === undefined) return {};
  const publisher = event.get("Signature");
  const status = event.get("SignatureStatus")?.toLowerCase() ?? "valid";
  let result: SignatureResult;
  if (status === "expired") result = "Expired";
  else if (status === "revoked") result = "Explicit Distrust";
  else if (signed === "false") result = "Unsigned";
  else result = status === "valid" ? "Signed" : "Invalid Signature";
  return { digsig_result: result, ...(publisher === undefined ? {} : { digsig_publisher: publisher }) };
}
