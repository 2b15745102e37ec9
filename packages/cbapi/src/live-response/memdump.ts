import { checkLocalFile } from "../core/local-file.js";
import type { Commands, Issued } from "./commands.js";
import { saveFile } from "./download.js";
import { deleteFile } from "./files.js";
import { clearLater, clearNow, isGivenUp, mayRun } from "./leftovers.js";
import { temporaryName } from "./paths.js";
import { getRawFile, type RemoteFile } from "./remote-file.js";
import type {
  CommandData,
  CommandOptions,
  DownloadOptions,
  MemdumpOptions,
  MemdumpProgress,
  StartMemdumpOptions,
  Transferred,
} from "./types.js";

/** Milliseconds that a dump may take, and the same again its way to the server. */
const DUMP_TIME = 3_600_000;

type OnProgress = ((progress: MemdumpProgress) => void) | undefined;

/** How a dump is waited for. */
export interface DumpWait extends CommandOptions {
  /** Milliseconds until it must be written. Default 3 600 000. */
  timeout?: number | undefined;
  /** Told how far the endpoint says that it is. */
  onProgress?: OnProgress;
}

/** A memory dump that an endpoint writes. */
export class MemoryDump {
  /** Where the endpoint writes it, with the `.zip` that compression adds. */
  readonly remotePath: string;
  readonly #commands: Commands;
  readonly #issued: Issued;
  #finished: CommandData | undefined;

  /** @internal Made by `session.startMemdump()`. */
  constructor(commands: Commands, issued: Issued, remotePath: string) {
    this.#commands = commands;
    this.#issued = issued;
    this.remotePath = remotePath;
  }

  /** The number of the command within its session. */
  get commandId(): CommandData["id"] {
    return this.#issued.data.id;
  }

  /**
   * Waits until it is written.
   * @param options `onProgress` is told what the endpoint reports; the server is then asked every few seconds
   * @throws LiveResponseError when the endpoint cannot write it
   * @throws TimeoutError when that takes longer than `timeout` (default one hour); it goes on
   */
  wait(options: DumpWait = {}): Promise<void> {
    return this.#wait(options, true);
  }

  /** @internal As {@link MemoryDump.wait}, for a dump of which nobody else knows: what came of it is removed when that fails. */
  async waitOrClear(options: DumpWait): Promise<void> {
    try {
      await this.#wait(options, false);
    } catch (error) {
      // It may be under way yet, and is large.
      if (mayRun(this.#commands, error, options.signal)) clearLater(this.#commands, this.#issued, this.remotePath);
      else clearNow(this.#commands, this.remotePath);
      throw error;
    }
  }

  /**
   * The dump as a stream, once it is written: `get file`, which is awaited, then its content as it is read.
   * @param options `timeout`: milliseconds for the dump, and the same again for its way to the server; default one hour
   */
  async getRawFile(options: CommandOptions = {}): Promise<RemoteFile> {
    const { signal, timeout = DUMP_TIME } = options;
    await this.wait({ signal, timeout });
    return getRawFile(this.#commands, this.remotePath, { signal, timeout });
  }

  /**
   * Writes it to a local file once it is written, as `session.downloadFile()` does.
   * @param options `timeout` as for {@link MemoryDump.getRawFile}
   * @throws ApiError with code `NOT_WRITTEN` when there is such a file (and `overwrite` is not set) or it cannot be written
   */
  async get(localPath: string, options: DownloadOptions = {}): Promise<Transferred> {
    const { overwrite = false, signal, onProgress, timeout } = options;
    await checkLocalFile(localPath, overwrite);
    const file = await this.getRawFile({ signal, timeout });
    return saveFile(file, localPath, { overwrite, signal, onProgress });
  }

  /**
   * Removes it on the endpoint (`delete file`).
   * @throws LiveResponseError when it is not there, or is being written
   */
  delete(options: CommandOptions = {}): Promise<void> {
    return deleteFile(this.#commands, this.remotePath, options);
  }

  async #wait({ onProgress, timeout = DUMP_TIME, signal }: DumpWait, leave: boolean): Promise<void> {
    if (this.#finished !== undefined) return;
    const onNews = onProgress === undefined ? undefined : (data: CommandData) => onProgress(progressOf(data));
    this.#finished = await this.#commands.wait(this.#issued, { signal, timeout, onNews, leave });
  }
}

export async function startMemdump(
  commands: Commands,
  { remotePath, compress = false, signal, timeout }: StartMemdumpOptions & { readonly remotePath?: string | undefined },
  prepare?: () => Promise<void>,
): Promise<MemoryDump> {
  const path = remotePath ?? temporaryName(commands.link.endpoint.osType);
  const written = compress ? `${path}.zip` : path;
  const body = async () => {
    await prepare?.();
    return { compress };
  };
  const onAbandoned = (abandoned: Issued) => clearLater(commands, abandoned, written);
  const issued = await commands.issue({ name: "memdump", subject: path, body, onAbandoned }, { signal, timeout });
  return new MemoryDump(commands, issued, written);
}

export function memdump(commands: Commands, localPath: string, options: MemdumpOptions): Promise<Transferred> {
  return commands.link.held(dumpAndFetch(commands, localPath, options));
}

async function dumpAndFetch(commands: Commands, localPath: string, options: MemdumpOptions): Promise<Transferred> {
  const { overwrite = false, onProgress, timeout = DUMP_TIME, signal } = options;
  const { remotePath, compress } = options;
  const check = () => checkLocalFile(localPath, overwrite);
  const dump = await startMemdump(commands, { remotePath, compress, signal }, check);
  await dump.waitOrClear({ signal, timeout, onProgress });
  let done: Transferred;
  try {
    done = await dump.get(localPath, {
      overwrite,
      signal,
      timeout,
      onProgress:
        onProgress && ((transfer) => onProgress({ state: "downloading", percent: percentOf(transfer), transfer })),
    });
  } catch (error) {
    // It is large, and nobody else knows that it is there.
    clearNow(commands, dump.remotePath);
    throw error;
  }
  try {
    onProgress?.({ state: "deleting", percent: undefined });
    await dump.delete({ signal });
  } catch (error) {
    if (isGivenUp(commands, signal)) clearNow(commands, dump.remotePath);
    throw error;
  }
  return done;
}

function progressOf(data: CommandData): MemdumpProgress {
  const percent = data["percentdone"];
  return {
    state: data["compressing"] === true ? "compressing" : "dumping",
    percent: typeof percent === "number" ? percent : undefined,
  };
}

function percentOf({ transferred, total }: { transferred: number; total: number | undefined }): number | undefined {
  return total === undefined || total === 0 ? undefined : Math.floor((transferred / total) * 100);
}
