// Messages of sensors into events, with the names that event forwarders give to their fields.
import { CODES } from "../sensor-events/codes.js";
import type { SensorMessage, SensorValue } from "../sensor-events/types.js";
import { flag, hash, long, message, nameOf, number, text } from "./message-values.js";
import { binaryInfo } from "./read-binary.js";
import { addressOfHalves, addressOfSensor, dateOfTicks, portOfSensor, processGuid } from "./values.js";

type Fields = Record<string, unknown>;

/** What the headers of a message say where the message itself does not: which sensor it is of. */
export interface SensorOrigin {
  readonly sensorId?: number | undefined;
  readonly hostName?: string | undefined;
}

/** What an action is called: `createkey` for `actionRegModCreateKey`. */
function actionOf(codes: Readonly<Record<string, number>>, code: number | undefined, prefix: string): string {
  const name = nameOf(codes, code, prefix);
  return name === undefined
    ? `unknown (${code ?? 0})`
    : name
        .toLowerCase()
        .replace("writevalue", "writeval")
        .replace("deletekey", "delkey")
        .replace("deletevalue", "delval");
}

/** One message of a sensor in the process of being read. */
class Reader {
  readonly header: SensorMessage;
  readonly sensorId: number | undefined;

  constructor(
    readonly event: SensorMessage,
    readonly origin: SensorOrigin,
  ) {
    this.header = message(event["header"]) ?? {};
    const endpoint = message(message(event["env"])?.["endpoint"]);
    this.sensorId = number(endpoint?.["SensorId"]) ?? origin.sensorId;
  }

  get common(): Fields {
    const endpoint = message(message(this.event["env"])?.["endpoint"]);
    return {
      sensor_id: this.sensorId,
      computer_name: text(endpoint?.["SensorHostName"]) ?? this.origin.hostName,
    };
  }

  get time(): Date | undefined {
    return dateOfTicks(long(this.header["timestamp"]));
  }

  get process(): Fields {
    const { header } = this;
    const pid = number(header["process_pid"]);
    return {
      process_guid: this.guid(pid, long(header["process_create_time"])) ?? legacy(long(header["process_guid"])),
      pid,
      fork_pid: number(header["fork_pid"]) || undefined,
      process_path: text(header["process_path"]) || this.string(header["process_filepath_string_guid"]),
      md5: hash(header["process_md5"]),
      sha256: hash(header["process_sha256"]),
    };
  }

  guid(pid: number | undefined, created: bigint | undefined): string | undefined {
    if (this.sensorId === undefined || pid === undefined || created === undefined || created === 0n) return undefined;
    return processGuid(this.sensorId, pid, created);
  }

  /** A text that the message names by its number. */
  string(guid: SensorValue | undefined): string | undefined {
    const strings = this.event["strings"];
    if (guid === undefined || !Array.isArray(strings)) return undefined;
    for (const each of strings as readonly SensorValue[]) {
      const found = message(each);
      if (found?.["guid"] === guid) return text(found["utf8string"]);
    }
    return undefined;
  }

  get path(): string | undefined {
    return this.string(this.header["filepath_string_guid"]);
  }
}

function legacy(guid: bigint | undefined): string | undefined {
  return guid === undefined || guid === 0n ? undefined : guid.toString();
}

type Told = Fields & { readonly type: string; readonly event_type: string };

type Read = (part: SensorMessage, reader: Reader) => Told;

/** By the field of the message that says what has happened, in the order in which they count. */
const KINDS: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    "process",
    (part, reader) => ({
      type: part["created"] === false ? "ingress.event.procend" : "ingress.event.procstart",
      event_type: "proc",
      ...reader.process,
      created: flag(part["created"]),
      path: reader.path,
      command_line: text(part["commandline"]),
      parent_path: text(part["parent_path"]),
      parent_pid: number(part["parent_pid"]),
      parent_guid:
        reader.guid(number(part["parent_pid"]), long(part["parent_create_time"])) ?? legacy(long(part["parent_guid"])),
      parent_create_time: dateOfTicks(long(part["parent_create_time"])),
      parent_md5: hash(part["parent_md5"]),
      parent_sha256: hash(part["parent_sha256"]),
      expect_followon_w_md5: flag(part["expect_followon_w_md5"]),
      filtering_known_dlls: flag(part["bFilteringKnownDlls"]),
      username: text(part["username"]),
      uid: text(part["uid"]),
      md5: hash(part["md5hash"]) ?? reader.process["md5"],
      sha256: hash(part["sha256hash"]) ?? reader.process["sha256"],
    }),
  ],
  [
    "modload",
    (part, reader) => ({
      type: "ingress.event.moduleload",
      event_type: "modload",
      ...reader.process,
      path: reader.path,
      ...hashes(part),
    }),
  ],
  [
    "filemod",
    (part, reader) => ({
      type: "ingress.event.filemod",
      event_type: "filemod",
      ...reader.process,
      path: reader.path,
      action: actionOf(CODES.CbFileModAction, number(part["action"]), "actionFileMod"),
      action_type: number(part["action"]),
      file_md5: hash(part["md5hash"]),
      file_sha256: hash(part["sha256hash"]),
      file_type: number(part["type"]),
      filetype_name: nameOf(CODES.CbFileType, number(part["type"]), "filetype"),
      ...tampering(part),
    }),
  ],
  ["networkv2", connectionMade],
  ["network", connectionMade],
  [
    "regmod",
    (part, reader) => ({
      type: "ingress.event.regmod",
      event_type: "regmod",
      ...reader.process,
      path: text(part["utf8_regpath"]),
      action: actionOf(CODES.CbRegModAction, number(part["action"]), "actionRegMod"),
      action_type: number(part["action"]),
      ...tampering(part),
    }),
  ],
  [
    "childproc",
    (part, reader) => {
      // Signed and with more than the process id in it: the lower half is what counts.
      const pid = long(part["pid"]);
      const child = pid === undefined ? undefined : Number(BigInt.asUintN(32, pid));
      return {
        type: "ingress.event.childproc",
        event_type: "childproc",
        ...reader.process,
        created: flag(part["created"]),
        path: text(part["path"]),
        child_pid: child,
        child_process_guid: reader.guid(child, long(part["create_time"])) ?? legacy(long(part["child_guid"])),
        childproc_type: nameOf(CODES.CbChildProcType, number(part["childProcType"]), "childProc"),
        childproc_commandline: text(part["commandline"]),
        childproc_username: text(part["username"]),
        childproc_suppressed: flag(message(part["suppressed"])?.["bIsSuppressed"]),
        ...hashes(part),
        ...tampering(part),
      };
    },
  ],
  ["crossproc", crossProcess],
  [
    "emet",
    (part, reader) => ({
      type: "ingress.event.emetmitigation",
      event_type: "emet_mitigation",
      ...reader.process,
      log_message: text(part["actionText"]),
      mitigation: nameOf(CODES.CbEmetMitigationTypes, number(message(part["action"])?.["mitigationType"]), "action"),
      blocked: flag(part["blocked"]),
      log_id: long(part["emetId"]),
      emet_timestamp: dateOfTicks(long(part["emetTimstamp"])),
    }),
  ],
  ["scriptexe", script],
  ["fbscriptexe", (part, reader) => ({ ...script(part, reader), filename: text(part["filename"]) })],
  [
    "tamperAlert",
    (part) => ({
      type: "ingress.event.tamper",
      event_type: "tamper",
      tamper_type: nameOf(CODES.CbTamperAlertType, number(part["type"]), "Alert"),
    }),
  ],
  [
    "blocked",
    (part, reader) => ({
      type: "ingress.event.processblock",
      event_type: "blocked_process",
      blocked_reason: part["blockedType"] === CODES.BlockType.MD5Hash ? "Md5Hash" : undefined,
      blocked_event: nameOf(CODES.BlockEvent, number(part["blockedEvent"])),
      blocked_result: nameOf(CODES.BlockResult, number(part["blockResult"])),
      blocked_error: number(part["blockError"]),
      md5: hash(part["blockedmd5Hash"]),
      path: text(part["blockedPath"]),
      command_line: text(part["blockedCmdline"]),
      pid: number(part["blockedPid"]),
      process_create_time: dateOfTicks(long(part["blockedProcCreateTime"])),
      process_guid: reader.guid(number(part["blockedPid"]), long(part["blockedProcCreateTime"])),
      uid: text(part["blockedUid"]),
      username: text(part["blockedUsername"]),
    }),
  ],
  ["netconnBlockedv2", connectionBlocked],
  ["netconnBlocked", connectionBlocked],
  ["module", binaryInfo],
]);

function hashes(part: SensorMessage): Fields {
  return { md5: hash(part["md5hash"]), sha256: hash(part["sha256hash"]) };
}

function tampering(part: SensorMessage): Fields {
  return { tamper: flag(part["tamper"]), tamper_sent: flag(part["tamper_sent"]) };
}

function script(part: SensorMessage, reader: Reader): Told {
  return {
    type: "ingress.event.filelessscriptload",
    event_type: "filelessscriptload",
    ...reader.process,
    script: text(part["script"]),
    script_sha256: text(part["sha256"]),
  };
}

function connectionMade(part: SensorMessage, reader: Reader): Told {
  return { type: "ingress.event.netconn", event_type: "netconn", ...connection(part, reader) };
}

function connectionBlocked(part: SensorMessage, reader: Reader): Told {
  return { type: "ingress.event.netconnblocked", event_type: "blocked_netconn", ...connection(part, reader) };
}

function connection(part: SensorMessage, reader: Reader): Fields {
  return {
    ...reader.process,
    domain: text(part["utf8_netpath"]),
    direction: part["outbound"] === false ? "inbound" : "outbound",
    protocol: number(part["protocol"]),
    ...addresses(part),
    proxy: flag(part["proxyConnection"]),
    proxy_port: port(part["proxyPort"]),
    proxy_domain: text(part["proxyNetPath"]),
    ja3: text(part["ja3"]),
    ja3s: text(part["ja3s"]),
  };
}

function addresses(part: SensorMessage): Fields {
  return {
    remote_ip: address(part["remoteIpAddress"]),
    remote_port: port(part["remotePort"]),
    local_ip: address(part["localIpAddress"]),
    local_port: port(part["localPort"]),
    ipv4: address(part["ipv4Address"]),
    port: port(part["port"]),
    proxy_ip: address(part["proxyIpAddress"] ?? part["proxyIpv4Address"]),
  };
}

function address(value: SensorValue | undefined): string | undefined {
  if (typeof value === "number") return addressOfSensor(value);
  const found = message(value);
  if (found === undefined) return undefined;
  if (found["bIsIpv6"] !== true) return address(found["ipv4Address"]);
  return addressOfHalves(long(found["ipv6High"]) ?? 0n, long(found["ipv6Low"]) ?? 0n, text(found["ipv6Scope"]));
}

function port(value: SensorValue | undefined): number | undefined {
  const found = number(value);
  return found === undefined ? undefined : portOfSensor(found);
}

function crossProcess(part: SensorMessage, reader: Reader): Told {
  const open = message(part["open"]);
  const thread = message(part["remotethread"]) ?? {};
  const common = { event_type: "cross_process", ...reader.process, is_target: flag(part["isTarget"]) };
  const target = (pid: number | undefined, created: bigint | undefined) => ({
    target_pid: pid,
    target_create_time: dateOfTicks(created),
    target_process_guid: reader.guid(pid, created),
  });
  if (open === undefined) {
    return {
      type: "ingress.event.remotethread",
      ...common,
      cross_process_type: "remote_thread",
      ...target(number(thread["remoteProcPid"]), long(thread["remoteProcCreateTime"])),
      target_path: text(thread["remoteProcPath"]),
      target_md5: hash(thread["remoteProcMd5"]),
      target_sha256: hash(thread["remoteProcSha256"]),
      ...tampering(part),
    };
  }
  return {
    type: "ingress.event.crossprocopen",
    ...common,
    cross_process_type: open["type"] === CODES.OpenType.OpenThreadHandle ? "open_thread" : "open_process",
    requested_access: number(open["requestedAccess"]),
    ...target(number(open["targetPid"]), long(open["targetProcCreateTime"])),
    target_path: text(open["targetProcPath"]),
    target_md5: hash(open["targetProcMd5"]),
    target_sha256: hash(open["targetProcSha256"]),
    ...tampering(part),
  };
}

/**
 * The event that a sensor's message tells; undefined where it tells none that is in the catalogue.
 * @param origin what is known of the sensor from elsewhere, should the message itself not say it
 */
export function eventOfMessage(event: SensorMessage, origin: SensorOrigin): Fields | undefined {
  const reader = new Reader(event, origin);
  for (const [name, read] of KINDS) {
    const part = message(event[name]);
    if (part === undefined) continue;
    const fields = { ...reader.common, ...read(part, reader), timestamp: reader.time };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  }
  return undefined;
}
