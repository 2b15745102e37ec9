import { CommandError } from "../shown-error.js";
import { type Call, type ShellCommand, ShellUsageError } from "./command.js";
import type { PathStyle } from "./remote-path.js";
import { completeWords, wordsOf } from "./words.js";

/** A line that was taken apart. */
export interface ParsedLine {
  readonly command: ShellCommand;
  readonly words: readonly string[];
  readonly rest: string;
  readonly options: ReadonlyMap<string, string | true>;
  /** Whether only its help is wanted. */
  readonly help: boolean;
}

/**
 * Takes a line apart.
 * @returns undefined for an empty line or a comment
 * @throws CommandError when there is no such command, ShellUsageError when it is typed in a wrong way
 */
export function parseLine(
  line: string,
  style: PathStyle,
  find: (name: string) => ShellCommand | undefined,
): ParsedLine | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  const given = text.startsWith("!") ? `shell ${text.slice(1)}` : text;
  const [first] = wordsOf(given, style);
  const name = first?.text ?? "";
  const command = find(name.toLowerCase());
  if (command === undefined) throw new CommandError(`There is no command ${name}. help lists them.`);
  // What is passed on as it is may have quotes of its own.
  const words = (command.takesRest === true ? wordsOf(given, style) : completeWords(given, style)).slice(1);
  const options = new Map<string, string | true>();
  let at = 0;
  let plain = false;
  const others: string[] = [];
  let rest = "";
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const letters = !plain && !word.quoted ? /^-([a-z]+)$/i.exec(word.text)?.[1] : undefined;
    if (!plain && !word.quoted && (word.text === "-h" || word.text === "--help")) {
      return { command, words: [], rest: "", options, help: true };
    }
    if (!plain && word.text === "--" && !word.quoted) {
      plain = true;
      continue;
    }
    if (letters === undefined) {
      // A number may be negative, and a file may be called `-`.
      if (command.takesRest === true) {
        rest = given.slice(word.start);
        break;
      }
      others.push(word.text);
      continue;
    }
    for (const letter of letters) {
      const kind = command.options?.[letter];
      if (kind === undefined) throw new ShellUsageError(`${command.name} has no option -${letter}.`, command);
      if (kind === "flag") options.set(letter, true);
      else {
        const value = words[++at];
        if (value === undefined) throw new ShellUsageError(`Option -${letter} wants a value.`, command);
        options.set(letter, value.text);
      }
    }
  }
  const count = command.takesRest === true ? Number(rest !== "") : others.length;
  const [least, most] = command.words;
  if (count < least) throw new ShellUsageError(`Something is missing behind ${command.name}.`, command);
  if (count > most) {
    const extra = others[most] ?? "";
    throw new ShellUsageError(`${extra} is one word too many: names with blanks are put in "quotes".`, command);
  }
  return { command, words: others, rest, options, help: false };
}

/** The options as commands ask for them. */
export function optionReader(options: ParsedLine["options"]): Pick<Call, "flag" | "value"> {
  return {
    flag: (letter) => options.get(letter) === true,
    value: (letter) => {
      const value = options.get(letter);
      return typeof value === "string" ? value : undefined;
    },
  };
}
