import type { Readable } from "node:stream";
import { inspect } from "node:util";
import type { CallOptions } from "../core/transport/types.js";
import { readArchive } from "./archive.js";
import type { Commands } from "./commands.js";
import { downloadFile } from "./download.js";
import { createDirectory, deleteFile, listDirectory } from "./files.js";
import { type MemoryDump, memdump, startMemdump } from "./memdump.js";
import { joinPath } from "./paths.js";
import { createProcess, killProcess, listProcesses, runProcess } from "./processes.js";
import {
  createRegistryKey,
  deleteRegistryKey,
  deleteRegistryValue,
  getRegistryValue,
  listRegistryKeysAndValues,
  setRegistryValue,
} from "./registry.js";
import { getRawFile, type RemoteFile } from "./remote-file.js";
import type {
  CommandData,
  CommandOptions,
  CreateProcessOptions,
  DirectoryEntry,
  DirectoryWalkOptions,
  DownloadOptions,
  GetFileOptions,
  MemdumpOptions,
  ProcessInfo,
  ProcessResult,
  PutFileOptions,
  RegistryData,
  RegistryKeyContent,
  RegistryValue,
  SessionData,
  SessionId,
  SetRegistryValueOptions,
  StartMemdumpOptions,
  Transferred,
  UploadSource,
} from "./types.js";
import { putFile } from "./upload.js";
import { type WalkedDirectory, walk } from "./walk.js";

/**
 * A Live Response session with one endpoint. Close it, or let `await using` do so: the server has few slots for sessions.
 *
 * Commands are carried out in the order in which they are called; several may be under way. A session that the server
 * has lost is opened again, and the command is sent again where it was not accepted. What the endpoint refuses is a
 * {@link LiveResponseError}; a command that the endpoint does not know is an ApiError, and nothing is sent.
 *
 * Paths are the endpoint's own and are sent as they are.
 * @example
 * await using session = await sensor.lrSession();
 * console.log((await session.getFile("c:\\test.txt")).toString());
 */
export class LiveResponseSession implements AsyncDisposable {
  readonly #commands: Commands;

  /** @internal Sessions are opened by `sensor.lrSession()` and `cb.liveResponse.openSession()`. */
  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /** The server's number for the session. Another one after the session was lost and opened again. */
  get sessionId(): SessionId {
    return this.sessionData.id;
  }

  /** The id of the endpoint's sensor or device. */
  get sensorId(): number {
    return this.#commands.link.endpoint.id;
  }

  /** The session as the server last described it. */
  get sessionData(): SessionData {
    return this.#commands.link.data;
  }

  /** 1 for Windows; anything else has paths with slashes. */
  get osType(): number | undefined {
    return this.#commands.link.endpoint.osType;
  }

  /** The roots of the endpoint's disks: `["A:\\", "C:\\"]`. */
  get drives(): readonly string[] {
    return this.sessionData.drives ?? [];
  }

  /** Whether `close()` was called. Nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#commands.link.isClosed;
  }

  /** Whether the server does not know the session any more. The next command opens a new one. */
  get isLost(): boolean {
    return this.#commands.link.isLost;
  }

  /** Whether closing ends it on the server: not when it was joined. */
  get isOwned(): boolean {
    return this.#commands.link.isOwned;
  }

  /**
   * Ends the session and frees its slot: reads it and sends it back as closed (`GET`, then `PUT .../session/{id}`).
   * Further calls send nothing. Commands that are under way fail; what they left on the endpoint under names of our own is
   * removed first, which is waited for some seconds. A session that was joined is left open on the server.
   * @param options `timeout`: milliseconds for each of the two requests; default 30 000. `signal` ends the waiting only: the
   * session is closed all the same, and calling again waits for that
   * @throws what the server answered, unless the session is gone anyway; calling again then tries again
   */
  close(options: CallOptions = {}): Promise<void> {
    return this.#commands.link.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Tells the server that the session is still needed: `GET .../keepalive`. Done by itself while no command is sent, unless
   * the session was opened without.
   * @param options `timeout`: milliseconds; default 30 000
   * @throws ObjectNotFoundError when the session is gone; the next command opens a new one
   */
  keepAlive(options: CallOptions = {}): Promise<void> {
    return this.#commands.link.keepAlive(options);
  }

  // Files

  /**
   * The bytes of a file, or a part of them (`get file`, then `GET .../file/{id}/content`). All are held in memory: see
   * {@link LiveResponseSession.downloadFile} and {@link LiveResponseSession.getRawFile} for large ones.
   * @throws LiveResponseError when there is no such file, or it cannot be read
   */
  async getFile(path: string, options: GetFileOptions = {}): Promise<Buffer> {
    return (await this.getRawFile(path, options)).read(undefined, options);
  }

  /**
   * A file as a stream. The endpoint sends it to the server (`get file`), which is awaited; its content is asked for when
   * it is read. A transfer that is cut goes on where it was. When the server has lost what it had, the endpoint sends the
   * rest anew: a file that is written to meanwhile is noticed by its size (`FILE_CHANGED`) and not by its content.
   * @throws LiveResponseError when there is no such file, or it cannot be read
   */
  getRawFile(path: string, options: GetFileOptions = {}): Promise<RemoteFile> {
    return getRawFile(this.#commands, path, options);
  }

  /**
   * Writes a file of the endpoint to a local one, which only its owner may read. It is written beside it first: nothing
   * incomplete ever has the name, and it has reached the disk by then. A transfer that is cut goes on where it was.
   * @param localPath chosen by the caller, with its name; its folder must exist
   * @throws ApiError with code `NOT_WRITTEN` when there is such a file (and `overwrite` is not set) or it cannot be written
   * @throws LiveResponseError when there is no such file on the endpoint, or it cannot be read
   */
  downloadFile(path: string, localPath: string, options: DownloadOptions = {}): Promise<Transferred> {
    return downloadFile(this.#commands, path, localPath, options);
  }

  /**
   * Writes a file on the endpoint: uploads it to the session's store (`POST .../file`), then `put file`. Bytes and local
   * files are uploaded again when the connection is cut or the session was lost; a stream can be read only once, and is
   * destroyed when the call fails. `timeout` is for the command: an upload may take any time, as long as it moves.
   * @param remotePath with the file's name; a file that is there is replaced
   * @throws LiveResponseError when the endpoint cannot write it
   * @throws ApiError with code `NOT_READ` when the local file cannot be read, or becomes shorter; nothing is written then
   * @throws ApiError with code `READ_ONCE` when a stream would have to be read again, `VERIFY_FAILED` when `verify` is set
   * and the size on the endpoint is another one
   * @throws TimeoutError when the server takes nothing of the upload for two minutes
   */
  putFile(source: UploadSource, remotePath: string, options: PutFileOptions = {}): Promise<Transferred> {
    return putFile(this.#commands, source, remotePath, options);
  }

  /**
   * Removes a file or an empty directory (`delete file`).
   * @throws LiveResponseError when it is not there, in use, or not empty
   */
  deleteFile(path: string, options: CommandOptions = {}): Promise<void> {
    return deleteFile(this.#commands, path, options);
  }

  /**
   * What is in a directory (`directory list`), `.` and `..` included.
   * @param path of a directory with a separator at its end, with a pattern (`c:\temp\*.log`), or of a single file
   * @throws LiveResponseError when there is no such directory, or it cannot be listed
   */
  listDirectory(path: string, options: CommandOptions = {}): Promise<DirectoryEntry[]> {
    return listDirectory(this.#commands, path, options);
  }

  /**
   * Makes a directory (`create directory`).
   * @throws LiveResponseError when it exists
   */
  createDirectory(path: string, options: CommandOptions = {}): Promise<void> {
    return createDirectory(this.#commands, path, options);
  }

  /**
   * All directories below one, itself included: each with the names of the directories and the files in it. One
   * `directory list` each, sent when the walk comes to it; `timeout` is for each of them.
   * @throws what a listing throws, unless it is passed over: see `onError`
   * @example
   * for await (const [directory, directories, files] of session.walk("c:\\temp")) console.log(directory, files.length);
   */
  walk(top: string, options: DirectoryWalkOptions = {}): AsyncGenerator<WalkedDirectory, void> {
    return walk(this.#commands, top, options);
  }

  /** Joins parts of a path with the separator of the endpoint's system; changes nothing else about them. */
  pathJoin(...parts: string[]): string {
    return joinPath(this.osType, parts);
  }

  // Processes

  /** The processes that run on the endpoint (`process list`). */
  listProcesses(options: CommandOptions = {}): Promise<ProcessInfo[]> {
    return listProcesses(this.#commands, options);
  }

  /**
   * Ends a process (`kill`).
   * @returns true: the endpoint reports that it did
   * @throws LiveResponseError when there is no such process, or it cannot be ended
   * @throws TimeoutError when the endpoint did not report within `timeout` (default 10 000 ms): whether the process ended is
   * not known. A command that has not begun is taken back, as the number may be another process's later.
   */
  killProcess(pid: number, options: CommandOptions = {}): Promise<true> {
    return killProcess(this.#commands, pid, options);
  }

  /**
   * Starts a program (`create process`) and returns what it wrote; undefined when no output was wanted.
   * The output is fetched by `get file` and removed by `delete file`.
   * @throws LiveResponseError when it cannot be started
   * @throws TimeoutError with code `STILL_RUNNING` when it did not end within `waitTimeout`; it may run on. Its output is
   * removed when it has ended, or the session is closed
   */
  createProcess(commandLine: string, options: CreateProcessOptions = {}): Promise<Buffer | undefined> {
    return createProcess(this.#commands, commandLine, options);
  }

  /**
   * As {@link LiveResponseSession.createProcess}, with the process id and the exit code besides the output. Without
   * waiting for its end it still waits until the program has been started.
   */
  runProcess(commandLine: string, options: CreateProcessOptions = {}): Promise<ProcessResult> {
    return runProcess(this.#commands, commandLine, options);
  }

  // Registry

  /**
   * The values in a key and the names of the keys below it (`reg enum key`).
   * @throws LiveResponseError when there is no such key; the same holds for all calls about the registry
   */
  listRegistryKeysAndValues(key: string, options: CommandOptions = {}): Promise<RegistryKeyContent> {
    return listRegistryKeysAndValues(this.#commands, key, options);
  }

  /** The names of the keys below a key (`reg enum key`). The Python method of this name returns values. */
  async listRegistryKeys(key: string, options: CommandOptions = {}): Promise<readonly string[]> {
    return (await listRegistryKeysAndValues(this.#commands, key, options)).sub_keys;
  }

  /** The values in a key (`reg enum key`). */
  async listRegistryValues(key: string, options: CommandOptions = {}): Promise<readonly RegistryValue[]> {
    return (await listRegistryKeysAndValues(this.#commands, key, options)).values;
  }

  /** The value at `HKLM\...\name` (`reg query value`). */
  getRegistryValue(path: string, options: CommandOptions = {}): Promise<RegistryValue> {
    return getRegistryValue(this.#commands, path, options);
  }

  /**
   * Writes a value (`reg set value`). Its type follows from the data unless it is named: whole numbers from 0 are
   * `REG_DWORD`, above 32 bits `REG_QWORD`; true and false are `REG_DWORD` 1 and 0; a list is `REG_MULTI_SZ`; bytes are
   * `REG_BINARY`, sent as base64; anything else is `REG_SZ`.
   * @throws ApiError when the data cannot be of that type
   */
  setRegistryValue(path: string, data: RegistryData, options: SetRegistryValueOptions = {}): Promise<void> {
    return setRegistryValue(this.#commands, path, data, options);
  }

  /** Makes a key (`reg create key`). */
  createRegistryKey(key: string, options: CommandOptions = {}): Promise<void> {
    return createRegistryKey(this.#commands, key, options);
  }

  /** Removes a key (`reg delete key`). */
  deleteRegistryKey(key: string, options: CommandOptions = {}): Promise<void> {
    return deleteRegistryKey(this.#commands, key, options);
  }

  /** Removes a value (`reg delete value`). */
  deleteRegistryValue(path: string, options: CommandOptions = {}): Promise<void> {
    return deleteRegistryValue(this.#commands, path, options);
  }

  // Memory and archive

  /**
   * Has the endpoint write its memory to a file (`memdump`), and returns when the server has accepted that.
   * @param remotePath where; default a random name in its folder for temporary files
   * @param options `compress`: on by default, which adds `.zip` to the name
   */
  startMemdump(remotePath?: string, options: StartMemdumpOptions = {}): Promise<MemoryDump> {
    return startMemdump(this.#commands, { ...options, compress: options.compress ?? true, remotePath });
  }

  /**
   * Has the endpoint write its memory to a file, waits, fetches it and removes it there (`memdump`, `get file`, `delete
   * file`). Not compressed by default. The local file appears when it is complete, as with
   * {@link LiveResponseSession.downloadFile}. However it fails, the dump does not stay on the endpoint if that can be helped.
   * @throws LiveResponseError when the endpoint cannot write it, ApiError with code `NOT_WRITTEN` when this computer cannot
   * @throws TimeoutError when the dump, or its way to the server, takes longer than `timeout` (default one hour each)
   */
  memdump(localPath: string, options: MemdumpOptions = {}): Promise<Transferred> {
    return memdump(this.#commands, localPath, options);
  }

  /**
   * The commands of the session, their results and its files as a compressed archive: `GET .../archive`. Read the stream or
   * destroy it.
   * @throws ApiError when servers of this kind have none
   */
  getSessionArchive(options: CallOptions = {}): Promise<Readable> {
    return readArchive(this.#commands.link, options);
  }

  [inspect.custom](): string {
    const { noun } = this.#commands.link.dialect;
    return `LiveResponseSession ${this.sessionId} (${noun} ${this.sensorId}${this.isClosed ? ", closed" : ""})`;
  }

  /**
   * How far a command is: `PENDING`, `IN PROGRESS`, `COMPLETE`, `ERROR`, `CANCELLED`; in capitals, however the server spells it.
   * @param id what `onAccepted` was told, or `MemoryDump.commandId`
   * @throws ObjectNotFoundError when the session on the server has no such command
   */
  async commandStatus(id: CommandData["id"], options: CallOptions = {}): Promise<string> {
    return String((await this.#commands.look(id, options)).status).toUpperCase();
  }

  /**
   * Takes back a command that has not begun; whoever waits for it gets an ApiError with code `COMMAND_CANCELLED`.
   * @throws ApiError with code `COMMAND_NOT_PENDING` when it has begun, and `NOT_OFFERED` in the classic Cloud
   */
  cancelCommand(id: CommandData["id"], options: CallOptions = {}): Promise<void> {
    return this.#commands.takeBack(id, options);
  }

  /** The server's description of it. */
  toJSON(): SessionData {
    return this.sessionData;
  }
}
