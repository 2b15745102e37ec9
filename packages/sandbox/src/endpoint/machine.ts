import type { Readable } from "node:stream";
import type { SensorRecord } from "../domain/index.js";

/**
 * What is inside a simulated endpoint: disk, registry, processes. Live Response is carried out on it; nothing here knows of
 * HTTP, sessions or ticks. Paths are in the endpoint's own spelling. Times are milliseconds since 1970 (UTC).
 */
export interface EndpointMachine {
  readonly sensor: SensorRecord;
  /** Where the sensor itself runs: `C:\Windows\CarbonBlack`. */
  readonly workingDirectory: string;
  readonly files: EndpointFiles;
  /** Undefined on systems without one. */
  readonly registry: EndpointRegistry | undefined;
  readonly processes: EndpointProcesses;
  /** Bytes that a memory dump has. */
  readonly memorySize: number;
}

/** An entry of a directory; `.` and `..` are entries too. */
export interface FileEntry {
  filename: string;
  /** `DIRECTORY`, `ARCHIVE`, `HIDDEN`, `SYSTEM`, `READONLY`, `REPARSE_POINT` ... */
  attributes: string[];
  size: number;
  create_time: number;
  last_access_time: number;
  last_write_time: number;
  /** The short name, where it differs. */
  alt_name?: string;
}

/** The disk. Every operation refuses with an {@link EndpointError} that carries the system's own code. */
export interface EndpointFiles {
  /** `["C:\\", "D:\\"]`, or `["/"]`. */
  drives(): string[];
  /** A directory's entries (path with a separator at its end), those that a pattern matches, or one file. */
  list(path: string): FileEntry[];
  /** Bytes of a file. */
  size(path: string): number;
  /** The content of a file from `offset` on, at most `count` bytes. Nothing is held in memory, however large it is. */
  read(path: string, offset?: number, count?: number): Readable;
  /** Writes a whole file. When the content breaks off, the file that was there before stays. */
  write(path: string, content: Readable, signal?: AbortSignal): Promise<void>;
  makeDirectory(path: string): void;
  /** Removes a file or an empty directory. */
  remove(path: string): void;
}

/** A value of the registry. `data`: text, number, list of texts, or base64 text of bytes, by its type. */
export interface RegistryValue {
  /** Empty text for a key's default value. */
  value_name: string;
  /** `REG_SZ`, `REG_EXPAND_SZ`, `REG_MULTI_SZ`, `REG_DWORD`, `REG_QWORD`, `REG_BINARY` ... */
  value_type: string;
  value_data: string | number | string[];
}

export interface EndpointRegistry {
  enumerate(key: string): { values: RegistryValue[]; sub_keys: string[] };
  /** The value at `HKLM\...\name`. */
  query(path: string): RegistryValue;
  set(path: string, type: string, data: unknown, overwrite: boolean): void;
  createKey(key: string): void;
  /** With everything below it? Only a key without sub-keys, as the system does it. */
  deleteKey(key: string): void;
  deleteValue(path: string): void;
}

/** A process as Live Response lists it. */
export interface EndpointProcess {
  pid: number;
  parent: number;
  path: string;
  command_line: string;
  username: string;
  /** `s-1-5-18`; empty where there is none. */
  sid: string;
  create_time: number;
  proc_guid: string;
  parent_guid: string;
}

/** A program that was started. */
export interface StartedProgram {
  readonly pid: number;
  /** Its exit code, when it has ended: by itself or because it was killed. Never rejects. */
  readonly ended: Promise<number>;
  /** What it has written to standard output and error so far. */
  output(): Buffer;
  kill(): void;
}

export interface EndpointProcesses {
  list(): EndpointProcess[];
  kill(pid: number): void;
  /** Runs a command line in a directory; refuses when there is no such program. */
  start(commandLine: string, options?: { workingDirectory?: string }): StartedProgram;
}

/** What an endpoint refuses. `code` is a Windows error code, or an errno where `system` is not Windows. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";

  constructor(
    readonly system: "win32" | "posix",
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
