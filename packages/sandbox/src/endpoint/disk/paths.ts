import type { OsType } from "../../domain/index.js";
import { type Failure, failureOf } from "../failures.js";

/** An absolute path, taken apart. */
export interface DiskPath {
  /** `C:`; empty on Unix. */
  root: string;
  /** Without `.`; on Unix `..` still stands in it, as what it means depends on links. */
  parts: string[];
  /** Whether a separator stands at the end. */
  trailing: boolean;
}

const LONGEST_WINDOWS = 32_767;
const LONGEST_UNIX = 4096;
const LONGEST_NAME = 255;
const DEVICE = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$) *(\.|:|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what names must not have
const ILLEGAL = /[<>"|\u0000-\u001f:]/;

/**
 * Takes an absolute path apart. Refuses what the system would refuse before it looks at the disk: names it does not know
 * how to write, other computers, and paths that depend on where somebody stands.
 *
 * @param pattern whether `*` and `?` may stand in the last part
 */
export function parsePath(system: OsType, path: string, pattern = false): DiskPath {
  return system === "windows" ? parseWindows(path, pattern) : parseUnix(system, path);
}

function parseWindows(path: string, pattern: boolean): DiskPath {
  const refuse = (failure: Failure): never => {
    throw failureOf("windows", failure);
  };
  if (path === "") refuse("noParent");
  if (path.length > LONGEST_WINDOWS) refuse("tooLong");
  let text = path.replaceAll("/", "\\");
  // The form in which long paths are written names the same files.
  const verbatim = /^\\\\\?\\[a-z]:/i.test(text);
  if (verbatim) text = text.slice(4);
  else if (text.startsWith("\\\\.\\") || text.startsWith("\\\\?\\")) refuse("denied");
  else if (text.startsWith("\\\\")) refuse("badNetwork");
  const drive = /^([a-z]):(\\|$)/i.exec(text);
  if (drive === null || text.length === 2) return refuse("badName");
  const names = text.slice(3).split("\\");
  const trailing = names.at(-1) === "";
  const given = names.filter((name) => name !== "");
  const parts: string[] = [];
  given.forEach((name, index) => {
    if (name === ".") return;
    if (name === "..") {
      parts.pop();
      return;
    }
    const wild = /[*?]/.test(name);
    if (wild && !(pattern && index === given.length - 1)) refuse("badName");
    // Dots and spaces at the end of a name are not part of it, unless they are a pattern's.
    const clean = verbatim || wild ? name : withoutEnd(name);
    if (clean === "" || clean.length > LONGEST_NAME || ILLEGAL.test(clean) || DEVICE.test(clean)) refuse("badName");
    parts.push(clean);
  });
  return { root: `${(drive[1] ?? "c").toUpperCase()}:`, parts, trailing };
}

/** Counted from the end: a pattern would begin anew at each of the dots in a name of thousands. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1] === " ")) end--;
  return name.slice(0, end);
}

function parseUnix(system: "linux" | "osx", path: string): DiskPath {
  if (path.includes("\0")) throw failureOf(system, "invalid");
  if (!path.startsWith("/")) throw failureOf(system, "missing");
  const names = path.split("/");
  if (Buffer.byteLength(path) >= LONGEST_UNIX || names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) {
    throw failureOf(system, "tooLong");
  }
  return {
    root: "",
    parts: names.filter((name) => name !== "" && name !== "."),
    trailing: names.at(-1) === "" || names.at(-1) === ".",
  };
}

/** An absolute path as it is written. */
export function formatPath(system: OsType, { root, parts }: Pick<DiskPath, "root" | "parts">): string {
  return system === "windows" ? `${root}\\${parts.join("\\")}` : `/${parts.join("/")}`;
}

/** A path as somebody who stands in `directory` means it, as an absolute one; not checked any further. */
export function absolutePath(system: OsType, directory: string, path: string): string {
  if (system !== "windows") return path.startsWith("/") ? path : `${directory.replace(/\/$/, "")}/${path}`;
  const text = path.replaceAll("/", "\\");
  if (text.startsWith("\\\\") || /^[a-z]:\\/i.test(text)) return text;
  const base = directory.replace(/\\$/, "");
  if (text.startsWith("\\")) return `${directory.slice(0, 2)}${text}`;
  const drive = /^([a-z]:)(.*)$/i.exec(text);
  if (drive === null) return `${base}\\${text}`;
  const [, letter = "", rest = ""] = drive;
  // Only the drive that somebody stands on has a place of its own here.
  return letter.toLowerCase() === directory.slice(0, 2).toLowerCase() ? `${base}\\${rest}` : `${letter}\\${rest}`;
}
