import { type Steps, singleStep } from "../../../steps.js";
import type { DiskNode } from "../../disk/nodes.js";
import { absolutePath } from "../../disk/paths.js";
import { failureText } from "../../failures.js";
import type { Call, Program } from "../program.js";
import { removeTree } from "../tree.js";

const CHUNK = 65_536;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const HALF_YEAR = 182 * 86_400_000;

/** What a program was called with: letters behind a dash, and the rest. */
export function split(words: readonly string[]): { letters: Set<string>; rest: string[] } {
  const letters = new Set<string>();
  const rest: string[] = [];
  let open = true;
  for (const word of words) {
    if (open && word === "--") open = false;
    else if (open && /^-[A-Za-z0-9]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
    else if (open && /^--\w/.test(word)) letters.add(word.slice(2));
    else rest.push(word);
  }
  return { letters, rest };
}

export const pathOf = ({ host, directory }: Call, word: string): string =>
  absolutePath(host.sensor.os_type, directory, word);

const complain = ({ name, error }: Call, what: string, refusal: unknown): number => {
  error.write(`${name}: ${what}: ${failureText(refusal)}\n`);
  return 1;
};

/** `ls`, with `-a`, `-l`, `-1`, `-h`, `-d` and `-R`. */
export const ls: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  const { files } = call.host;
  let code = 0;
  const targets = rest.length === 0 ? ["."] : rest;
  const shown: string[] = [];
  const folders: string[] = [];
  for (const target of targets) {
    try {
      const node = files.find(pathOf(call, target), !letters.has("l") || target.endsWith("/"));
      if (node === undefined) files.file(pathOf(call, target));
      else if (node.kind === "directory" && !letters.has("d")) folders.push(target);
      else shown.push(entryLine(call, node, target, letters));
    } catch (refusal) {
      call.error.write(`ls: cannot access '${target}': ${failureText(refusal)}\n`);
      code = 2;
    }
  }
  call.out.write(shown.join(""));
  const named = targets.length > 1 || letters.has("R");
  let first = shown.length === 0;
  for (let at = folders.shift(); at !== undefined; at = folders.shift()) {
    yield;
    try {
      const entries = files
        .entries(`${pathOf(call, at)}/`)
        .filter(([node, , name]) => letters.has("a") || !(name ?? node.name).startsWith("."));
      if (named) call.out.write(`${first ? "" : "\n"}${at}:\n`);
      first = false;
      if (letters.has("l")) call.out.write(`total ${entries.reduce((sum, [node]) => sum + blocks(node), 0)}\n`);
      call.out.write(entries.map(([node, , name = node.name]) => entryLine(call, node, name, letters)).join(""));
      if (!letters.has("R")) continue;
      const below = entries.filter(([node, , name]) => name === undefined && node.kind === "directory");
      folders.unshift(...below.map(([node]) => `${at?.replace(/\/$/, "")}/${node.name}`));
    } catch (refusal) {
      call.error.write(`ls: cannot open directory '${at}': ${failureText(refusal)}\n`);
      code = 2;
    }
  }
  return code;
};

const sizeOf = (node: DiskNode): number =>
  node.kind === "file" ? node.content.size : node.kind === "link" ? node.target.length : 4096;
const blocks = (node: DiskNode): number => (node.kind === "link" ? 0 : Math.ceil(sizeOf(node) / 4096) * 4);

function entryLine(call: Call, node: DiskNode, name: string, letters: ReadonlySet<string>): string {
  if (!letters.has("l")) return `${name}\n`;
  const kind = node.kind === "directory" ? "d" : node.kind === "link" ? "l" : "-";
  const rights =
    node.kind === "link"
      ? "rwxrwxrwx"
      : node.kind === "directory" || node.program === true
        ? "rwxr-xr-x"
        : node.lock === "denied"
          ? "---------"
          : "rw-r--r--";
  const size = letters.has("h") ? humanSize(sizeOf(node)) : String(sizeOf(node));
  const target = node.kind === "link" ? ` -> ${node.target}` : "";
  const group = call.host.sensor.os_type === "osx" ? "wheel" : "root";
  return `${kind}${rights} 1 root ${group} ${size.padStart(8)} ${unixTime(node.written, call.host.now())} ${name}${target}\n`;
}

/** `Jan  5 09:00`, or the year of what is older than half a year. */
function unixTime(time: number, now: number): string {
  const date = new Date(time);
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  return Math.abs(now - time) < HALF_YEAR
    ? `${day} ${date.toISOString().slice(11, 16)}`
    : `${day}  ${date.getUTCFullYear()}`;
}

export function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < 5) {
    size /= 1024;
    unit++;
  }
  if (unit === 0) return String(bytes);
  return `${size < 10 ? (Math.ceil(size * 10) / 10).toFixed(1) : Math.ceil(size)}${"KMGTP"[unit - 1]}`;
}

/** `cat [FILE...]` */
export const cat: Program = function* (call) {
  let code = 0;
  if (call.arguments.length === 0) call.out.write(call.input);
  for (const word of split(call.arguments).rest) {
    try {
      const { content } = call.host.files.file(pathOf(call, word));
      for (let at = 0; at < content.size; at += CHUNK) {
        call.out.write(content.slice(at, CHUNK));
        yield;
      }
    } catch (refusal) {
      code = complain(call, word, refusal);
    }
  }
  return code;
};

/** `rm FILE...`, with `-r` and `-f`; links are removed and not followed. */
export const rm: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  const { files } = call.host;
  const deep = letters.has("r") || letters.has("R");
  let code = 0;
  for (const word of rest) {
    const path = pathOf(call, word).replace(/(.)\/+$/, "$1");
    try {
      const node = files.find(path, false);
      if (node?.kind === "directory") {
        if (!deep) {
          call.error.write(`rm: cannot remove '${word}': Is a directory\n`);
          code = 1;
          continue;
        }
        if (node.parent === undefined) {
          call.error.write(
            "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n",
          );
          code = 1;
          continue;
        }
        yield* removeTree(files, path);
      } else files.remove(path);
    } catch (refusal) {
      if (letters.has("f") && files.find(path, false) === undefined) continue;
      call.error.write(`rm: cannot remove '${word}': ${failureText(refusal)}\n`);
      code = 1;
    }
  }
  return code;
};

/** `mkdir DIRECTORY...`, with `-p`. */
export const mkdir: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  const { files } = call.host;
  let code = 0;
  for (const word of rest) {
    try {
      const path = pathOf(call, word).replace(/(.)\/+$/, "$1");
      if (!letters.has("p")) files.makeDirectory(path);
      else {
        const names = path.split("/").filter((name) => name !== "");
        for (let count = 1; count <= names.length; count++) {
          const each = `/${names.slice(0, count).join("/")}`;
          if (files.find(each)?.kind !== "directory") files.makeDirectory(each);
          yield;
        }
      }
    } catch (refusal) {
      call.error.write(`mkdir: cannot create directory '${word}': ${failureText(refusal)}\n`);
      code = 1;
    }
  }
  return code;
};

/** `rmdir DIRECTORY...` */
export const rmdir: Program = (call) => {
  let code = 0;
  for (const word of split(call.arguments).rest) {
    try {
      call.host.files.directory(pathOf(call, word));
      call.host.files.remove(pathOf(call, word).replace(/(.)\/+$/, "$1"));
    } catch (refusal) {
      call.error.write(`rmdir: failed to remove '${word}': ${failureText(refusal)}\n`);
      code = 1;
    }
  }
  return code;
};

/** `cp FILE... TARGET`; a copy shares the content of its original. */
export const cp: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  return yield* toTarget(call, rest, function* (from, to) {
    const { files } = call.host;
    const node = files.find(from);
    if (node?.kind !== "directory") files.put(to, files.file(from).content);
    else if (letters.has("r") || letters.has("R") || letters.has("a")) yield* copyTree(call, from, to);
    else call.error.write(`cp: -r not specified; omitting directory '${rest[0]}'\n`);
  });
};

function* copyTree({ host: { files } }: Call, from: string, to: string): Steps<void> {
  const ahead: [string, string][] = [[from, to]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [source, target] = next;
    yield;
    // What is copied into itself ends with what was there at the start.
    const entries = files.entries(`${source}/`).filter(([, , name]) => name === undefined);
    if (files.find(target) === undefined) files.makeDirectory(target);
    for (const [node] of entries) {
      if (node.kind === "file") files.put(`${target}/${node.name}`, node.content);
      else if (node.kind === "directory" && `${source}/${node.name}` !== to)
        ahead.push([`${source}/${node.name}`, `${target}/${node.name}`]);
    }
  }
}

/** `mv FILE... TARGET` */
export const mv: Program = (call) =>
  toTarget(call, split(call.arguments).rest, (from, to) => singleStep(() => call.host.files.rename(from, to)));

function* toTarget(
  call: Call,
  words: readonly string[],
  work: (from: string, to: string) => Steps<void>,
): Steps<number> {
  const target = words.at(-1);
  if (words.length < 2 || target === undefined) {
    call.error.write(
      `${call.name}: missing ${words.length === 0 ? "file operand" : `destination file operand after '${words[0]}'`}\n`,
    );
    return 1;
  }
  const place = pathOf(call, target).replace(/(.)\/+$/, "$1");
  const isFolder = call.host.files.find(place)?.kind === "directory";
  let code = 0;
  for (const word of words.slice(0, -1)) {
    const from = pathOf(call, word).replace(/(.)\/+$/, "$1");
    try {
      yield* work(from, isFolder ? `${place}/${from.slice(from.lastIndexOf("/") + 1)}` : place);
    } catch (refusal) {
      call.error.write(
        `${call.name}: cannot ${call.name === "cp" ? "stat" : "move"} '${word}': ${failureText(refusal)}\n`,
      );
      code = 1;
    }
  }
  return code;
}

/** `touch FILE...` */
export const touch: Program = (call) => {
  let code = 0;
  for (const word of split(call.arguments).rest) {
    try {
      const path = pathOf(call, word);
      const node = call.host.files.find(path);
      if (node?.kind !== "directory")
        call.host.files.put(path, node === undefined ? new Uint8Array(0) : call.host.files.file(path).content);
    } catch (refusal) {
      call.error.write(`touch: cannot touch '${word}': ${failureText(refusal)}\n`);
      code = 1;
    }
  }
  return code;
};

/** `df`, with `-h`. */
export const df: Program = (call) => {
  const { sensor, files } = call.host;
  const human = split(call.arguments).letters.has("h");
  const total = sensor.systemvolume_total_size;
  const free = files.free("");
  const show = (bytes: number): string => (human ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
  const device = sensor.os_type === "linux" ? "/dev/sda1" : "/dev/disk3s1s1";
  const percent = `${Math.ceil((100 * (total - free)) / Math.max(1, total))}%`;
  const [size, used, left] = [total, total - free, free].map(show);
  const column = (text = ""): string => text.padStart(human ? 5 : 10);
  call.out.write(
    `Filesystem     ${column(human ? "Size" : "1K-blocks")} ${column("Used")} ${column(human ? "Avail" : "Available")} Use% Mounted on\n`,
  );
  call.out.write(`${device.padEnd(14)} ${column(size)} ${column(used)} ${column(left)} ${percent.padStart(4)} /\n`);
  return 0;
};
