import { LiveResponseError } from "cbapi";
import type { DirectoryEntry } from "cbapi/response";
import { isDirectory } from "../draw/directory.js";
import { CommandError } from "../shown-error.js";
import { attachmentOf, type Call, remotePath } from "./command.js";

/** How many names are told when a pattern fits several. */
const TOLD = 5;

/**
 * The whole path of what is on the endpoint: as it was typed, or of the one thing that a pattern in its last part fits. Names
 * that cannot be typed, because of characters that show nothing or steer the terminal, are reached that way.
 * @throws CommandError when a pattern fits nothing, or several
 */
export async function existingPath(call: Call, typed: string, what: "file" | "directory" | "any"): Promise<string> {
  const { session, paths } = attachmentOf(call);
  const whole = remotePath(call, typed);
  // A separator at the end says that a directory is meant, and is no part of its name.
  const path = paths.directory(whole);
  if (!paths.hasPattern(path)) return whole;
  const wanted = paths.base(path);
  const entries = (await session.listDirectory(path, { signal: call.signal }).catch(nothing)).filter(
    (entry) =>
      entry.filename !== "." &&
      entry.filename !== ".." &&
      (what === "any" || isDirectory(entry) === (what === "directory")),
  );
  // Elsewhere than on Windows a file may be called `a*`.
  const same = entries.find(({ filename }) => filename === wanted);
  const [entry, ...others] = same === undefined ? entries : [same];
  if (entry === undefined) throw new CommandError(`Nothing fits ${path}.`);
  if (others.length > 0) {
    const names = entries.slice(0, TOLD).map(({ filename }) => filename);
    const more = entries.length > TOLD ? ` and ${entries.length - TOLD} more` : "";
    throw new CommandError(`${path} fits ${names.join(", ")}${more}: a pattern must fit one alone.`);
  }
  return paths.join(paths.folder(path), entry.filename);
}

/** Systems differ: some list nothing for a pattern that fits nothing, others say that there is no such file. */
function nothing(error: unknown): DirectoryEntry[] {
  if (!(error instanceof LiveResponseError)) throw error;
  if (error.errno === "ENOENT" || error.decoded_win32_error === "ERROR_FILE_NOT_FOUND") return [];
  throw error;
}
