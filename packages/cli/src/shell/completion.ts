import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";
import { isDirectory } from "../draw/directory.js";
import { UNSAFE_CHARACTERS } from "../text-safety.js";
import type { Attachment } from "./attachment.js";
import type { ShellCommand } from "./command.js";
import type { PathStyle } from "./remote-path.js";
import type { Shell } from "./shell.js";
import { quoteWord, type Word, wordsOf } from "./words.js";

/** How many names are listed. A directory may hold tens of thousands, and the screen what is needed just now. */
const LISTED = 200;
/** Quotes in names of Windows are a server's invention. */
const UNTYPEABLE_ON_WINDOWS = new RegExp(`${UNSAFE_CHARACTERS.source}|"+`, "gu");

/** What readline wants: what may stand there, and what of the line that takes the place of. */
export type Completion = [candidates: string[], replaced: string];

/** A name that can stand at the end of the line. */
interface Candidate {
  readonly name: string;
  /** Whether it goes on: a directory. */
  readonly goesOn: boolean;
}

/** What is possible at the end of a line. */
export async function complete(shell: Shell, line: string): Promise<Completion> {
  const style = shell.attached?.paths.style ?? "windows";
  const { before, word } = lastWord(line, style);
  const typed = line.slice(word.start);
  const [first] = before;
  if (first === undefined) {
    if (line.trimStart().startsWith("!")) return [[], typed];
    const names = shell.commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
    return wordsLike(names, typed);
  }
  const command = shell.find(first.text.toLowerCase());
  if (command === undefined || (word.text.startsWith("-") && !word.quoted)) return [[], typed];
  // Options are no words, and neither are their values, but paths they may be.
  const place = placeOf(command, before.slice(1));
  if (place === 0 && command.subcommands !== undefined) return wordsLike(command.subcommands, typed);
  const kinds = command.arguments ?? ["none"];
  const kind = kinds[Math.min(place, kinds.length - 1)];
  switch (kind) {
    case "command":
      return wordsLike(
        shell.commands.map(({ name }) => name),
        typed,
      );
    case "remote":
    case "existing":
      return shell.attached === undefined ? [[], typed] : remote(shell, shell.attached, word, typed, kind);
    case "local":
      return local(word, typed, style);
    default:
      return [[], typed];
  }
}

/** The word that the line ends with, which may be empty, and those before it. */
export function lastWord(line: string, style: PathStyle): { before: readonly Word[]; word: Word } {
  const words = wordsOf(line, style);
  const last = words.at(-1);
  if (last !== undefined && last.end === line.length) return { before: words.slice(0, -1), word: last };
  const end = line.length;
  return { before: words, word: { text: "", start: end, end, open: undefined, quoted: false } };
}

/** How many words that are no options stand before. */
function placeOf(command: ShellCommand, words: readonly Word[]): number {
  let place = 0;
  for (let at = 0; at < words.length; at++) {
    const text = words[at]?.text ?? "";
    const letter = /^-[a-z]*([a-z])$/i.exec(text)?.[1];
    if (letter === undefined) place++;
    else if (command.options?.[letter] === "value") at++;
  }
  return place;
}

function wordsLike(words: readonly string[], typed: string): Completion {
  const found = words.filter((word) => word.startsWith(typed));
  return found.length === 1 ? [[`${found[0]} `], typed] : [found, typed];
}

async function remote(
  shell: Shell,
  attached: Attachment,
  word: Word,
  typed: string,
  kind: "remote" | "existing",
): Promise<Completion> {
  const { paths, session, directory } = attached;
  const { style } = paths;
  const cut = (style === "windows" ? /^.*[\\/:]/s : /^.*\//s).exec(word.text)?.[0] ?? "";
  const listing = paths.listing(paths.resolve(directory, cut === "" ? "." : cut));
  const entries = await shell.directories.list(session, listing);
  const candidates = entries
    .filter(({ filename }) => filename !== "." && filename !== "..")
    .map((entry) => ({ name: entry.filename, goesOn: isDirectory(entry) }));
  // `c:` alone is taken for its root, and needs the separator before a name.
  const folder = /^[a-z]:$/i.test(cut) ? `${cut}\\` : cut;
  return pathCompletion({
    candidates,
    folder,
    word,
    typed,
    style,
    separator: paths.separator,
    foldCase: style === "windows",
    patterns: kind === "existing",
  });
}

async function local(word: Word, typed: string, style: PathStyle): Promise<Completion> {
  const cut = word.text.slice(0, word.text.lastIndexOf(sep) + 1);
  const folder = cut.startsWith(`~${sep}`) ? join(homedir(), cut.slice(2)) : cut === "" ? "." : dirname(`${cut}x`);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const candidates = entries.map((entry) => ({ name: entry.name, goesOn: entry.isDirectory() }));
  return pathCompletion({
    candidates,
    folder: cut,
    word,
    typed,
    style,
    separator: sep,
    foldCase: false,
    patterns: false,
  });
}

interface PathCompletion {
  readonly candidates: readonly Candidate[];
  /** What was typed up to the last separator. */
  readonly folder: string;
  readonly word: Word;
  readonly typed: string;
  readonly style: PathStyle;
  readonly separator: string;
  readonly foldCase: boolean;
  /** Whether a name that cannot be typed may be a pattern that fits it. */
  readonly patterns: boolean;
}

/**
 * The names that go on with what was typed. One is put in its place, with quotes where it needs them; of several as much
 * as they have in common, and when that is nothing they are listed.
 */
export function pathCompletion(given: PathCompletion): Completion {
  const { folder, word, typed, style, separator, foldCase } = given;
  const fold = (text: string): string => (foldCase ? text.toLowerCase() : text);
  const base = word.text.slice(/^[a-z]:\\$/i.test(folder) && !/[\\/]/.test(word.text) ? 2 : folder.length);
  const found = given.candidates
    .flatMap((candidate) => typeable(candidate, given))
    .filter(({ name }) => fold(name).startsWith(fold(base)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [first, ...others] = found;
  if (first === undefined) return [[], typed];
  const put = (name: string, open: boolean): string =>
    word.quoted && quoteWord(folder + name, style, open) === folder + name
      ? `"${folder}${name}${open ? "" : '"'}`
      : quoteWord(folder + name, style, open);
  if (others.length === 0) {
    return [[first.goesOn ? put(first.name + separator, true) : `${put(first.name, false)} `], typed];
  }
  const common = commonStart(
    found.map(({ name }) => name),
    fold,
  );
  if (common.length > base.length) return [[put(common, true)], typed];
  const listed = found.slice(0, LISTED).map(({ name, goesOn }) => (goesOn ? name + separator : name));
  if (found.length > LISTED) listed.push(`... and ${(found.length - LISTED).toLocaleString("en-US")} more: type on`);
  return [listed, base];
}

/** What a terminal must not be shown cannot be typed either; `*` stands for it where a pattern will do. */
function typeable(candidate: Candidate, { style, patterns }: PathCompletion): Candidate[] {
  const { name } = candidate;
  const pattern = name.replace(style === "windows" ? UNTYPEABLE_ON_WINDOWS : UNSAFE_CHARACTERS, "*");
  if (pattern === name) return [candidate];
  // In the middle of a path there can be no pattern.
  return patterns ? [{ name: pattern, goesOn: false }] : [];
}

function commonStart(names: readonly string[], fold: (text: string) => string): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const name of others) while (fold(name).slice(0, length) !== fold(first).slice(0, length)) length--;
  return first.slice(0, length);
}
