import { randomUUID } from "node:crypto";
import { link, lstat, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CbApiError } from "./errors.js";
import { invalidArgument } from "./invalid-argument.js";

export interface WriteOptions {
  /** Whether a file of that name is replaced. */
  readonly overwrite: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a stream to a local file that only its owner may read. It is written beside it under a name of its own first,
 * so that nothing incomplete ever has the final name, whatever happens on the way: also the power.
 * @throws CbApiError with code `NOT_WRITTEN` when that is not possible; its `cause` tells why
 */
export async function writeLocalFile(path: string, content: Readable, options: WriteOptions): Promise<void> {
  const partial = join(dirname(path), `cbapi-${randomUUID()}.part`);
  try {
    const file = await open(partial, "wx", 0o600);
    try {
      const write = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
        for await (const chunk of chunks) await file.writeFile(chunk); // where the last one ended
      };
      await (options.signal === undefined
        ? pipeline(content, write)
        : pipeline(content, write, { signal: options.signal }));
      // A name may reach the disk before the bytes do: after a power cut it would stand for nothing.
      await file.sync();
      await file.close();
      await give(partial, path, options.overwrite);
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close().catch(() => {});
      await rm(partial, { force: true });
      throw error;
    }
  } catch (error) {
    content.destroy();
    options.signal?.throwIfAborted();
    throw isSystemError(error) ? notWritten(path, error) : error;
  }
}

/**
 * Looks beforehand whether a file can be written there, so that nothing is fetched in vain.
 * @throws CbApiError with code `NOT_WRITTEN`
 */
export async function checkLocalFile(path: unknown, overwrite: boolean): Promise<void> {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw invalidArgument("The local file must be named by a path");
  }
  try {
    const folder = await stat(dirname(resolve(path)));
    if (!folder.isDirectory()) throw systemError("ENOTDIR");
    if (path.endsWith("/") || path.endsWith(sep)) throw systemError("EISDIR");
    const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (there?.isDirectory()) throw systemError("EISDIR");
    if (there !== undefined && !overwrite) throw systemError("EEXIST");
  } catch (error) {
    throw isSystemError(error) ? notWritten(path, error) : error;
  }
}

/** Has the new name written to the disk. Some systems cannot open folders: there it comes by itself, a little later. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  try {
    await folder?.sync();
  } catch {
    // as above
  } finally {
    await folder?.close();
  }
}

async function give(partial: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) {
    await rename(partial, path);
    return;
  }
  try {
    await link(partial, path); // unlike renaming, this replaces nothing that came there meanwhile
    await rm(partial, { force: true });
  } catch (error) {
    if (!isSystemError(error) || !["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(error.code ?? "")) throw error;
    // Some file systems have no links.
    await checkLocalFile(path, false);
    await rename(partial, path);
  }
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, syscall: "open" });
}

/** A failure of the file system, as opposed to one of the transfer. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof CbApiError) && "syscall" in error;
}

function notWritten(path: string, cause: NodeJS.ErrnoException): CbApiError {
  const folder = dirname(resolve(path));
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `the folder ${folder} does not exist; make it first`,
    ENOTDIR: `${folder} is no folder`,
    EACCES: `the folder ${folder} cannot be written to by this user`,
    EPERM: `the folder ${folder} cannot be written to by this user`,
    EROFS: `the folder ${folder} is on a disk that can only be read`,
    EISDIR: "it is a folder; name a file",
    EEXIST: "there is such a file already; name another, or set overwrite",
    ENOSPC: "the disk is full",
    ENAMETOOLONG: "the name is too long",
  };
  const reason = reasons[cause.code ?? ""] ?? cause.message;
  return new CbApiError(`Cannot write ${path}: ${reason}`, { code: "NOT_WRITTEN", cause });
}
