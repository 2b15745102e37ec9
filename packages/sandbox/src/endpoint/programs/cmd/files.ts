import { joinedContent } from "../../disk/content.js";
import { hasWildcards } from "../../disk/wildcards.js";
import { failureOf, failureText } from "../../failures.js";
import { removeTree } from "../tree.js";
import type { Inner, InnerCommand } from "./shell.js";

/** A name that has no file behind it is a device. */
const isConsole = (word: string): boolean => /^con:?$/i.test(word);
const CHUNK = 65_536;

function plain(words: readonly string[]): string[] {
  return words.filter((word) => !/^\/[a-z-]/i.test(word));
}

function hasSwitch(words: readonly string[], name: string): boolean {
  return words.some((word) => word.toLowerCase().split("/").slice(1).includes(name));
}

/** The files that a word means; with a pattern, those that it fits. */
function filesOf({ shell }: Inner, word: string): string[] {
  const path = shell.path(word);
  const { files } = shell.call.host;
  if (!hasWildcards(word)) {
    const node = files.find(path);
    if (node?.kind !== "directory") return [path];
    return filesOf({ shell } as Inner, `${path}\\*`);
  }
  const directory = path.slice(0, path.lastIndexOf("\\"));
  return files
    .entries(path)
    .filter(([node, , name]) => name === undefined && node.kind === "file")
    .map(([node]) => `${directory}\\${node.name}`);
}

/** `type FILE...`; with several, each under its name. */
export const type: InnerCommand = function* (inner) {
  const { shell, words, out, error } = inner;
  const targets = plain(words);
  if (targets.length === 0) return refuse(inner, "The syntax of the command is incorrect.");
  let code = 0;
  for (const target of targets) {
    try {
      const several = targets.length > 1 || hasWildcards(target);
      for (const path of hasWildcards(target) ? filesOf(inner, target) : [shell.path(target)]) {
        const { content } = shell.call.host.files.file(path);
        if (several) error.write(`\r\n${path.slice(path.lastIndexOf("\\") + 1)}\r\n\r\n\r\n`);
        for (let at = 0; at < content.size; at += CHUNK) {
          out.write(content.slice(at, CHUNK));
          yield;
        }
      }
    } catch (refusal) {
      error.write(`${failureText(refusal)}\r\n`);
      if (targets.length > 1) error.write(`Error occurred while processing: ${target}.\r\n`);
      code = 1;
    }
  }
  return code;
};

/** `copy A B`, `copy A+B C`. A file that is copied shares its content: no size takes time or space. */
export const copy: InnerCommand = function* (inner) {
  const { shell, words, out } = inner;
  const { files } = shell.call.host;
  const [from, to = shell.directory] = plain(words);
  if (from === undefined) return refuse(inner, "The syntax of the command is incorrect.");
  if (isConsole(to) || isConsole(from)) return refuse(inner, "The handle is invalid.");
  const target = shell.path(to);
  const isFolder = files.find(target)?.kind === "directory" || to.endsWith("\\");
  if (from.includes("+")) {
    const parts = from.split("+").map((each) => files.file(shell.path(each)).content);
    files.put(isFolder ? `${target}\\${from.split("+")[0]}` : target, parts.reduce(joinedContent));
    out.write(`${from.split("+").join("\r\n")}\r\n        1 file(s) copied.\r\n`);
    return 0;
  }
  const sources = filesOf(inner, from);
  let copied = 0;
  for (const source of sources) {
    const name = source.slice(source.lastIndexOf("\\") + 1);
    const place = isFolder ? `${target.replace(/\\+$/, "")}\\${name}` : target;
    if (place.toLowerCase() === source.toLowerCase()) {
      return refuse(inner, "The file cannot be copied onto itself.\r\n        0 file(s) copied.");
    }
    const { content } = files.file(source);
    files.put(place, content);
    if (hasWildcards(from)) out.write(`${from.slice(0, from.lastIndexOf("\\") + 1)}${name}\r\n`);
    copied++;
    yield;
  }
  out.write(`${String(copied).padStart(9)} file(s) copied.\r\n`);
  return 0;
};

export const move: InnerCommand = function* (inner) {
  const { shell, words, out } = inner;
  const { files } = shell.call.host;
  const [from, to] = plain(words);
  if (from === undefined || to === undefined) return refuse(inner, "The syntax of the command is incorrect.");
  const target = shell.path(to);
  const isFolder = files.find(target)?.kind === "directory";
  const moved = files.find(shell.path(from), false);
  if (moved === undefined && !hasWildcards(from)) throw failureOf("windows", "missing");
  const sources = moved?.kind === "directory" ? [shell.path(from)] : filesOf(inner, from);
  for (const source of sources) {
    const place = isFolder ? `${target}\\${source.slice(source.lastIndexOf("\\") + 1)}` : target;
    const file = files.find(source);
    if (place.slice(0, 2).toLowerCase() !== source.slice(0, 2).toLowerCase() && file?.kind === "file") {
      files.put(place, files.file(source).content);
      files.remove(source);
    } else files.rename(source, place);
    yield;
  }
  out.write(`${String(sources.length).padStart(9)} ${moved?.kind === "directory" ? "dir" : "file"}(s) moved.\r\n`);
  return 0;
};

export const rename: InnerCommand = (inner) => {
  const { shell, words } = inner;
  const [from, to] = plain(words);
  if (from === undefined || to === undefined || /[\\/:]/.test(to))
    return refuse(inner, "The syntax of the command is incorrect.");
  const path = shell.path(from);
  const place = `${path.slice(0, path.lastIndexOf("\\"))}\\${to}`;
  const { files } = shell.call.host;
  const there = files.find(place, false);
  if (there !== undefined && there !== files.find(path, false)) {
    return refuse(inner, "A duplicate file name exists, or the file\r\ncannot be found.");
  }
  files.rename(path, place);
  return 0;
};

/** `del FILE...` with `/s`; what is locked or read-only stays and is named. */
export const del: InnerCommand = function* (inner) {
  const { shell, words, error } = inner;
  const { files } = shell.call.host;
  const targets = plain(words);
  if (targets.length === 0) return refuse(inner, "The syntax of the command is incorrect.");
  let code = 0;
  for (const target of targets) {
    const path = shell.path(target);
    let sources: string[];
    try {
      sources = filesOf(inner, target);
    } catch {
      sources = [];
    }
    if (sources.length === 0 || (sources.length === 1 && files.find(sources[0] ?? "", false) === undefined)) {
      error.write(`Could Not Find ${path}\r\n`);
      continue;
    }
    for (const source of sources) {
      try {
        files.remove(source);
      } catch (refusal) {
        error.write(`${source}\r\n${failureText(refusal)}\r\n`);
        code = 1;
      }
      yield;
    }
  }
  return code;
};

/** `md PATH...`, with all that is missing above. */
export const makeDirectories: InnerCommand = function* (inner) {
  const { shell, words, error } = inner;
  const { files } = shell.call.host;
  let code = 0;
  for (const word of plain(words)) {
    const path = shell.path(word).replace(/\\+$/, "");
    if (files.find(path) !== undefined) {
      error.write(`A subdirectory or file ${word} already exists.\r\n`);
      code = 1;
      continue;
    }
    const names = path.split("\\");
    for (let count = 2; count <= names.length; count++) {
      const each = names.slice(0, count).join("\\");
      if (files.find(each) === undefined) files.makeDirectory(each);
      yield;
    }
  }
  return plain(words).length === 0 ? refuse(inner, "The syntax of the command is incorrect.") : code;
};

/** `rd PATH...`, with `/s` everything in it. */
export const removeDirectories: InnerCommand = function* (inner) {
  const { shell, words, error } = inner;
  const { files } = shell.call.host;
  const deep = hasSwitch(words, "s");
  let code = 0;
  for (const word of plain(words)) {
    const path = shell.path(word).replace(/\\+$/, "");
    try {
      const node = files.find(path, false);
      if (node === undefined) throw failureOf("windows", "missing");
      if (node.kind === "file") throw failureOf("windows", "notDirectory");
      if (deep) yield* removeTree(files, path);
      else files.remove(path);
    } catch (refusal) {
      error.write(`${failureText(refusal)}\r\n`);
      code = 1;
    }
  }
  return code;
};

function refuse({ error }: Inner, text: string): number {
  error.write(`${text}\r\n`);
  return 1;
}
