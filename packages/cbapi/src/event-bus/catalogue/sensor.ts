import type { EventBase } from "./base.js";

/** Something happened on an endpoint, as its sensor tells it. Names are those of the event forwarder. */
interface SensorEventBase<T extends string, E extends string> extends EventBase<T> {
  readonly event_type: E;
  readonly sensor_id?: number;
  readonly computer_name?: string;
}

/** What is done by a process. */
interface ByProcess<T extends string, E extends string> extends SensorEventBase<T, E> {
  readonly process_guid?: string;
  readonly pid?: number;
  readonly fork_pid?: number;
  readonly process_path?: string;
  /** Of the process that acts, unless the event is about another file. Capital hex. */
  readonly md5?: string;
  readonly sha256?: string;
}

/** A process started. */
export interface ProcessStart
  extends ByProcess<"ingress.event.procstart" | "ingress.event.process" | "ingress.event.procend", "proc"> {
  /** False when it has ended. */
  readonly created?: boolean;
  readonly path?: string;
  readonly command_line?: string;
  readonly parent_path?: string;
  readonly parent_pid?: number;
  /** The parent's GUID. */
  readonly parent_guid?: string;
  readonly parent_create_time?: Date;
  readonly parent_md5?: string;
  readonly parent_sha256?: string;
  readonly expect_followon_w_md5?: boolean;
  readonly filtering_known_dlls?: boolean;
  readonly username?: string;
  readonly uid?: string;
}

/** A process loaded a module. `md5` and `sha256` are the module's. */
export interface ModuleLoad extends ByProcess<"ingress.event.moduleload", "modload"> {
  readonly path?: string;
}

/** A process changed a file. */
export interface FileModification extends ByProcess<"ingress.event.filemod", "filemod"> {
  readonly path?: string;
  /** `create`, `write`, `delete`, `lastwrite`, `open`, or `unknown (n)`. */
  readonly action: string;
  readonly action_type?: number;
  readonly file_md5?: string;
  readonly file_sha256?: string;
  readonly file_type?: number;
  readonly filetype_name?: string;
  readonly tamper?: boolean;
  readonly tamper_sent?: boolean;
}

/** A process changed the registry. */
export interface RegistryModification extends ByProcess<"ingress.event.regmod", "regmod"> {
  readonly path?: string;
  /** `createkey`, `writeval`, `delkey`, `delval`, or `unknown (n)`. */
  readonly action: string;
  readonly action_type?: number;
  readonly tamper?: boolean;
  readonly tamper_sent?: boolean;
}

/** A process made or took a connection. */
export interface NetworkConnection
  extends ByProcess<"ingress.event.netconn" | "ingress.event.netconnblocked", "netconn" | "blocked_netconn"> {
  readonly domain?: string;
  readonly direction: "inbound" | "outbound";
  /** 6 for TCP, 17 for UDP. */
  readonly protocol?: number;
  readonly remote_ip?: string;
  readonly remote_port?: number;
  readonly local_ip?: string;
  readonly local_port?: number;
  /** The other end, as sensors of old name it. */
  readonly ipv4?: string;
  readonly port?: number;
  readonly proxy?: boolean;
  readonly proxy_ip?: string;
  readonly proxy_port?: number;
  readonly proxy_domain?: string;
  readonly ja3?: string;
  readonly ja3s?: string;
}

/** A process started another one, or the other one ended. */
export interface ChildProcess extends ByProcess<"ingress.event.childproc", "childproc"> {
  readonly created?: boolean;
  readonly path?: string;
  readonly child_pid?: number;
  /** The child's GUID, where it can be known. */
  readonly child_process_guid?: string;
  /** `Exec`, `Fork` or `OtherExec`. */
  readonly childproc_type?: string;
  readonly childproc_commandline?: string;
  readonly childproc_username?: string;
  readonly childproc_suppressed?: boolean;
  readonly tamper?: boolean;
  readonly tamper_sent?: boolean;
}

/** A process opened another one or one of its threads, or started a thread in it. */
export interface CrossProcess
  extends ByProcess<"ingress.event.crossprocopen" | "ingress.event.remotethread", "cross_process"> {
  readonly cross_process_type: "open_process" | "open_thread" | "remote_thread";
  /** Whether the process that tells it is the one to which it was done. */
  readonly is_target?: boolean;
  /** The rights that were asked for, as bits. */
  readonly requested_access?: number;
  readonly target_pid?: number;
  readonly target_create_time?: Date;
  readonly target_md5?: string;
  readonly target_sha256?: string;
  readonly target_path?: string;
  readonly target_process_guid?: string;
  readonly tamper?: boolean;
  readonly tamper_sent?: boolean;
}

/** EMET kept a process from something. */
export interface EmetMitigation extends ByProcess<"ingress.event.emetmitigation", "emet_mitigation"> {
  readonly log_message?: string;
  readonly mitigation?: string;
  readonly blocked?: boolean;
  readonly log_id?: bigint;
  readonly emet_timestamp?: Date;
}

/** Somebody meddled with a sensor. */
export interface Tamper extends SensorEventBase<"ingress.event.tamper", "tamper"> {
  /** `CoreDriverUnloaded`, `CbServiceStopped` and others. */
  readonly tamper_type?: string;
}

/** A banned program was kept from running. */
export interface BlockedProcess extends SensorEventBase<"ingress.event.processblock", "blocked_process"> {
  /** `Md5Hash`. */
  readonly blocked_reason?: string;
  readonly blocked_event?: string;
  readonly blocked_result?: string;
  readonly blocked_error?: number;
  readonly md5?: string;
  readonly path?: string;
  readonly command_line?: string;
  readonly pid?: number;
  readonly process_create_time?: Date;
  readonly process_guid?: string;
  readonly uid?: string;
  readonly username?: string;
}

/** How a binary is signed. */
export interface BinarySignature {
  readonly result?: string;
  readonly publisher?: string;
  readonly program_name?: string;
  readonly issuer_name?: string;
  readonly subject_name?: string;
  readonly result_code?: string;
  readonly sign_time?: string;
}

/** What a sensor has read of a binary. */
export interface BinaryInfo extends SensorEventBase<"ingress.event.module", "binary_info"> {
  readonly md5?: string;
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
  readonly copied_module_length?: number;
  readonly digsig?: BinarySignature;
  /** A PNG picture. */
  readonly icon?: Uint8Array;
  readonly image_file_header?: Uint8Array;
  readonly file_description?: string;
  readonly company_name?: string;
  readonly product_name?: string;
  readonly file_version?: string;
  readonly comments?: string;
  readonly legal_copyright?: string;
  readonly legal_trademark?: string;
  readonly internal_name?: string;
  readonly original_file_name?: string;
  readonly product_description?: string;
  readonly product_version?: string;
  readonly private_build?: string;
  readonly special_build?: string;
  readonly on_disk_filename?: string;
}

/** A script was run that is in no file. */
export interface FilelessScriptLoad extends ByProcess<"ingress.event.filelessscriptload", "filelessscriptload"> {
  readonly script?: string;
  readonly script_sha256?: string;
  /** Where it was in a file after all. */
  readonly filename?: string;
}

export type SensorEvent =
  | ProcessStart
  | ModuleLoad
  | FileModification
  | RegistryModification
  | NetworkConnection
  | ChildProcess
  | CrossProcess
  | EmetMitigation
  | Tamper
  | BlockedProcess
  | BinaryInfo
  | FilelessScriptLoad;
