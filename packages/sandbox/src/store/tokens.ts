/**
 * How texts are cut for searching. Both sides use these functions: what is stored, and the terms of a query; so a term
 * finds a text exactly when their pieces agree.
 */

/** Letters are compared without case everywhere in the query language. */
export function fold(text: string): string {
  return text.toLowerCase();
}

/** `/` and `\` are alike, leading ones are dropped. */
export function normalisePath(path: string): string {
  return fold(path).replaceAll("/", "\\").replace(/^\\+/, "");
}

/**
 * The parts of a path from last to first. A path has each of its tails as a token (`system32\x.exe`, `x.exe`); written
 * backwards, "has this tail" becomes "starts with this", which an ordered index answers.
 */
export function reversedPath(path: string): string {
  return normalisePath(path).split("\\").reverse().join("\\");
}

/** `www.foo.com` as `.www.foo.com.`, so that a run of labels is a piece of text. */
export function domainKey(domain: string): string {
  const labels = fold(domain)
    .split(".")
    .filter((label) => label !== "");
  return labels.length === 0 ? "" : `.${labels.join(".")}.`;
}

/** A word of a text. */
export interface Word {
  text: string;
  /** Two words stand side by side when their positions differ by one. */
  position: number;
}

/** `prose`: cut at blanks and punctuation. `command`: the rules for command lines of servers since 6.3. */
export type WordRule = "prose" | "command";

/** The numbers under which the rules are stored: add, never renumber. */
export const WORD_RULES: Record<WordRule, number> = { prose: 0, command: 1 };

const PROSE_WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const PROSE_PATTERN = /[\p{L}\p{N}\p{M}_*?]+/gu;
// Everything that these servers turn into a blank; the rest of the punctuation stays within its word.
const COMMAND_BREAKS = /[\\"'()[\]{},=<>&|;\s]+/u;

function proseWords(text: string, shape: RegExp): Word[] {
  return Array.from(fold(text).matchAll(shape), (match, position) => ({ text: match[0], position }));
}

/**
 * A slash that begins a word marks a switch (`/noconfig`) and stays. Between two letters it is a path separator in
 * disguise and parts words, as the backslash does.
 */
function commandTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const piece of fold(text).split(COMMAND_BREAKS)) {
    const parts = piece.split("/").filter((part) => part !== "");
    parts.forEach((part, index) => {
      tokens.push(index === 0 && piece.startsWith("/") ? `/${part}` : part);
    });
  }
  return tokens;
}

/** The words of a term of a query, with its wildcards inside their words unless it is `quoted`. */
export function termWords(rule: WordRule, text: string, quoted: boolean): string[] {
  if (rule === "command") return commandTokens(text);
  return proseWords(text, quoted ? PROSE_WORD : PROSE_PATTERN).map((word) => word.text);
}

/**
 * The words of a stored text. In command lines a word's extension is a word too, at the same place; and a slash at the
 * very start belongs to a path (`/usr/bin/x`), so that the first word is there without it as well.
 */
export function storedWords(rule: WordRule, text: string): Word[] {
  if (rule === "prose") return proseWords(text, PROSE_WORD);
  const words: Word[] = [];
  commandTokens(text).forEach((token, position) => {
    words.push({ text: token, position });
    if (position === 0 && token.startsWith("/")) words.push({ text: token.slice(1), position });
    const dot = token.lastIndexOf(".");
    if (dot > 0 && dot < token.length - 1) words.push({ text: token.slice(dot), position });
  });
  return words;
}

/** An IPv4 address as an unsigned number, or undefined. */
export function ipv4Number(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

/** An IPv6 address as 32 hexadecimal digits, which sort as the addresses do; or undefined. */
export function ipv6Digits(text: string): string | undefined {
  let address = fold(text).replace(/%.*$/, "");
  if (!/^[0-9a-f:.]+$/.test(address) || !address.includes(":")) return undefined;
  const tail = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  if (tail !== undefined) {
    const number = ipv4Number(tail);
    if (number === undefined) return undefined;
    const hex = number.toString(16).padStart(8, "0");
    address = `${address.slice(0, -tail.length)}${hex.slice(0, 4)}:${hex.slice(4)}`;
  }
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): string[] => (half === undefined || half === "" ? [] : half.split(":"));
  const before = groups(halves[0]);
  const after = groups(halves[1]);
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return all.map((group) => group.padStart(4, "0")).join("");
}
