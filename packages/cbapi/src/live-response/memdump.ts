import { checkLocalFile } from "../core/local-file.js";
import type { CallOptions } from "../core/transport/types.js";
import type { Commands, Issued } from "./commands.js";
import { saveFile } from "./download.js";
import { deleteFile } from "./files.js";
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
   * @throws TimeoutError when that takes longer than `timeout` (default one hour)
   */
  async wait(options: CommandOptions & { readonly onProgress?: OnProgress } = {}): Promise<void> {
    if (this.#finished !== undefined) return;
    const { onProgress, timeout = DUMP_TIME, signal } = options;
    const onNews = onProgress === undefined ? undefined : (data: CommandData) => onProgress(progressOf(data));
    this.#finished = await this.#commands.wait(this.#issued, { signal, timeout, onNews, leave: true });
  }

  /** The dump as a stream, once it is written. */
  async getRawFile(options: CommandOptions = {}): Promise<RemoteFile> {
    await this.wait(options);
    return getRawFile(this.#commands, this.remotePath, { timeout: DUMP_TIME, ...options });
  }

  /** Writes it to a local file once it is written, as `session.downloadFile()` does. */
  async get(localPath: string, options: DownloadOptions = {}): Promise<Transferred> {
    const { overwrite = false, signal, onProgress, timeout } = options;
    await checkLocalFile(localPath, overwrite);
    const file = await this.getRawFile(timeout === undefined ? { signal } : { signal, timeout });
    return saveFile(file, localPath, { overwrite, signal, onProgress });
  }

  /** Removes it on the endpoint (`delete file`). */
  delete(options: CallOptions = {}): Promise<void> {
    return deleteFile(this.#commands, this.remotePath, options);
  }
}

export async function startMemdump(
  commands: Commands,
  { remotePath, compress = false, signal }: StartMemdumpOptions & { readonly remotePath?: string | undefined },
  prepare?: () => Promise<void>,
): Promise<MemoryDump> {
  const path = remotePath ?? temporaryName(commands.link.endpoint.osType);
  const body = async () => {
    await prepare?.();
    return { compress };
  };
  const issued = await commands.issue({ name: "memdump", subject: path, body }, signal);
  return new MemoryDump(commands, issued, compress ? `${path}.zip` : path);
}

export async function memdump(commands: Commands, localPath: string, options: MemdumpOptions): Promise<Transferred> {
  const { overwrite = false, onProgress, timeout = DUMP_TIME, signal } = options;
  const dump = await startMemdump(commands, options, () => checkLocalFile(localPath, overwrite));
  await dump.wait({ signal, timeout, onProgress });
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
    commands.link.background(dump.delete());
    throw error;
  }
  onProgress?.({ state: "deleting", percent: undefined });
  await dump.delete({ signal });
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
