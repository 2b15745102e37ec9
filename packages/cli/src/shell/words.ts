import { CommandError } from "../shown-error.js";
import type { PathStyle } from "./remote-path.js";

/** A word of a line, with the quotes taken off. */
export interface Word {
  readonly text: string;
  /** Where it begins in the line, quotes included. */
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** The quote that was opened in it and is not closed. */
  readonly open: string | undefined;
  readonly quoted: boolean;
}

/**
 * Splits a line at blanks. `"..."` keeps blanks. Backslashes mean themselves on Windows, where they are in every path; for
 * other systems they take away the meaning of the next character, and `'...'` is a quote too.
 */
export function wordsOf(line: string, style: PathStyle): Word[] {
  const words: Word[] = [];
  const quotes = style === "windows" ? '"' : "\"'";
  for (let at = 0; at < line.length; ) {
    if (isBlank(line[at])) {
      at++;
      continue;
    }
    const start = at;
    let text = "";
    let open: string | undefined;
    let quoted = false;
    for (; at < line.length; at++) {
      const character = line[at] ?? "";
      if (open === undefined && isBlank(character)) break;
      if (style === "posix" && character === "\\" && open !== "'" && at + 1 < line.length) {
        at++;
        text += line[at];
      } else if (open === undefined && quotes.includes(character)) {
        open = character;
        quoted = true;
      } else if (character === open) open = undefined;
      else text += character;
    }
    words.push({ text, start, end: at, open, quoted });
  }
  return words;
}

/** The words of a complete line. @throws CommandError when a quote has no end */
export function completeWords(line: string, style: PathStyle): Word[] {
  const words = wordsOf(line, style);
  const open = words.at(-1)?.open;
  if (open !== undefined) throw new CommandError(`The quote ${open} is not closed.`);
  return words;
}

/** The commands in a text: one in each line, or several with semicolons between them. Those in `"..."` separate nothing. */
export function commandsIn(text: string): string[] {
  const commands: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    let quoted = false;
    let command = "";
    for (const character of line) {
      if (character === '"') quoted = !quoted;
      if (character === ";" && !quoted) {
        commands.push(command);
        command = "";
      } else command += character;
    }
    commands.push(command);
  }
  return commands.map((command) => command.trim()).filter((command) => command !== "" && !command.startsWith("#"));
}

/** Puts a word in quotes where it needs them; `open` leaves out the quote at the end, for a path that goes on. */
export function quoteWord(text: string, style: PathStyle, open = false): string {
  const needed = style === "windows" ? /[\s"]/ : /[\s"'\\]/;
  if (!needed.test(text)) return text;
  const inside = style === "windows" ? text : text.replace(/["\\]/g, "\\$&");
  return open ? `"${inside}` : `"${inside}"`;
}

const isBlank = (character: string | undefined): boolean => character === " " || character === "\t";
