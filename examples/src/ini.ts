// The settings of an example in a file: `key = value` below a [section].
import { readFile } from "node:fs/promises";
import { ExampleError } from "./arguments.js";

/**
 * The settings in one section of a file.
 * @throws ExampleError when it cannot be read or has no such section; what stands in it is never repeated, as it may be secret
 */
export async function readSettings(path: string, section: string): Promise<ReadonlyMap<string, string>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ExampleError(`${path} ${code === "ENOENT" ? "does not exist" : `cannot be read (${code})`}`);
  }
  const settings = new Map<string, string>();
  let present = "";
  let isThere = false;
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const content = line.trim();
    if (content === "" || /^[#;]/.test(content)) continue;
    const header = /^\[(.+)\]$/.exec(content)?.[1];
    if (header !== undefined) {
      present = header.trim();
      isThere ||= present === section;
      continue;
    }
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      throw new ExampleError(`${path}, line ${index + 1}, is neither a [section] nor "key = value"`);
    }
    if (present === section) settings.set(key.toLowerCase(), value);
  }
  if (!isThere) throw new ExampleError(`${path} has no section [${section}]`);
  return settings;
}

/** A setting that is yes or no. */
export function yesOrNo(settings: ReadonlyMap<string, string>, key: string, otherwise: boolean): boolean {
  const text = settings.get(key);
  if (text === undefined || text === "") return otherwise;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new ExampleError(`${key} is either yes or no`);
}
