import { baseName } from "../../paths.js";
import type { FileNode } from "../disk/nodes.js";
import { absolutePath } from "../disk/paths.js";
import { failureOf } from "../failures.js";
import { EndpointError } from "../machine.js";
import { builtIn } from "./built-in.js";
import type { ProgramHost } from "./host.js";
import type { Command, Program } from "./program.js";
import { forever } from "./waiting.js";
import { windowsArguments } from "./words.js";

/** A program that was found, with what it was called with. */
export interface Found {
  /** As it is written on the disk, in lower case on Windows: that is how sensors report it. */
  path: string;
  name: string;
  words: readonly string[];
  tail: string;
  md5: string | undefined;
  program: Program;
}

/** The program that a command line names, by the rules of the system. Refuses when there is none. */
export function findProgram(host: ProgramHost, command: Command): Found {
  return host.isWindows ? findOnWindows(host, command) : findOnUnix(host, command);
}

/** Whether there is such a program. */
export function hasProgram(host: ProgramHost, command: Command): boolean {
  try {
    findProgram(host, command);
    return true;
  } catch {
    return false;
  }
}

function findOnWindows(host: ProgramHost, { line, directory }: Command): Found {
  const text = line.trim();
  let refusal: unknown;
  for (const [name, tail] of readings(text)) {
    try {
      const path = locate(host, name, directory);
      if (path === undefined) continue;
      const spelling = host.files.spelling(path);
      const node = host.files.file(path);
      const stem = baseName(spelling).toLowerCase();
      const script = /\.(bat|cmd)$/.test(stem);
      const program = script ? builtIn("windows", "cmd.exe") : programOf(host, node, stem, spelling);
      if (program === undefined) throw failureOf("windows", "badProgram");
      return {
        ...{ path: spelling.toLowerCase(), name: script ? "cmd" : stem.replace(/\.(exe|com)$/, ""), program },
        ...(script
          ? // With quotation marks around all of it, of which the shell takes the outer ones away.
            { words: ["/c", text], tail: `/c ""${spelling}"${tail}"` }
          : { words: windowsArguments(tail), tail: tail.trim() }),
        md5: host.software.md5Of(node),
      };
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal instanceof Error ? refusal : failureOf("windows", "missing");
}

/** `C:\Program Files\a b.exe /x` may be a program `C:\Program` or one with blanks in its name: the shorter is tried first. */
function* readings(text: string): Generator<[name: string, tail: string]> {
  if (text.startsWith('"')) {
    const close = text.indexOf('"', 1);
    yield close < 0 ? [text.slice(1), ""] : [text.slice(1, close), text.slice(close + 1)];
    return;
  }
  let tries = 0;
  for (let at = 0; at < text.length && tries < 32; at++) {
    if (text[at] !== " " && text[at] !== "\t") continue;
    tries++;
    yield [text.slice(0, at), text.slice(at)];
  }
  yield [text, ""];
}

/** Where a name leads on Windows: as it stands, or in the places where programs are looked for. */
function locate(host: ProgramHost, name: string, directory: string): string | undefined {
  if (name === "" || /[*?<>|"]/.test(name)) return undefined;
  const forms = /\.[^\\/.]+$/.test(name)
    ? [name, `${name}.exe`]
    : [`${name}.exe`, `${name}.com`, `${name}.bat`, `${name}.cmd`, name];
  const isPath = /[\\/:]/.test(name);
  const places = isPath
    ? [directory]
    : [
        host.workingDirectory,
        directory,
        "C:\\Windows\\System32",
        "C:\\Windows",
        "C:\\Windows\\System32\\Wbem",
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
      ];
  let refusal: unknown;
  for (const place of places) {
    for (const form of forms) {
      const path = absolutePath("windows", place, form);
      try {
        const node = host.files.find(path);
        if (node?.kind === "file") return path;
        if (node?.kind === "directory" && isPath) refusal ??= failureOf("windows", "denied");
        if (node === undefined && isPath) host.files.file(path);
      } catch (error) {
        if (error instanceof EndpointError && error.code !== 2) refusal ??= error;
      }
    }
  }
  if (refusal instanceof Error) throw refusal;
  return undefined;
}

function findOnUnix(host: ProgramHost, { line, words, directory, environment }: Command): Found {
  const all = words ?? unixWords(line);
  const [name = "", ...rest] = all;
  const { os_type } = host.sensor;
  const places = name.includes("/") ? [directory] : (environment.get("PATH") ?? "/usr/bin:/bin").split(":");
  for (const place of name === "" ? [] : places) {
    const path = absolutePath(os_type, place, name);
    const node = host.files.find(path);
    if (node === undefined) continue;
    if (node.kind !== "file") {
      if (name.includes("/")) throw failureOf(os_type, "denied");
      continue;
    }
    const spelling = host.files.spelling(path);
    const stem = baseName(path);
    const script = scriptOf(host.files.file(path));
    const program = script ? builtIn(os_type, "sh") : programOf(host, node, stem, spelling);
    if (program === undefined) throw failureOf(os_type, "denied");
    const tail = line.slice(line.indexOf(name) + name.length).trim();
    return {
      ...{ path: spelling, name: script ? "sh" : stem, words: script ? [spelling, ...rest] : rest, tail, program },
      md5: host.software.md5Of(node),
    };
  }
  if (name.includes("/")) host.files.file(absolutePath(os_type, directory, name));
  throw failureOf(os_type, "missing");
}

/** What a file does when it is run; undefined when it cannot be. */
function programOf(host: ProgramHost, node: FileNode, name: string, path: string): Program | undefined {
  const known = builtIn(host.sensor.os_type, name);
  if (known !== undefined && node.program === true) return known;
  const [first, second, third, fourth] = node.content.slice(0, 4);
  const windows = first === 0x4d && second === 0x5a;
  const elf = first === 0x7f && second === 0x45 && third === 0x4c && fourth === 0x46;
  const mach = first === 0xcf && second === 0xfa && third === 0xed && fourth === 0xfe;
  const runs = { windows, linux: elf, osx: mach }[host.sensor.os_type];
  if (!runs) return undefined;
  // What somebody brought along does what it does and ends; what belongs to the desktop waits to be closed.
  return node.program === true && staysOpen(name, path) ? forever : () => 0;
}

const TOOLS =
  /^(7z|arp|at|attrib|bitsadmin|certutil|chcp|curl|git|java|javac|msbuild|csc|node|nslookup|powershell|pwsh|python|route|robocopy|sqlcmd|ssh|tar|tracert|vssadmin|wevtutil|wmic|xcopy|gpupdate|usoclient|net1|mpcmdrun|regsvr32|rundll32)\.(exe|com)$/;

function staysOpen(name: string, path: string): boolean {
  if (path.startsWith("/")) return !/^\/(usr\/)?(local\/)?s?bin\//.test(path);
  return !TOOLS.test(name.toLowerCase());
}

/** A text that begins with `#!` is run by the shell. */
const scriptOf = ({ content }: FileNode): boolean => {
  const start = content.slice(0, 2);
  return start[0] === 0x23 && start[1] === 0x21;
};

/** The words of a command line that no shell has read: quotation marks keep blanks together. */
function unixWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (quote !== "") {
      if (letter === quote) quote = "";
      else if (letter === "\\" && quote === '"') word = (word ?? "") + (line[++at] ?? "");
      else word = (word ?? "") + letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "\\") word = (word ?? "") + (line[++at] ?? "");
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}
