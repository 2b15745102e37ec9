import { hasWildcards } from "../../disk/wildcards.js";
import { failureText } from "../../failures.js";
import type { Inner } from "./cmd.js";
import { dir } from "./dir.js";
import { copy, del, makeDirectories, move, removeDirectories, rename, type as typeOut } from "./files.js";

/** A command of the shell itself. */
export type InnerCommand = (inner: Inner) => number | Promise<number>;

const echo: InnerCommand = ({ tail, out }) => {
  if (/^\s*$/.test(tail)) out.write("ECHO is on.\r\n");
  else if (!/^\s+(on|off)\s*$/i.test(tail)) out.write(`${tail.slice(1)}\r\n`);
  return 0;
};

const changeDirectory: InnerCommand = ({ shell, tail, out, error }) => {
  const target = tail
    .replace(/^\s*\/d\b/i, "")
    .trim()
    .replaceAll('"', "");
  if (target === "") {
    out.write(`${shell.directory}\r\n`);
    return 0;
  }
  const path = shell.path(target);
  const { files } = shell.call.host;
  try {
    files.directory(path);
    // Another drive's directory is only gone to when that is asked for.
    if (path.slice(0, 2).toLowerCase() !== shell.directory.slice(0, 2).toLowerCase() && !/\/d\b/i.test(tail)) return 0;
    shell.directory = files.spelling(path);
    return 0;
  } catch (refusal) {
    error.write(`${failureText(refusal)}\r\n`);
    return 1;
  }
};

const set: InnerCommand = ({ shell, tail, out, error }) => {
  const { environment } = shell.call;
  const text = tail.trim().replace(/^"(.*)"$/, "$1");
  const equals = text.indexOf("=");
  if (equals > 0) {
    const value = text.slice(equals + 1);
    environment.set(text.slice(0, equals), value === "" ? undefined : value);
    return 0;
  }
  const start = text.toLowerCase();
  const found = environment.entries().filter(([name]) => name.toLowerCase().startsWith(start));
  if (found.length === 0) {
    error.write(`Environment variable ${text} not defined\r\n`);
    return 1;
  }
  out.write(found.map(([name, value]) => `${name}=${value}\r\n`).join(""));
  return 0;
};

const ver: InnerCommand = ({ shell, out }) => {
  const { version, build, revision } = shell.call.host.facts.windows;
  out.write(`\r\nMicrosoft Windows [Version ${version}.${build}${version === "10.0" ? `.${revision}` : ""}]\r\n`);
  return 0;
};

const exit: InnerCommand = ({ shell, words }) => {
  const code = words.find((word) => /^-?\d+$/.test(word));
  return shell.exit(code === undefined ? shell.exitCode : Number(code) | 0);
};

/** `if [not] exist FILE`, `if [not] errorlevel N`, `if [/i] [not] A==B`, each with `else`. */
const if_: InnerCommand = async ({ shell, tail, ...streams }) => {
  const parts =
    /^\s*(\/i\s+)?(not\s+)?(?:exist\s+("[^"]*"|\S+)|errorlevel\s+(\d+)|([^\s=]+)\s*==\s*(\S+))\s+(.*)$/is.exec(tail);
  if (parts === null) {
    streams.error.write("The syntax of the command is incorrect.\r\n");
    return 1;
  }
  const [, fold, not, file, level, left = "", right = "", rest = ""] = parts;
  let holds: boolean;
  if (file !== undefined) holds = exists(shell, file.replaceAll('"', ""));
  else if (level !== undefined) holds = shell.exitCode >= Number(level);
  else holds = fold === undefined ? left === right : left.toLowerCase() === right.toLowerCase();
  const [yes = "", no] = rest.split(/\s+else\s+/i);
  const chosen = holds !== (not !== undefined) ? yes : no;
  return chosen === undefined ? shell.exitCode : await shell.line(chosen, streams);
};

function exists(shell: Inner["shell"], file: string): boolean {
  const { files } = shell.call.host;
  if (!hasWildcards(file)) return files.find(shell.path(file)) !== undefined;
  try {
    return files.list(shell.path(file)).length > 0;
  } catch {
    return false;
  }
}

const start: InnerCommand = ({ shell, tail, ...streams }) => {
  const line = tail
    .trim()
    .replace(/^"[^"]*"\s+(?=\S)/, "")
    .replace(/^(\/(b|min|max|wait|low|normal|high)\s+)+/i, "");
  // It is on its own from now on.
  void shell.call.run({ line, directory: shell.directory, environment: shell.call.environment }, streams);
  return 0;
};

const call: InnerCommand = ({ shell, tail, ...streams }) => shell.line(tail.trim(), streams);

const volume: InnerCommand = ({ shell, out }) => {
  out.write(` Volume in drive ${shell.directory[0]} has no label.\r\n`);
  out.write(` Volume Serial Number is ${volumeNumber(shell)}\r\n`);
  return 0;
};

/** The number of a volume, as `dir` and `vol` show it. */
export function volumeNumber({ call: { host } }: Inner["shell"]): string {
  const digits = host.facts.random("volume number").hex(8).toUpperCase();
  return `${digits.slice(0, 4)}-${digits.slice(4)}`;
}

const nothing: InnerCommand = () => 0;

/** By their names. */
export const commands: Readonly<Record<string, InnerCommand | undefined>> = {
  ...{ echo, cd: changeDirectory, chdir: changeDirectory, set, ver, exit, if: if_, start, call, vol: volume, dir },
  ...{ type: typeOut, copy, move, del, erase: del, ren: rename, rename, md: makeDirectories, mkdir: makeDirectories },
  ...{ rd: removeDirectories, rmdir: removeDirectories, rem: nothing, title: nothing, cls: nothing, color: nothing },
  ...{ setlocal: nothing, endlocal: nothing, pause: nothing },
  path: ({ shell, out }) => {
    out.write(`PATH=${shell.call.environment.get("Path") ?? ""}\r\n`);
    return 0;
  },
  date: ({ shell, out }) => {
    out.write(`The current date is: ${shell.variable("date")}\r\n`);
    return 0;
  },
  time: ({ shell, out }) => {
    out.write(`The current time is: ${shell.variable("time")}\r\n`);
    return 0;
  },
};
