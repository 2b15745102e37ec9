import { CbApiError } from "../core/errors.js";
import type { Commands } from "./commands.js";
import { type Fields, fieldsIn } from "./protocol.js";
import type { CommandOptions, DirectoryEntry } from "./types.js";

/** @throws CbApiError when a path is no text, or empty: the endpoint would take it for its own folder. */
export function requirePath(path: unknown, what: string): asserts path is string {
  if (typeof path === "string" && path !== "") return;
  throw new CbApiError(`${what} must be a path on the endpoint, not ${path === "" ? "empty" : typeof path}`, {
    code: "INVALID_ARGUMENT",
  });
}

export async function deleteFile(commands: Commands, path: string, options: CommandOptions): Promise<void> {
  requirePath(path, "The file to remove");
  await commands.run({ name: "delete file", subject: path }, options);
}

export async function createDirectory(commands: Commands, path: string, options: CommandOptions): Promise<void> {
  requirePath(path, "The directory to make");
  await commands.run({ name: "create directory", subject: path }, options);
}

export async function listDirectory(
  commands: Commands,
  path: string,
  options: CommandOptions,
): Promise<DirectoryEntry[]> {
  requirePath(path, "The directory to list");
  const { result } = await commands.run({ name: "directory list", subject: path, reads: true }, options);
  return fieldsIn(result["files"]).map(entryOf);
}

/** Old servers say `name`, and those of the Cloud `alternate_name`. */
function entryOf({ alternate_name: short, ...file }: Fields): DirectoryEntry {
  return {
    ...file,
    ...("filename" in file ? {} : { filename: file["name"] }),
    ...(typeof short === "string" && short !== "" ? { alt_name: short } : {}),
  } as unknown as DirectoryEntry;
}
