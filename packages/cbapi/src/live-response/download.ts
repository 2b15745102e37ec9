import { checkLocalFile, writeLocalFile } from "../core/local-file.js";
import type { Commands } from "./commands.js";
import { getRawFile, type RemoteFile } from "./remote-file.js";
import type { DownloadOptions, TransferProgress, Transferred } from "./types.js";

export async function downloadFile(
  commands: Commands,
  path: string,
  localPath: string,
  options: DownloadOptions,
): Promise<Transferred> {
  const { overwrite = false, signal, onProgress, ...rest } = options;
  const check = () => checkLocalFile(localPath, overwrite);
  const file = await getRawFile(commands, path, { ...rest, signal }, check);
  return saveFile(file, localPath, { overwrite, signal, onProgress });
}

/** Writes what the server holds of a file to a local one. */
export async function saveFile(
  file: RemoteFile,
  localPath: string,
  options: {
    readonly overwrite: boolean;
    readonly signal: AbortSignal | undefined;
    readonly onProgress: ((progress: TransferProgress) => void) | undefined;
  },
): Promise<Transferred> {
  const { overwrite, signal, onProgress } = options;
  await writeLocalFile(localPath, file.stream({ signal, onProgress }), { overwrite, signal });
  return { size: file.size ?? 0, sha256: file.sha256 ?? "" };
}
