import type { CallOptions } from "../core/transport/types.js";

/** How the server numbers sessions: a number on EDR, text such as `1:37191` in the cloud. */
export type SessionId = number | string;

/** A session as the server describes it. Fields keep the server's names; unknown ones are kept as they came. */
export interface SessionData {
  readonly id: SessionId;
  /** The endpoint, on EDR. */
  readonly sensor_id?: number;
  /** The endpoint, in the cloud. */
  readonly device_id?: number;
  /** `pending`, `active`, `timeout`, `inactive`, `close`; in capitals in the cloud. */
  readonly status: string;
  readonly hostname?: string | null;
  readonly address?: string | null;
  /** The roots of the endpoint's disks: `["A:\\", "C:\\"]`. Empty while the session is pending. */
  readonly drives?: readonly string[];
  /** What the endpoint can be asked to do: `get file`, `process list` ... Empty while the session is pending. */
  readonly supported_commands?: readonly string[];
  /** Where the sensor runs: `C:\Windows\CarbonBlack`. */
  readonly current_working_directory?: string;
  /** Seconds that the server waits for the sensor to check in. */
  readonly check_in_timeout?: number;
  /** Seconds without a command after which the sensor leaves. */
  readonly session_timeout?: number;
  /** Seconds that the sensor waits for the next command; keeping alive starts them anew. */
  readonly sensor_wait_timeout?: number;
  /** When it was opened: Unix seconds on EDR. */
  readonly create_time?: number | string;
  readonly [name: string]: unknown;
}

/** A command as the server describes it: what was asked, how far it is, and what it gave. */
export interface CommandData {
  readonly id: number | string;
  /** What is to be done: `get file`, `process list` ... */
  readonly name?: string;
  /** `pending`, `in progress`, `complete`, `error`, `cancel` ... */
  readonly status: string;
  /** 0, or the code of the error that the endpoint met. */
  readonly result_code?: number;
  /** What `result_code` is: `WinHresult`, `CbError` ... */
  readonly result_type?: string;
  /** What the endpoint wrote beside the code. */
  readonly result_desc?: string;
  readonly [name: string]: unknown;
}

/** Told while all session slots of the server are taken. */
export interface SlotWait {
  /** How often a session was asked for so far. */
  readonly attempt: number;
  /** Milliseconds until it is asked for again. */
  readonly pause: number;
  /** Milliseconds waited so far. */
  readonly waited: number;
  /** What the server answered. */
  readonly error: Error;
}

/** How Live Response, or a client with it, is closed. */
export interface CloseOptions extends CallOptions {
  /** Milliseconds that jobs which run may take to end, once their signal was aborted. Default 5000. */
  grace?: number | undefined;
  /** Stops the waiting. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that the whole of it may take. Without it, each request has its own limit. */
  timeout?: number | undefined;
}

/** Which sessions are listed. */
export interface ListSessionsOptions extends CallOptions {
  /** Whether to leave out those that have ended. Default true. */
  activeOnly?: boolean | undefined;
}

/** How a session is opened and kept. */
export interface SessionOptions extends CallOptions {
  /**
   * Milliseconds until the session must be active, looking up the sensor, waiting for a slot and for its check-in
   * included. Default 360 000; 0 or Infinity means no limit.
   */
  timeout?: number | undefined;
  /**
   * Takes over a session that the server already has with this endpoint, whoever opened it, and does not close it at the
   * end. One of its own is opened when there is none. Default false.
   */
  join?: boolean | undefined;
  /**
   * Whether the session is kept alive while no command is sent: true (the default), or milliseconds between two signs of
   * life. Off, the sensor leaves after a few minutes and the next command opens a new session.
   */
  keepAlive?: boolean | number | undefined;
  /** Milliseconds that a command may take when it has no limit of its own. Default 120 000. */
  commandTimeout?: number | undefined;
  /** Called each time that all session slots of the server are taken and one is waited for. */
  onWait?: ((wait: SlotWait) => void) | undefined;
}

/** How long a command may take, and what stops it: a pending one is then taken back, and the session lives on. */
export interface CommandOptions extends CallOptions {
  /**
   * Milliseconds until the endpoint must have carried it out, from when the server has accepted it, and as many (at least
   * a second) for the server to accept it. Waiting for commands that were called before, opening a lost session again and
   * the bytes of transfers do not count. Default 120 000, or the session's `commandTimeout`; 0 or Infinity means no limit.
   */
  timeout?: number | undefined;
  /**
   * Called with the command as soon as the server has accepted it: with its `id`, `commandStatus()` and `cancelCommand()` of
   * the session can be asked while it is under way. Called again when a command that only reads has to be sent again.
   */
  onAccepted?: ((command: CommandData) => void) | undefined;
}

/** An entry of a directory. Times are Unix seconds. */
export interface DirectoryEntry {
  /** Its name, without the directory. */
  readonly filename: string;
  /** `DIRECTORY`, `ARCHIVE`, `HIDDEN`, `SYSTEM`, `READONLY`, `REPARSE_POINT` ... */
  readonly attributes: readonly string[];
  /** In bytes. */
  readonly size: number;
  /** Unix seconds. */
  readonly create_time: number;
  /** Unix seconds. */
  readonly last_access_time: number;
  /** Unix seconds. */
  readonly last_write_time: number;
  /** The short name, where it differs. */
  readonly alt_name?: string;
  readonly [name: string]: unknown;
}

/** A process that runs on the endpoint. */
export interface ProcessInfo {
  readonly pid: number;
  /** The path of its program. */
  readonly path: string;
  readonly command_line: string;
  readonly username: string;
  /** The parent's process id. */
  readonly parent: number;
  readonly parent_guid: string;
  readonly proc_guid: string;
  readonly sid: string;
  /** Unix seconds. */
  readonly create_time: number;
  readonly [name: string]: unknown;
}

/** The types of registry values that servers know by name. */
export type RegistryValueType =
  | "REG_NONE"
  | "REG_SZ"
  | "REG_EXPAND_SZ"
  | "REG_BINARY"
  | "REG_DWORD"
  | "REG_DWORD_BIG_ENDIAN"
  | "REG_LINK"
  | "REG_MULTI_SZ"
  | "REG_RESOURCE_LIST"
  | "REG_QWORD";

/** A value of the registry. */
export interface RegistryValue {
  /** Empty for a key's default value. */
  readonly value_name: string;
  readonly value_type: RegistryValueType | (string & {});
  /**
   * Text, a number, a list of texts (`REG_MULTI_SZ`), or the base64 text of bytes, by its type. A `REG_QWORD` that a number
   * would round (above 2^53 - 1) is the text of its digits: read it with `BigInt()`.
   */
  readonly value_data: string | number | readonly string[];
  readonly [name: string]: unknown;
}

/** What a key of the registry holds. */
export interface RegistryKeyContent {
  /** The values of the key itself. */
  readonly values: readonly RegistryValue[];
  /** Names of the keys below it. */
  readonly sub_keys: readonly string[];
}

/** What can be written to the registry; see `setRegistryValue()` for the types that it becomes. */
export type RegistryData = string | number | bigint | boolean | readonly (string | number)[] | Uint8Array;

/** How a value of the registry is written. */
export interface SetRegistryValueOptions extends CommandOptions {
  /** Whether a value that exists is replaced; otherwise that is an error of the endpoint. Default true. */
  overwrite?: boolean | undefined;
  /** The type, where it does not follow from the data. */
  valueType?: RegistryValueType | undefined;
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes so far. */
  readonly transferred: number;
  /** Bytes in all, once they are known. */
  readonly total: number | undefined;
}

/** What was transferred. */
export interface Transferred {
  /** In bytes. */
  readonly size: number;
  /** In small hexadecimal letters. */
  readonly sha256: string;
}

/** Which part of a file is read, and how. */
export interface GetFileOptions extends CommandOptions {
  /** The first byte to read. Default 0. */
  offset?: number | undefined;
  /** How many bytes to read. Default all that follow. */
  count?: number | undefined;
  /** Told how far the transfer is. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** Which part of a file is read, and whether it may replace a local one. */
export interface DownloadOptions extends GetFileOptions {
  /** Whether a local file of that name is replaced, once the new one is complete. Default false: it is an error. */
  overwrite?: boolean | undefined;
}

/** What is uploaded: bytes, a stream of unknown length, or a local file. Only bytes and files survive a cut connection. */
export type UploadSource = Uint8Array | AsyncIterable<Uint8Array | string> | { readonly path: string };

/** How a file is written to the endpoint. */
export interface PutFileOptions extends CommandOptions {
  /** Told how far the transfer is. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Whether the size on the endpoint is looked up and compared afterwards. Default false. */
  verify?: boolean | undefined;
}

/** How a directory tree is walked. */
export interface DirectoryWalkOptions extends CommandOptions {
  /** Whether a directory comes before those in it. Default true. */
  topDown?: boolean | undefined;
  /**
   * Called with the error when a directory cannot be listed, whatever the reason; the walk goes on, unless it throws.
   * Without it, directories that the endpoint refuses to list are passed over, and anything else fails the walk, as does
   * a top that cannot be listed.
   */
  onError?: ((error: Error, directory: string) => void) | undefined;
  /** Whether directories that are links (`REPARSE_POINT`) are entered. They may lead in circles. Default false. */
  followLinks?: boolean | undefined;
}

/** How a program is started, and what is waited for. */
export interface CreateProcessOptions extends CallOptions {
  /**
   * Milliseconds for each command around it: starting it without waiting for its end, fetching its output, removing that.
   * Also how long it may run, unless `waitTimeout` says otherwise. Default 120 000, or the session's `commandTimeout`.
   */
  timeout?: number | undefined;
  /** Called with the command that starts it as soon as the server has accepted it. */
  onAccepted?: ((command: CommandData) => void) | undefined;
  /** Whether the output is collected in a file on the endpoint and returned; waits for the end. Default true. */
  waitForOutput?: boolean | undefined;
  /** The file on the endpoint that takes the output. Default one with a random name, removed afterwards; this one is kept. */
  remoteOutputFileName?: string | undefined;
  /** The directory on the endpoint that it starts in. */
  workingDirectory?: string | undefined;
  /** Milliseconds that the process may run. Default `timeout`, or 30 000. */
  waitTimeout?: number | undefined;
  /** Whether to wait for the end when no output is wanted. Default true. */
  waitForCompletion?: boolean | undefined;
}

/** What came of a process that was started. */
export interface ProcessResult {
  readonly pid: number | undefined;
  /** Its exit code; undefined when its end was not waited for. */
  readonly returnCode: number | undefined;
  /** What it wrote; undefined when that was not wanted. */
  readonly output: Buffer | undefined;
}

/** How far a memory dump is. */
export interface MemdumpProgress {
  /** 0 to 100. Some sensors tell nothing before the end. */
  readonly percent: number | undefined;
  /** What is done at the moment. */
  readonly state: "dumping" | "compressing" | "downloading" | "deleting";
  /** While it is downloaded. */
  readonly transfer?: TransferProgress;
}

/** How a memory dump is begun. */
export interface StartMemdumpOptions extends CallOptions {
  /** Milliseconds until the server must have accepted it. Default 120 000, or the session's `commandTimeout`. */
  timeout?: number | undefined;
  /** Whether it is compressed on the endpoint, which adds `.zip` to the name. */
  compress?: boolean | undefined;
}

/** How a memory dump is made and fetched. */
export interface MemdumpOptions extends StartMemdumpOptions {
  /** Where the endpoint writes it. Default a random name in its folder for temporary files. */
  remotePath?: string | undefined;
  /** Milliseconds for the dump itself, and the same again for fetching it from the endpoint. Default 3 600 000. */
  timeout?: number | undefined;
  /** Whether a local file of that name is replaced, once the dump is complete. Default false: it is an error. */
  overwrite?: boolean | undefined;
  /** Told how far the dump and its transfer are. */
  onProgress?: ((progress: MemdumpProgress) => void) | undefined;
}

/** Which sessions `reap()` closes. At least one condition must be given; all that are given must hold. */
export interface ReapOptions<Target = never> extends CallOptions {
  /** Milliseconds since the session was opened. */
  olderThan?: number | undefined;
  /** The ids of the sessions. */
  ids?: readonly SessionId[] | undefined;
  /** The endpoints that they are with. */
  targets?: readonly Target[] | undefined;
  /** Tells what would be closed, and closes nothing. */
  dryRun?: boolean | undefined;
}

/** What became of one session. */
export interface ReapOutcome {
  /** The session as the server described it. */
  readonly session: SessionData;
  /** `gone`: it ended by itself meanwhile. `planned`: of a dry run, it would be closed. */
  readonly state: "closed" | "gone" | "planned" | "kept" | "failed";
  /** Why it was kept. */
  readonly reason?: string;
  /** Why it could not be closed. */
  readonly error?: Error;
}
