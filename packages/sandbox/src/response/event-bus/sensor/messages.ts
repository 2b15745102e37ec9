// What sensors tell, as the messages that they send it in.
import type {
  BinaryRecord,
  ChildprocRecord,
  FilemodRecord,
  ModloadRecord,
  NetconnRecord,
  ProcessblockRecord,
  RegmodRecord,
  SensorRecord,
} from "../../../domain/index.js";
import type { StoredProcess } from "../../../store/process-rows.js";
import type { BusEvent } from "../bus-event.js";
import type { ProcessTale } from "../event-bus.js";
import type { SensorMessage } from "./tables.js";
import { addressBytes, hashBytes, partsOfGuid, portBytes, ticksOf } from "./values.js";

/** Of the form of messages that sensors of these years send. */
const VERSION = 4;
/** A message has at most one path, which its header names by this number. */
const PATH = 1n;
const FILE_PATH = 1;

type Part = Omit<SensorMessage, "header" | "env" | "strings">;

/** The events of a sensor's report about a process, one message each, in the order in which it happened. */
export function eventsOfTale(sensor: SensorRecord, { process, startedBy, events }: ProcessTale): BusEvent[] {
  const made: BusEvent[] = [];
  const tell = (kind: string, time: number, part: Part, path?: string): void => {
    const message = {
      header: header(process, time, path),
      ...(path === undefined ? {} : { strings: [stringOf(path)] }),
      ...part,
      env: environment(sensor),
    };
    made.push({ key: `ingress.event.${kind}`, subject: `${process.id}/${made.length}/${path ?? ""}`, time, message });
  };
  if (startedBy !== undefined) {
    tell("procstart", process.start, { process: started(process, startedBy.parent) }, process.path);
  }
  for (const load of events.modload ?? []) tell("moduleload", load.time, { modload: moduleLoad(load) }, load.path);
  for (const change of events.filemod ?? []) tell("filemod", change.time, { filemod: fileChange(change) }, change.path);
  for (const change of events.regmod ?? []) tell("regmod", change.time, { regmod: registryChange(change) });
  for (const made of events.netconn ?? []) tell("netconn", made.time, { networkv2: connection(made) });
  for (const child of events.childproc ?? []) tell("childproc", child.time, { childproc: childProcess(child) });
  for (const block of events.processblock ?? []) tell("processblock", block.time, { blocked: blocked(block) });
  return made;
}

/** What a sensor tells of a process that has ended. */
export function eventOfEnd(sensor: SensorRecord, process: StoredProcess, time: number): BusEvent {
  const message = {
    header: header(process, time, process.path),
    strings: [stringOf(process.path)],
    process: { ...started(process, undefined), created: false, md5hash: undefined, sha256hash: undefined },
    env: environment(sensor),
  };
  return { key: "ingress.event.procend", subject: process.id, time, message };
}

/** What a sensor tells of a file that it has met for the first time. */
export function eventOfModule(sensor: SensorRecord, record: BinaryRecord, resultCode: string, time: number): BusEvent {
  const message = {
    header: { version: VERSION, timestamp: ticksOf(time) },
    module: moduleInfo(record, resultCode),
    env: environment(sensor),
  };
  return { key: "ingress.event.module", subject: `${record.md5}/${sensor.id}`, time, message };
}

function header(process: StoredProcess, time: number, path: string | undefined) {
  const { pid, created } = partsOfGuid(process.id);
  return {
    version: VERSION,
    timestamp: ticksOf(time),
    filepath_string_guid: path === undefined ? undefined : PATH,
    process_create_time: created,
    process_pid: pid,
    process_md5: hashBytes(process.md5),
    process_path: process.path,
    process_sha256: hashBytes(process.sha256),
  };
}

const stringOf = (path: string) => ({ guid: PATH, utf8string: Buffer.from(path), string_type: FILE_PATH });

const environment = ({ id, computer_name }: SensorRecord) => ({
  endpoint: { SensorId: id, SensorHostName: computer_name },
  server: { NodeId: 0 },
});

function started(process: StoredProcess, parent: StoredProcess | undefined) {
  return {
    pid: process.pid,
    created: true,
    parent_pid: process.parent_pid,
    parent_create_time: process.parent_id === undefined ? undefined : partsOfGuid(process.parent_id).created,
    md5hash: hashBytes(process.md5),
    commandline: Buffer.from(process.cmdline),
    parent_md5: hashBytes(parent?.md5),
    parent_path: parent?.path,
    creationobserved: true,
    expect_followon_w_md5: false,
    uid: process.uid,
    username: process.username,
    bFilteringKnownDlls: false,
    sha256hash: hashBytes(process.sha256),
    parent_sha256: hashBytes(parent?.sha256),
  };
}

const moduleLoad = ({ md5 }: ModloadRecord) => ({ md5hash: hashBytes(md5) });

const fileChange = ({ type: action, md5, filetype: type, tamper = false }: FilemodRecord) => ({
  ...{ action, md5hash: hashBytes(md5), type, tamper },
  tamper_sent: false,
});

const registryChange = ({ type: action, path, tamper = false }: RegmodRecord) => ({
  ...{ action, utf8_regpath: Buffer.from(path), tamper },
  tamper_sent: false,
});

function connection(made: NetconnRecord) {
  const { proxy_ip, proxy_port } = made;
  return {
    protocol: made.proto,
    utf8_netpath: Buffer.from(made.domain),
    outbound: made.outbound,
    proxyConnection: proxy_ip !== undefined,
    proxyIpAddress: proxy_ip === undefined ? undefined : addressBytes(proxy_ip),
    proxyPort: proxy_port === undefined ? undefined : portBytes(proxy_port),
    remoteIpAddress: addressBytes(made.remote_ip),
    remotePort: portBytes(made.remote_port),
    localIpAddress: addressBytes(made.local_ip),
    localPort: portBytes(made.local_port),
  };
}

function childProcess(child: ChildprocRecord) {
  const { pid, created } = partsOfGuid(child.child_id);
  return {
    created: child.started,
    md5hash: hashBytes(child.md5),
    path: child.path,
    pid: BigInt(pid),
    create_time: created,
    tamper: child.tamper ?? false,
    suppressed: { bIsSuppressed: child.suppressed ?? false },
    commandline: Buffer.from(child.cmdline ?? ""),
    username: child.username ?? "",
    childProcType: 0,
  };
}

/** What the sandbox's sensors do: they end a process by its hash as it is created. */
const blocked = (block: ProcessblockRecord) => ({
  ...{ blockedType: 1, blockedEvent: 1, blockResult: 0 },
  blockedmd5Hash: hashBytes(block.blocked_md5),
  blockedPath: block.blocked_path,
  blockedCmdline: block.blocked_cmdline,
  blockedUid: block.blocked_uid,
  blockedUsername: block.blocked_username,
});

/** Hashes stand in it as text. */
const moduleInfo = (record: BinaryRecord, resultCode: string) => ({
  md5: Buffer.from(record.md5.toUpperCase()),
  CopiedModuleLength: record.copied_mod_len,
  OriginalModuleLength: BigInt(record.orig_mod_len),
  utf8_FileDescription: record.file_desc,
  utf8_CompanyName: record.company_name,
  utf8_ProductName: record.product_name,
  utf8_FileVersion: record.file_version,
  utf8_Comments: record.comments,
  utf8_LegalCopyright: record.legal_copyright,
  utf8_LegalTrademark: record.legal_trademark,
  utf8_InternalName: record.internal_name,
  utf8_OriginalFileName: record.original_filename,
  utf8_ProductDescription: record.product_desc,
  utf8_ProductVersion: record.product_version,
  utf8_PrivateBuild: record.private_build,
  utf8_SpecialBuild: record.special_build,
  utf8_DigSig_Publisher: record.digsig_publisher,
  utf8_DigSig_ProgramName: record.digsig_prog_name,
  utf8_DigSig_IssuerName: record.digsig_issuer,
  utf8_DigSig_SubjectName: record.digsig_subject,
  utf8_DigSig_Result: record.digsig_result,
  utf8_DigSig_ResultCode: resultCode,
  utf8_DigSig_SignTime:
    record.digsig_sign_time === undefined ? undefined : new Date(record.digsig_sign_time).toISOString(),
  utf8_OnDiskFilename: record.observed_filename[0],
  sha256: record.sha256 === "" ? undefined : Buffer.from(record.sha256.toUpperCase()),
});
