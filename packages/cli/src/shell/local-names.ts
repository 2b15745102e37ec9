import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../shown-error.js";
import { safeText, UNSAFE_CHARACTERS } from "../text-safety.js";

/** Names that Windows gives to devices, whatever their ending. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const LONGEST = 200;

/**
 * A name for a local file after one that came from elsewhere: without separators, control characters and what some
 * systems refuse, so that it is the name of a file in the folder that is meant and nothing else.
 */
export function cleanName(name: string): string {
  const plain = name
    .normalize("NFC")
    .replace(UNSAFE_CHARACTERS, "")
    .replace(/[\\/:*?"<>|]/g, "_")
    .slice(0, LONGEST)
    .replace(/[. ]+$/, "")
    .trimStart();
  return DEVICE.test(plain) ? `_${plain}` : plain;
}

/**
 * Where a file of an endpoint is written to: under the given name, in the given folder, or under its own name in the
 * current one.
 * @throws CommandError when it has no name that could be used
 */
export async function localTarget(remoteName: string, given: string | undefined): Promise<string> {
  if (given !== undefined && !(await isFolder(given))) return given;
  const name = cleanName(remoteName);
  if (name === "") throw new CommandError(`${safeText(remoteName)} gives no name for a local file: name one.`);
  return given === undefined ? name : join(given, name);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** `~` of this machine, as every shell has it. */
export function atHome(path: string | undefined): string | undefined {
  return path !== undefined && /^~[\\/]/.test(path) ? join(homedir(), path.slice(2)) : path;
}
