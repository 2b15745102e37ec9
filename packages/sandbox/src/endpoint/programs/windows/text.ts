import type { Steps } from "../../../steps.js";
import { absolutePath } from "../../disk/paths.js";
import { hasWildcards } from "../../disk/wildcards.js";
import { failureOf, failureText } from "../../failures.js";
import { EndpointError } from "../../machine.js";
import { linesOf } from "../lines.js";
import { TextPattern } from "../pattern.js";
import type { Call, Program } from "../program.js";
import { sleep } from "../waiting.js";

const LARGEST = 32 * 1024 * 1024;

/** A file that is searched: its name as it is shown, and its lines. */
interface Source {
  name: string;
  lines: Iterable<string>;
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
export const find: Program = function* (call) {
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
  const counts = switches.includes("/c");
  function* search({ name, lines }: Source): Steps<void> {
    if (name !== "") out.write(`\r\n---------- ${name.toUpperCase()}${counts ? "" : "\r\n"}`);
    let number = 0;
    let found = 0;
    for (const line of lines) {
      number++;
      yield;
      const there = needle !== "" && (fold ? line.toLowerCase() : line).includes(needle);
      if (there === switches.includes("/v")) continue;
      found++;
      if (!counts) out.write(`${switches.includes("/n") ? `[${number}]` : ""}${line}\r\n`);
    }
    hits += found;
    if (counts) out.write(`${name === "" ? "" : ": "}${found}\r\n`);
  }
  if (files.length === 0) yield* search({ name: "", lines: linesOf(input) });
  for (const word of files) {
    try {
      for (const each of wordsOfPattern(call, word)) yield* search(openSource(call, each, each));
    } catch (refusal) {
      if (!(refusal instanceof EndpointError)) throw refusal;
      error.write(`File not found - ${word.toUpperCase()}\r\n`);
      return 2;
    }
  }
  return hits > 0 ? 0 : 1;
};

/** `findstr`, with `/i /n /m /v /r /l /b /e /x /s`, `/c:"text"` and words that are alternatives. */
export const findstr: Program = function* (call) {
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
  function* fits(line: string): Steps<boolean> {
    for (const pattern of patterns) if (yield* pattern.search(line)) return !switches.has("v");
    return switches.has("v");
  }
  let hits = 0;
  function* show({ name, lines }: Source, named: boolean): Steps<void> {
    let number = 0;
    let found = 0;
    for (const line of lines) {
      number++;
      if (!(yield* fits(line))) continue;
      found++;
      if (!switches.has("m")) {
        out.write(`${named ? `${name}:` : ""}${switches.has("n") ? `${number}:` : ""}${line}\r\n`);
      }
    }
    hits += found;
    if (switches.has("m") && found > 0) out.write(`${name}\r\n`);
  }
  if (rest.length === 0) yield* show({ name: "(stdin)", lines: linesOf(input) }, false);
  const named = rest.length > 1 || rest.some(hasWildcards) || switches.has("s");
  for (const word of rest) {
    let files: string[] = [];
    try {
      files = switches.has("s") ? yield* below(call, word) : wordsOfPattern(call, word);
    } catch {
      // Said below.
    }
    for (const file of files) {
      try {
        yield* show(openSource(call, file, file), named);
      } catch (refusal) {
        if (!(refusal instanceof EndpointError)) throw refusal;
        if (!hasWildcards(word) && !switches.has("s")) error.write(`FINDSTR: Cannot open ${file}\r\n`);
        else if (failureText(refusal) === "Access is denied.") error.write(`FINDSTR: Cannot open ${file}\r\n`);
      }
    }
    if (files.length === 0) error.write(`FINDSTR: Cannot open ${word}\r\n`);
  }
  return hits > 0 ? 0 : 1;
};

/** The files of a name or pattern in a directory and everything below, junctions left out. */
function* below(call: Call, word: string): Steps<string[]> {
  const path = absolutePath("windows", call.directory, word);
  const cut = path.lastIndexOf("\\");
  const pattern = path.slice(cut + 1);
  const found: string[] = [];
  const ahead = [path.slice(0, cut)];
  for (let at = ahead.pop(); at !== undefined && found.length < 100_000; at = ahead.pop()) {
    yield;
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
export const more: Program = function* (call) {
  const files = call.arguments.filter((word) => !/^[/+]/.test(word));
  if (files.length === 0) yield* showLines(call, linesOf(call.input));
  for (const file of files) {
    try {
      yield* showLines(call, openSource(call, file, file).lines);
    } catch (refusal) {
      if (!(refusal instanceof EndpointError)) throw refusal;
      call.error.write(`Cannot access file ${absolutePath("windows", call.directory, file)}\r\n`);
      return 1;
    }
  }
  return 0;
};

function* showLines({ out }: Call, lines: Iterable<string>): Steps<void> {
  for (const line of lines) {
    out.write(`${line}\r\n`);
    yield;
  }
}

/** Lines that are sorted: all of them have to be held, and the order is found in one go. */
const MOST_SORTED = 200_000;

/** `sort [FILE]`, with `/r`. */
export const sort: Program = function* (call) {
  const [file] = call.arguments.filter((word) => !word.startsWith("/"));
  const sorted: { line: string; key: string }[] = [];
  for (const line of file === undefined ? linesOf(call.input) : openSource(call, file, file).lines) {
    if (sorted.length >= MOST_SORTED) throw failureOf("windows", "noMemory");
    sorted.push({ line, key: line.toLowerCase() });
    yield;
  }
  sorted.sort(({ key: a }, { key: b }) => (a < b ? -1 : a > b ? 1 : 0));
  if (call.arguments.some((word) => /^\/r/i.test(word))) sorted.reverse();
  yield* showLines(
    call,
    sorted.map(({ line }) => line),
  );
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
