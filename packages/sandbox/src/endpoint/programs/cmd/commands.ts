import { failureOf, failureText } from "../../failures.js";
import { dir, volumeNumber } from "./dir.js";
import { copy, del, makeDirectories, move, removeDirectories, rename, type as typeOut } from "./files.js";
import type { InnerCommand } from "./shell.js";
import { itemsOf } from "./variables.js";

const echo: InnerCommand = ({ shell, tail, out }) => {
  const switched = /^\s+(on|off)\s*$/i.exec(tail)?.[1];
  if (switched !== undefined) shell.echoes = switched.toLowerCase() === "on";
  else if (/^\s*$/.test(tail)) out.write(`ECHO is ${shell.echoes ? "on" : "off"}.\r\n`);
  else out.write(`${tail.slice(1)}\r\n`);
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

/** `exit N`; with `/b`, of the batch file and not of the shell. */
const exit: InnerCommand = ({ shell, words }) => {
  const number = words.find((word) => /^-?\d+$/.test(word));
  const code = number === undefined ? shell.exitCode : Number(number) | 0;
  const { batchRun } = shell;
  if (batchRun === undefined || !words.some((word) => /^\/b$/i.test(word))) return shell.exit(code);
  batchRun.end();
  return code;
};

/** `goto LABEL`, in a batch file. */
const goTo: InnerCommand = ({ shell, tail, error }) => {
  const label = tail.trim().split(/\s/)[0] ?? "";
  if (shell.batchRun === undefined || shell.batchRun.goTo(label)) return shell.exitCode;
  error.write(`The system cannot find the batch label specified - ${label.replace(/^:/, "")}\r\n`);
  return 1;
};

/** Directories that `pushd` remembers. */
const MOST_LEFT = 10_000;

const pushDirectory: InnerCommand = (inner) => {
  const { shell } = inner;
  const before = shell.directory;
  if (inner.tail.trim() === "") return 0;
  if (shell.left.length >= MOST_LEFT) throw failureOf("windows", "noMemory");
  const code = changeDirectory({ ...inner, tail: ` /d${inner.tail}` });
  if (code === 0) shell.left.push(before);
  return code;
};

const popDirectory: InnerCommand = ({ shell }) => {
  shell.directory = shell.left.pop() ?? shell.directory;
  return 0;
};

const start: InnerCommand = ({ shell, tail, ...streams }) => {
  const line = tail
    .trim()
    .replace(/^"[^"]*"\s+(?=\S)/, "")
    .replace(/^(\/(b|min|max|wait|low|normal|high)\s+)+/i, "");
  // It is on its own from now on.
  void shell.call.run({ line, directory: shell.directory, environment: shell.call.environment }, streams);
  return 0;
};

/** `call LINE`, or `call :LABEL WORDS...` in a batch file. */
const call: InnerCommand = ({ shell, tail, ...streams }) => {
  const line = tail.trim();
  const { batchRun } = shell;
  if (!line.startsWith(":") || batchRun === undefined) return shell.line(line, streams);
  const given = [batchRun.given[0] ?? "", ...itemsOf(line).slice(1)];
  return shell.batch(batchRun.text, given, streams, itemsOf(line)[0]);
};

const volume: InnerCommand = ({ shell, out }) => {
  out.write(` Volume in drive ${shell.directory[0]} has no label.\r\n`);
  out.write(` Volume Serial Number is ${volumeNumber(shell)}\r\n`);
  return 0;
};

const nothing: InnerCommand = () => 0;

/** By their names. */
export const commands: Readonly<Record<string, InnerCommand | undefined>> = {
  ...{ echo, cd: changeDirectory, chdir: changeDirectory, set, ver, exit, goto: goTo, start, call, vol: volume, dir },
  ...{ type: typeOut, copy, move, del, erase: del, ren: rename, rename, md: makeDirectories, mkdir: makeDirectories },
  ...{ rd: removeDirectories, rmdir: removeDirectories, rem: nothing, title: nothing, cls: nothing, color: nothing },
  ...{ pushd: pushDirectory, popd: popDirectory },
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
