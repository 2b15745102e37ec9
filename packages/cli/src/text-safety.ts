/**
 * What endpoints report is written by whoever runs programs there, attackers included. None of it may reach a terminal
 * as it is: an escape sequence in a command line could hide lines, retitle the window or rewrite what was printed.
 */

/** Control characters, characters that show nothing or turn the direction of text, line separators, half characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Rows of such characters in a text. */
export const UNSAFE_CHARACTERS = new RegExp(`${UNSAFE.source}+`, "gu");

/** Those of them that JSON leaves as they are in its strings. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

const usual: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with everything in it that could steer a terminal spelt out: `\x1b[2J`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => usual[character] ?? spelt(character));
}

/** A copy of plain data in which all texts are safe, the names of fields included. */
export function safeData<T>(value: T): T {
  if (typeof value === "string") return safeText(value) as T;
  if (Array.isArray(value)) return value.map(safeData) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [safeText(name), safeData<unknown>(item)]),
  ) as T;
}

/** The JSON text of a document: the data unchanged, and safe to be printed on a terminal. In one line without indent. */
export function safeJson(document: unknown, indent = 2): string {
  return JSON.stringify(document, null, indent).replace(UNSAFE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${hex(character.charCodeAt(index), 4)}`).join(""),
  );
}

function spelt(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");
