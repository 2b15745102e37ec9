import { hasWildcards } from "../../disk/wildcards.js";
import { linesOf } from "../lines.js";
import { Output } from "../output.js";
import type { Streams } from "../program.js";
import { startOf } from "../script.js";
import { CommandSyntax, type ForCommand } from "./read.js";
import type { CommandShell } from "./shell.js";
import { fitting, itemsOf } from "./variables.js";

/** What a turn of a loop puts into its variables. */
export type Turn = ReadonlyMap<string, string>;

/** The turns of a `for`, one after the other: there may be no end to them. */
export async function* turnsOf(shell: CommandShell, command: ForCommand, streams: Streams): AsyncGenerator<Turn> {
  const { form, variable } = command;
  const set = shell.expanded(command.set);
  const one = (value: string): Turn => new Map([[variable, value]]);
  if (form === "f") {
    const reading = readingOf(command.options);
    let skip = reading.skip;
    for (const line of await linesFrom(shell, set.trim(), reading.usebackq, streams)) {
      // Those that give nothing are not carried out, but looked at.
      await shell.pause();
      const turn = skip-- > 0 ? undefined : turnOf(line, variable, reading);
      if (turn !== undefined) yield turn;
    }
  } else if (form === "l") {
    const [from = 0, step = 0, to = 0] = itemsOf(set).map((text) => Number(text) || 0);
    for (let at = from; step < 0 ? at >= to : at <= to; at += step) yield one(String(at));
  } else if (form === "r") {
    for (const folder of foldersBelow(shell, shell.path(shell.expanded(command.options).replaceAll('"', "")))) {
      const start = folder.endsWith("\\") ? folder : `${folder}\\`;
      for (const item of itemsOf(set).map((each) => each.replaceAll('"', ""))) {
        const found = hasWildcards(item) ? fitting(shell, start + item, "file") : [start + item];
        for (const each of found) yield one(each);
      }
    }
  } else {
    for (const item of itemsOf(set)) {
      const plain = item.replaceAll('"', "");
      const found = hasWildcards(plain) ? fitting(shell, plain, form === "d" ? "directory" : "file") : [item];
      for (const each of found) yield one(each);
    }
  }
}

/** A directory and all that are below it; links are not followed. */
function* foldersBelow(shell: CommandShell, top: string): Generator<string> {
  const { files } = shell.call.host;
  const ahead = [top];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    if (files.find(at, false)?.kind !== "directory") continue;
    yield at;
    const inside = at.endsWith("\\") ? at : `${at}\\`;
    ahead.push(...fitting(shell, `${inside}*`, "directory").reverse());
  }
}

/** How `/f` reads lines. */
interface Reading {
  usebackq: boolean;
  skip: number;
  /** What a line that is left out begins with. */
  eol: string;
  delims: string;
  /** Which words of a line are wanted, from 1 on. */
  tokens: number[];
  /** Whether all behind these words is wanted too. */
  rest: boolean;
}

function readingOf(text: string): Reading {
  const reading: Reading = { usebackq: false, skip: 0, eol: ";", delims: " \t", tokens: [1], rest: false };
  const options = text.replace(/^"(.*)"$/s, "$1");
  const delims = /(?:^|\s)delims=(.*)$/i.exec(options);
  // Delimiters reach to the next blank; those that stand last may have one among them.
  const [, all = ""] = delims ?? [];
  const more = /\s(?:tokens|skip|eol|usebackq)/i.exec(all);
  if (delims !== null) reading.delims = more === null ? all : all.slice(0, more.index);
  for (const word of options.replace(delims === null ? "" : `delims=${reading.delims}`, "").split(/\s+/)) {
    const [name = "", value = ""] = [word.split("=", 1)[0], word.slice(word.indexOf("=") + 1)];
    if (name.toLowerCase() === "usebackq") reading.usebackq = true;
    else if (name.toLowerCase() === "skip") reading.skip = Number(value) || 0;
    else if (name.toLowerCase() === "eol") reading.eol = value.slice(0, 1);
    else if (name.toLowerCase() === "tokens") Object.assign(reading, readTokens(value));
  }
  return reading;
}

const MOST_TOKENS = 31;

/** `1,3`, `2-4`, `1*`, `*`. */
function readTokens(text: string): Pick<Reading, "tokens" | "rest"> {
  const tokens: number[] = [];
  for (const part of text.replace(/\*$/, "").split(",")) {
    const [, from, to = from] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part) ?? [];
    if (from === undefined) continue;
    for (let at = Number(from); at <= Number(to) && tokens.length < MOST_TOKENS; at++) tokens.push(at);
  }
  return { tokens, rest: text.endsWith("*") };
}

/** What a line gives: the wanted words for the variable and for the letters that follow it. */
function turnOf(line: string, variable: string, { eol, delims, tokens, rest }: Reading): Turn | undefined {
  if (line === "" || (eol !== "" && line.startsWith(eol))) return undefined;
  const isDelimiter = (at: number): boolean => delims.includes(line[at] ?? " ");
  const words: [start: number, end: number][] = [];
  for (let at = 0; at < line.length; ) {
    while (at < line.length && isDelimiter(at)) at++;
    const start = at;
    while (at < line.length && !isDelimiter(at)) at++;
    if (at > start) words.push([start, at]);
  }
  const last = Math.max(0, ...tokens);
  const values = tokens.map((token) => line.slice(...(words[token - 1] ?? [0, 0])));
  if (rest) values.push(words[last] === undefined ? "" : line.slice(words[last][0]));
  if (!values.some((value) => value !== "")) return undefined;
  return new Map(values.map((value, n) => [String.fromCharCode(variable.charCodeAt(0) + n), value]));
}

/** The lines of a text, of files, or of what a command prints. */
async function linesFrom(
  shell: CommandShell,
  set: string,
  usebackq: boolean,
  streams: Streams,
): Promise<Iterable<string>> {
  const mark = set[0] ?? "";
  const inside = set.length > 1 && set.endsWith(mark) ? set.slice(1, -1) : undefined;
  const isText = mark === (usebackq ? "'" : '"');
  const isCommand = mark === (usebackq ? "`" : "'");
  if (inside !== undefined && isText) return [inside];
  if (inside !== undefined && isCommand) {
    const out = new Output();
    const { directory, call } = shell;
    const line = `C:\\Windows\\system32\\cmd.exe /c ${inside}`;
    await call.run({ line, directory, environment: call.environment }, { ...streams, out });
    return linesOf(out.bytes());
  }
  return linesOfFiles(shell, itemsOf(set));
}

function* linesOfFiles(shell: CommandShell, names: readonly string[]): Generator<string> {
  const { files } = shell.call.host;
  for (const name of names) {
    const path = name.replaceAll('"', "");
    if (files.find(shell.path(path))?.kind !== "file") {
      throw new CommandSyntax(`The system cannot find the file ${path}.`);
    }
    yield* linesOf(startOf(files, shell.path(path)));
  }
}
