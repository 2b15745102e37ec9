import type { Steps } from "../../../steps.js";
import { attributesOf } from "../../disk/entries.js";
import type { DiskNode } from "../../disk/nodes.js";
import { failureOf, failureText } from "../../failures.js";
import { EndpointError } from "../../machine.js";
import type { CommandShell, Inner, InnerCommand } from "./shell.js";

interface Wanted {
  bare: boolean;
  deep: boolean;
  /** Hidden files and those of the system too. */
  all: boolean;
  onlyDirectories: boolean;
  onlyFiles: boolean;
}

const NOT_FOUND = 2;

/** Grouped in threes: `33,285,996,544`. */
export const grouped = (number: number): string => number.toLocaleString("en-US");

/** `11/11/2016  08:40 PM` */
export function windowsTime(time: number): string {
  const date = new Date(time);
  const two = (number: number): string => String(number).padStart(2, "0");
  const hour = date.getUTCHours();
  const day = `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${date.getUTCFullYear()}`;
  return `${day}  ${two(hour % 12 === 0 ? 12 : hour % 12)}:${two(date.getUTCMinutes())} ${hour < 12 ? "AM" : "PM"}`;
}

/** `dir`, with `/a`, `/ad`, `/a-d`, `/b` and `/s`. */
export const dir: InnerCommand = function* (inner) {
  const { shell, words, out, error } = inner;
  const switches = words
    .filter((word) => word.startsWith("/"))
    .join("")
    .toLowerCase();
  const wanted: Wanted = {
    ...{ bare: switches.includes("/b"), deep: switches.includes("/s"), all: switches.includes("/a") },
    ...{ onlyDirectories: switches.includes("/ad"), onlyFiles: switches.includes("/a-d") },
  };
  const targets = words.filter((word) => !word.startsWith("/"));
  let code = 0;
  for (const target of targets.length === 0 ? [shell.directory] : targets) {
    try {
      if (!(yield* showAll(inner, target, wanted))) throw failureOf("windows", "missing");
    } catch (refusal) {
      const text = failureText(refusal);
      error.write(`${refusal instanceof EndpointError && refusal.code === NOT_FOUND ? "File Not Found" : text}\r\n`);
      code = 1;
    }
    if (!wanted.bare && targets.length > 1) out.write("\r\n");
  }
  return code;
};

/** The number of a volume, as `dir` and `vol` show it. */
export function volumeNumber({ call: { host } }: CommandShell): string {
  const digits = host.facts.random("volume number").hex(8).toUpperCase();
  return `${digits.slice(0, 4)}-${digits.slice(4)}`;
}

/** Where to look and for what: a directory is looked into, of anything else the last part is what is looked for. */
function lookFor({ shell }: Inner, target: string): { directory: string; pattern: string } {
  const path = shell.path(target);
  const { files } = shell.call.host;
  if (files.find(path)?.kind === "directory" || path.endsWith("\\"))
    return { directory: path.replace(/\\+$/, ""), pattern: "*" };
  const cut = path.lastIndexOf("\\");
  return { directory: path.slice(0, cut), pattern: path.slice(cut + 1) };
}

function* showAll(inner: Inner, target: string, wanted: Wanted): Steps<boolean> {
  const { shell, out } = inner;
  const { files } = shell.call.host;
  const { directory, pattern } = lookFor(inner, target);
  const top = files.spelling(`${directory}\\`);
  if (!wanted.bare) {
    out.write(` Volume in drive ${top[0]} has no label.\r\n Volume Serial Number is ${volumeNumber(shell)}\r\n`);
  }
  const total = { files: 0, bytes: 0, directories: 0 };
  let found = false;
  // A list and not a recursion: directories may be as deep as somebody cared to make them.
  const ahead = [top];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    found = showOne(inner, at, pattern, wanted, total) || found;
    yield;
    if (!wanted.deep) break;
    const below: string[] = [];
    for (const [node, , name] of quietly(() => files.entries(`${at?.replace(/\\$/, "")}\\*`))) {
      const hidden = attributesOf("windows", node).includes("HIDDEN");
      // What a junction leads to is listed where it is.
      if (name === undefined && node.kind === "directory" && (wanted.all || !hidden))
        below.push(`${at.replace(/\\$/, "")}\\${node.name}`);
    }
    ahead.push(...below.reverse());
  }
  if (wanted.bare || !found) return found;
  if (wanted.deep) {
    out.write(`\r\n     Total Files Listed:\r\n${fileLine(total)}`);
  }
  out.write(
    `${`${total.directories}`.padStart(16)} Dir(s) ${grouped(files.free(top.slice(0, 2))).padStart(15)} bytes free\r\n`,
  );
  return true;
}

const fileLine = ({ files, bytes }: { files: number; bytes: number }): string =>
  `${String(files).padStart(16)} File(s) ${grouped(bytes).padStart(14)} bytes\r\n`;

function quietly<T>(look: () => T[]): T[] {
  try {
    return look();
  } catch {
    return [];
  }
}

function showOne(
  { shell, out }: Inner,
  directory: string,
  pattern: string,
  wanted: Wanted,
  total: { files: number; bytes: number; directories: number },
): boolean {
  const base = directory.replace(/\\$/, "");
  const look = (): [DiskNode, string | undefined, string | undefined][] =>
    shell.call.host.files.entries(`${base}\\${pattern}`);
  const entries = (wanted.deep ? quietly(look) : look()).filter(([node, , name]) =>
    isShown(node, name === undefined ? wanted : { ...wanted, all: true }),
  );
  const listed = wanted.bare ? entries.filter(([, , name]) => name === undefined) : entries;
  if (listed.length === 0) return false;
  if (wanted.bare) {
    out.write(listed.map(([node]) => `${wanted.deep ? `${base}\\` : ""}${node.name}\r\n`).join(""));
    return true;
  }
  let files = 0;
  let bytes = 0;
  const lines = listed.map(([node, , name = node.name]) => {
    const start = windowsTime(node.written);
    if (node.kind === "file") {
      files++;
      bytes += node.content.size;
      return `${start} ${grouped(node.content.size).padStart(17)} ${name}\r\n`;
    }
    total.directories++;
    if (node.kind === "link") return `${start}    <JUNCTION>     ${name} [${node.target}]\r\n`;
    return `${start}    <DIR>          ${name}\r\n`;
  });
  total.files += files;
  total.bytes += bytes;
  out.write(`\r\n Directory of ${directory}\r\n\r\n${lines.join("")}${fileLine({ files, bytes })}`);
  return true;
}

function isShown(node: DiskNode, { all, onlyDirectories, onlyFiles }: Wanted): boolean {
  const attributes = attributesOf("windows", node);
  const isDirectory = attributes.includes("DIRECTORY");
  if ((onlyDirectories && !isDirectory) || (onlyFiles && isDirectory)) return false;
  return all || !(attributes.includes("HIDDEN") || attributes.includes("SYSTEM"));
}
