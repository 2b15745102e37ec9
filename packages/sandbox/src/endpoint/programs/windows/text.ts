import { absolutePath } from "../../disk/paths.js";
import { hasWildcards } from "../../disk/wildcards.js";
import { failureText } from "../../failures.js";
import { TextPattern } from "../pattern.js";
import type { Call, Program } from "../program.js";
import { sleep } from "../waiting.js";

const LARGEST = 32 * 1024 * 1024;

/** A text by its lines; the last one may lack its end. */
export function linesOf(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const text = Buffer.from(bytes).toString("utf8");
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n").map((line) => line.replace(/\r$/, ""));
}

/** A file that is searched: its name as it is shown, and its lines. */
interface Source {
  name: string;
  lines: string[];
}

function openSource({ host, directory }: Call, word: string, name: string): Source {
  const { content } = host.files.file(absolutePath("windows", directory, word));
  return { name, lines: linesOf(content.slice(0, Math.min(content.size, LARGEST))) };
}

function wordsOfPattern({ host, directory }: Call, word: string): string[] {
  if (!hasWildcards(word)) return [word];
  const found = host.files.entries(absolutePath("windows", directory, word));
  const start = word.slice(0, Math.max(word.lastIndexOf("\\"), word.lastIndexOf("/")) + 1);
  return found
    .filter(([node, , name]) => name === undefined && node.kind === "file")
    .map(([node]) => start + node.name);
}

/** `find "text" [FILE...]`, with `/i`, `/v`, `/c` and `/n`. */
export const find: Program = (call) => {
  const { arguments: words, tail, out, error, input } = call;
  const switches = words
    .filter((word) => /^\/[vcni]$/i.test(word))
    .join("")
    .toLowerCase();
  const [wanted, ...files] = words.filter((word) => !/^\/[vcni]$/i.test(word));
  if (wanted === undefined || !tail.includes('"')) {
    error.write(`${wanted === undefined ? "Required parameter missing" : "FIND: Parameter format not correct"}\r\n`);
    return 2;
  }
  const fold = switches.includes("/i");
  const needle = fold ? wanted.toLowerCase() : wanted;
  let hits = 0;
  const search = ({ name, lines }: Source): void => {
    const found = lines
      .map((line, n): [number, string] => [n + 1, line])
      .filter(
        ([, line]) =>
          (needle !== "" && (fold ? line.toLowerCase() : line).includes(needle)) !== switches.includes("/v"),
      );
    hits += found.length;
    if (name !== "")
      out.write(`\r\n---------- ${name.toUpperCase()}${switches.includes("/c") ? `: ${found.length}` : ""}\r\n`);
    else if (switches.includes("/c")) out.write(`${found.length}\r\n`);
    if (switches.includes("/c")) return;
    out.write(found.map(([n, line]) => `${switches.includes("/n") ? `[${n}]` : ""}${line}\r\n`).join(""));
  };
  if (files.length === 0) search({ name: "", lines: linesOf(input) });
  for (const word of files) {
    try {
      for (const each of wordsOfPattern(call, word)) search(openSource(call, each, each));
    } catch {
      error.write(`File not found - ${word.toUpperCase()}\r\n`);
      return 2;
    }
  }
  return hits > 0 ? 0 : 1;
};

/** `findstr`, with `/i /n /m /v /r /l /b /e /x /s`, `/c:"text"` and words that are alternatives. */
export const findstr: Program = (call) => {
  const { arguments: words, out, error, input } = call;
  const switches = new Set<string>();
  const texts: string[] = [];
  const rest: string[] = [];
  for (const word of words) {
    const text = /^\/c:(.*)$/is.exec(word);
    if (text !== null) texts.push(text[1] ?? "");
    else if (/^\/[a-z]+$/i.test(word)) for (const letter of word.slice(1).toLowerCase()) switches.add(letter);
    else rest.push(word);
  }
  if (texts.length === 0) texts.push(...(rest.shift() ?? "").split(" ").filter((each) => each !== ""));
  if (texts.length === 0) {
    error.write("FINDSTR: Bad command line\r\n");
    return 2;
  }
  const literal = switches.has("l") || (words.some((word) => /^\/c:/i.test(word)) && !switches.has("r"));
  const patterns = texts.map((text) => {
    const pattern = new TextPattern(text, { literal, ignoreCase: switches.has("i"), whole: switches.has("x") });
    if (switches.has("b")) pattern.anchor("start");
    if (switches.has("e")) pattern.anchor("end");
    return pattern;
  });
  const fits = (line: string): boolean => patterns.some((pattern) => pattern.test(line)) !== switches.has("v");
  let hits = 0;
  const show = ({ name, lines }: Source, named: boolean): void => {
    const found = lines.map((line, n): [number, string] => [n + 1, line]).filter(([, line]) => fits(line));
    hits += found.length;
    if (switches.has("m")) out.write(found.length > 0 ? `${name}\r\n` : "");
    else
      out.write(
        found.map(([n, line]) => `${named ? `${name}:` : ""}${switches.has("n") ? `${n}:` : ""}${line}\r\n`).join(""),
      );
  };
  if (rest.length === 0) show({ name: "(stdin)", lines: linesOf(input) }, false);
  const named = rest.length > 1 || rest.some(hasWildcards) || switches.has("s");
  for (const word of rest) {
    let files: string[] = [];
    try {
      files = switches.has("s") ? below(call, word) : wordsOfPattern(call, word);
    } catch {
      // Said below.
    }
    for (const file of files) {
      try {
        show(openSource(call, file, file), named);
      } catch (refusal) {
        if (!hasWildcards(word) && !switches.has("s")) error.write(`FINDSTR: Cannot open ${file}\r\n`);
        else if (failureText(refusal) === "Access is denied.") error.write(`FINDSTR: Cannot open ${file}\r\n`);
      }
    }
    if (files.length === 0) error.write(`FINDSTR: Cannot open ${word}\r\n`);
  }
  return hits > 0 ? 0 : 1;
};

/** The files of a name or pattern in a directory and everything below, junctions left out. */
function below(call: Call, word: string): string[] {
  const path = absolutePath("windows", call.directory, word);
  const cut = path.lastIndexOf("\\");
  const pattern = path.slice(cut + 1);
  const found: string[] = [];
  const ahead = [path.slice(0, cut)];
  for (let at = ahead.pop(); at !== undefined && found.length < 100_000; at = ahead.pop()) {
    for (const wanted of [pattern, "*"]) {
      try {
        for (const [node, , name] of call.host.files.entries(`${at}\\${wanted}`)) {
          if (name !== undefined) continue;
          if (wanted === pattern && node.kind === "file") found.push(`${at}\\${node.name}`);
          if (wanted === "*" && node.kind === "directory") ahead.push(`${at}\\${node.name}`);
        }
      } catch {
        // Nothing of that name there, or nobody may look.
      }
      if (pattern === "*") {
        for (const [node, , name] of quiet(call, `${at}\\*`))
          if (name === undefined && node.kind === "directory") ahead.push(`${at}\\${node.name}`);
        break;
      }
    }
  }
  return found;
}

function quiet({ host }: Call, path: string): ReturnType<Call["host"]["files"]["entries"]> {
  try {
    return host.files.entries(path);
  } catch {
    return [];
  }
}

/** `more [FILE...]`: nobody sits there to press a key, so all of it. */
export const more: Program = (call) => {
  const files = call.arguments.filter((word) => !/^[/+]/.test(word));
  if (files.length === 0)
    call.out.write(
      linesOf(call.input)
        .map((line) => `${line}\r\n`)
        .join(""),
    );
  for (const file of files) {
    try {
      call.out.write(
        openSource(call, file, file)
          .lines.map((line) => `${line}\r\n`)
          .join(""),
      );
    } catch {
      call.error.write(`Cannot access file ${absolutePath("windows", call.directory, file)}\r\n`);
      return 1;
    }
  }
  return 0;
};

/** `sort [FILE]`, with `/r`. */
export const sort: Program = (call) => {
  const [file] = call.arguments.filter((word) => !word.startsWith("/"));
  const lines = file === undefined ? linesOf(call.input) : openSource(call, file, file).lines;
  const sorted = lines.sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0,
  );
  if (call.arguments.some((word) => /^\/r/i.test(word))) sorted.reverse();
  call.out.write(sorted.map((line) => `${line}\r\n`).join(""));
  return 0;
};

/** `timeout [/t] SECONDS [/nobreak]`; -1 waits for a key that nobody presses. */
export const timeout: Program = async (call) => {
  const value = call.arguments.find((word) => /^-?\d+$/.test(word));
  const seconds = Number(value);
  if (value === undefined || seconds < -1 || seconds > 99_999) {
    call.error.write("ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999 seconds.\r\n");
    return 1;
  }
  call.out.write(`\r\nWaiting for ${seconds} seconds, press CTRL+C to quit ...\r\n`);
  await sleep(call, seconds === -1 ? 2_147_483_647 : seconds * 1000);
  return 0;
};

/** `where NAME...`: in the directory and on the path. */
export const where: Program = ({ host, arguments: words, directory, environment, out, error }) => {
  let code = 0;
  for (const word of words) {
    const places = [directory, ...(environment.get("Path") ?? "").split(";")];
    const forms = word.includes(".") ? [word] : [`${word}.com`, `${word}.exe`, `${word}.bat`, `${word}.cmd`];
    const found = places.flatMap((place) => forms.map((form) => absolutePath("windows", place, form)));
    const there = found
      .filter((path) => host.files.find(path)?.kind === "file")
      .map((path) => host.files.spelling(path));
    out.write([...new Set(there)].map((path) => `${path}\r\n`).join(""));
    if (there.length > 0) continue;
    error.write("INFO: Could not find files for the given pattern(s).\r\n");
    code = 1;
  }
  return code;
};
