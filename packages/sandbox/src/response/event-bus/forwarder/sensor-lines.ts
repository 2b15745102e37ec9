// What sensors send, as event forwarders write it: under names that changed with version 3.8, and with each generation's mistakes.
import { processGuid } from "../../../organisation/ids.js";
import type { SensorEvent } from "../bus-event.js";
import type { SensorMessage } from "../sensor/tables.js";
import { addressText, millisecondsOf, portBytes } from "../sensor/values.js";
import { SERVER_NAME } from "../told/head.js";

type Json = Record<string, unknown>;
type Message = Required<{ [N in keyof SensorMessage]: NonNullable<SensorMessage[N]> }>;

/** How lines are written. */
export interface LineStyle {
  readonly generation: "older" | "newer";
  /** The console's address, with a slash at its end. */
  readonly server: string;
}

const FILE_ACTIONS: Readonly<Record<number, string>> = { 1: "create", 2: "write", 4: "delete", 8: "lastwrite" };
const REGISTRY_ACTIONS: Readonly<Record<number, string>> = { 1: "createkey", 2: "writeval", 4: "delkey", 8: "delval" };
const FILE_TYPES: Readonly<Record<number, string>> = {
  ...{ 0: "Unknown", 1: "Pe", 2: "Elf", 3: "UniversalBin", 8: "Eicar", 16: "OfficeLegacy", 17: "OfficeOpenXml" },
  ...{ 48: "Pdf", 64: "ArchivePkzip", 65: "ArchiveLzh", 66: "ArchiveLzw", 67: "ArchiveRar", 68: "ArchiveTar" },
  69: "Archive7zip",
};

/** The line of a sensor's message. */
export function lineOfMessage({ key, message }: SensorEvent, style: LineStyle): Json {
  const { header = {}, env } = message;
  const sensor = env?.endpoint?.SensorId ?? 0;
  const common = {
    type: key,
    timestamp: header.timestamp === undefined ? 0 : Math.floor(secondsOf(header.timestamp)),
    sensor_id: sensor,
    computer_name: env?.endpoint?.SensorHostName,
    cb_server: SERVER_NAME,
  };
  const { blocked, module, ...acts } = message;
  if (blocked !== undefined) return defined({ ...common, ...blockedFields(blocked, style) });
  if (module !== undefined) return defined({ ...common, ...moduleFields(module, style) });
  return defined({ ...common, ...processFields(message, sensor, style), ...actFields(acts, sensor, style) });
}

const secondsOf = (ticks: bigint): number => (ticks === 0n ? 0 : millisecondsOf(ticks) / 1000);

const hex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("hex").toUpperCase();
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");

const defined = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function guidOf(sensor: number, pid: number | undefined, created: bigint | undefined): string | undefined {
  if (pid === undefined || created === undefined) return undefined;
  return processGuid(sensor, pid, millisecondsOf(created), Number(created % 10_000n));
}

/** The GUID of the process that acts. */
const actorOf = ({ header = {} }: SensorMessage, sensor: number): string | undefined =>
  guidOf(sensor, header.process_pid, header.process_create_time);

/** The process that acts. */
function processFields({ header = {} }: SensorMessage, sensor: number, { generation, server }: LineStyle): Json {
  const guid = actorOf({ header }, sensor);
  return {
    process_guid: guid,
    pid: header.process_pid,
    process_path: header.process_path === "" ? undefined : header.process_path,
    md5: hex(header.process_md5),
    sha256: hex(header.process_sha256) ?? "",
    link_process: `${server}#analyze/${guid}/${generation === "older" ? 1 : 0}`,
    link_sensor: `${server}#/host/${sensor}`,
  };
}

function actFields(message: SensorMessage, sensor: number, style: LineStyle): Json {
  const older = style.generation === "older";
  const path = text(message.strings?.[0]?.utf8string);
  const { process, modload, filemod, regmod, networkv2, childproc } = message;
  if (process !== undefined) return startFields(process, path, sensor, style);
  if (modload !== undefined) {
    const hashes = { md5: hex(modload.md5hash), sha256: hex(modload.sha256hash) ?? "" };
    return { event_type: "modload", path, ...hashes, ...(older ? {} : { command_line: "" }) };
  }
  if (filemod !== undefined) {
    const { action = 0, type, tamper, tamper_sent } = filemod;
    return {
      ...{ event_type: "filemod", path, action: FILE_ACTIONS[action] ?? `unknown (${action})` },
      ...{ [older ? "actiontype" : "action_type"]: action, [older ? "filetype" : "file_type"]: type },
      ...{ filetype_name: type === undefined ? undefined : FILE_TYPES[type], file_md5: hex(filemod.md5hash) },
      ...{ tamper, tamper_sent },
    };
  }
  if (regmod !== undefined) {
    const { action = 0, tamper, tamper_sent } = regmod;
    return {
      ...{ event_type: "regmod", path: text(regmod.utf8_regpath) },
      ...{ action: REGISTRY_ACTIONS[action] ?? `unknown (${action})`, [older ? "actiontype" : "action_type"]: action },
      // Newer forwarders have taken the one for the other.
      ...(older ? { tamper, tamper_sent } : { tamper: tamper_sent, tamper_sent: tamper }),
    };
  }
  if (networkv2 !== undefined) return connectionFields(networkv2, older);
  return childproc === undefined ? {} : childFields(childproc, actorOf(message, sensor), sensor, style);
}

function startFields(process: Message["process"], path: string | undefined, sensor: number, style: LineStyle): Json {
  const older = style.generation === "older";
  const parent = guidOf(sensor, process.parent_pid, process.parent_create_time);
  const sha256 = hex(process.sha256hash) ?? "";
  return {
    ...{ event_type: "proc", path, command_line: text(process.commandline), parent_path: process.parent_path },
    // The number that sensors of old gave to processes, which those of the sandbox do not.
    ...{ parent_pid: process.parent_pid, parent_guid: 0 },
    parent_create_time: process.parent_create_time === undefined ? 0 : secondsOf(process.parent_create_time),
    parent_md5: hex(process.parent_md5),
    // Older forwarders take the process's own.
    parent_sha256: older ? sha256 : hex(process.parent_sha256),
    expect_followon_w_md5: process.expect_followon_w_md5,
    filtering_known_dlls: process.bFilteringKnownDlls,
    ...{ username: process.username, uid: process.uid },
    ...(older ? { parent_process_guid: parent } : {}),
    link_parent: parent === undefined ? undefined : `${style.server}#analyze/${parent}/${older ? 1 : 0}`,
    // Of the start only: a message about an end names the acting process's hash alone.
    ...(process.md5hash === undefined ? {} : { md5: hex(process.md5hash), sha256 }),
  };
}

function connectionFields(made: Message["networkv2"], older: boolean): Json {
  const { remoteIpAddress, localIpAddress, proxyIpAddress, remotePort, localPort, proxyPort } = made;
  const ip = (address: typeof remoteIpAddress) => (address === undefined ? undefined : addressText(address));
  const port = (value: number | undefined) => (value === undefined ? undefined : portBytes(value));
  return {
    ...{ event_type: "netconn", domain: text(made.utf8_netpath) },
    direction: made.outbound === false ? "inbound" : "outbound",
    [older ? "protocol" : "Protocol"]: made.protocol,
    ...{ remote_ip: ip(remoteIpAddress), remote_port: port(remotePort) },
    ...{ local_ip: ip(localIpAddress), local_port: port(localPort), proxy: made.proxyConnection },
    ...(proxyIpAddress === undefined ? {} : { proxy_ip: ip(proxyIpAddress), proxy_port: port(proxyPort) }),
  };
}

function childFields(
  child: Message["childproc"],
  parent: string | undefined,
  sensor: number,
  { generation, server }: LineStyle,
): Json {
  const older = generation === "older";
  const pid = child.pid === undefined ? undefined : Number(BigInt.asUintN(32, child.pid));
  const guid = guidOf(sensor, pid, child.create_time);
  const named = (name: "suppressed" | "command_line" | "username"): string =>
    older ? `child_${name}` : `childproc_${name.replace("_", "")}`;
  return {
    ...{ event_type: "childproc", created: child.created, path: child.path, child_pid: pid, childproc_type: "Exec" },
    ...{ md5: hex(child.md5hash), sha256: "", tamper: child.tamper, tamper_sent: false },
    [named("suppressed")]: child.suppressed?.bIsSuppressed,
    [named("command_line")]: text(child.commandline),
    [named("username")]: child.username,
    ...(older ? { child_process_guid: guid, parent_guid: 0 } : { parent_guid: parent }),
    link_child: `${server}#analyze/${guid}/${older ? 1 : 0}`,
  };
}

function blockedFields(blocked: Message["blocked"], { generation }: LineStyle): Json {
  return {
    ...(generation === "older" ? {} : { type: "ingress.event.processblocked" }),
    ...{ event_type: "blocked_process", blocked_reason: "Md5Hash", blocked_event: "ProcessCreate" },
    ...{ blocked_result: "ProcessTerminated", md5: hex(blocked.blockedmd5Hash), path: blocked.blockedPath },
    ...{ command_line: blocked.blockedCmdline, uid: blocked.blockedUid, username: blocked.blockedUsername },
  };
}

/** Names of the texts of a binary, behind `utf8_` or `utf_8_`. */
const MODULE_TEXTS = {
  ...{ utf8_FileDescription: "file_description", utf8_CompanyName: "company_name", utf8_ProductName: "product_name" },
  ...{ utf8_FileVersion: "file_version", utf8_Comments: "comments", utf8_LegalCopyright: "legal_copyright" },
  ...{ utf8_LegalTrademark: "legal_trademark", utf8_InternalName: "internal_name" },
  ...{ utf8_OriginalFileName: "original_file_name", utf8_ProductDescription: "product_description" },
  ...{ utf8_ProductVersion: "product_version", utf8_PrivateBuild: "private_build" },
  ...{ utf8_SpecialBuild: "special_build", utf8_OnDiskFilename: "on_disk_filename" },
} as const;

function moduleFields(module: Message["module"], { generation }: LineStyle): Json {
  const older = generation === "older";
  const prefix = older ? "utf8_" : "utf_8_";
  const texts = Object.entries(MODULE_TEXTS).map(([from, to]) => [
    `${prefix}${older ? to : to.replace("file_description", "file_dscription")}`,
    module[from as keyof typeof MODULE_TEXTS],
  ]);
  return {
    ...{ event_type: "binary_info", md5: text(module.md5), sha256: text(module.sha256) },
    size: module.OriginalModuleLength === undefined ? undefined : Number(module.OriginalModuleLength),
    [`${prefix}copied_module_length`]: module.CopiedModuleLength,
    digsig: defined({
      ...{ result: module.utf8_DigSig_Result, publisher: module.utf8_DigSig_Publisher },
      ...{ program_name: module.utf8_DigSig_ProgramName, issuer_name: module.utf8_DigSig_IssuerName },
      ...{ subject_name: module.utf8_DigSig_SubjectName, result_code: module.utf8_DigSig_ResultCode },
      sign_time: module.utf8_DigSig_SignTime,
    }),
    ...Object.fromEntries(texts),
  };
}
